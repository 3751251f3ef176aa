"""The line of what is being converted or imported: how far it is, and the way to stop it. One at a time."""

from time import monotonic

from textual import on
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from assistant import AssistantError, Step, one_line
from tui.figures import size
from tui.language import _
from tui.rooms.models.errand import Errand, Events
from tui.rooms.models.words import left, step_words

_CELLS = 20


class WorkLine(Static):
    """Hidden while nothing is done; `text` is what it says."""

    class Done(Message):
        """It has come to its end, and this came of it."""

        def __init__(self, result: object) -> None:
            super().__init__()
            self.result = result

    class Over(Message):
        """Nothing is being done any more; `error`: why nothing came of it."""

        def __init__(self, error: AssistantError | None) -> None:
            super().__init__()
            self.error = error

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        self.display = False
        self._errand: Errand | None = None
        self._title = ""
        self._step: Step | None = None
        self._since = 0.0
        self._stopping = False

    @property
    def busy(self) -> bool:
        """Something is being done."""
        return self._errand is not None

    def begin(self, title: str, work: Events) -> None:
        """Do this: what it yields is `Step`s, and what comes of it."""
        self._title, self._step, self._stopping = title, None, False
        self._since = monotonic()
        self._errand = Errand(self, work).start()
        self.display = True
        self.show_words()

    def stop(self) -> None:
        """End it; nothing of it is left behind."""
        if self._errand is not None:
            self._errand.stop()
            self._stopping = True
            self.show_words()

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.close()

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        message.stop()
        if not isinstance(message.event, Step):
            self.post_message(WorkLine.Done(message.event))
            return
        if self._step is None or not self._step.total:
            self._since = monotonic()  # what comes before the first byte says nothing of the rest
        self._step = message.event
        self.show_words()

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        message.stop()
        self._errand = None
        self.display = False
        self.text = ""
        self.post_message(WorkLine.Over(message.error))

    def show_words(self) -> None:
        """Draw it anew."""
        if not self.display:
            return
        stop = Content.styled(_("X stops it"), "underline").stylize(
            Style.from_meta({"@click": "app.simulate_key('x')"})
        )
        title = Content.styled(one_line(self._title), "bold")
        content = Content("  ").join([title, stop, *self._state(), *self._rest()])  # the end goes where it is narrow
        self.text = content.plain
        self.update(content)

    def _state(self) -> list[Content]:
        step = self._step
        if self._stopping:
            return [Content(_("stopping"))]
        if step is None:
            return [Content(_("starting"))]
        if not step.total:
            return [Content(one_line(step_words(step)))]
        share = step.done / step.total
        filled = round(_CELLS * share)
        bar = Content.assemble(("█" * filled, "$primary"), ("░" * (_CELLS - filled), "$foreground 40%"))
        return [bar, Content(f"{share * 100:.0f} %"), Content(f"{size(step.done)} / {size(step.total)}")]

    def _rest(self) -> list[Content]:
        """What may be cut off where the line is short."""
        if self._step is None or not self._step.total or self._stopping:
            return []
        words = (left(self._step, monotonic() - self._since), one_line(step_words(self._step)))
        return [Content.styled(text, "$foreground 60%") for text in words if text]
