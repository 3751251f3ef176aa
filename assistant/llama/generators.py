"""Generators within generators: run to the end for their value, or handed on with a number."""

from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

Yielded = TypeVar("Yielded")
Result = TypeVar("Result")


def result(events: Generator[object, None, Result]) -> Result:
    """Run to the end; what comes of it."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            found: Result = end.value
            return found


def numbered(number: int, events: Generator[Yielded, None, Result]) -> Generator[tuple[int, Yielded], None, Result]:
    """The same events, each with the number of its prompt."""
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                found: Result = end.value
                return found
            yield number, event
