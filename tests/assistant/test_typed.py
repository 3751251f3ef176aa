"""What was typed before is there in the next run."""

import sys
from pathlib import Path

import pytest

from assistant import HistoryFailed, Typed, keep_typed, read_typed
from assistant.paths import folder
from assistant.typed import LONGEST, MAX_BYTES


def place() -> Path:
    return folder("data") / "typed.jsonl"


def test_kept_in_order_with_what_was_folded() -> None:
    entries = (Typed("one"), Typed("看 [#2]", {2: "a\nb"}), Typed("three\nlines"))
    for entry in entries:
        keep_typed(entry)
    assert read_typed() == entries


def test_nothing_yet() -> None:
    assert read_typed() == ()


def test_the_same_again_is_given_back_once() -> None:
    for text in ("a", "a", "b", "a"):
        keep_typed(Typed(text))
    assert [entry.text for entry in read_typed()] == ["a", "b", "a"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_only_the_user_may_read_it() -> None:
    keep_typed(Typed("secret"))
    assert place().stat().st_mode & 0o777 == 0o600


def test_damaged_lines_are_passed_over() -> None:
    keep_typed(Typed("a"))
    with place().open("ab") as file:
        file.write(
            b'\xff{"text"\n[1]\n{"text": 3, "pasted": {}}\n{"text": "x", "pasted": {"y": "z"}}\n' + b"[" * 9000 + b"\n"
        )
    keep_typed(Typed("b"))
    assert [entry.text for entry in read_typed()] == ["a", "b"]


def test_the_file_does_not_grow_without_end() -> None:
    keep_typed(Typed("x" * LONGEST))
    assert read_typed() == ()
    entry = "x" * (LONGEST // 2)
    for number in range(2 * MAX_BYTES // len(entry)):
        keep_typed(Typed(f"{number} {entry}"))
    assert place().stat().st_size <= MAX_BYTES
    texts = [found.text.split()[0] for found in read_typed()]
    assert texts[-1] == str(2 * MAX_BYTES // len(entry) - 1)
    assert texts == sorted(texts, key=int)


def test_a_folder_in_its_place_is_an_error_in_words() -> None:
    place().mkdir()
    with pytest.raises(HistoryFailed, match=r"cannot be read .*; a file for what was typed before was expected"):
        read_typed()
    with pytest.raises(HistoryFailed, match=r"cannot be written"):
        keep_typed(Typed("a"))
