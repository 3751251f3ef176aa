"""The blocks of a transcript: what the user said, what the model answered, what went wrong, what there is to know."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant import printable
from tui.widgets.markdown import SafeMarkdown


class UserTurn(Static):
    """What the user said: a thick bar beside it, so that it is told apart without colours too."""

    def __init__(self, text: str, *, queued: bool) -> None:
        super().__init__(markup=False)
        self.text = text
        self._queued = queued

    @property
    def queued(self) -> bool:
        """Not sent yet: the model is loading or still answering the turn before."""
        return self._queued

    def sent(self) -> None:
        """The turn has been handed to the model."""
        self._queued = False
        self._draw()

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.set_class(self._queued, "-queued")
        text = Content(printable(self.text))
        mark = Content.styled("queued · sent when the model is free", "italic $foreground 60%")
        self.update(Content("\n").join([text, mark]) if self._queued else text)


class AnswerTurn(Vertical):
    """An answer as it streams in, then one line under it: what it took, or why it is not whole."""

    def __init__(self) -> None:
        super().__init__()
        self._markdown = SafeMarkdown()
        self._note = Static(markup=False, classes="note")
        self._stream: MarkdownStream | None = None
        self.text = ""
        """The words so far, as the model wrote them."""
        self.mark = ""
        """The line under the answer; empty while it is being written."""

    def compose(self) -> ComposeResult:
        yield self._markdown
        yield self._note

    async def write(self, text: str) -> None:
        """Append the next piece."""
        if self._stream is None:
            self._stream = Markdown.get_stream(self._markdown)
        self.text += text
        await self._stream.write(printable(text))

    async def replace(self, text: str) -> None:
        """Put another text in place of the words so far; empty: it begins anew."""
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None
        self.text = text
        await self._markdown.update(printable(text))

    async def finish(self, mark: str, *, partial: bool = False) -> None:
        """No more will come. `mark` goes under the answer; `partial` says that it is not whole."""
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None
        self.mark = mark
        self._note.update(printable(mark))
        self._note.set_class(partial, "-partial")
        self._markdown.display = bool(self.text)


class Welcome(Static):
    """What stands where the first turn will be."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(
            Content.assemble((f"✦ {name}", "bold $primary"), "\n\n", (text, "$foreground 60%")), markup=False
        )


class Note(Static):
    """A few lines from the program itself."""

    def __init__(self, text: str) -> None:
        super().__init__(printable(text), markup=False)
        self.text = text


class ErrorTurn(Static):
    """What went wrong, what was expected and what to do, a line for each."""

    def __init__(self, title: str, message: str) -> None:
        super().__init__(printable(message).replace("; ", "\n"), markup=False)
        self.border_title = Content(title)
        self.message = message
