"""What the librarian tells the room: what was read, found and done."""

from collections.abc import Callable

from textual.message import Message

from assistant import Entry, Store
from tui.rooms.history.contents import Findings
from tui.rooms.history.page import Page


class Listed(Message):
    """All that is kept, and all that was removed, the last changed first."""

    def __init__(self, kept: list[Entry], removed: list[Entry]) -> None:
        super().__init__()
        self.kept = kept
        self.removed = removed


class Outdated(Message):
    """Others have written meanwhile."""


class Found(Message):
    """What was searched for is in these places."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.findings = findings


class Turned(Message):
    """The page of the row of this key."""

    def __init__(self, key: str, page: Page) -> None:
        super().__init__()
        self.key = key
        self.page = page


class Done(Message):
    """Something was changed or written; `undo` takes it back."""

    def __init__(self, words: str, undo: Callable[[Store], None] | None = None) -> None:
        super().__init__()
        self.words = words
        self.undo = undo
