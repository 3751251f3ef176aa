"""What rooms hand to the desk: a frozen value."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from textual.message import Message


class Inbox(Protocol):
    """Takes messages from any thread, as every widget does."""

    def post_message(self, message: Message) -> bool: ...


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Work for the engine, wanted by `room`, which gets the messages about it."""

    room: Inbox
    events: Callable[[], Generator[Any, None, None]]
    """Called in the worker thread and played to its end."""
    label: str = ""
    """What it is, for whoever waits behind it."""
    used: Callable[[], int | None] | None = None
    """Counts after a word was said, in the worker thread; comes with `Ended`."""
    interrupt: Callable[[], None] | None = None
    """Ends it where it waits for something else than the engine; called in the thread of the screen."""
    quiet: bool = False
    """Takes a moment and is not shown: counting what is being typed. The desk is not busy with it."""
