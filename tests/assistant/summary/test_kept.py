"""Kept summaries of pieces: found again, never wrong, never too many, never in the way."""

import errno
import os
from pathlib import Path

import pytest

from assistant.messages import Sampling
from assistant.summary.kept import KeptPieces, clear_pieces, kept_pieces, key_of, pieces_folder, pieces_limit

KEY, OTHER = "a" * 64, "b" * 64


def fill(kept: KeptPieces, count: int) -> list[str]:
    """Keep so many, one a second older than the other, the first the oldest."""
    keys = [f"{number:064x}" for number in range(count)]
    for number, key in enumerate(keys):
        kept.put(key, f"text {number}")
        os.utime(pieces_folder() / f"{key}.piece", (1_000_000 + number,) * 2)
    return keys


@pytest.mark.parametrize(
    "text", ["What a part says.\n\nIn two paragraphs.", "", "会议纪要 🎆 \x1b[1m", "half \ud800 a pair"]
)
def test_what_is_put_is_found_by_another_run(text: str) -> None:
    KeptPieces().put(KEY, text)
    assert KeptPieces().get(KEY) == text
    assert KeptPieces().get(OTHER) is None


def test_only_the_user_may_read_it() -> None:
    KeptPieces().put(KEY, "What a secret contract says.")
    (file,) = pieces_folder().iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert pieces_folder().stat().st_mode & 0o777 == 0o700


def test_a_new_text_replaces_the_old() -> None:
    kept = KeptPieces()
    kept.put(KEY, "old")
    kept.put(KEY, "new")
    assert kept.get(KEY) == "new"
    assert len(list(pieces_folder().iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "foreign", "deep", "other key", "folder"])
def test_damaged_files_are_ignored_and_replaced(damage: str) -> None:
    kept = KeptPieces()
    kept.put(KEY, "What a part says.")
    file = pieces_folder() / f"{KEY}.piece"
    data = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(data[:-3])
        case "flip":
            file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "empty":
            file.write_bytes(b"")
        case "foreign":
            file.write_bytes(b"\xff\xfe\x00not ours")
        case "deep":
            file.write_bytes(b"[" * 100_000)
        case "other key":
            kept.put(OTHER, "What another part says.")
            (pieces_folder() / f"{OTHER}.piece").replace(file)
        case "folder":
            file.unlink()
            file.mkdir()
    assert kept.get(KEY) is None
    if damage == "folder":
        with pytest.raises(OSError, match="directory"):
            kept.put(KEY, "Again.")
        return
    kept.put(KEY, "Again.")
    assert kept.get(KEY) == "Again."


def test_the_least_recently_used_go_first() -> None:
    kept = KeptPieces(most=10 * 4096)
    keys = fill(kept, 10)
    assert kept.get(keys[0]) == "text 0"  # used now
    kept.put(KEY, "one too many")
    left = {file.stem for file in pieces_folder().iterdir()}
    assert keys[0] in left
    assert KEY in left
    assert keys[1] not in left
    assert len(left) == 9
    assert KeptPieces().get(keys[9]) == "text 9"


def test_the_limit_holds_over_many_runs() -> None:
    for number in range(30):
        KeptPieces(most=5 * 4096).put(f"{number:064x}", "text")
        assert kept_pieces().bytes <= 5 * 4096


def test_half_written_files_go_when_they_are_old_and_foreign_ones_stay() -> None:
    kept = KeptPieces(most=2 * 4096)
    kept.put(KEY, "text")
    old, young, foreign = (
        pieces_folder() / name for name in (f"{KEY}.1.2.partial", f"{OTHER}.1.2.partial", "notes.txt")
    )
    for file in (old, young, foreign):
        file.write_bytes(b"x")
    os.utime(old, (1_000_000, 1_000_000))
    os.utime(foreign, (1_000_000, 1_000_000))
    KeptPieces(most=2 * 4096).put(OTHER, "text")
    assert not old.exists()
    assert young.exists()
    clear_pieces()
    assert [file.name for file in pieces_folder().iterdir()] == ["notes.txt"]


def test_without_room_nothing_is_kept_and_nothing_fails() -> None:
    kept = KeptPieces(most=0)
    kept.put(KEY, "text")
    assert kept.get(KEY) is None
    assert not pieces_folder().exists()


def test_who_saves_no_readings_keeps_no_summaries(luciole_home: Path) -> None:
    (luciole_home / "config").mkdir()
    (luciole_home / "config" / "settings.toml").write_text("[cache]\nreadings_gib = 0\n")
    assert pieces_limit() == 0
    KeptPieces().put(KEY, "text")
    assert kept_pieces().pieces == 0


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        KeptPieces().put(KEY, "text")
    assert list(pieces_folder().iterdir()) == []


def test_counting_and_clearing() -> None:
    assert kept_pieces().words.startswith("0 kept, 0.0 MiB of at most")
    fill(KeptPieces(), 3)
    assert kept_pieces().pieces == 3
    assert clear_pieces() == 3 * 4096
    assert kept_pieces().bytes == clear_pieces() == 0


def test_a_key_covers_all_that_matters() -> None:
    base = key_of("mark", Sampling(max_tokens=100), "prompt")
    assert base == key_of("mark", Sampling(max_tokens=100), "prompt")
    others = {
        key_of("other", Sampling(max_tokens=100), "prompt"),
        key_of("mark", Sampling(max_tokens=101), "prompt"),
        key_of("mark", Sampling(max_tokens=100, repeat_penalty=1.1), "prompt"),
        key_of("mark", Sampling(max_tokens=100), "prompt "),
        key_of("mark", Sampling(max_tokens=100), "half \ud800 a pair"),
    }
    assert len(others | {base}) == 6
