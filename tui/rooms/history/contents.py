"""What the list is of: all that is kept, archived or deleted, or what was found. No widgets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant import Entry, Hit, Store, one_line
from tui.language import _, plural
from tui.rooms.history.items import found_items, kept_items, key_of
from tui.rooms.history.shelf import Item

View = Literal["kept", "archived", "removed"]
VIEWS: tuple[View, ...] = ("kept", "archived", "removed")
MOST = 200
"""Places that a search shows."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Places of what was searched for, the newest first, and the conversations they are in by their ids."""

    search: str
    hits: Sequence[Hit]
    entries: Mapping[str, Entry]


def find(store: Store, words: str) -> Findings:
    """Where these words are; in the librarian's thread. Raises HistoryFailed."""
    hits, entries = store.search(words, MOST), store.entries()
    # As they were written, an import is the newest of all; the list goes by the days of the words.
    hits.sort(key=lambda hit: (hit.turn is not None, -hit.created))
    return Findings(words, hits, {entry.heading.id: entry for entry in entries})


@dataclass(slots=True)
class Contents:
    """`found` None: nothing is searched for, and the list is of `view`."""

    view: View = "kept"
    kept: Sequence[Entry] | None = None
    """None: not read yet."""
    removed: Sequence[Entry] = field(default=())
    found: Findings | None = None

    @property
    def search(self) -> str:
        """What was searched for; empty: nothing."""
        return self.found.search if self.found is not None else ""

    @property
    def entries(self) -> list[Entry]:
        """The conversations of the view."""
        if self.view == "removed":
            return list(self.removed)
        return [entry for entry in self.kept or () if entry.heading.archived == (self.view == "archived")]

    def turn_over(self) -> None:
        """To the next view, and nothing is searched for."""
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self.found = None

    def items(self, now: float) -> list[Item]:
        """The rows of the list; `now` in seconds since 1970."""
        if self.found is not None:
            return found_items(self.found.hits, self.found.entries, self.found.search, now)
        return kept_items(self.entries, now)

    def of(self, key: str) -> tuple[Entry, str | None] | None:
        """The conversation of this row, and the turn that was found in it."""
        if self.found is not None:
            for hit in self.found.hits:
                if key_of(hit) == key:
                    return self.found.entries[hit.conversation], hit.turn
            return None
        return next(((entry, None) for entry in self.entries if entry.heading.id == key), None)

    @property
    def name(self) -> str:
        """What the list is of, and how many."""
        if self.found is not None:
            places = len(self.found.hits)
            if places >= MOST:
                return _("the newest {count} places").format(count=places)
            return plural("{count} place", "{count} places", places)
        if self.kept is None:
            return ""
        count = plural("{count} conversation", "{count} conversations", len(self.entries))
        view = {"kept": "", "archived": _("archived"), "removed": _("deleted")}[self.view]
        return f"{view}: {count}" if view else count

    @property
    def nothing(self) -> str:
        """Why the list is empty."""
        if self.found is not None:
            return _("“{words}” is in no conversation.\nFewer letters find more.").format(words=one_line(self.search))
        if self.kept is None:
            return ""
        if self.view == "archived":
            return _("Nothing is archived.")
        if self.view == "removed":
            return _("Nothing was deleted.")
        return _("No conversation is kept yet.\nWhat you say in the chat will be here.")
