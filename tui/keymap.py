"""Keys for what the screen can do: all that can be given another key, and which keys they may be given.

Whatever is declared with a name (`Binding(..., id="chat.new")`) can be given another key in the settings. Three keys
never are: terminals send the same byte for them as for Tab, Enter and Backspace.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, key_to_character
from textual.screen import Screen

from tui import later
from tui.key_names import key_words
from tui.language import _
from tui.rooms import TITLES
from tui.rooms.room import Room

NEVER = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace"}
"""What a terminal takes the key for."""
_KEPT = frozenset({"tab", "shift+tab", "enter", "backspace", "space", "ctrl+c", "ctrl+q", "ctrl+p"})
"""What typing, going round and leaving need, everywhere."""
_NAMES = frozenset(key.value for key in Keys)
_MODIFIERS = ("ctrl+", "alt+", "shift+")
_PROMPT = "prompt."
"""What the names of its keys begin with; it is in more rooms than one."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Something the screen does by a key."""

    name: str
    """As the settings call it: `chat.new`."""
    keys: tuple[str, ...]
    """Those it has by itself."""
    description: str
    """Marked for translation."""
    action: str
    """As its widget calls it."""
    room: str
    """Where it works; empty: in every room."""
    owner: str
    """What declares it; empty: the room itself, or the house, whose keys work wherever the focus is."""

    @property
    def place(self) -> str:
        """The same for the reader."""
        if self.room:
            return _(TITLES[self.room])
        return _("While writing") if self.name.startswith(_PROMPT) else _("Everywhere")

    def meets(self, other: "Bound") -> bool:
        """Whether a key that both have would be unclear: not so in two rooms, or in two widgets of one."""
        same_room = not self.room or not other.room or self.room == other.room
        return same_room and (not self.owner or not other.owner or self.owner == other.owner)


def bound() -> tuple[Bound, ...]:
    """All that can be given another key: what works everywhere first, then room by room."""
    later.load()  # what is not imported yet has keys too
    found: dict[str, Bound] = {}
    for kind in _kinds(DOMNode):
        if not kind.__module__.startswith("tui."):
            continue
        for binding in kind.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                keys = tuple(key.strip() for key in binding.key.split(","))
                room = _room(binding.id, kind.__module__)
                owner = "" if issubclass(kind, Room | Screen | App) else kind.__qualname__
                found.setdefault(binding.id, Bound(binding.id, keys, binding.description, binding.action, room, owner))
    order = ["", *TITLES]
    return tuple(
        sorted(found.values(), key=lambda each: (order.index(each.room), each.name.startswith(_PROMPT), each.name))
    )


def keymap(chosen: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The keys of the settings as Textual takes them, and a sentence for each that cannot be used."""
    usable: dict[str, str] = {}
    problems: list[str] = []
    for name, keys in chosen.items():
        problem = refusal(name, keys, usable)
        if problem:
            problems.append(problem)
        else:
            usable[name] = ",".join(_parts(keys))
    return usable, problems


def refusal(name: str, keys: str, chosen: Mapping[str, str]) -> str:
    """Why `keys` cannot be what does `name`, while others have the keys of `chosen`; empty: they can."""
    known = {each.name: each for each in bound()}
    if name not in known:
        words = _("nothing on the screen is called {name}; the settings list what can be given a key; mend it there")
        return words.format(name=name)
    for key in _parts(keys) or ("",):
        shown = {"name": name, "key": key_words(key) if key else "''"}
        if key in NEVER:
            taken = key_words(NEVER[key])
            return _("{key} for {name} is the key {taken} to a terminal; choose another").format(**shown, taken=taken)
        if not _is_key(key):
            return _("{key} for {name} is no key; a key such as ctrl+r was expected; choose one").format(**shown)
        if key in _KEPT and key not in known[name].keys:
            return _("{key} for {name} has its own use everywhere; choose another").format(**shown)
        if _types(key) and not any(_types(own) for own in known[name].keys):
            return _("{key} for {name} is a letter one types; take it with Ctrl or Alt").format(**shown)
        for other in known.values():
            if other.name != name and known[name].meets(other) and _same(key, _keys(other, chosen)):
                words = _(other.description)
                return _("{key} for {name} already does: {other}; choose another").format(**shown, other=words)
    return ""


def keys_of(known: Bound, chosen: Mapping[str, str]) -> str:
    """What does it now, for the reader: `F5, Ctrl+S`."""
    return ", ".join(key_words(key) for key in _keys(known, chosen))


def _keys(known: Bound, chosen: Mapping[str, str]) -> tuple[str, ...]:
    return _parts(chosen[known.name]) if known.name in chosen else known.keys


def _parts(keys: str) -> tuple[str, ...]:
    """Keys as Textual writes them: in small letters, unless it is one letter."""
    parts = (key.strip() for key in keys.split(","))
    return tuple(part if len(part) == 1 else part.lower() for part in parts if part)


def _same(key: str, others: tuple[str, ...]) -> bool:
    """`?` and `question_mark` are one key."""
    return (_character(key) or key) in {_character(other) or other for other in others}


def _types(key: str) -> bool:
    """Whether the key writes a character."""
    return _character(key) is not None


def _character(key: str) -> str | None:
    """What the key writes: `/` for `slash`, which has a longer name in Unicode."""
    return key_to_character(REPLACED_KEYS.get(key, key))


def _is_key(key: str) -> bool:
    while key.startswith(_MODIFIERS):
        key = key.partition("+")[2]
    return key in _NAMES or _character(key) is not None


def _room(name: str, module: str) -> str:
    """By the name, else by where it is declared."""
    first = name.partition(".")[0]
    if name.startswith(_PROMPT):
        return ""
    if first in TITLES:
        return first
    return next((room for room in TITLES if module.startswith(f"tui.rooms.{room}")), "")


def _kinds(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """All kinds of it that were ever declared."""
    for inner in kind.__subclasses__():
        yield inner
        yield from _kinds(inner)
