"""The application: looks, palette and the way out. The rooms are in `screens`."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import cast

from textual import on
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor
from textual.keys import Keys
from textual.notifications import SeverityLevel
from textual.screen import Screen

from assistant import Engine
from tui.aside import Broken
from tui.desk import Desk
from tui.holder import EngineHolder
from tui.language import _, use
from tui.preferences import Preferences, Written, redraw
from tui.rooms.chat.room import ChatRoom
from tui.said import said
from tui.screens import palette
from tui.screens.choice import ChoiceScreen
from tui.screens.house import House
from tui.theme import OURS, PLAIN
from tui.widgets.prompt import Prompt


class LucioleApp(App[None]):
    """Opens the house, in its chat. Ctrl+Q ends it at any moment: nothing here waits for the model."""

    TITLE = "Luciole"
    CSS_PATH = [  # noqa: RUF012  Textual reads it and never changes it
        "theme.tcss",
        "screens/house.tcss",
        "screens/choice.tcss",
        "screens/first_run.tcss",
        "screens/help.tcss",
        "screens/settings.tcss",
        "screens/pick_file.tcss",
        "screens/characters.tcss",
        "rooms/chat/room.tcss",
        "rooms/documents/room.tcss",
        "rooms/models/room.tcss",
        "rooms/history/room.tcss",
    ]
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, desk: Desk, *, light: bool | None = None, welcome: bool = False, typed: str = "") -> None:
        super().__init__()
        self._welcome = welcome
        self._typed = typed
        # What terminals without the newer keyboard protocols send for Alt+Enter (tmux, Terminal.app). Textual does not
        # know it and reads `^` and Enter, which would send the message; as Ctrl+J it is the new line it should be.
        cast("dict[str, object]", ANSI_SEQUENCES_KEYS)["\x1b\r"] = (Keys.ControlJ,)
        self.desk = desk
        self.house = House(desk)
        for theme in OURS:
            self.register_theme(theme)
        self.preferences = Preferences(self, light=light)
        self.preferences.apply()

    @property
    def chat(self) -> ChatRoom:
        """The room one begins in."""
        return self.house.chat

    def get_default_screen(self) -> Screen[None]:
        return self.house

    def on_unmount(self) -> None:
        self.desk.close()

    def on_mount(self) -> None:
        self.preferences.complain()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._typed:
            self.chat.query_one(Prompt).insert(self._typed.rstrip("\n"))  # sent by nobody but the user
        elif self._welcome:
            self.house.action_welcome()

    def speak(self, language: str) -> None:
        """From now on all words of ours are in this language: a code, or `auto`."""
        use(language)
        redraw(self)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """As Textual's; what the library says comes in the language of the screen."""
        super().notify(said(message), title=title, severity=severity, timeout=timeout, markup=markup)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """As Textual's, and the theme without colours takes out those that code and Markdown bring along."""
        filters = super().get_line_filters()
        if self.current_theme.name != PLAIN.name:
            return filters
        return [*(found for found in filters if not isinstance(found, Monochrome)), NoColor()]

    @on(Broken)
    def _broken(self, message: Broken) -> None:
        raise message.error

    @on(Written)
    def _written(self, message: Written) -> None:
        self.preferences.written(message)

    def action_command_palette(self) -> None:
        """All there is to do, found by a few letters."""
        if self.screen is not self.house:
            return
        settings = self.preferences.settings.screen
        offered = palette.entries(settings.keys, palette.themes(self.available_themes))
        self.push_screen(ChoiceScreen(_("Everything"), offered, search=True), self._chosen)

    def _chosen(self, name: str | None) -> None:
        kind, _colon, what = (name or "").partition(":")
        match kind:
            case palette.COMMAND:
                self.house.begin(what)
            case palette.THEME | palette.LANGUAGE:
                self.preferences.change("screen", kind, value=what)

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing selected: stop what runs, else say which key quits."""
        if self.desk.busy:
            self.house.action_stop()
        else:
            self.notify(_("Ctrl+Q quits"), markup=False)


def make_app(
    open_engine: Callable[[], Engine],
    *,
    open_model: Callable[[str], Engine] | None = None,
    clock: Callable[[], float] = monotonic,
    light: bool | None = None,
    welcome: bool = False,
    typed: str = "",
) -> LucioleApp:
    """The whole screen.

    `open_engine` is called in the worker thread, after the first frame, `open_model` when another model is chosen;
    `clock` is for rates; `light`: whether the terminal's background is, where it has said so; `welcome`: with
    the first page; `typed`: what the user wrote before there was a prompt.
    """
    return LucioleApp(Desk(EngineHolder(open_engine, open_model), clock), light=light, welcome=welcome, typed=typed)
