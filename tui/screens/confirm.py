"""A question that is answered with yes or no, over whatever is on the screen."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from assistant import one_line, printable
from tui.language import N_, _


class ConfirmScreen(ModalScreen[bool]):
    """Says what will happen; `yes` names it on the button. Anything else than that button means no."""

    AUTO_FOCUS = "#no"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", N_("No"), show=False),
        Binding("y", "dismiss(True)", N_("Yes"), show=False),
        Binding("left,right", "app.focus_next", N_("The other button"), show=False),
    ]

    def __init__(self, title: str, text: str, *, yes: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            yield Static(printable(self._text), markup=False)
            with Horizontal():
                yield Button(self._yes, id="yes", variant="primary")
                yield Button(_("Cancel"), id="no")

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id == "yes")
