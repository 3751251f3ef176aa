"""The application: looks, palette and the way out. The rooms are in `screens`."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.app import App, SystemCommand
from textual.keys import Keys
from textual.screen import Screen

from assistant import Engine
from tui.commands import COMMANDS
from tui.screens.chat import ChatScreen
from tui.session import Session
from tui.theme import DAY, DUSK, preferred


class LucioleApp(App[None]):
    """Opens the chat. Ctrl+Q ends it at any moment: nothing here waits for the model."""

    TITLE = "Luciole"
    CSS_PATH = ["screens/chat.tcss", "screens/help.tcss"]  # noqa: RUF012  Textual reads it and never changes it
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, chat: ChatScreen) -> None:
        super().__init__()
        # What terminals without the newer keyboard protocols send for Alt+Enter (tmux, Terminal.app). Textual does not
        # know it and reads `^` and Enter, which would send the message; as Ctrl+J it is the new line it should be.
        cast("dict[str, object]", ANSI_SEQUENCES_KEYS)["\x1b\r"] = (Keys.ControlJ,)
        self.chat = chat
        """The one room there is."""
        self.register_theme(DUSK)
        self.register_theme(DAY)
        self.theme = preferred()

    def get_default_screen(self) -> Screen[None]:
        return self.chat

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for command in COMMANDS:
            if command.name != "quit":  # Textual brings its own
                title = command.name.replace("_", " ").capitalize()
                yield SystemCommand(title, command.help, lambda action=command.action: self.chat.run_action(action))
        yield from super().get_system_commands(screen)

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing selected: stop what runs, else say which key quits."""
        if self.chat.busy:
            self.chat.action_stop()
        else:
            self.notify("Ctrl+Q quits", markup=False)


def make_app(open_engine: Callable[[], Engine], *, clock: Callable[[], float] = monotonic) -> LucioleApp:
    """The whole screen. `open_engine` is called in the worker thread, after the first frame; `clock` is for rates."""
    return LucioleApp(ChatScreen(Session(open_engine), clock))
