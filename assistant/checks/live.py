"""A summary or an answer while it is written: the same events, their words marked as they become certain.

And the checker itself for those who must not load it before it is needed.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from assistant.documents.document import Document
from assistant.events import Finished, Text
from assistant.summary.values import Discarded

if TYPE_CHECKING:
    from assistant.checks.checker import Checker

Told = TypeVar("Told")


@lru_cache(maxsize=2)
def checker_of(document: Document) -> "Checker":
    """What finds claims of a text in this document. Takes a second for a long one, and is kept for the next time."""
    from assistant.checks.checker import Checker  # noqa: PLC0415  numpy takes 0.1 s, and a screen opens without it

    return Checker(document)


def marked_live(
    events: Generator[Told, None, None], checker: "Callable[[], Checker]"
) -> Generator[Told | Text, None, None]:
    """`events`, with a mark in their `Text`s behind each claim that the document does not have.

    Words come a little later, with the sentence that decides on them, and all of them before `Finished`; those before a
    `Discarded` are forgotten. `checker` is called with the first word. Closing it closes `events`.
    """
    from assistant.checks.marks import Marking  # noqa: PLC0415  numpy takes 0.1 s to load

    marking: Marking | None = None
    with closing(events):
        for event in events:
            match event:
                case Text(text):
                    marking = marking or Marking(checker())
                    yield Text(marking.feed(text))  # empty too: it is a sign of life, and counts as one
                    continue
                case Finished() if marking is not None:
                    if words := marking.rest():
                        yield Text(words)
                    marking = None
                case Discarded():
                    marking = None
            yield event
        if marking is not None and (words := marking.rest()):
            yield Text(words)
