"""The keys that work where one is, all commands, and where files lie: one page, over whatever is on the screen."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Button

from assistant import locations, one_line
from tui.columns import widest
from tui.commands import COMMANDS
from tui.key_names import key_words
from tui.keymap import Bound, bound
from tui.language import N_, _
from tui.preferences import preferences
from tui.screens.palette import sentence
from tui.widgets.rows import Row, Rows
from tui.words import capital

LOCATIONS = {
    "models": N_("models"),
    "conversations": N_("conversations"),
    "settings": N_("settings"),
    "cache": N_("saved readings"),
    "log": N_("log of the engine"),
}
_WIDEST = 26


class HelpScreen(ModalScreen[str | None]):
    """`below`: the screen whose keys are shown. Gives the name of a command where one was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss(None)", N_("Close"), show=False),
        Binding("down,j", "scroll(1)", N_("Scroll down"), show=False),
        Binding("up,k", "scroll(-1)", N_("Scroll up"), show=False),
    ]

    def __init__(self, below: Screen[Any], room: str) -> None:
        super().__init__()
        self._room = room
        self._live = list(_live(below))

    def compose(self) -> ComposeResult:
        tables = self._tables()
        width = widest((key for _title, rows in tables for key, _does in rows), _WIDEST)
        with VerticalScroll() as page:
            page.border_title = Content(_("Help"))
            page.border_subtitle = Content(_("Esc: close   ↑↓: scroll"))
            for title, rows in tables:
                yield Rows(title, rows, width)
            with Horizontal():
                yield Button(_("Settings and keys"), id="settings", compact=True)
                yield Button(_("The first page"), id="welcome", compact=True)

    def action_scroll(self, direction: int) -> None:
        """A line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)

    def show_words(self) -> None:
        """The language has changed."""
        self.refresh(recompose=True)

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        self.dismiss(message.button.id)

    def _tables(self) -> list[tuple[str, Sequence[Row]]]:
        here = [(keys, _does(known)) for keys, known in self._live if known.room]
        everywhere = [(keys, _does(known)) for keys, known in self._live if not known.room and not known.owner]
        commands = [(found.usage, sentence(found)) for found in COMMANDS]
        lying = [(_(LOCATIONS[kept]), one_line(str(path))) for kept, path in locations().items()]
        tables: list[tuple[str, Sequence[Row]]] = [
            (_("Keys here: {room}").format(room=_(self._room)), here),
            (_("Keys everywhere"), [*everywhere, *self._always()]),
            (_("While writing"), self._writing()),
            (_("Commands"), commands),
            (_("Where files lie"), lying),
        ]
        return [(title, rows) for title, rows in tables if rows]

    def _always(self) -> list[Row]:
        return [
            ("Ctrl+P", _("All commands, looks and languages, found by a few letters")),
            ("Ctrl+C", _("Copy what is selected, else stop")),
            ("Tab", _("To the next place; Shift+Tab goes back")),
        ]

    def _writing(self) -> list[Row]:
        submit = preferences(self.app).settings.screen.submit_key
        line = "Ctrl+J" if submit == "enter" else "Enter"
        # What sends and what begins a line goes by the setting, and not by the keys that are declared for it.
        own = ("prompt.submit", "prompt.new_line")
        prompt = {known.name for _keys, known in self._live if known.owner and not known.room} - set(own)
        return [
            (key_words(submit), _("Send; while the model works: queue")),
            (line, _("New line")),
            ("↑ ↓", _("What you sent before, from the first or last line")),
            ("/", _("Commands; Tab completes them")),
            ("@", _("Put a file into the message")),
            *((keys, _does(known)) for keys, known in self._live if known.name in prompt),
        ]


def _live(below: Screen[Any]) -> Iterator[tuple[str, Bound]]:
    """The keys that work there now: those of the focused widget first, each thing they do once."""
    known = {found.name: found for found in bound()}
    keys: dict[str, list[str]] = {}
    for key, active in below.active_bindings.items():
        name = active.binding.id
        if name in known and active.enabled and known[name].description:
            keys.setdefault(name, []).append(key)
    for name, pressed in keys.items():
        yield ", ".join(key_words(key) for key in pressed), known[name]


def _does(known: Bound) -> str:
    return capital(_(known.description))
