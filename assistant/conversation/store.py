"""Kept conversations: written as they happen, listed, found, loaded, removed and restored. One SQLite file for all.

Any number of processes may use the file at once; one `Store` is for one thread. All failures are HistoryFailed.
"""

import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from assistant.attachments import question_in
from assistant.conversation.database import Connect, connect, explained, open_database, transaction
from assistant.conversation.migrations import MIGRATIONS, Migration
from assistant.conversation.rows import heading_in, text_out, turn_in, write_change
from assistant.conversation.search import excerpt, index, matching, rebuild, unindex
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Change, Forgot, Heading, Marked, Placed, now, title_of
from assistant.errors import HistoryFailed
from assistant.paths import folder


@dataclass(frozen=True, slots=True)
class Entry:
    """A kept conversation in a list."""

    heading: Heading
    title: str
    """The given one, or the beginning of the first question."""
    changed: float
    """Seconds since 1970."""
    turns: int
    """Of all branches, removed ones left out."""
    short: str
    """As much of the id as names it among all others; at least four characters."""
    speaker: str = ""
    """Name of the character that answers there, as it was when it first did; empty: none does."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn, or a title, with the words that were searched for."""

    conversation: str
    title: str
    turn: str | None
    """None: found in the title."""
    role: str
    created: float
    excerpt: str
    short: str


def store_path() -> Path:
    """Where conversations are kept."""
    return folder("data") / "conversations.db"


class Store:
    """Opened at once, and closed at the end of the `with`."""

    def __init__(
        self, path: Path | None = None, *, migrations: Sequence[Migration] = MIGRATIONS, connect: Connect = connect
    ) -> None:
        """`notice` says what the user should know of the opening. Raises HistoryFailed."""
        self.path = path if path is not None else store_path()
        self._connection, self.notice = open_database(self.path, migrations, connect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def write(self, changes: Sequence[Change]) -> None:
        """All of the changes, or none.

        Raises sqlite3.IntegrityError where a conversation that is written to was removed for good; else HistoryFailed.
        """
        with self._words(), transaction(self._connection):
            for change in changes:
                write_change(self._connection, change)
        if any(isinstance(change, Placed) for change in changes):
            # What is written is written: an index that cannot be filled now is filled before the next search.
            with suppress(sqlite3.Error):
                index(self._connection)

    def version(self) -> int:
        """Another number than before where others have written meanwhile: another program, or a keeper in this one."""
        with self._words():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def entries(self, *, removed: bool = False) -> list[Entry]:
        """Conversations that have a turn, the last changed first; `removed`: those that were removed instead."""
        query = """
            SELECT c.*, count(t.number) AS turns,
                   (SELECT substr(content, 1, 400) FROM turns
                    WHERE conversation = c.id AND removed = 0 ORDER BY number LIMIT 1) AS first,
                   CASE WHEN c.character != '' THEN
                   (SELECT speaker FROM turns
                    WHERE conversation = c.id AND speaker != '' ORDER BY number LIMIT 1) END AS speaker
            FROM conversations c JOIN turns t ON t.conversation = c.id AND t.removed = 0
            WHERE (c.removed IS NOT NULL) = ? GROUP BY c.id ORDER BY c.changed DESC, c.rowid DESC
        """
        with self._reading():
            shorts = self._shorts()
            rows = self._rows(query, (removed,))
            titles = self._titles({row["id"]: row for row in rows})
        return [
            Entry(
                (heading := heading_in(row)),
                titles[row["id"]],
                row["changed"],
                row["turns"],
                shorts[row["id"]],
                row["speaker"] or heading.character,
            )
            for row in rows
        ]

    def find(self, name: str) -> str:
        """The id that begins with `name`; `last`: of the conversation that was changed last. Raises HistoryFailed."""
        if name == "last":
            entries = self.entries()
            if entries:
                return entries[0].heading.id
            raise HistoryFailed("no conversation is kept yet; one was expected; begin with luciole chat")
        with self._words():
            query = "SELECT id FROM conversations WHERE substr(id, 1, ?) = ? LIMIT 2"
            rows = self._rows(query, (len(name), name.lower())) if name else []
        if len(rows) == 1:
            return str(rows[0]["id"])
        count = "no" if not rows else "more than one"
        raise HistoryFailed(
            f"{count} conversation begins with {name[:40]!r}; an id was expected; luciole history list shows them"
        )

    def about(self, document: str, content: str = "") -> str | None:
        """The id of the conversation about this document that was changed last; None: there is none.

        `content`: of this text only. What was asked, not what holds its summaries.
        """
        for entry in self.entries():
            heading = entry.heading
            asked = heading.document == text_out(document) and not heading.is_of_summaries
            if asked and content in ("", heading.content):
                return heading.id
        return None

    def load(self, identity: str) -> tuple[Heading, Tree]:
        """A conversation whole: every branch, and the removed turns too. Raises HistoryFailed."""
        with self._reading():
            found = self._rows("SELECT * FROM conversations WHERE id = ?", (identity,))
            turns = self._rows("SELECT * FROM turns WHERE conversation = ? ORDER BY number", (identity,))
            query = "SELECT m.* FROM marks m JOIN turns t ON t.id = m.turn WHERE t.conversation = ?"
            marks = self._rows(query, (identity,))
        if not found:
            raise HistoryFailed(
                f"no conversation is {identity}; an id of luciole history list was expected; look there"
            )
        heading = heading_in(found[0])
        try:
            forgot = {row["turn"]: Forgot(row["turns"], row["tokens"], row["summary"]) for row in marks}
            return heading, Tree(map(turn_in, turns), heading.current, forgot)
        except (ValueError, TypeError) as error:
            raise HistoryFailed(
                f"conversation {identity} is no tree ({error}); questions and answers in turn were expected; "
                "use another one"
            ) from error

    def search(self, text: str, most: int | None = None) -> list[Hit]:
        """Titles and turns with all the words of `text`, in all branches, the newest first; removed ones left out.

        `most`: turns at most; None: all of them. `found_in` says where in an excerpt the words are.
        """
        terms = text_out(text).replace("\0", " ").split()  # a NUL would end the pattern
        if not terms:
            return []
        try:
            shorts, named, found = self._found(terms, most)
        except HistoryFailed as error:
            cause = error.__cause__
            with self._words():
                if not isinstance(cause, sqlite3.Error) or not rebuild(self._connection, cause):
                    raise
            shorts, named, found = self._found(terms, most)
        titles = [
            Hit(entry.heading.id, entry.title, None, "title", entry.changed, entry.title, entry.short)
            for entry in self.entries()
            if entry.heading.title and all(term.lower() in entry.heading.title.lower() for term in terms)
        ]
        return titles + [
            Hit(
                row["conversation"],
                named[row["conversation"]],
                row["id"],
                row["role"],
                row["created"],
                excerpt(row["content"], terms),
                shorts[row["conversation"]],
            )
            for row in found
        ]

    def add(self, heading: Heading, tree: Tree) -> None:
        """A whole conversation at once, as an import makes one."""
        marks = (Marked(turn, mark) for turn, mark in tree.marks.items())
        self.write([heading, *(Placed(heading.id, turn) for turn in tree.turns), *marks])

    def remove(self, identity: str) -> None:
        """Take a conversation out of lists and searches; `restore` undoes it."""
        self._set(identity, "removed", now())

    def restore(self, identity: str) -> None:
        """Undo `remove`."""
        self._set(identity, "removed", None)

    def archive(self, identity: str, *, archived: bool = True) -> None:
        """Put it with the archived ones, or back."""
        self._set(identity, "archived", archived)

    def rename(self, identity: str, title: str) -> None:
        """Give it a title; empty: the first question stands for it again."""
        self._set(identity, "title", " ".join(title.split()))

    def purge(self, identity: str) -> bool:
        """Delete a conversation for good: its words are overwritten in the file and taken out of its log.

        False where another program is reading: the log keeps them until all have let go of the file.
        """
        with self._words():
            self._connection.execute("PRAGMA secure_delete = ON")
            unindex(self._connection, identity)
            with transaction(self._connection):
                self._connection.execute("DELETE FROM conversations WHERE id = ?", (identity,))
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    def _found(
        self, terms: Sequence[str], most: int | None
    ) -> tuple[dict[str, str], dict[str, str], Sequence[dict[str, Any]]]:
        """Short names and titles of conversations, and the turns with all of the terms."""
        with self._words():
            condition, values = matching(self._connection, terms)
        query = f"""
            SELECT turns.*, c.title, (SELECT substr(content, 1, 400) FROM turns f
                WHERE f.conversation = c.id AND f.removed = 0 ORDER BY f.number LIMIT 1) AS first
            FROM turns JOIN conversations c ON c.id = turns.conversation
            WHERE c.removed IS NULL AND turns.removed = 0 AND {condition} ORDER BY turns.number DESC LIMIT ?
        """  # noqa: S608  the condition is made of fixed texts
        with self._reading():
            rows = self._rows(query, [*values, -1 if most is None else most])
            return self._shorts(), self._titles({row["conversation"]: row for row in rows}), rows

    def _titles(self, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """By the ids of conversations, of rows with their title and the first words in them."""
        query = "SELECT content FROM turns WHERE conversation = ? AND removed = 0 ORDER BY number LIMIT 1"
        titles = {}
        for identity, row in rows.items():
            first = row["first"]
            if not row["title"] and first.startswith("["):  # documents come before the question; it may be far behind
                first = question_in(self._rows(query, (identity,))[0]["content"])
            titles[identity] = title_of(row["title"], first)
        return titles

    def _set(self, identity: str, column: str, value: object) -> None:
        with self._words(), transaction(self._connection):
            done = self._connection.execute(
                f"UPDATE conversations SET {column} = ? WHERE id = ?",  # noqa: S608  one of four fixed names
                (value, identity),
            )
            if done.rowcount == 0:
                raise HistoryFailed(f"no conversation is {identity}; an id of luciole history list was expected")

    def _shorts(self) -> dict[str, str]:
        """For each id as much of it as no other one begins with."""
        ids = [row["id"] for row in self._rows("SELECT id FROM conversations ORDER BY id", ())]
        shorts = {}
        for before, identity, after in zip(["", *ids], ids, [*ids[1:], ""], strict=False):
            common = max(_common(before, identity), _common(identity, after))
            shorts[identity] = identity[: max(common + 1, 4)]
        return shorts

    def _rows(self, query: str, values: Sequence[object]) -> Sequence[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextmanager
    def _reading(self) -> Generator[None, None, None]:
        """Several queries that see one state, whatever other processes write meanwhile."""
        with self._words():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    @contextmanager
    def _words(self) -> Generator[None, None, None]:
        """SQLite's refusals as errors of ours; a broken reference stays one, for whoever writes."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise explained(error, self.path) from error


def _common(one: str, other: str) -> int:
    """Length of their common beginning."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))
