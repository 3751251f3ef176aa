"""What was sent before: gone through one by one, or searched. Pure."""

import re
from collections.abc import Sequence

from assistant import Typed
from tui.fuzzy import match


def is_worth_keeping(typed: Typed) -> bool:
    """Not a bare command: that is typed sooner than found."""
    return re.fullmatch(r"/[a-z]*\s*", typed.text) is None


class Recall:
    """Entries, the oldest first; and where in them one is, going through them."""

    def __init__(self) -> None:
        self._entries: list[Typed] = []
        self._place = 0
        self._draft = Typed("")

    def remember(self, typed: Sequence[Typed]) -> None:
        """These were sent before everything else."""
        self._entries[:0] = typed
        self._place += len(typed)

    def add(self, typed: Typed) -> None:
        """This is sent now; one is behind all of them again."""
        if is_worth_keeping(typed) and self._entries[-1:] != [typed]:
            self._entries.append(typed)
        self._place = len(self._entries)

    def older(self, now: Typed) -> Typed | None:
        """The entry before; None at the oldest. `now` comes back behind the newest."""
        if self._place == 0:
            return None
        if self._place == len(self._entries):
            self._draft = now
        self._place -= 1
        return self._entries[self._place]

    def newer(self) -> Typed | None:
        """The entry after, or what was being typed; None behind that."""
        if self._place == len(self._entries):
            return None
        self._place += 1
        return self._entries[self._place] if self._place < len(self._entries) else self._draft

    def search(self, query: str, most: int) -> list[Typed]:
        """Entries in which all words of the query stand, the newest first, each once; then those with its letters."""
        words = query.lower().split()
        newest = list({entry.text: entry for entry in reversed(self._entries)}.values())
        exact = [entry for entry in newest if all(word in entry.text.lower() for word in words)]
        if len(exact) < most and query:
            there = {entry.text for entry in exact}
            exact += [entry for entry in newest if entry.text not in there and match(query, entry.text) is not None]
        return exact[:most]
