"""What the palette offers: every slash command, every look and every language, each with the keys that do the same."""

from collections.abc import Iterable, Mapping

from tui.commands import COMMANDS, Command
from tui.keymap import bound, keys_of
from tui.language import LANGUAGES, _
from tui.screens.choice import Choice
from tui.theme import WORDS
from tui.words import capital

COMMAND, THEME, LANGUAGE = "command", "theme", "language"
"""What the name of an entry begins with, before a colon."""
_ACTIONS = {room: f"go('{room}')" for room in ("chat", "documents", "models", "history")}
"""Commands that are declared in other words where they have a key."""


def entries(keys: Mapping[str, str], themes: Iterable[str]) -> list[Choice]:
    """`keys`: those of the settings; `themes`: the names there are."""
    found = [Choice(f"{COMMAND}:{command.name}", sentence(command), noted(command, keys)) for command in COMMANDS]
    look, language = _("Look: {name}"), _("Language: {name}")
    found += [Choice(f"{THEME}:{name}", look.format(name=theme_words(name)), name) for name in themes]
    found += [Choice(f"{LANGUAGE}:{code}", language.format(name=name), code) for code, name in LANGUAGES.items()]
    return found


def sentence(command: Command) -> str:
    """What it does, beginning with a capital letter."""
    return capital(_(command.help))


def noted(command: Command, keys: Mapping[str, str]) -> str:
    """How else it is done: `/new · Ctrl+N`."""
    action = _ACTIONS.get(command.name, command.action)
    pressed = (keys_of(found, keys) for found in bound() if found.action == action and found.room in ("", command.room))
    return " · ".join(filter(None, (command.usage, next(pressed, ""))))


def themes(available: Iterable[str]) -> list[str]:
    """Ours first, then Textual's."""
    return [*WORDS, *sorted(name for name in available if name not in WORDS and not name.startswith("ansi-"))]


def theme_words(name: str) -> str:
    """A look in words; one of Textual's by its name."""
    return _(WORDS[name]) if name in WORDS else name
