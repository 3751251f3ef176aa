"""What the list above the prompt offers for what is being typed, and what taking a line of it puts in. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant import Typed, one_line
from tui.commands import Command, being_completed, matching
from tui.figures import size
from tui.files import Found
from tui.language import _
from tui.prompt.folding import being_mentioned, mention, tokens_words
from tui.widgets.completion import Choice

_LONGEST = 200
"""Letters of an earlier message that are shown."""
_BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Put:
    """`text` in place of the line of the cursor, from column `start` to the cursor; `sends`: it is whole then."""

    text: str
    start: int
    sends: bool = False
    mentions: bool = False
    """A file."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is being typed, from column `start` on. `mentioned`: with an @; else behind a command."""

    path: str
    start: int
    mentioned: bool
    kind: str = "FILE"
    """What it is the beginning of: one of `commands.COMPLETED`."""


def wanted_file(text: str, before_cursor: str) -> Wanted | None:
    """The file that is being typed at the cursor; None where none is."""
    completed = being_completed(text) if before_cursor == text else None
    if completed is not None:
        kind, argument = completed
        return Wanted(argument, len(text) - len(argument), mentioned=False, kind=kind)
    being = None if text.startswith("/") else being_mentioned(before_cursor)
    return None if being is None else Wanted(being[1], being[0], mentioned=True)


def commands(text: str) -> list[Choice]:
    """The commands that the text may become; none where it is one already."""
    found = matching(text)
    if [command.name for command, _places in found] == [text[1:]]:
        return []
    return [
        Choice(
            f"/{command.name}",
            _does(command),
            tuple(place + 1 for place in places),
            Put(f"/{command.name}{' ' if command.argument else ''}", 0, sends=not command.needs_argument),
        )
        for command, places in found
    ]


def files(wanted: Wanted, found: Iterable[Found], costs: Mapping[str, str]) -> list[Choice]:
    """The files and folders that may be meant, with what their text will cost: by `costs`, else by their size."""
    return [
        Choice(each.path, costs.get(each.path) or _cost(wanted, each), each.places, _put(wanted, each))
        for each in found
        if each.path != wanted.path
    ]


def earlier(entries: Iterable[Typed]) -> list[Choice]:
    """What was sent before."""
    return [Choice(one_line(entry.text)[:_LONGEST], value=entry) for entry in entries]


def _does(command: Command) -> str:
    return f"{command.takes}: {_(command.help)}" if command.argument else _(command.help)


def _put(wanted: Wanted, found: Found) -> Put:
    if not wanted.mentioned:
        return Put(found.path, wanted.start)
    if found.bytes is None:
        whole = mention(found.path.removesuffix("/"))
        text = f'@"{found.path}' if whole.startswith('@"') else f"@{found.path}"
        return Put(text, wanted.start)
    return Put(mention(found.path) + " ", wanted.start, mentions=True)


def _cost(wanted: Wanted, found: Found) -> str:
    if found.bytes is None:
        return ""
    if found.is_packed or wanted.kind != "FILE":
        return size(found.bytes)
    return "≈" + tokens_words(-(-found.bytes // _BYTES_A_TOKEN))
