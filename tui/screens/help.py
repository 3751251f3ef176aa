"""Keys and commands on one page, over the chat."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.commands import COMMANDS

KEYS = (
    ("Enter", "send; while the model works: queue"),
    ("Ctrl+J", "new line; so do Alt+Enter and Shift+Enter"),
    ("↑ ↓", "what you sent before, from the first or last line"),
    ("Tab", "complete a command or a path"),
    ("Esc", "stop; the words stay, queued messages come back"),
    ("PgUp PgDn", "scroll; Ctrl+Home and Ctrl+End: start and end"),
    ("Ctrl+N", "new chat"),
    ("Ctrl+P", "all commands, themes"),
    ("Ctrl+C", "copy what is selected, or stop"),
    ("Ctrl+Q", "quit at once; so does Ctrl+D on an empty line"),
)


class HelpScreen(ModalScreen[None]):
    """Any of the keys that close things closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter", "app.pop_screen", "Close", show=False),
    ]

    def compose(self) -> ComposeResult:
        commands = [(f"/{c.name} {c.argument}".strip(), c.help) for c in COMMANDS]
        width = max(len(key) for key, _ in (*KEYS, *commands))
        with VerticalScroll() as page:
            page.border_title = "Luciole"
            page.border_subtitle = "Esc closes"
            yield Static(_table("Keys", KEYS, width), markup=False)
            yield Static(_table("Commands", commands, width), markup=False)


def _table(title: str, rows: tuple[tuple[str, str], ...] | list[tuple[str, str]], width: int) -> Content:
    lines = [Content.styled(title, "bold $primary")]
    lines += [Content.assemble((key.ljust(width), "bold"), (f"  {does}", "$foreground 70%")) for key, does in rows]
    return Content("\n").join(lines)
