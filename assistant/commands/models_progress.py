"""How far a fetch, a conversion or a copy is, on stderr: lines that change on a terminal, now and then one elsewhere.

Knows the events, and nothing of hubs, files or commands. Names from outside pass `one_line`.
"""

from collections import deque
from collections.abc import Generator
from contextlib import closing
from time import monotonic
from typing import Literal, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from assistant.commands.figures import clock, share, size
from assistant.console import note
from assistant.library.importing import Step
from assistant.sanitize import one_line

Item = TypeVar("Item")

_LABEL, _AMOUNT, _TAIL = 27, 18, 21
"""Columns of the parts of a line; the bar takes what is left of 80."""
_EVERY_SECONDS = 5.0
"""Between two lines where no terminal is."""
_WINDOW_SECONDS = 12.0
"""Of the last so many seconds the speed is told."""


def narrated(events: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The same events, shown while they come. Closing it closes `events`."""
    console = Console(stderr=True)
    shown: _Bars | _Lines = _Bars(console) if console.is_terminal else _Lines()
    with closing(events), closing(shown):
        for event in events:
            if isinstance(event, Step):
                shown.step(event)
            yield event


class Pace:
    """How fast it goes, and how long it still takes, from what was told last."""

    def __init__(self) -> None:
        self._told: deque[tuple[float, int]] = deque()

    def words(self, done: int, total: int) -> str:
        """As `11.2 MiB/s, 2:57 left`; empty while nobody can know."""
        now = monotonic()
        if self._told and done < self._told[-1][1]:
            self._told.clear()  # another thing is counted now
        self._told.append((now, done))
        while len(self._told) > 2 and now - self._told[0][0] > _WINDOW_SECONDS:
            self._told.popleft()
        began, first = self._told[0]
        if now - began < 0.5 or done <= first or done >= total:
            return ""
        rate = (done - first) / (now - began)
        return f"{size(round(rate))}/s, {clock((total - done) / rate)} left"

    def skip(self) -> None:
        """What comes next did not take the time since the last word."""
        self._told.clear()


class _Bars:
    """Two lines that change: this file, and everything."""

    def __init__(self, console: Console) -> None:
        columns = (
            _text("label", _LABEL, "left"),
            BarColumn(bar_width=None),
            _text("amount", _AMOUNT, "right"),
            _text("tail", _TAIL, "left"),
        )
        self._progress = Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=5)
        self._all = self._progress.add_task("", total=None, label="starting", amount="", tail="")
        self._pace = Pace()

    def step(self, step: Step) -> None:
        self._progress.start()
        amount = share(step.done, step.total) if step.total else ""
        tail = self._pace.words(step.done, step.total)
        label, total = ending_of(step.name, _LABEL), step.total or None
        self._progress.update(self._all, completed=step.done, total=total, label=label, amount=amount, tail=tail)

    def close(self) -> None:
        self._progress.stop()


class _Lines:
    """A line every few seconds."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._said = monotonic()

    def step(self, step: Step) -> None:
        pace = self._pace.words(step.done, step.total)
        if self._due():
            amount = f": {share(step.done, step.total)}" if step.total else ""
            note(f"{step.name}{amount}" + (f", {pace}" if pace else ""), "progress")

    def _due(self) -> bool:
        if monotonic() - self._said < _EVERY_SECONDS:
            return False
        self._said = monotonic()
        return True

    def close(self) -> None:
        """Nothing is left to be tidied."""


def ending_of(name: str, width: int) -> str:
    """A name in so many columns; of a long one the end, which tells files of one model apart."""
    shown = one_line(name)
    return shown if len(shown) <= width else f"…{shown[1 - width :]}"


def _text(field: str, width: int, side: Literal["left", "right"]) -> TextColumn:
    column = Column(width=width, no_wrap=True, overflow="crop")
    return TextColumn(f"{{task.fields[{field}]}}", markup=False, justify=side, table_column=column)
