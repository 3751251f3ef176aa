"""Opening a file for the room, beside the screen: reading a long one takes seconds, and nobody waits for it.

What was said about it before, where a kept conversation is to go on, is read and looked up in the text there too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.message import Message

from assistant import (
    AssistantError,
    Checked,
    Document,
    Heading,
    Place,
    Places,
    Store,
    Tree,
    checker_of,
)
from tui.rooms.documents.study import read


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be opened, and what then."""

    path: str
    summarize: bool = False
    watch: bool = False
    conversation: str = ""
    """The id of a kept one, to go on with."""
    turn: str | None = None
    """Of it, to be seen."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer from before."""

    question: str
    answer: str
    checked: Checked
    places: tuple[Place | None, ...]
    turns: tuple[str, ...]
    """Their ids."""


class DocumentRead(Message):
    """The file was read."""

    def __init__(
        self,
        wanted: Wanted,
        document: Document,
        saved: tuple[Heading, Tree] | None = None,
        exchanges: tuple[Exchange, ...] = (),
    ) -> None:
        super().__init__()
        self.wanted = wanted
        self.document = document
        self.saved = saved
        self.exchanges = exchanges


class DocumentRefused(Message):
    """It was not, or the conversation was not: `error` says why."""

    def __init__(self, wanted: Wanted, error: AssistantError) -> None:
        super().__init__()
        self.wanted = wanted
        self.error = error


def opening(wanted: Wanted) -> DocumentRead | DocumentRefused:
    """Read it; for a thread beside the screen."""
    try:
        return _opened(wanted)
    except AssistantError as error:
        return DocumentRefused(wanted, error)


def _opened(wanted: Wanted) -> DocumentRead:
    if not wanted.conversation:
        return DocumentRead(wanted, read(wanted.path))
    with Store() as store:
        heading, tree = store.load(wanted.conversation)
    document = read(heading.document or wanted.path)
    return DocumentRead(wanted, document, (heading, tree), tuple(_exchanges(document, tree)))


def _exchanges(document: Document, tree: Tree) -> Iterator[Exchange]:
    places, checker = Places(document), checker_of(document)
    question = None
    for turn in tree.path:
        if turn.role == "user":
            question = turn
        elif question is not None:
            checked = checker.check(turn.content)
            where = tuple(source.rests_on and places.of(*source.rests_on) for source in checked.sources)
            yield Exchange(question.content, turn.content, checked, where, (question.id, turn.id))
            question = None
