"""The slash commands: one table, read by the prompt, its completion, the palette and the help."""

import re
from dataclasses import dataclass

from tui.fuzzy import rank
from tui.language import N_, _
from tui.paths import unquoted


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
    def takes(self) -> str:
        """The argument in the user's language."""
        return _(self.argument)

    @property
    def usage(self) -> str:
        """As it is typed: `/open FILE`."""
        return f"/{self.name} {self.takes}".strip()

    @property
    def needs_argument(self) -> bool:
        return bool(self.argument) and not self.argument.startswith("[")


# What commands take, for the reader; `takes` translates it.
_ARGUMENTS = (
    *(N_("FILE"), N_("[FILE]"), N_("[FOLDER]"), N_("[GGUF]")),
    *(N_("[MODEL]"), N_("[NAME]"), N_("[WORDS]"), N_("[N]"), N_("[TITLE]"), N_("[on|off]")),
)

COMPLETED = ("FILE", "FOLDER", "GGUF", "MODEL")
"""Arguments that are looked for while they are typed."""

COMMANDS = (
    Command("open", "FILE", N_("open a document to read it and ask about it"), "open_file", "documents"),
    Command("summarize", "[FILE]", N_("read a whole document and summarize it"), "summarize", "documents"),
    Command("watch", "[FILE]", N_("summarize a document, and again whenever it changes"), "watch", "documents"),
    Command("new", "", N_("start an empty chat"), "new_chat", "chat"),
    Command("model", "[MODEL]", N_("load another model; what is typed stays"), "model"),
    Command("convert", "[FOLDER]", N_("convert a model folder to a GGUF file"), "convert", "models"),
    Command("pull", "[NAME]", N_("fetch a model from the hub: owner/name"), "pull", "models"),
    Command("import", "[GGUF]", N_("bring a GGUF file into the model folder"), "bring", "models"),
    Command("continue", "", N_("go on with an answer that was cut"), "continue", "chat"),
    Command("regenerate", "", N_("answer the last question again"), "regenerate", "chat", alias="regen"),
    Command("undo", "", N_("bring back what was deleted"), "undo", "chat"),
    Command("copy", "[N]", N_("copy the last answer, or the Nth from the end"), "copy", "chat"),
    Command("title", "[TITLE]", N_("give this chat a title"), "title", "chat"),
    Command("system", "", N_("tell the model something before all messages of this chat"), "system", "chat"),
    Command("sampling", "", N_("change how answers are written in this chat"), "sampling", "chat"),
    Command("character", "[NAME]", N_("choose who answers: a character, or none"), "character", "chat"),
    Command("describe", "", N_("edit the description of the character"), "describe", "chat"),
    Command("dialogues", "", N_("show the dialogues that the last answer was written after"), "dialogues", "chat"),
    Command("retrieval", "[on|off]", N_("look up similar dialogues for each answer, or not"), "retrieval", "chat"),
    Command("context", "", N_("show what takes how much of the context"), "context", "chat"),
    Command("export", "[FILE]", N_("write what is open to a file"), "export"),
    Command("editor", "", N_("write the message in your editor"), "editor", "chat"),
    Command("recall", "", N_("search what was typed before"), "recall", "chat"),
    Command("chat", "", N_("go to the chat"), "go_chat"),
    Command("documents", "", N_("go to the documents"), "go_documents"),
    Command("models", "", N_("go to the models"), "go_models"),
    Command("history", "[WORDS]", N_("search all kept conversations"), "search", "history"),
    Command("stop", "", N_("stop what runs; the words stay"), "stop"),
    Command("theme", "[NAME]", N_("change how the screen looks"), "theme"),
    Command("language", "[NAME]", N_("change the language of the screen"), "language"),
    Command("settings", "", N_("change looks, language, limits and keys"), "settings"),
    Command("welcome", "", N_("show the first page: this machine, its models, a document to try"), "welcome"),
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
                words = _("/{name} without {argument}; expected /{name} {argument}; add it")
                raise Unknown(words.format(name=name, argument=command.takes))
            if argument and not command.argument:
                words = _("/{name} takes nothing after it, found “{argument}”; a space before / sends it as text")
                raise Unknown(words.format(name=name, argument=argument))
            return command, unquoted(argument)
    known = " ".join(f"/{command.name}" for command in COMMANDS)
    words = _("no command /{name}; known: {known}; a space before / sends it as text")
    raise Unknown(words.format(name=name, known=known))


def named(name: str) -> Command:
    """The command of this name or alias. Raises Unknown."""
    for command in COMMANDS:
        if name in (command.name, command.alias):
            return command
    raise Unknown(_("no command /{name}; /help lists them; a space before / sends it as text").format(name=name))


def matching(text: str) -> list[tuple[Command, tuple[int, ...]]]:
    """Commands that the name typed so far may mean, the best first, with the places of its letters in their names.

    Empty once anything follows the name, and for a text that is no command.
    """
    typed = re.fullmatch(r"/([a-z]*)", text)
    if typed is None:
        return []
    found = rank(typed[1], COMMANDS, lambda command: command.name, len(COMMANDS))
    there = {command.name for command, _places in found}
    # A name by which a command was known elsewhere is not shown, so none of its letters are marked.
    by_alias = rank(
        typed[1], (c for c in COMMANDS if c.alias and c.name not in there), lambda c: c.alias, len(COMMANDS)
    )
    return [*found, *((command, ()) for command, _places in by_alias)]


def being_completed(text: str) -> tuple[str, str] | None:
    """What is typed behind a command, and what it is the beginning of: one of `COMPLETED`; None for any other text."""
    typed = re.fullmatch(r"/([a-z]+) +(\S.*|)", text)
    if typed is None:
        return None
    takes = next((c.argument.strip("[]") for c in COMMANDS if typed[1] in (c.name, c.alias)), "")
    return (takes, typed[2]) if takes in COMPLETED else None
