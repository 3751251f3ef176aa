"""What blocks are made of when they are drawn: rows of words with something before them, not yet cut to a width."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from textual.content import Content

NOTHING = Content("")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of text as long as it likes; where it is cut, the further lines begin with `rest`."""

    text: Content
    first: Content = NOTHING
    rest: Content = NOTHING
    style: str = ""
    """Component class of the whole line, to its end; empty: none."""
    words: bool = True
    """Whether it is cut between words."""
    aside: bool = False
    """No part of the text: what is selected and copied leaves it out."""


def behind(rows: Iterable[Row], first: Content, rest: Content) -> Iterator[Row]:
    """The same rows with `first` before the first line of all, and `rest` before every other one."""
    before = first
    for row in rows:
        yield replace(row, first=before + row.first, rest=rest + row.rest)
        before = rest
