"""One thing to be chosen from a list, over whatever is on the screen; of long lists by typing a few of its letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from assistant import one_line
from tui.columns import fitted, widest
from tui.fuzzy import rank
from tui.language import N_, _
from tui.widgets.option_lines import OptionLines

_MOST = 200
"""Entries shown at once."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry: `name` is given back, `words` are read, `note` stands beside them."""

    name: str
    words: str
    note: str = ""


class ChoiceScreen(ModalScreen[str | None]):
    """Gives the name of the entry, or None where it was left with Esc.

    `chosen`: the entry to begin with. `search`: with a line to type into. `look`: told of each entry one comes to.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("down,ctrl+n", "move('cursor_down')", N_("Next"), show=False, priority=True),
        Binding("up,ctrl+p", "move('cursor_up')", N_("Previous"), show=False, priority=True),
        Binding("pagedown", "move('page_down')", N_("Next page"), show=False, priority=True),
        Binding("pageup", "move('page_up')", N_("Previous page"), show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        entries: Sequence[Choice],
        *,
        chosen: str = "",
        search: bool = False,
        look: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._chosen = chosen
        self._search = search
        self._look = look
        self.shown: list[Choice] = []
        """The entries in the list, for whoever asks."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = Content(_("↑↓: move   Enter: choose   Esc: cancel"))
            if self._search:
                yield Input(placeholder=_("type to search"), compact=True)
            yield OptionLines(markup=False, compact=True)
            yield Static(_("nothing is called so"), markup=False, id="none")

    def on_mount(self) -> None:
        if self._search:
            self.add_class("-search")
            self.query_one(OptionList).can_focus = False
        self._fill("")

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def action_move(self, where: str) -> None:
        """Go up or down in the list, wherever the focus is."""
        getattr(self.query_one(OptionList), f"action_{where}")()

    @on(Input.Changed)
    def _typed(self, message: Input.Changed) -> None:
        self._fill(message.value.strip())

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        self.dismiss(self.shown[message.option_index].name)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, message: OptionList.OptionHighlighted) -> None:
        if self._look is not None:
            self._look(self.shown[message.option_index].name)

    def _fill(self, query: str) -> None:
        found = rank(query, self._entries, lambda entry: f"{entry.words} {entry.note}", _MOST)
        self.shown = [entry for entry, _places in found]
        self._draw()

    def _draw(self) -> None:
        options = self.query_one(OptionList)
        at = options.highlighted
        width = max(20, options.content_size.width or 60)
        note = widest((entry.note for entry in self.shown), width // 2)
        words = width - note - (2 if note else 0)
        options.clear_options()
        options.add_options(
            Option(
                Content.assemble(
                    fitted(one_line(entry.words), words),
                    "  " if note else "",
                    (fitted(one_line(entry.note), note), "dim"),
                )
            )
            for entry in self.shown
        )
        names = [entry.name for entry in self.shown]
        if names:
            begun = self._chosen in names and at is None
            options.highlighted = names.index(self._chosen) if begun else min(at or 0, len(names) - 1)
        options.display = bool(names)
        self.query_one("#none").display = not names
