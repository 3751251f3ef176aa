"""One text to be typed, over whatever is on the screen: a name, a title, a path, an instruction."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from assistant import one_line, printable
from tui.language import N_, _


class EntryScreen(ModalScreen[str | None]):
    """Gives the text, or None where it was left with Esc. Of one line Enter is the end, of several Ctrl+S."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("ctrl+s", "done", N_("Done"), show=False),
        Binding("enter", "enter", N_("Done"), show=False, priority=True),
    ]

    def __init__(self, title: str, value: str = "", *, lines: int = 1, help: str = "") -> None:  # noqa: A002
        """`lines`: rows of the field; `help`: a line under it."""
        super().__init__()
        self._title = title
        self._value = value
        self._lines = lines
        self._help = help

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = (
                _("Enter: done   Esc: cancel") if self._lines == 1 else _("Ctrl+S: done   Esc: cancel")
            )
            field = TextArea(printable(self._value), soft_wrap=True, compact=True, highlight_cursor_line=False)
            field.styles.height = self._lines
            yield field
            if self._help:
                yield Static(printable(self._help), markup=False)

    def on_mount(self) -> None:
        self.query_one(TextArea).move_cursor(self.query_one(TextArea).document.end)

    def action_enter(self) -> None:
        """The end, or a new line."""
        if self._lines == 1:
            self.action_done()
        else:
            self.query_one(TextArea).insert("\n")

    def action_done(self) -> None:
        """Give back what is there."""
        text = self.query_one(TextArea).text
        self.dismiss(" ".join(text.split()) if self._lines == 1 else text)
