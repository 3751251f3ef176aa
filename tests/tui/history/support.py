"""What the tests of the history share: conversations of known times on the disk, and the room when it has read them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from assistant import FakeEngine, Heading, Store, Tree, Turn
from tests.tui.support import Screen, house, screen, wait_until
from tui.rooms.history.room import HistoryRoom
from tui.rooms.history.shelf import Heading as Day
from tui.rooms.history.shelf import Shelf

NOW = datetime(2026, 11, 21, 15, 30).timestamp()
"""A Saturday here."""


def ago(**time: float) -> float:
    """Seconds since 1970, so long before `NOW`."""
    return NOW - timedelta(**time).total_seconds()


class Keeping:
    """Writes conversations that were changed when it is said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def keep(
        self, identity: str, *texts: str, when: float = NOW, title: str = "", document: str = "", model: str = "tiny"
    ) -> str:
        """Questions and answers in turn; ids of turns are `identity-0` and so on."""
        turns = [
            Turn(
                f"{identity}-{number}",
                f"{identity}-{number - 1}" if number else None,
                "assistant" if number % 2 else "user",
                text,
                when,
                model if number % 2 else "",
                "stop" if number % 2 else None,
            )
            for number, text in enumerate(texts)
        ]
        self._patch.setattr("assistant.conversation.rows.now", lambda: when)
        with Store() as store:
            store.add(Heading(identity, when, title, document=document), Tree(turns))
        return identity


@asynccontextmanager
async def history(size: tuple[int, int] = (100, 30), engine: FakeEngine | None = None) -> AsyncIterator[Screen]:
    """The room, with its list read."""
    async with screen(engine or FakeEngine(), size=size) as pilot:
        room(pilot).now = lambda: NOW
        await pilot.press("f5")
        await wait_until(pilot, lambda: room(pilot).contents.kept is not None)
        await pilot.pause()
        yield pilot


def room(pilot: Screen) -> HistoryRoom:
    return house(pilot).history


def shelf(pilot: Screen) -> Shelf:
    return room(pilot).query_one(Shelf)


def listed(pilot: Screen) -> list[str]:
    """Titles as they stand in the list, headings in brackets."""
    return [f"[{item.text}]" if isinstance(item, Day) else item.texts().title for item in shelf(pilot).items]


def chosen(pilot: Screen) -> str:
    """Key of the chosen row; empty: none is."""
    row = shelf(pilot).row
    return row.key if row is not None else ""


def said(pilot: Screen) -> str:
    """All that was said in passing, one under the other."""
    return "\n".join(notification.message for notification in pilot.app._notifications)


def stored(identity: str) -> tuple[str, bool, bool]:
    """Title, archived, removed: as they are on the disk."""
    with Store() as store:
        heading, _tree = store.load(identity)
    return heading.title, heading.archived, heading.removed
