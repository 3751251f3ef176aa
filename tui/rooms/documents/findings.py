"""Words of a model about a document, taken apart: blocks to be drawn, and in them what can be looked at in the text.

What can be looked at are sources (a sentence or bullet and the lines it rests on) and figures (a number, date, name or
quotation and its places in the document, or that it has none). The module knows nothing of widgets.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant import Checked, Place
from tui.rooms.documents.spans import Span

Kind = Literal["paragraph", "bullet", "heading"]

_BULLET = re.compile(r"\s*(?:[-*+•·–]|\(?\d{1,3}[.)、])\s+")
_HEADING = re.compile(r"\s*(#{1,6})\s+")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the words that can be looked at in the document; `start` and `end` are characters of the words."""

    kind: Literal["source", "figure"]
    start: int
    end: int
    places: tuple[Span, ...]
    """In the document: of a source the lines it rests on, of a figure where it stands. Empty: nowhere."""
    place: Place | None = None
    """Of a source: its lines."""

    @property
    def supported(self) -> bool:
        return bool(self.places)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of the words that are drawn together: a paragraph, a bullet, a heading."""

    start: int
    end: int
    kind: Kind
    body: int
    """Where the words begin, behind the sign of a bullet or a heading."""


def findings_of(checked: Checked, places: Sequence[Place | None]) -> tuple[Finding, ...]:
    """In the order of the words, a source before the figures in it."""
    sources = [
        Finding("source", source.start, source.end, () if source.rests_on is None else (source.rests_on,), place)
        for source, place in zip(checked.sources, places, strict=True)
    ]
    figures = [Finding("figure", claim.start, claim.end, claim.found) for claim in checked.claims]
    return tuple(sorted([*sources, *figures], key=lambda finding: (finding.start, finding.kind != "source")))


def blocks_of(words: str) -> tuple[Block, ...]:
    """All lines but the empty ones."""
    return tuple(_blocks(words))


def _blocks(words: str) -> Iterator[Block]:
    begin = -1
    end = body = 0
    kind: Kind = "paragraph"
    for line in re.finditer(r"[^\n]*\n?", words):
        text = line[0].rstrip()
        heading, bullet = _HEADING.match(line[0]), _BULLET.match(line[0])
        if begin >= 0 and (not text or heading or bullet or kind == "heading"):
            yield Block(begin, end, kind, body)
            begin = -1
        if not text:
            continue
        if begin < 0:
            begin, sign = line.start(), heading or bullet
            kind = "heading" if heading else "bullet" if bullet else "paragraph"
            body = line.start() + (sign.end() if sign else len(text) - len(text.lstrip()))
        end = line.start() + len(text)
    if begin >= 0:
        yield Block(begin, end, kind, body)
