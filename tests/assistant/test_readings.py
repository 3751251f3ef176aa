"""The store of saved readings by itself, with states that are any bytes: sizes, limits, order of removal."""

import os
from pathlib import Path

import pytest

from assistant import readings
from assistant.readings import Point, SavedReadings, clear, kept, kind_of, readings_folder

MANY = 1 << 30


def keep(store: SavedReadings, tokens: list[int], size: int = 1000, points: tuple[Point, ...] = ()) -> bool:
    assert store.room_for(size)

    def save(path: Path) -> bool:
        path.write_bytes(bytes(size))
        return True

    return store.keep(tokens, points, save)


def test_a_reading_comes_back_whole() -> None:
    store = SavedReadings("kind", MANY)
    points = (Point(2, b"two"), Point(3, b""), Point(4, b"four!"))
    assert keep(store, [5, 6, 7, 1 << 30], points=points)
    (reading,) = store.all()
    assert reading.tokens == (5, 6, 7, 1 << 30)
    assert reading.lengths == (2, 3, 4)
    assert store.points(reading) == list(points)
    assert SavedReadings("other", MANY).all() == []
    for path in readings_folder().glob("*/*"):
        assert path.stat().st_mode & 0o077 == 0, "what a document says is nobody else's business"


def test_kinds_differ_in_every_fact() -> None:
    facts = {"model": "a", "k": "f16", "flash": False}
    assert len({kind_of(**(facts | change)) for change in ({}, {"model": "b"}, {"k": "q8_0"}, {"flash": True})}) == 4
    assert kind_of(**facts) == kind_of(**dict(reversed(facts.items())))


def test_the_least_recently_used_goes_first() -> None:
    one, two = SavedReadings("one", 4500), SavedReadings("two", 4500)
    for number, store in enumerate((one, two, one)):
        assert keep(store, [number] * 10)
    (mine,) = two.all()
    for number, path in enumerate(sorted(readings_folder().glob("*/*.reading"), key=str)):
        os.utime(path, (number, number))
    assert two.points(mine) == [], "used now"
    assert keep(one, [7] * 10)
    assert two.all() == [mine]
    assert kept().bytes <= 4500
    assert kept().readings == 3
    for number in range(8, 12):
        assert keep(one, [number] * 10)
    assert two.all() == []
    assert [reading.tokens[0] for reading in one.all()] == [11, 10, 9]


def test_a_failed_save_leaves_nothing() -> None:
    store = SavedReadings("kind", MANY)
    assert store.room_for(10)

    def fail(path: Path) -> bool:
        path.write_bytes(b"half")
        return False

    def full(path: Path) -> bool:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    assert not store.keep([1, 2], (), fail)
    assert not store.keep([1, 2], (), full)
    assert list(readings_folder().glob("*/*")) == []


def test_half_written_files_do_not_count_and_go_in_time() -> None:
    store = SavedReadings("kind", MANY)
    assert keep(store, [1, 2, 3])
    folder = readings_folder() / "kind"
    (folder / "dead.123.partial").write_bytes(b"x" * 100)
    (folder / "orphan.state").write_bytes(b"x" * 100)
    fresh = folder / "busy.124.partial"
    fresh.write_bytes(b"x")
    for name in ("dead.123.partial", "orphan.state"):
        os.utime(folder / name, (1, 1))
    assert keep(store, [4, 5, 6])
    assert {path.suffix for path in folder.iterdir() if "dead" in path.name or "orphan" in path.name} == set()
    assert fresh.exists(), "another program may be writing it"
    assert len(store.all()) == 2


def test_clear_frees_all_of_it() -> None:
    for kind in ("one", "two"):
        assert keep(SavedReadings(kind, MANY), [1, 2, 3], size=5000)
    freed = kept().bytes
    assert freed > 10_000
    assert clear() == freed
    assert kept().bytes == kept().readings == 0
    assert clear() == 0


def test_the_limit_is_a_share_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1000 << 20

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert readings.default_limit() == 100 << 20
    assert not SavedReadings("kind").room_for(101 << 20)
    Usage.free = 1 << 50
    assert readings.default_limit() == 8 << 30
    Usage.free = 1500
    assert not SavedReadings("kind", MANY).room_for(1000), "twice the size must be free"


def test_the_settings_limit_it(luciole_home: Path) -> None:
    (luciole_home / "config").mkdir(exist_ok=True)
    settings = luciole_home / "config" / "settings.toml"
    settings.write_text("[cache]\nreadings_gib = 0.5\n")
    assert readings.limit() == kept().limit == 1 << 29
    settings.write_text("[cache]\nreadings_gib = 0\n")
    assert not SavedReadings("kind").room_for(1)
    settings.write_text("[cache]\nreadings_gib = 'many'\n")
    assert readings.limit() == readings.default_limit()
