"""The line of what is being converted, imported or pulled: how far it is, and the way to stop it. One at a time.

What is pulled takes two: there is more to tell of it, and it takes longer. Why it did not come stays there to be read:
nobody watches a pull for an hour.
"""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from textual import on
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.timer import Timer
from textual.widgets import Static

from assistant import AssistantError, Step, one_line
from tui.figures import size
from tui.language import _
from tui.rooms.models.errand import Errand, Events
from tui.rooms.models.words import left, step_words
from tui.said import said

_CELLS = 20
_NARROW = 100
"""Columns under which the bar of a pull is half as long."""
_PAUSE = 0.1
"""Seconds between two drawings: a disk tells of more blocks than anybody can read."""

_TIDY = 0.3
"""Seconds that what is being done has at the end of the program: to end its child processes, and to let go of files."""


class Progress(Protocol):
    """What has more to tell than `Step`s."""

    def hears(self, event: object, now: float) -> bool:
        """Take the event, of seconds of `monotonic`; False: it is none of its own."""

    def state(self, now: float, cells: int) -> list[Content]:
        """How far it is, with a bar of so many cells; empty: nothing was heard."""

    def rest(self, now: float) -> list[str]:
        """What may be cut off where the line is short."""


class WorkLine(Static):
    """Hidden while nothing is done; `text` is what it says."""

    class Done(Message):
        """It has come to its end, and this came of it."""

        def __init__(self, result: object) -> None:
            super().__init__()
            self.result = result

    class Over(Message):
        """Nothing is being done any more: stopped by us, or with an `error`, which is why nothing came of it."""

        def __init__(self, error: AssistantError | None, *, stopped: bool) -> None:
            super().__init__()
            self.error = error
            self.stopped = stopped

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        self.display = False
        self._errand: Errand | None = None
        self._title: Callable[[], str] = str
        self._progress: Progress | None = None
        self._step: Step | None = None
        self._since = 0.0
        self._stopping = False
        self._error: AssistantError | None = None
        self._soon = False
        self._ticking: Timer | None = None

    @property
    def busy(self) -> bool:
        """Something is being done."""
        return self._errand is not None

    @property
    def failed(self) -> bool:
        """It says why a pull did not come."""
        return self._error is not None

    def begin(self, title: Callable[[], str], work: Events, progress: Progress | None = None) -> None:
        """Do this: what it yields is `Step`s, what `progress` hears, and what comes of it."""
        self._title, self._progress = title, progress
        self._step = self._error = None
        self._stopping = False
        self._since = monotonic()
        self._errand = Errand(self, work).start()
        if progress is not None:
            self._ticking = self.set_interval(1, self.show_words)  # a line gets slow without saying so
        self.show_words()

    def stop(self) -> None:
        """End it: nothing is left behind, but what a pull has fetched. Of one that failed, take the words away."""
        if self._errand is not None:
            self._errand.stop()
            self._stopping = True
        self._error = None
        self.show_words()

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.close()
            self._errand.join(_TIDY)

    def on_resize(self) -> None:
        self.show_words()

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        message.stop()
        now, event = monotonic(), message.event
        if isinstance(event, Step):
            if self._step is None or not self._step.total:
                self._since = now  # what comes before the first byte says nothing of the rest
            self._step = event
            self.show_words()
        elif self._progress is not None and self._progress.hears(event, now):
            self._step = None
            if not self._soon:
                self._soon = True
                self.set_timer(_PAUSE, self.show_words)
        else:
            self.post_message(WorkLine.Done(event))

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        message.stop()
        self._errand = None
        if self._ticking is not None:
            self._ticking.stop()
            self._ticking = None
        self._error = message.error if self._progress is not None else None
        self.show_words()
        self.post_message(WorkLine.Over(message.error, stopped=message.stopped))

    def show_words(self) -> None:
        """Draw it anew."""
        self._soon = False
        self.display = self.busy or self.failed
        self.set_class(self.failed, "-failed")
        if not self.display:
            self.text = ""
            return
        stop = Content.styled(_("X takes this away") if self.failed else _("X stops it"), "underline").stylize(
            Style.from_meta({"@click": "app.simulate_key('x')"})
        )
        title = Content.styled(one_line(self._title()), "bold")
        if self.failed:
            title = Content.styled("✗ ", "bold $error") + title
        told = [*self._state(), *(Content.styled(text, "$foreground 60%") for text in self._rest())]
        # What stands at the end goes where it is narrow.
        lines = [[title, stop, *told]] if self._progress is None else [[title, stop], told]
        content = Content("\n").join(Content("  ").join(line) for line in lines)
        self.text = content.plain
        self.update(content)

    def _state(self) -> list[Content]:
        if self._error is not None:
            return [Content(one_line(said(str(self._error))))]
        if self._stopping:
            return [Content(_("stopping"))]
        cells = _CELLS // 2 if self._progress is not None and self.size.width < _NARROW else _CELLS
        if self._step is not None:
            step = self._step
            return bar(step.done, step.total, cells) if step.total else [Content(one_line(step_words(step)))]
        found = self._progress.state(monotonic(), cells) if self._progress is not None else []
        return found or [Content(_("starting"))]

    def _rest(self) -> list[str]:
        if self._stopping or self.failed:
            return []
        if self._step is None:
            return self._progress.rest(monotonic()) if self._progress is not None else []
        if not self._step.total:
            return []
        words = (left(self._step, monotonic() - self._since), one_line(step_words(self._step)))
        return [text for text in words if text]


def bar(done: int, total: int, cells: int) -> list[Content]:
    """How much of `total` bytes is done: a bar, a share, and the figures."""
    share = done / total if total else 1.0
    filled = round(cells * share)
    drawn = Content.assemble(("█" * filled, "$primary"), ("░" * (cells - filled), "$foreground 40%"))
    return [drawn, Content(f"{share * 100:.0f} %"), Content(f"{size(done)} / {size(total)}")]
