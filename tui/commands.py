"""The slash commands: one table, read by the prompt, its completion, the palette and the help."""

import re
from dataclasses import dataclass
from pathlib import Path

from assistant import printable
from tui.language import N_, _


@dataclass(frozen=True, slots=True)
class Command:
    """What may be typed after a slash, is offered in the palette, and stands in the help."""

    name: str
    argument: str
    """What it takes, for the reader: empty for nothing, in brackets where it may be left out."""
    help: str
    """Marked for translation."""
    action: str
    """`action_<action>` does it, and gets the argument (empty where it was left out) if the command takes one."""
    room: str = ""
    """The room that does it; empty: the house itself."""
    alias: str = ""

    @property
    def needs_argument(self) -> bool:
        return bool(self.argument) and not self.argument.startswith("[")


COMMANDS = (
    Command("summarize", "FILE", N_("read a whole document and summarize it"), "summarize", "chat", alias="open"),
    Command("watch", "FILE", N_("summarize a document, and again whenever it changes"), "watch", "chat"),
    Command("new", "", N_("start an empty chat"), "new_chat", "chat"),
    Command("model", "", N_("show which model is loaded, and how"), "model", "chat"),
    Command("chat", "", N_("go to the chat"), "go_chat"),
    Command("documents", "", N_("go to the documents"), "go_documents"),
    Command("models", "", N_("go to the models"), "go_models"),
    Command("history", "", N_("go to all kept conversations"), "go_history"),
    Command("stop", "", N_("stop what runs; the words stay"), "stop"),
    Command("help", "", N_("show keys and commands"), "help"),
    Command("quit", "", N_("leave at once"), "quit"),
)

_TYPED = re.compile(r"/([a-z]*)(?:\s+(.*?))?\s*", re.DOTALL)


class Unknown(ValueError):
    """A line starts like a command but names none; the text is one line a user can act on."""


def parse(text: str) -> tuple[Command, str] | None:
    """The command that `text` calls and its argument, or None where it is a message. Raises Unknown.

    A line that starts with a space, or whose first word holds more than letters (`/usr/bin`), is a message.
    """
    typed = _TYPED.fullmatch(text)
    if typed is None:
        return None
    name, argument = typed[1], typed[2] or ""
    for command in COMMANDS:
        if name in {command.name, command.alias} - {""}:
            if command.needs_argument and not argument:
                raise Unknown(f"/{name} without {command.argument}; expected /{name} {command.argument}; add it")
            if argument and not command.argument:
                raise Unknown(f"/{name} takes nothing after it, found {argument!r}; a space before / sends it as text")
            return command, _unquoted(argument)
    known = " ".join(f"/{command.name}" for command in COMMANDS)
    raise Unknown(f"no command /{name}; known: {known}; a space before / sends it as text")


def named(name: str) -> Command:
    """The command of this name or alias. Raises Unknown."""
    for command in COMMANDS:
        if name in (command.name, command.alias):
            return command
    raise Unknown(f"no command /{name}; /help lists them; a space before / sends it as text")


def completions(text: str) -> list[tuple[str, str]]:
    """What `text` may become, as (whole line, what it does), for a line that begins with a slash; else empty."""
    if "\n" in text or not text.startswith("/"):
        return []
    name, space, argument = text[1:].partition(" ")
    if not space:
        return [
            (f"/{c.name} ", f"{c.argument}: {_(c.help)}") if c.argument else (f"/{c.name}", _(c.help))
            for c in COMMANDS
            if c.name.startswith(name)
        ]
    if any(name in {c.name, c.alias} and c.argument for c in COMMANDS):
        return [(f"/{name} {path}", "") for path in _paths(argument.lstrip())]
    return []


def _paths(start: str) -> list[str]:
    """Files and folders that begin with `start`, as it is written; folders end in a slash; hidden ones if asked for."""
    head, slash, prefix = start.rpartition("/")
    folder = Path(head + slash).expanduser() if slash else Path()
    try:
        entries = sorted(folder.iterdir(), key=lambda path: (path.is_file(), path.name.lower()))
    except OSError:
        return []
    return [
        f"{head}{slash}{path.name}{'/' if path.is_dir() else ''}"
        for path in entries
        if path.name.startswith(prefix)
        and (prefix.startswith(".") or not path.name.startswith("."))
        and printable(path.name) == path.name  # what cannot be shown cannot be typed either
    ]


def _unquoted(argument: str) -> str:
    """A path as terminals paste it when a file is dropped on them: without the quotes around it."""
    if len(argument) >= 2 and argument[0] == argument[-1] and argument[0] in "'\"":
        return argument[1:-1]
    return argument
