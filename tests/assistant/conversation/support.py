"""What the tests of kept conversations share: a conversation that is kept, and connections that misbehave."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import sleep

from assistant.conversation.conversation import Conversation
from assistant.conversation.exchange import export_json
from assistant.conversation.keeper import Keeper
from assistant.conversation.store import Store
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Heading
from assistant.fake import FakeEngine

Before = Callable[[str], None]
"""Called with each statement before it runs."""


def kept(*texts: str, answers: tuple[str, ...] = ("Yes, hello.",), path: Path | None = None) -> Conversation:
    """A conversation of these questions, on the disk when this returns."""
    keeper = Keeper(lambda: Store(path))
    conversation = Conversation(FakeEngine(answers), keeper=keeper)
    for text in texts:
        list(conversation.say(text))
    assert keeper.close(5)
    assert keeper.notices() == ()
    return conversation


def whole(saved: tuple[Heading, Tree]) -> dict[str, object]:
    """All that is exported of a conversation, the ids replaced by their order: equal trees are equal."""
    exported = export_json(*saved)
    numbers = {turn["id"]: number for number, turn in enumerate(exported["turns"])}
    for turn in exported["turns"]:
        turn["id"], turn["parent"] = numbers[turn["id"]], numbers.get(turn["parent"])
    for mark in exported["marks"]:
        mark["turn"] = numbers[mark["turn"]]
    exported["current"] = numbers.get(exported["current"])
    return exported


def misbehaving(before: Before) -> Callable[[Path], sqlite3.Connection]:
    """Connections that call `before` with each statement."""

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
            before(sql)
            return super().execute(sql, parameters)  # type: ignore[arg-type]  # whatever SQLite takes

    return lambda path: sqlite3.connect(path, timeout=5.0, isolation_level=None, factory=Connection)


def without_index(sql: str) -> None:
    """An SQLite that was built without full-text search."""
    if "fts5" in sql or "found" in sql:
        raise sqlite3.OperationalError("no such module: fts5")


def slow_disk(sql: str) -> None:
    """Each commit takes a third of a second."""
    if sql == "COMMIT":
        sleep(0.33)
