"""A long text of one's own to be written, over whatever is on the screen; or in the user's editor."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static, TextArea

from assistant import one_line, printable
from tui.language import N_, _
from tui.prompt.editor import NoEditor, edit_over


class DescribeScreen(ModalScreen[str | None]):
    """Gives the text, or None where it was left with Esc; words that were changed, only after a second Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", N_("Cancel"), show=False, priority=True),
        Binding("ctrl+s", "done", N_("Done"), show=False, priority=True),
        Binding("ctrl+g", "edit", N_("Write in your editor"), show=False, priority=True),
    ]

    def __init__(self, title: str, text: str, *, help: str = "") -> None:  # noqa: A002
        """`help`: lines under the field."""
        super().__init__()
        self._title = title
        self._text = printable(text)
        self._help = help
        self._warned = False

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = Content(_("Ctrl+S: done   Ctrl+G: editor   Esc: cancel"))
            yield TextArea(self._text, soft_wrap=True, compact=True, highlight_cursor_line=False)
            yield Static(printable(self._help), markup=False, id="help")
            with Horizontal():
                yield Button(_("Done"), id="done", variant="primary", compact=True)
                yield Button(_("In your editor"), id="edit", compact=True)
                yield Button(_("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self._field.move_cursor(self._field.document.end)

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        match message.button.id:
            case "done":
                self.action_done()
            case "edit":
                self.action_edit()
            case _:
                self.action_leave()

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._warned = False

    def action_done(self) -> None:
        """Give back what is there."""
        self.dismiss(self._field.text.strip())

    def action_leave(self) -> None:
        """Let it be as it was; where words were written, only when that is wanted twice."""
        if self._field.text != self._text and not self._warned:
            self._warned = True
            self.query_one("#help", Static).update(_("Something was changed: Ctrl+S keeps it, Esc once more drops it."))
        else:
            self.dismiss(None)

    def action_edit(self) -> None:
        """Go on in the user's editor."""
        try:
            self._field.text = edit_over(self.app, self._field.text)
        except NoEditor as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)
        self._field.focus()

    @property
    def _field(self) -> TextArea:
        return self.query_one(TextArea)
