"""Progress on stderr, where that is a terminal: what is drawn while a summary is made."""

import io
import re
from collections.abc import Callable, Generator

import pytest
from rich.console import Console

from assistant.console import narrate, note
from assistant.events import Loading, Reading, Text
from assistant.summary.values import Decided, Discarded, PieceDone

Draw = Callable[..., str]
PARTS = Decided("parts", "too long\x1b[2J: 3 parts", 900, 3, 1)


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """What is on the terminal in the end, and above it: the bar as it was last drawn, colours left out."""

    def drawn(*events: object, terminal: bool = True) -> str:
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=terminal, width=120)
        monkeypatch.setattr("assistant.console.Console", lambda **_: console)

        def play() -> Generator[object, None, None]:
            yield from events

        for _ in narrate(play()):
            pass
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())

    return drawn


def test_how_it_is_read_stands_above_the_bar(draw: Draw) -> None:
    shown = draw(PARTS, Reading(300, 900))
    assert "note: too long[2J: 3 parts" in shown
    assert "reading 900 tokens" in shown


def test_a_note_between_two_events_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.BytesIO()
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(screen, "utf-8", write_through=True))
    console = Console(stderr=True, force_terminal=True, width=120)
    monkeypatch.setattr("assistant.console.Console", lambda **_: console)

    def play() -> Generator[object, None, None]:
        yield Loading(0.5)
        note("the oldest turns go")
        yield Text("a")

    for _ in narrate(play()):
        pass
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue().decode())
    assert re.search(r"[\r\n]note: the oldest turns go\n", shown)


def test_one_reading_is_said_in_the_report_only(draw: Draw) -> None:
    assert "fits" not in draw(Decided("whole", "it fits", 900), Reading(300, 900))


def test_without_a_terminal_nothing_is_drawn(draw: Draw) -> None:
    assert draw(PARTS, Loading(0.5), Reading(300, 900), PieceDone(1, 3, 1, "a", False), terminal=False).strip() == ""


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([PieceDone(1, 3, 1, "a", reused=False)], "part 1 of 3 done ━"),
        ([PieceDone(1, 3, 1, "a", reused=True), PieceDone(2, 3, 1, "a", reused=False)], "part 2 of 3 done, 1 kept ━"),
        ([PieceDone(3, 3, 1, "a", reused=False)], "merging 3 parts ━"),
        ([PieceDone(3, 3, 1, "a", reused=True), PieceDone(1, 2, 2, "a", reused=True)], "merging, 1 of 2 done ━"),
    ],
)
def test_parts_are_counted(draw: Draw, pieces: list[PieceDone], said: str) -> None:
    assert said in draw(PARTS, Reading(0, 900), *pieces, Reading(800, 900))


def test_the_bar_comes_back_for_another_attempt(draw: Draw) -> None:
    once = draw(Reading(0, 900), Text("a"))
    twice = draw(Reading(0, 900), Text("a"), Discarded("wrong"), Reading(400, 800))
    assert "reading 800 tokens" in twice
    assert twice.count("reading") > once.count("reading")


def test_a_terminal_that_cannot_draw_gets_no_bar_and_no_empty_lines(
    draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert draw(Loading(0.5), Reading(300, 900), Text("a"), Text("b"), Text("c")) == ""
