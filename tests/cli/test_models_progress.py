"""What is drawn while a model comes: two lines on a terminal, now and then one elsewhere."""

import io
import re
from collections.abc import Callable, Generator

import pytest
from rich.console import Console

from assistant.commands import models_progress
from assistant.commands.models_progress import Pace, ending_of, narrated
from assistant.figures import clock, share, size, tokens
from assistant.hub.waiting import Waiting
from assistant.library.importing import Step
from assistant.library.pulling import Fetching

MIB = 1 << 20
FIRST = Fetching("model-00001-of-00002.gguf", 1, 2, 10 * MIB, 100 * MIB, 10 * MIB, 300 * MIB, 0)
SECOND = Fetching(
    "a/very/long/folder/model-00002-of-00002\x1b[2J.gguf", 2, 2, 80 * MIB, 200 * MIB, 180 * MIB, 300 * MIB, 50 * MIB
)
Clock = list[float]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock; each look at it takes what it holds last."""
    found = [0.0]
    monkeypatch.setattr(models_progress, "monotonic", lambda: found[-1])
    return found


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch, now: Clock) -> Callable[..., list[str]]:
    """All lines that were ever on a terminal of so many columns, an event every two seconds."""

    def drawn(*events: object, width: int = 80) -> list[str]:
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=True, width=width)
        monkeypatch.setattr(models_progress, "Console", lambda **_: console)

        def play() -> Generator[object, None, None]:
            for event in events:
                now.append(now[-1] + 2)
                yield event

        for _ in narrated(play()):
            screen.write("\n")
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", screen.getvalue())
        return text.split("\n")

    return drawn


def test_this_file_and_everything(draw: Callable[..., list[str]]) -> None:
    later = Fetching(FIRST.file, 1, 2, 50 * MIB, 100 * MIB, 50 * MIB, 300 * MIB, 0)
    *_, file, everything, _ = draw(FIRST, later)
    assert re.match(r"…del-00001-of-00002\.gguf ━.* 50 of 100 MiB", file)
    assert re.match(r"1 of 2 files +━.* 50 of 300 MiB 20\.0 MiB/s, 0:12 left", everything)
    lines = draw(FIRST, later, SECOND)
    assert re.match(r"…-00002-of-00002\[2J\.gguf ━.* 80 of 200 MiB resumed at 50\.0 MiB", lines[-3])
    assert max(map(len, lines)) <= 80


def test_few_columns_show_whole_figures(draw: Callable[..., list[str]]) -> None:
    *_, file, everything, _ = draw(FIRST, SECOND, width=40)
    assert file.split() == ["…002-of-00002[2J.gguf", "80", "of", "200", "MiB"]
    assert everything.split() == ["2", "of", "2", "files", "180", "of", "300", "MiB"]


def test_waiting_stands_above(draw: Callable[..., list[str]]) -> None:
    lines = draw(FIRST, Waiting("hub is asked too often (429)", 30.0, 2), FIRST)
    assert "note: hub is asked too often (429): trying again in 30 s (attempt 2)" in [line.strip() for line in lines]


def test_steps_have_one_line(draw: Callable[..., list[str]]) -> None:
    lines = draw(SECOND, Step("checking", 0, 0), Step("blk.0.attn", 5 * MIB, 10 * MIB))
    assert any("blk.0.attn" in line and "5.0 of 10.0 MiB" in line for line in lines)


def test_elsewhere_a_line_now_and_then(now: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    def play() -> Generator[object, None, None]:
        for second in range(21):
            now.append(float(second))
            yield Fetching("a.gguf", 1, 1, second * MIB, 100 * MIB, second * MIB, 100 * MIB, 0)
        now.append(40.0)
        yield Waiting("lost", 0.0, 3)
        yield Step("blk.0", 1 * MIB, 2 * MIB)

    list(narrated(play()))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "fetching: a.gguf: 100 MiB",
        "fetching: a.gguf: 5 of 100 MiB in all, 1.0 MiB/s, 1:35 left",
        "fetching: a.gguf: 10 of 100 MiB in all, 1.0 MiB/s, 1:30 left",
        "fetching: a.gguf: 15 of 100 MiB in all, 1.0 MiB/s, 1:25 left",
        "fetching: a.gguf: 20 of 100 MiB in all, 1.0 MiB/s, 1:20 left",
        "note: lost: trying again now (attempt 3)",
        "progress: blk.0: 1.0 of 2.0 MiB",
    ]


def test_the_pace_is_that_of_the_last_seconds(now: Clock) -> None:
    pace = Pace()
    assert pace.words(0, 100 * MIB) == ""
    for second in range(1, 31):
        now.append(float(second))
        said = pace.words((second if second < 15 else 2 * second) * MIB, 100 * MIB)
    assert said == "2.0 MiB/s, 0:20 left"
    pace.skip()
    assert pace.words(70 * MIB, 100 * MIB) == ""


def test_closing_ends_what_is_drawn() -> None:
    closed = []

    def play() -> Generator[object, None, None]:
        try:
            yield FIRST
            yield SECOND
        finally:
            closed.append(True)

    events = narrated(play())
    next(events)
    events.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (98 * MIB + 400_000, "98.4 MiB"), (469 * MIB, "469 MiB"),
     (15 << 30, "15.0 GiB"), (1500 << 30, "1,500 GiB")],
)  # fmt: skip
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words
    assert len(words) <= 9


def test_other_figures() -> None:
    assert share(5, 900) == "5 of 900 B"
    assert share(400 * MIB, 1200 * MIB) == "0.4 of 1.2 GiB"
    assert [tokens(count) for count in (None, 500, 32768, 1 << 20)] == ["-", "500", "32K", "1M"]
    assert [clock(seconds) for seconds in (9.2, 760, 3725)] == ["0:09", "12:40", "1:02:05"]
    assert ending_of("萤火虫-00001.gguf", 12) == "…-00001.gguf"
