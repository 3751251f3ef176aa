"""The line below a document: a question about it, a command, or what is searched for in the text."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from assistant import one_line
from tui.language import N_, _
from tui.prompt.folding import dropped

Mode = Literal["ask", "find"]


class QuestionLine(Horizontal):
    """Asks, unless it was told to `find`."""

    @dataclass
    class Asked(Message):
        """A question, or a line that begins with a slash."""

        text: str

    @dataclass
    class Find(Message):
        """`whole`: Enter was pressed; else it is still being typed."""

        text: str
        whole: bool

    @dataclass
    class Dropped(Message):
        """The path of a file was pasted, as terminals do for one that is dropped on them."""

        path: str

    @dataclass
    class Left(Message):
        """Esc: the reader goes back to what he read."""

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "ask"
        self._about = False
        self._question = ""
        """What was typed when the mode changed."""
        self._sign = Static("❯", markup=False)
        self._line = _Line()

    def compose(self) -> ComposeResult:
        yield self._sign
        yield self._line

    def on_mount(self) -> None:
        self.show_words()

    @property
    def text(self) -> str:
        return self._line.value

    @text.setter
    def text(self, text: str) -> None:
        self._line.value = one_line(text)
        self._line.cursor_position = len(self._line.value)

    @property
    def has_words(self) -> bool:
        """It has the focus."""
        return self._line.has_focus

    # Textual draws `:focus-within` anew for the widget itself, and not for what is in it.

    def on_descendant_focus(self) -> None:
        self.add_class("-active")

    def on_descendant_blur(self) -> None:
        self.remove_class("-active")

    def take_questions(self) -> None:
        """There is a document now to ask about."""
        self._about = True
        self.show_words()

    def ask(self) -> None:
        """The focus, for a question."""
        if self.mode == "find":
            self.mode, self.text = "ask", self._question
        self.show_words()
        self._line.focus()

    def find(self) -> None:
        """The focus, for something in the text."""
        if self.mode == "ask":
            self._question = self.text
        self.mode, self.text = "find", ""
        self.show_words()
        self._line.focus()

    def show_words(self) -> None:
        """Draw what is ours anew."""
        self._sign.update("❯" if self.mode == "ask" else "/")
        if self.mode == "find":
            self._line.placeholder = _("Find in the text")
        elif self._about:
            self._line.placeholder = _("Ask about this document, or / for a command")
        else:
            self._line.placeholder = _("/open FILE opens a document")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if not text:
            return
        if self.mode == "find":
            self.post_message(self.Find(text, whole=True))
        else:
            self.text = ""
            self.post_message(self.Asked(text))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.mode == "find":
            self.post_message(self.Find(event.value.strip(), whole=False))


class _Line(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "leave", N_("back to the text"), show=False, id="documents.leave_line"),
    ]

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False)

    def action_leave(self) -> None:
        """The focus goes back."""
        self.post_message(QuestionLine.Left())

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        paths = dropped(event.text)
        if paths:
            self.post_message(QuestionLine.Dropped("\n".join(paths)))
        else:
            self.insert_text_at_cursor(one_line(event.text))
