"""Keeps conversations while they happen, in a thread of its own: words never wait for a disk.

Questions, ends of answers and moves are written at once; the words of a running answer are gathered for `PAUSE`, so
that whoever kills the program finds all but the last of them. What cannot be written is said once and tried again with
the next change: the conversation goes on meanwhile.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic

from assistant.conversation.store import Store
from assistant.conversation.turns import Change, Heading, Marked, Placed, Renamed, Words
from assistant.errors import HistoryFailed

PAUSE = 0.5
"""Seconds for which words are gathered before they are written: half of what may be lost."""
_AGAIN = 2.0
"""Seconds before what could not be written is tried again while nothing new comes."""


@dataclass(slots=True)
class _Pending:
    """Changes that are not on the disk yet; a later one of the same thing replaces the earlier one."""

    facts: dict[tuple[str, str], Heading | Renamed | Placed | Marked] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.facts or self.words)

    def add(self, change: Change) -> None:
        match change:
            case Words(turn, text):
                self.words.setdefault(turn, []).append(text)
            case Placed(_, turn):
                self.facts["turn", turn.id] = change
                self.words.pop(turn.id, None)  # it holds all of them
            case Heading():
                self.facts["heading", change.id] = change
            case Renamed(conversation, _):
                self.facts["title", conversation] = change
            case Marked(turn, _):
                self.facts["mark", turn] = change

    def before(self, later: "_Pending") -> "_Pending":
        """These and then the later ones, as if they had come one by one."""
        both = _Pending(dict(self.facts), dict(self.words))
        for change in later.changes():
            both.add(change)
        return both

    def changes(self) -> list[Change]:
        """In an order in which each finds what it refers to: headings and turns as they came, then marks and words."""
        facts = sorted(self.facts.values(), key=lambda fact: isinstance(fact, Marked))
        return [*facts, *(Words(turn, "".join(pieces)) for turn, pieces in self.words.items())]


class Keeper:
    """Takes changes from any thread. The store is opened in the background, with the first change."""

    def __init__(self, opened: Callable[[], Store] = Store) -> None:
        self._opened = opened
        self._changed = Condition()
        self._pending = _Pending()
        self._writing = False
        self._closing = False
        self._thread: Thread | None = None
        self._store: Store | None = None
        self._notices: list[str] = []
        self._said: set[str] = set()
        self._failed = False

    def keep(self, change: Change) -> None:
        """Have a change written; returns at once. After `close` nothing is kept any more."""
        with self._changed:
            if self._closing:
                return
            first = not self._pending
            self._pending.add(change)
            if self._thread is None:
                # A daemon: a disk that hangs must not keep the program from ending.
                self._thread = Thread(target=self._work, name="luciole-keeper", daemon=True)
                self._thread.start()
            elif first or not isinstance(change, Words):
                self._changed.notify_all()

    def notices(self) -> tuple[str, ...]:
        """What the user should know, each once: nothing is being kept, or again; a damaged file was set aside."""
        with self._changed:
            notices, self._notices = tuple(self._notices), []
        return notices

    def settle(self, seconds: float) -> bool:
        """Wait until everything is written, at most so long; False where it is not."""
        end = monotonic() + seconds
        with self._changed:
            while (self._pending or self._writing) and not self._failed and (left := end - monotonic()) > 0:
                self._changed.wait(min(left, PAUSE))
            return not self._pending and not self._writing

    def close(self, seconds: float = 0.4) -> bool:
        """Write what is left and let go of the file; waits at most so long. False where not all of it was written."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)
        with self._changed:
            return not self._pending and not self._writing

    def _work(self) -> None:
        try:
            while (batch := self._next()) is not None:
                self._write(batch)
        finally:
            if self._store is not None:
                self._store.close()

    def _next(self) -> _Pending | None:
        """What is to be written now; None: closed, and nothing is left that could be."""
        with self._changed:
            if self._failed:
                self._changed.wait_for(lambda: self._closing, _AGAIN)
            else:
                self._changed.wait_for(lambda: self._closing or bool(self._pending))
                self._changed.wait_for(lambda: self._closing or bool(self._pending.facts), PAUSE)
            if self._closing and (self._failed or not self._pending):
                return None
            batch, self._pending = self._pending, _Pending()
            self._writing = True
            return batch

    def _write(self, batch: _Pending) -> None:
        trouble = notice = ""
        lost = False
        try:
            if self._store is None:
                self._store = self._opened()
                notice = self._store.notice
            if batch:
                self._store.write(batch.changes())
        except HistoryFailed as error:
            trouble = f"nothing of this conversation is being kept: {error}"
        except sqlite3.IntegrityError:
            trouble, lost = "this conversation was removed for good elsewhere; what is said now is not kept", True
        with self._changed:
            if trouble and not lost:
                self._pending = batch.before(self._pending)
            if notice:
                self._say(notice)
            if trouble:
                self._say(trouble)
            elif self._failed:
                self._notices.append("the conversation is being kept again, with all that was said meanwhile")
                self._said.clear()
            self._failed = bool(trouble) and not lost
            self._writing = False
            self._changed.notify_all()

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._notices.append(text)
