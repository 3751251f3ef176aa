"""0 done, 1 our error, 2 wrong usage, 130 interrupted; one line, no traceback; nothing of the input obeyed."""

import io
import sys
from pathlib import Path

import pytest

from assistant.errors import EngineFailed
from assistant.fake import FakeEngine
from tests.cli.conftest import Luciole, Opens


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "error: No such command 'nope'."),
        (["chat", "--zzz"], "error: No such option '--zzz'."),
        (
            ["chat", "--context", "much", "Hi"],
            "error: Invalid value for '--context': 'much' is not a valid integer range.",
        ),
        (
            ["chat", "--temperature", "-1", "Hi"],
            "error: Invalid value for '--temperature': -1.0 is not in the range 0<=x<=5.",
        ),
        (["summarize"], "error: Missing argument 'DOC...'."),
        (["chat"], "error: there is no question; give PROMPT, or text on standard input"),
        (["chat", "  "], "error: there is no question; give PROMPT, or text on standard input"),
    ],
)
def test_wrong_usage_is_2(luciole: Luciole, arguments: list[str], message: str) -> None:
    shown = luciole(*arguments)
    assert (shown.code, shown.out) == (2, "")
    usage, last = shown.err.rstrip("\n").split("\n")
    assert usage.startswith("Usage: luciole")
    assert last == message


def test_wrong_usage_obeys_no_control_characters(luciole: Luciole) -> None:
    shown = luciole("\x1b[2Jnope")
    assert shown.code == 2
    assert "\x1b" not in shown.err


def test_our_errors_are_1_and_one_line(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[EngineFailed("the engine\ndied \x1b[31m(SIGKILL)")]]))
    shown = luciole("chat", "Hi")
    assert (shown.code, shown.out, shown.err) == (1, "", "error: the engine died [31m(SIGKILL)\n")


def test_errors_of_the_converter_are_1(luciole: Luciole, tmp_path: Path) -> None:
    shown = luciole("convert", str(tmp_path / "missing"))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1


def test_bugs_are_not_hidden(luciole: Luciole, opens: Opens) -> None:
    engine = FakeEngine()
    engine.received = None
    opens(engine)
    with pytest.raises(TypeError):
        luciole("chat", "Hi")


def test_interruption_is_130(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.models.open_engine", interrupted)
    shown = luciole("chat", "Hi")
    assert (shown.code, shown.out, shown.err) == (130, "", "interrupted\n")


def test_a_missing_standard_input_is_no_question(
    luciole: Luciole, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.__main__ import main

    opens(FakeEngine(["Fine."]))
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["chat", "Hi"]) == 0


def test_standard_output_may_be_closed(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `>&-` does it."""
    monkeypatch.setattr(sys, "stdout", None)
    assert luciole("models", "default").code == 0


class Gone(io.StringIO):
    """A pipe whose other end is closed."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def fileno(self) -> int:
        return self._descriptor


def test_a_table_whose_reader_has_had_enough(luciole: Luciole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `luciole models | head -1` may have it: rich itself would end with 1."""
    with (tmp_path / "out").open("w") as stands_in:
        monkeypatch.setattr(sys, "stdout", Gone(stands_in.fileno()))
        assert luciole("models").code == 0
