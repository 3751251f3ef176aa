"""A document cut into pieces of limited tokens that rejoin to it exactly; an edit moves only the cuts near it.

Text is joined upwards from small units, never cut downwards: boundaries are ranked by what they are (between words,
sentences, lines, paragraphs, sections) and, among equals, by a hash of what follows them, and are closed from the
lowest to the highest wherever what they join fits the limit. A boundary is decided by lower ones beside it alone, so
what stands elsewhere, or how much of it, does not matter. The module knows nothing of models, engines or formats.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from assistant.documents.document import Document

Counts = Callable[[Sequence[str]], Sequence[int]]
"""Tokens of each of several texts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The characters from `start` up to, not including, `end`."""

    start: int
    end: int
    tokens: int
    """Of exactly this text."""


def split(document: Document, limit: int, counts: Counts) -> tuple[Piece, ...]:
    """Pieces of at most `limit` tokens, in their order, without gaps. Linear in the length of the text, but for a sort.

    `counts` is called a few times with many texts each. Raises ValueError where a single character has more tokens.
    """
    if limit < 1:
        raise ValueError(f"a piece of {limit} tokens holds nothing")
    fences = _fences(document.text)
    pieces: list[Piece] = []
    left = [(0, len(document.text), limit)] if document.text else []
    while left:
        spans = [
            (start, end, allowed)
            for first, last, allowed in left
            for start, end in pairwise([first, *_cut(document, fences, (first, last), allowed, counts)])
        ]
        left = []
        found = counts([document.text[start:end] for start, end, _ in spans])
        for (start, end, allowed), tokens in zip(spans, found, strict=True):
            if tokens <= limit:
                pieces.append(Piece(start, end, tokens))
            elif end - start == 1:
                raise ValueError(f"a single character has {tokens} tokens; pieces of {limit} cannot be made")
            else:  # joined, the units have more tokens than each by itself
                left.append((start, end, allowed * limit * 9 // (tokens * 10)))
    return tuple(sorted(pieces, key=lambda piece: piece.start))


# Ranks of boundaries, lowest first.
_TITLE = 0
"""Between a heading and what it heads."""
_CHARACTER, _WORD, _ROW, _SENTENCE, _LINE, _PARAGRAPH = range(1, 7)
_SECTION = 7
"""Before a heading of level 6; higher headings rank higher."""
_FILE = 14

_Spans = Sequence[tuple[int, int]]
_Units = tuple[list[int], list[int]]
"""Where units begin, and the ranks of the boundaries before them."""


def _cut(document: Document, fences: _Spans, span: tuple[int, int], limit: int, counts: Counts) -> list[int]:
    """Ends of the pieces of this stretch, by the sums of their units; with no tokens allowed, of its characters."""
    text, end = document.text, span[1]
    if not limit:
        return list(range(span[0] + 1, end + 1))
    starts, ranks = _blocks(document, *span, fences)
    sizes = list(counts([text[one:other] for one, other in zip(starts, [*starts[1:], end], strict=True)]))
    for refine in (
        lambda one, other: _lines(text, one, other, fences),
        lambda one, other: _between(text, one, other, _WORD, rare=True),
        lambda one, other: _between(text, one, other, _WORD),
        lambda one, other: _between(text, one, other, _CHARACTER, rare=True),
        lambda one, other: _between(text, one, other, _CHARACTER),
        lambda one, other: (list(range(one, other)), [_CHARACTER] * (other - one)),
    ):
        if max(sizes) > limit:
            starts, ranks, sizes = _refined(text, (starts, ranks), end, sizes, limit, counts, refine)
    return _joined(text, starts, ranks, end, sizes, limit)


def _refined(
    text: str,
    units: _Units,
    end: int,
    sizes: Sequence[int],
    limit: int,
    counts: Counts,
    refine: Callable[[int, int], _Units],
) -> tuple[list[int], list[int], list[int]]:
    """The units, those over the limit in smaller ones."""
    starts: list[int] = []
    ranks: list[int] = []
    known: list[int | None] = []
    asked: list[str] = []
    for one, other, rank, size in zip(units[0], [*units[0][1:], end], units[1], sizes, strict=True):
        if size <= limit:
            starts.append(one)
            ranks.append(rank)
            known.append(size)
            continue
        inner, inner_ranks = refine(one, other)
        starts += inner
        ranks += [rank, *inner_ranks[1:]]
        known += [None] * len(inner)
        asked += [text[left:right] for left, right in zip(inner, [*inner[1:], other], strict=True)]
    counted = iter(counts(asked))
    return starts, ranks, [next(counted) if size is None else size for size in known]


def _joined(
    text: str, starts: Sequence[int], ranks: Sequence[int], end: int, sizes: Sequence[int], limit: int
) -> list[int]:
    """Boundaries closed from the lowest to the highest where what they join fits; the ends of what came of it."""
    count = len(starts)
    hashes = [crc32(text[start : start + _HASHED].encode()) for start in starts]
    first, last, size = list(range(count)), list(range(count)), list(sizes)
    closed = bytearray(count)
    for unit in sorted(range(1, count), key=lambda unit: (ranks[unit], hashes[unit])):
        before = first[unit - 1]
        left, right = size[before], size[unit]
        # A section begins a piece, unless the piece before it, or the section, would be a scrap.
        if left + right > limit or (ranks[unit] >= _SECTION and min(left, right) * 4 >= limit):
            continue
        size[before], last[before], first[last[unit]] = left + right, last[unit], before
        closed[unit] = True
    return [*(starts[unit] for unit in range(1, count) if not closed[unit]), end]


_HASHED = 64
"""Characters after a boundary that its place in the order rests on."""
_BLANK = re.compile(r"\n[^\S\n]*\n\s*(?<=\n)")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$", re.MULTILINE)


def _blocks(document: Document, start: int, end: int, fences: _Spans) -> _Units:
    """Paragraphs, with the blank lines after them; a fenced block of code hangs closer together."""
    text = document.text
    ranks = {start: _PARAGRAPH}
    for match in _BLANK.finditer(text, start, end):
        ranks[match.end()] = _LINE if _inside(fences, match.end()) else _PARAGRAPH
    heads: dict[int, str] = {}
    for heading in document.headings:
        if start <= heading.start < end:
            ranks[heading.start], heads[heading.start] = _SECTION + 6 - min(max(heading.level, 1), 6), heading.title
    for file in document.files:
        if start <= file.start < end:
            ranks[file.start] = _FILE
    starts = sorted(place for place in ranks if place == start or (place < end and not attached(text, place)))
    found = [ranks[place] for place in starts]
    for index, (one, other) in enumerate(pairwise(starts), 1):
        if one in heads and len(text[one:other].strip()) <= 2 * len(heads[one]) + 16 and found[index] < _FILE:
            found[index] = _TITLE  # nothing but the heading: it goes with what it heads
    return starts, found


def _fences(text: str) -> list[tuple[int, int]]:
    """Starts and ends of fenced blocks of code; one that is never closed is none."""
    found = []
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
        elif match[1].startswith(opened[1]) and not match[2].strip():
            found.append((opened.start(), match.end()))
            opened = None
    return found


def _inside(spans: _Spans, place: int) -> bool:
    index = bisect_right(spans, (place, -1)) - 1
    return index >= 0 and spans[index][0] < place < spans[index][1]


_STOP = re.compile(
    r"""(?<![.!?…])(?P<mark>[.!?…]++)["'”’)\]*_]*+(?=\s)   # a full stop and its like, where a space follows
      | [。！？；｡]+["'”’」』）】〉》]*                     # Chinese and Japanese ends need none
      | (?=\n)                                            # the end of a line
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_ITEM = re.compile(r"(?:[-*+•·]|\(?\d{1,3}[.)、]|[（(][一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+、)\s*\S")
_SHORT = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:\w|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Rev|Gen|Sen|Rep|Gov|Capt|Lt|Col|Sgt|St|Jr|Sr|"
    r"vs|etc|cf|ca|approx|al|Inc|Ltd|Co|Corp|Bros|Dept|Est|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mt|Ave|"
    r"Blvd|Rd|ed|eds|trans|viz|resp|incl|excl)$|(?:^|\n)[ \t]*\d{1,3}$"
)
"""What stands before a full stop that ends no sentence: initials, the usual short forms, the number of an item."""
_SHORT_BEFORE_NUMBER = re.compile(r"\b(?:[Nn]os?|[Ff]igs?|[Ee]qs?|[Aa]rt|[Ss]ec|[Cc]h|[Vv]ol|pp|[Tt]ab|[Nn]r)$")


def _lines(text: str, start: int, end: int, fences: _Spans) -> _Units:
    """Sentences and lines of a block. Rows of tables and lines of code hang closer together than sentences."""
    starts, ranks = [start], [_PARAGRAPH]
    place = line = start
    while (match := _STOP.search(text, place, end)) is not None:
        space = _SPACE.match(text, match.end(), end)
        after = space.end() if space else match.end()
        place = max(after, match.end(), place + 1)
        if after >= end or after <= starts[-1] or attached(text, after):
            continue
        new_line = "\n" in text[match.end() : after]
        line = after if new_line else line
        in_rows = text[line] == "|" or _inside(fences, after)
        ended = match.end() > match.start() and not (
            match["mark"] and not _ends_sentence(text, match.start("mark"), after)
        )
        if new_line:
            item = _ITEM.match(text, after) is not None
            ranks.append(_LINE if (ended or item) and not in_rows else _ROW)
            starts.append(after)
        elif ended and not in_rows:
            ranks.append(_SENTENCE)
            starts.append(after)
    return starts, ranks


def _ends_sentence(text: str, stop: int, after: int) -> bool:
    """Whether a sentence ends with the mark at `stop`; the next one would begin at `after`."""
    if text[stop] == "…" or text[after].islower():
        return False
    if text[stop] != ".":
        return True
    before = text[max(stop - 12, 0) : stop]
    return not (_SHORT.search(before) or (text[after].isdigit() and _SHORT_BEFORE_NUMBER.search(before)))


def _between(text: str, start: int, end: int, rank: int, *, rare: bool = False) -> _Units:
    """Units that end between words, or between characters; `rare`: at about one such place of 32, told by its text."""
    import numpy as np  # noqa: PLC0415  a tenth of a second, for lines longer than a piece only

    codes = np.frombuffer(text[start:end].encode("utf-32-le"), dtype=np.uint32)
    places = np.arange(1, len(codes))
    if rank == _WORD:
        spaces = np.isin(codes, np.array([ord(space) for space in _SPACES], dtype=np.uint32))
        places = places[spaces[:-1] & ~spaces[1:]]
    if rare:
        padded = np.append(codes, [0, 0, 0]).astype(np.uint32)
        one, two, three, last = (np.uint32(number) for number in _MIX)
        mixed = (padded[places] * one + padded[places + 1] * two + padded[places + 2] * three) * last
        rarely = places[mixed >> np.uint32(27) == 0]
        # Where nothing tells places apart (one letter a million times), every 32nd will do.
        places = rarely if len(rarely) * 256 >= len(places) else places[::32]
    starts = [start, *(int(place) + start for place in places if not attached(text, int(place) + start))]
    return starts, [rank] * len(starts)


_SPACES = "\t\n\v\f\r \x85\u1680\u2028\u2029\u202f\u205f\u3000"
_MIX = (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F)
"""Odd numbers that spread bits, as hashes use."""


def attached(text: str, place: int) -> bool:
    """Whether the character at `place` belongs to the one before it: an accent, a part of an emoji, half a flag."""
    if not 0 < place < len(text):
        return False
    character = text[place]
    if character < "\u0300":
        return False
    if text[place - 1] == "\u200d" or character == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return sum(1 for _ in _flags_before(text, place)) % 2 == 1
    return unicodedata.category(character) in {"Mn", "Me", "Mc"}


def _flags_before(text: str, place: int) -> Iterator[str]:
    """Regional letters in a row before `place`; two of them make a flag. At most a hundred are looked at."""
    for index in range(place - 1, max(place - 101, -1), -1):
        if not "\U0001f1e6" <= text[index] <= "\U0001f1ff":
            return
        yield text[index]
