"""How far a fetch, a conversion or a copy is, on stderr: lines that change on a terminal, now and then one elsewhere.

Knows the events, and nothing of hubs, files or commands. Names from outside pass `one_line`.
"""

from collections import deque
from collections.abc import Generator
from contextlib import closing
from time import monotonic
from typing import Literal, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.table import Column

from assistant.console import note
from assistant.figures import clock, share, size
from assistant.hub.waiting import Waiting
from assistant.library.importing import Step
from assistant.library.pulling import Fetching
from assistant.sanitize import one_line

Item = TypeVar("Item")

_LABEL, _AMOUNT, _TAIL = 24, 18, 21
"""Columns of the parts of a line; the bar takes what is left of the terminal."""
_NARROW = 72
"""A terminal of fewer columns shows no bar, no speed and no time that is left, but figures that are whole."""
_EVERY_SECONDS = 5.0
"""Between two lines where no terminal is."""
_WINDOW_SECONDS = 12.0
"""Of the last so many seconds the speed is told."""
_FIRST_SECONDS = 0.5
"""Before that nobody can know how fast it is."""


def narrated(events: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The same events, shown while they come. Closing it closes `events`."""
    console = Console(stderr=True)
    shown: _Bars | _Lines = _Bars(console) if console.is_terminal else _Lines()
    with closing(events), closing(shown):
        for event in events:
            match event:
                case Fetching():
                    shown.fetching(event)
                case Waiting():
                    shown.waiting(event)
                case Step():
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
            self.skip()  # another thing is counted now
        self._told.append((now, done))
        while len(self._told) > 2 and now - self._told[0][0] > _WINDOW_SECONDS:
            self._told.popleft()
        began, first = self._told[0]
        if now - began < _FIRST_SECONDS or done <= first or done >= total:
            return ""
        rate = (done - first) / (now - began)
        return f"{size(round(rate))}/s, {clock((total - done) / rate)} left"

    def skip(self) -> None:
        """What comes next did not take the time since the last word."""
        self._told.clear()


class _Bars:
    """Two lines that change: this file, and everything. What is not fetched has one."""

    def __init__(self, console: Console) -> None:
        self._label = max(1, min(_LABEL, console.width - _AMOUNT - 1))
        label, amount = _text("label", self._label, "left"), _text("amount", _AMOUNT, "right")
        if console.width < _NARROW:
            columns: tuple[ProgressColumn, ...] = (label, amount)
        else:
            columns = (label, BarColumn(bar_width=None), amount, _text("tail", _TAIL, "left"))
        self._bars = Progress(*columns, console=console, transient=True, expand=True, refresh_per_second=5)
        self._file = self._bars.add_task("", total=None, visible=False, label="", amount="", tail="")
        self._all = self._bars.add_task("", total=None, label="starting", amount="", tail="")
        self._pace, self._number = Pace(), 0

    def fetching(self, event: Fetching) -> None:
        if event.number != self._number:
            self._number = event.number
            self._pace.skip()  # its beginning may have been here
        self._show(self._file, event.file, event.done, event.total, _reused(event))
        self._bars.update(self._file, visible=True)
        everything = f"{event.number} of {event.files} files" if event.files > 1 else "everything"
        pace = self._pace.words(event.all_done, event.all_total)
        self._show(self._all, everything, event.all_done, event.all_total, pace)

    def waiting(self, event: Waiting) -> None:
        self._pace.skip()
        self._bars.start()
        self._bars.console.print(f"note: {waiting_words(event)}", markup=False, highlight=False, soft_wrap=True)

    def step(self, event: Step) -> None:
        self._bars.update(self._file, visible=False)
        self._show(self._all, event.name, event.done, event.total, self._pace.words(event.done, event.total))

    def _show(self, task: TaskID, label: str, done: int, total: int, tail: str) -> None:
        amount = share(done, total) if total else ""
        label = ending_of(label, self._label)
        self._bars.update(task, completed=done, total=total or None, label=label, amount=amount, tail=tail)
        self._bars.start()

    def close(self) -> None:
        self._bars.stop()


class _Lines:
    """A line at the beginning of each file, and every few seconds."""

    def __init__(self) -> None:
        self._pace, self._number = Pace(), 0
        self._said = monotonic()

    def fetching(self, event: Fetching) -> None:
        file = one_line(event.file) + (f" ({event.number} of {event.files})" if event.files > 1 else "")
        if event.number != self._number:
            self._number = event.number
            self._pace.skip()
            note(", ".join(filter(None, (f"{file}: {size(event.total)}", _reused(event)))), "fetching")
        pace = self._pace.words(event.all_done, event.all_total)
        if self._due():
            note(f"{file}: {share(event.all_done, event.all_total)} in all" + (f", {pace}" if pace else ""), "fetching")

    def waiting(self, event: Waiting) -> None:
        self._pace.skip()
        note(waiting_words(event))

    def step(self, event: Step) -> None:
        pace = self._pace.words(event.done, event.total)
        if self._due():
            amount = f": {share(event.done, event.total)}" if event.total else ""
            note(f"{event.name}{amount}" + (f", {pace}" if pace else ""), "progress")

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
    while cell_len(shown) > width:
        shown = f"…{shown[2:]}" if shown.startswith("…") else f"…{shown[1:]}"
    return shown


def waiting_words(event: Waiting) -> str:
    """What happened, and when it goes on."""
    when = f"in {event.seconds:,.0f} s" if event.seconds >= 1 else "now"
    return one_line(f"{event.reason}: trying again {when} (attempt {event.attempt})")


def _reused(event: Fetching) -> str:
    if event.reused == event.total:
        return "is here already"
    return f"resumed at {size(event.reused)}" if event.reused else ""


def _text(field: str, width: int, side: Literal["left", "right"]) -> TextColumn:
    column = Column(width=width, no_wrap=True, overflow="crop")
    return TextColumn(f"{{task.fields[{field}]}}", markup=False, justify=side, table_column=column)
