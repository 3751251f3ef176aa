"""Events on a line terminal: progress on stderr while the model loads and reads, the answer on stdout as it comes.

Progress is drawn only where stderr is a terminal and is gone when the first word comes. Everything written passes
`printable`. The module knows nothing of models or commands.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import closing
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from assistant.events import Finished, Loading, Reading, Settled, Text
from assistant.sanitize import one_line, printable
from assistant.summary.values import Decided, Discarded, PieceDone

Item = TypeVar("Item")


class Output(Console):
    """Standard output for tables. Where its reader has had enough it ends the command as any other output does."""

    def on_broken_pipe(self) -> None:
        """rich's own ends the process with 1, as if something had failed."""
        raise BrokenPipeError


def narrate(events: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The same events, with `Loading` and `Reading` drawn on stderr. Closing it closes `events`."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[pace]}"))
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_interactive, refresh_per_second=5)
    task = bar.add_task("starting", total=None, pace="")
    first: tuple[float, int] | None = None
    parts, kept = "", 0
    with closing(events), bar:
        for event in events:
            match event:
                case Loading(fraction):
                    bar.start()
                    bar.update(task, description="loading the model", completed=fraction, total=1.0)
                case Reading(done, total):
                    bar.start()  # after a discarded attempt it was gone
                    first = first or (monotonic(), done)
                    shown = _pace(done - first[1], total - done, monotonic() - first[0])
                    what = parts or f"reading {total:,} tokens"
                    bar.update(task, description=what, completed=done, total=total, pace=shown)
                case PieceDone():
                    kept += event.reused and event.level == 1
                    parts = _parts(event, kept)
                case Decided(strategy, reason):
                    parts, kept, first = "", 0, None
                    if strategy != "whole" and console.is_terminal:  # elsewhere the report says it once
                        _above(bar, reason)
                    bar.stop()  # who looks on may write a line about it; reading brings the bar back
                case Discarded():
                    first = None
                case Settled() if event.is_worth_saying:
                    _above(bar, event.reason)
                case Settled():
                    pass
                case _:
                    bar.stop()
            yield event


def _above(bar: Progress, text: str) -> None:
    """A note that the bar does not overwrite."""
    bar.console.print(f"note: {one_line(text)}", markup=False, highlight=False, soft_wrap=True)


def _parts(piece: PieceDone, kept: int) -> str:
    """As `part 3 of 9 done, 2 kept`; when all of them are, their summaries are merged, which may take levels."""
    if piece.level > 1:
        return f"merging, {piece.done:,} of {piece.total:,} done"
    if piece.done == piece.total:
        return f"merging {piece.total:,} parts"
    return f"part {piece.done:,} of {piece.total:,} done" + (f", {kept:,} kept" if kept else "")


def _pace(read: int, left: int, seconds: float) -> str:
    """Tokens a second and the time left, once there is something to tell them from, and while something is left."""
    if read <= 0 or seconds <= 0 or left <= 0:
        return ""
    rate = read / seconds
    minutes, rest = divmod(round(left / rate), 60)
    return f"{rate:,.0f} tokens/s, {minutes}:{rest:02} left"


def follow(events: Generator[Item, None, None], write: Callable[[str], None]) -> Item:
    """Narrate the events, hand each piece of text to `write`, and give the last event."""
    last: Item | None = None
    with closing(narrate(events)) as narrated:
        for last in narrated:
            if isinstance(last, Text):
                write(last.text)
    if last is None:
        raise AssertionError("a stream of events ends with a result or an error")
    return last


class Answer:
    """The answer on stdout, piece by piece; leaving the `with` ends the line, however the answer ended."""

    def __init__(self) -> None:
        self._line_open = False

    def write(self, piece: str) -> None:
        """Show the next piece at once."""
        shown = printable(piece)
        if shown:
            self._line_open = not shown.endswith("\n")  # first: an interruption may come while the piece is shown
            click.echo(shown, nl=False)

    def end_line(self) -> None:
        """What comes next begins on a line of its own."""
        if self._line_open:
            self._line_open = False
            click.echo()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, BrokenPipeError):
            self.end_line()


def note(text: str, kind: str = "note") -> None:
    """One line on stderr, `note: ...`."""
    click.echo(f"{kind}: {one_line(text)}", file=sys.stderr)  # `err` would pass by a bar that stands there


def tell_if_cut(last: object, *, more: str = "--max-tokens allows more") -> None:
    """A note where the answer did not end by itself; `more`: what helps against a limit."""
    match last:
        case Finished("repetition"):
            note("the answer was stopped: it repeated itself without end; --repeat-penalty 1.1 helps against it")
        case Finished("length", usage):
            note(f"the answer was cut at {usage.answer_tokens:,} tokens; {more}")
