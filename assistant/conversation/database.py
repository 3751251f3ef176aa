"""The file of the conversations: opened, made, migrated, and set aside where it is damaged. Nothing is ever deleted.

SQLite with a write-ahead log: readers and a writer do not wait for each other, and whoever is killed leaves a whole
database. The module knows nothing of what the tables mean.
"""

import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from assistant.conversation.migrations import MIGRATIONS, Migration
from assistant.errors import HistoryFailed

APPLICATION = 0x4C756369
"""`application_id` of the file: "Luci"."""
PATIENCE = 5.0
"""Seconds to wait for another process that is writing."""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BESIDE = ("", "-wal", "-shm")
"""Endings of the three files that make one database."""

Connect = Callable[[Path], sqlite3.Connection]


class Opened(NamedTuple):
    """A connection, and what the user should know of how it came about; empty for nothing."""

    connection: sqlite3.Connection
    notice: str


def connect(path: Path) -> sqlite3.Connection:
    """A connection that begins no transaction by itself and makes no file, for one thread."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)


def open_database(path: Path, migrations: Sequence[Migration] = MIGRATIONS, connect: Connect = connect) -> Opened:
    """The database at `path`: a new one where there is none, an older one migrated, a damaged one set aside.

    Raises HistoryFailed for one of a newer version, and for what the system refuses.
    """
    notice = ""
    with _translated(path):
        while True:
            # Looked for first: a log that was there before its database is looked for is no new one's.
            log = path.with_name(path.name + "-wal").exists()
            if not path.exists():
                if log:  # SQLite would delete it
                    notice = _set_aside(path, "the file is gone, and only its log is left", _BESIDE[1:])
                _make(path, migrations, connect)
            try:
                file = path.stat().st_ino
                damage = "it is empty" if path.stat().st_size == 0 else ""
                if not damage:
                    connection, damage = _opened(path, migrations, connect)
                    if connection is not None:
                        return Opened(connection, notice)
                if path.stat().st_ino == file:
                    notice = _set_aside(path, damage)
            except (OSError, sqlite3.OperationalError):
                if path.exists():
                    raise
                # another process has just set it aside, and makes a new one


def _opened(
    path: Path, migrations: Sequence[Migration], connect: Connect
) -> tuple[sqlite3.Connection, str] | tuple[None, str]:
    """A whole database of the newest version, ready to be used; or None, and what is wrong with the file."""
    connection = connect(path)
    try:
        damage = _damage(connection)
        if damage:
            connection.close()
            return None, damage
        _migrate(connection, path, migrations)
        connection.execute("PRAGMA foreign_keys = ON")
        # Each commit waits until it lies on the disk. The commits are few (one or two a second while words come) and
        # wait in a thread of their own; with NORMAL a power cut would take everything since the last checkpoint, which
        # is more than most conversations ever write.
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection, ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """All of the statements inside, or none. Others who want to write wait meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no whole database, rather than locked, full or out of reach."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def explained(error: sqlite3.Error | OSError, path: Path) -> HistoryFailed:
    """What SQLite or the system refused, as an error of ours."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return HistoryFailed(
            f"the conversations in {path} are damaged ({reason}); a whole database was expected; start Luciole again: "
            "it sets the file aside and begins a new one"
        )
    return HistoryFailed(
        f"the conversations in {path} cannot be used ({reason}); a file that can be read and written, and room on its "
        "disk, were expected; look at its folder, or set LUCIOLE_HOME to another one"
    )


@contextmanager
def _translated(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise explained(error, path) from error


def _make(path: Path, migrations: Sequence[Migration], connect: Connect) -> None:
    """A new database, whole before it has its name: nobody ever finds it half made. Only the user may read it."""
    draft = path.with_name(f".{path.name}-{os.getpid()}-{os.urandom(4).hex()}")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        connection = connect(draft)
        try:
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute("PRAGMA journal_mode = WAL")
            _migrate(connection, path, migrations)
        finally:
            connection.close()
        try:
            os.link(draft, path)  # unlike a rename it never replaces what another process has made meanwhile
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            if not path.exists():
                draft.rename(path)
    finally:
        for end in _BESIDE:
            with suppress(OSError):
                draft.with_name(draft.name + end).unlink()


def _damage(connection: sqlite3.Connection) -> str:
    """What is wrong with the file; empty for nothing. Reads all of it: 65 ms for 112 MB, measured."""
    try:
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            return "it is a database of something else"
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    return "" if found == "ok" else " ".join(found.split())


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Bring the schema to the newest version, step by step; another process may be doing the same."""
    while (version := _version(connection)) < len(migrations):
        with transaction(connection):
            if _version(connection) == version:
                for statement in migrations[version]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")
    if version > len(migrations):
        raise HistoryFailed(
            f"the conversations in {path} are of version {version}; at most {len(migrations)} was expected: a newer "
            "Luciole wrote them; use that one, or set LUCIOLE_HOME to another folder"
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _set_aside(path: Path, damage: str, ends: Sequence[str] = _BESIDE) -> str:
    """Give the damaged database a dated name; what to tell the user."""
    dated = f"{path.stem}.damaged-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    target = path.with_name(f"{dated}{path.suffix}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{dated}-{number}{path.suffix}")
    for end in reversed(ends):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(target.with_name(target.name + end))
    return f"the conversations in {path} were damaged ({damage}); they lie untouched in {target}; a new file was begun"
