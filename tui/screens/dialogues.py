"""The dialogues of a corpus that an answer was written after, most similar last, over whatever is on the screen."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from assistant import Dialogue, one_line, printable
from tui.language import N_, _, plural
from tui.said import said


class DialoguesScreen(ModalScreen[None]):
    """`found`: the dialogues, None for one that the corpus has no longer; empty: `why` says why there are none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,s", "dismiss", N_("Close"), show=False),
        Binding("j,down", "scroll(1)", N_("Scroll down"), show=False),
        Binding("k,up", "scroll(-1)", N_("Scroll up"), show=False),
    ]

    def __init__(self, speaker: str, found: Sequence[Dialogue | None], why: str = "") -> None:
        """`speaker`: the character, whose name stands out in them."""
        super().__init__()
        self._speaker = speaker
        self._found = found
        self._why = why

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(_("Dialogues that this answer was written after"))
            box.border_subtitle = Content(_("Esc: close   ↑↓: scroll"))
            with VerticalScroll(can_focus=True):
                for place, dialogue in enumerate(self._found):
                    yield Static(self._drawn(dialogue, len(self._found) - place), markup=False)
                if not self._found:
                    yield Static(printable(self._why), markup=False)
            with Horizontal():
                yield Button(_("Close"), id="close", variant="primary", compact=True)
                yield Static(self._counted(), markup=False)

    def on_mount(self) -> None:
        page = self.query_one(VerticalScroll)
        page.focus()
        page.scroll_end(animate=False)  # where the most similar one is

    def on_button_pressed(self) -> None:
        self.dismiss()

    def action_scroll(self, direction: int) -> None:
        """A line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)

    def _counted(self) -> str:
        count = len(self._found)
        return plural("{count} dialogue, the most similar last", "{count} dialogues, the most similar last", count)

    def _drawn(self, dialogue: Dialogue | None, rank: int) -> Content:
        if dialogue is None:
            return Content.styled(f"{rank} · {_('no longer in the corpus')}", "$warning italic")
        lines = [Content.styled(f"{rank} · {said(one_line(dialogue.where))}", "$foreground 60%")]
        for line in dialogue.lines:
            style = "bold $secondary" if line.speaker == self._speaker else "bold"
            lines.append(Content.assemble((f"{one_line(line.speaker)}: ", style), printable(line.words)))
        return Content("\n").join(lines)
