"""Readings on disk, with real states: opened again they are the memory they were; anything else is read anew."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import llama_cpp
import pytest

from assistant import readings
from assistant.engine import EngineSettings
from assistant.llama import recall
from assistant.readings import SavedReadings, readings_folder
from tests.assistant.llama.test_reuse import fresh, same
from tests.assistant.llama.tiny_files import TokenEngine, plain, read, recurrent, sliding, token_engine, words

DOCUMENT = words(1, 1300)
QUESTION = words(2, 40)


@pytest.fixture(autouse=True)
def always_worth_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny models read faster than any disk writes."""
    monkeypatch.setattr(recall, "_SHARE_OF_READING", 1e9)


@pytest.fixture(scope="module", params=[plain, sliding, recurrent])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = request.param(tmp_path_factory.mktemp("readings"))
    assert isinstance(made, Path)
    return made


def opened(path: Path, **settings: object) -> TokenEngine:
    return TokenEngine(path, replace(EngineSettings(threads=1), **settings))


def saved() -> list[Path]:
    return sorted(readings_folder().glob("*/*.reading"))


def test_another_engine_takes_it_from_disk(file: Path) -> None:
    with closing(opened(file)) as engine:
        _, first = read(engine, DOCUMENT, answer=5)
    assert first.reused_tokens == 0
    assert len(saved()) == 1
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT)
        assert usage.reused_tokens == len(DOCUMENT) - 1
        assert same(found, fresh((file, None), DOCUMENT))
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT, QUESTION)
        assert usage.reused_tokens >= len(DOCUMENT) - 1
        assert same(found, fresh((file, None), DOCUMENT, QUESTION))
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT[:1200], QUESTION)
        assert usage.reused_tokens >= (1200 if file.stem == "plain" else 1024)
        assert same(found, fresh((file, None), DOCUMENT[:1200], QUESTION))
    assert len(saved()) == 1, "a question about a document is no new reading"


def test_a_longer_reading_replaces_what_it_begins_with(file: Path) -> None:
    with closing(opened(file)) as engine:
        read(engine, DOCUMENT)
        before = saved()
        read(engine, DOCUMENT, words(3, 700))
        after = saved()
    assert len(before) == len(after) == 1
    assert before != after
    assert len(list(readings_folder().glob("*/*"))) == 2, "both halves of the older one are gone"


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "a changed state": lambda _, state: flip(state, state.stat().st_size * 2 // 3),
    "a state cut short": lambda _, state: state.write_bytes(state.read_bytes()[:-100]),
    "an empty state": lambda _, state: state.write_bytes(b""),
    "no state": lambda _, state: state.unlink(),
    "a changed token": lambda reading, _: flip(reading, reading.read_bytes().index(b"\n") + 41),
    "a changed end": lambda reading, _: flip(reading, -1),
    "cut short": lambda reading, _: reading.write_bytes(reading.read_bytes()[:-1]),
    "no JSON": lambda reading, _: reading.write_bytes(b"\xff" * 1000),
    "empty": lambda reading, _: reading.write_bytes(b""),
    "another format": lambda reading, _: reading.write_bytes(
        reading.read_bytes().replace(b'"format": 1', b'"format": 2', 1)
    ),
    "a huge count": lambda reading, _: reading.write_bytes(
        reading.read_bytes().replace(b'"count": 1299', b'"count": 99999999999999999999', 1)
    ),
    "deep JSON": lambda reading, _: reading.write_bytes(b"[" * 60000 + b"\n"),
}


@pytest.mark.parametrize("damage", list(DAMAGE))
def test_damage_is_read_anew_and_replaced(damage: str, tmp_path: Path) -> None:
    file = plain(tmp_path)
    with closing(opened(file)) as engine:
        read(engine, DOCUMENT)
    (reading,) = saved()
    whole = reading.read_bytes()
    DAMAGE[damage](reading, reading.with_suffix(".state"))
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT)
    assert usage.reused_tokens == 0
    assert same(found, fresh((file, None), DOCUMENT))
    assert [path.read_bytes() for path in saved()] == [whole], "the sound one is there again"


def test_a_state_of_other_tokens_is_not_believed(tmp_path: Path) -> None:
    """Every checksum is right, and llama.cpp loads it: only the tokens tell."""
    file = plain(tmp_path)
    with closing(opened(file)) as engine:
        read(engine, words(7, 1300))
        (other,) = saved()
        kept = tmp_path / "other.state"
        shutil.copy(other.with_suffix(".state"), kept)
        readings.clear()
        read(engine, DOCUMENT)
    (reading,) = saved()
    shutil.copy(kept, reading.with_suffix(".state"))
    header, rest = reading.read_bytes().split(b"\n", 1)
    facts = json.loads(header)
    facts["state"] = readings._checksum(reading.with_suffix(".state"))
    reading.write_bytes(json.dumps(facts).encode() + b"\n" + rest)
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT)
    assert usage.reused_tokens == 0
    assert same(found, fresh((file, None), DOCUMENT))


def test_other_models_types_and_versions_are_foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plain(tmp_path)
    with closing(opened(file)) as engine:
        read(engine, DOCUMENT)
    changed = tmp_path / "changed.gguf"
    changed.write_bytes(file.read_bytes())
    flip(changed, -3)
    with closing(opened(changed)) as engine:
        assert read(engine, DOCUMENT)[1].reused_tokens == 0
    with closing(opened(file, kv=("q8_0", "q8_0"))) as engine:
        assert read(engine, DOCUMENT)[1].reused_tokens == 0
    with monkeypatch.context() as later, closing(opened(file)) as engine:
        later.setattr(llama_cpp, "__version__", "0.0.0")
        assert read(engine, DOCUMENT)[1].reused_tokens == 0
    with closing(opened(file)) as engine:
        assert read(engine, DOCUMENT)[1].reused_tokens == len(DOCUMENT) - 1


def test_what_was_read_decides_how_memory_is_kept(tmp_path: Path) -> None:
    """No way of reading is faster than having read; another document is read as is best for it."""
    file = plain(tmp_path)
    with closing(opened(file, kv=("q8_0", "q8_0"))) as engine:
        read(engine, DOCUMENT)
    with closing(opened(file)) as engine:
        found, usage = read(engine, DOCUMENT, QUESTION)
        assert usage.reused_tokens >= len(DOCUMENT) - 1
        assert engine.info
        assert engine.info.kv == "q8_0/q8_0"
        with closing(token_engine(file, kv=("q8_0", "q8_0"))) as other:
            assert same(found, read(other, DOCUMENT, QUESTION)[0])
    with closing(opened(file)) as engine:
        read(engine, words(9, 1300))
        assert engine.info
        assert engine.info.kv == "f16/f16"


@pytest.mark.parametrize(("tail", "again"), [(20, 32), (60, 64), (200, 256)])
def test_another_question_reads_little_but_itself(tail: int, again: int, tmp_path: Path) -> None:
    """Behind a window memory cannot be cut anywhere: checkpoints lie close to where questions begin."""
    file = sliding(tmp_path)
    with closing(opened(file)) as engine:
        read(engine, DOCUMENT)
    with closing(opened(file)) as engine:
        start, question = DOCUMENT[:-tail], words(5, tail)
        found, usage = read(engine, start, question)
        assert usage.reused_tokens >= len(DOCUMENT) - again - 1
        assert same(found, fresh((file, None), start, question))


def test_it_can_be_left_out(tmp_path: Path) -> None:
    with closing(opened(plain(tmp_path), saved_readings=False)) as engine:
        read(engine, DOCUMENT)
    assert saved() == []


def test_what_reads_faster_than_it_saves_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "_SHARE_OF_READING", 0.1)
    monkeypatch.setattr(recall, "_SAVED_A_SECOND", 1.0)
    with closing(opened(plain(tmp_path))) as engine:
        read(engine, DOCUMENT)
    assert saved() == []


def test_the_disk_may_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = plain(tmp_path)
    readings_folder().parent.mkdir(parents=True, exist_ok=True)
    readings_folder().write_text("no folder")
    with monkeypatch.context() as willing, closing(opened(file)) as engine:
        willing.setattr(SavedReadings, "room_for", lambda *_: True)
        found, _ = read(engine, DOCUMENT)
        assert same(found, fresh((file, None), DOCUMENT))
    readings_folder().unlink()
    monkeypatch.setattr("assistant.readings._MOST_BYTES", 1000)
    with closing(opened(file)) as engine:
        read(engine, DOCUMENT)
    assert saved() == [], "nothing larger than the limit is begun"
