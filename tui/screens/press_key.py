"""The next key that is pressed, over whatever is on the screen: for giving something another key."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from assistant import one_line
from tui.language import _


class PressKeyScreen(ModalScreen[str | None]):
    """Gives the name of the key, or None for Esc, which leaves things as they are."""

    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            yield Static(_("Press the new key. Esc leaves it as it is."), markup=False)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self.dismiss(None if event.key == "escape" else event.key)
