"""Words in kept turns: SQLite's full-text index where it has one, and a plain scan where it has not or cannot help.

The index holds trigrams, because Chinese has no spaces between words; it finds texts of three characters and more, in
the middle of words too. Shorter ones (most Chinese words) are scanned for: 26 ms for 20,000 turns, measured. The index
is filled when turns end and before a search, so writing never depends on it.
"""

import re
import sqlite3
from collections.abc import Sequence

from assistant.conversation.database import transaction

_AT_ONCE = 500
_BEFORE, _AFTER = 40, 100
"""Characters of an excerpt before and after what was found."""


def index(connection: sqlite3.Connection, *, unfinished: bool = False) -> bool:
    """Bring the index up to date; False where this SQLite has none of that kind.

    `unfinished`: answers without an end too, which may be growing in another process.
    """
    try:
        connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS found USING fts5(content, tokenize = 'trigram')")
    except sqlite3.OperationalError:
        return False
    ended = "" if unfinished else "AND (role = 'user' OR reason IS NOT NULL)"
    missing = f"SELECT number FROM turns WHERE indexed = 0 {ended} LIMIT {_AT_ONCE}"  # noqa: S608  two fixed texts
    while numbers := connection.execute(missing).fetchall():
        with transaction(connection):
            connection.executemany("DELETE FROM found WHERE rowid = ?", numbers)
            fill = "INSERT INTO found (rowid, content) SELECT number, content FROM turns WHERE number = ?"
            connection.executemany(fill, numbers)
            connection.executemany("UPDATE turns SET indexed = 1 WHERE number = ?", numbers)
    return True


def rebuild(connection: sqlite3.Connection, error: sqlite3.Error) -> bool:
    """Begin the index anew where it is what is damaged; the turns are whole. False for any other error."""
    if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_CORRUPT_VTAB:
        return False
    _drop(connection)
    return index(connection, unfinished=True)


def unindex(connection: sqlite3.Connection, conversation: str) -> None:
    """Take the words of a conversation out of the index for good, before they are deleted."""
    try:
        with transaction(connection):
            numbers = connection.execute("SELECT number FROM turns WHERE conversation = ?", (conversation,)).fetchall()
            connection.executemany("DELETE FROM found WHERE rowid = ?", numbers)
            connection.execute("INSERT INTO found (found) VALUES ('optimize')")  # else the words stay in it
    except sqlite3.OperationalError as error:
        if "no such" not in str(error):  # table, or module: there is no index
            raise
    except sqlite3.DatabaseError:
        _drop(connection)  # it is damaged; the next search makes it anew


def matching(connection: sqlite3.Connection, terms: Sequence[str]) -> tuple[str, list[str]]:
    """A condition on `turns` and its values: all of the terms, in any order. For terms with something in them."""
    try:
        indexed = index(connection, unfinished=True)
    except sqlite3.OperationalError:  # the file cannot be written now; what the index lacks could not be found in it
        indexed = False
    long = [term for term in terms if indexed and len(term) >= 3]
    conditions, values = [], []
    if long:
        conditions.append("turns.number IN (SELECT rowid FROM found WHERE found MATCH ?)")
        values.append(" AND ".join('"{}"'.format(term.replace('"', '""')) for term in long))
    for term in terms:
        if term not in long:
            conditions.append("turns.content LIKE ? ESCAPE '\\'")
            values.append("%" + re.sub(r"([\\%_])", r"\\\1", term) + "%")
    return " AND ".join(conditions), values


def _drop(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("DROP TABLE found")
        connection.execute("UPDATE turns SET indexed = 0")


def found_in(text: str, search: str) -> tuple[tuple[int, int], ...]:
    """Where the words that were searched for stand in a text, as first and past last character, none overlapping."""
    terms = sorted(search.split(), key=len, reverse=True)  # of two that begin alike the longer one
    if not terms:
        return ()
    return tuple(found.span() for found in re.finditer("|".join(map(re.escape, terms)), text, re.IGNORECASE))


def excerpt(content: str, terms: Sequence[str]) -> str:
    """The words around the first term that is found, on one line; the beginning where none is found as it stands."""
    found = re.search("|".join(re.escape(term) for term in terms), content, re.IGNORECASE)
    start = max(found.start() - _BEFORE, 0) if found else 0
    end = (found.end() if found else 0) + _AFTER
    words = " ".join(content[start:end].split())
    return ("…" if start else "") + words + ("…" if end < len(content) else "")
