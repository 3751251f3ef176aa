"""Where a line of text may be cut: between what people see as characters, and where it may go on in the next row.

Widths are those of Rich, by which everything on the screen is laid out. A flag of two letters, a family of emoji, a
letter with its accents and a skin tone are one character each. Pure functions of text; nothing here is drawn.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rich.cells import cell_len, split_graphemes

Stops = tuple[tuple[int, int], ...]
"""Stretches of a line that are passed as a whole: their first place and the one behind."""

_REGIONAL = range(0x1F1E6, 0x1F200)
_NOT_FIRST = frozenset(
    "、。，．：；？！）］｝〉》」』】〕〗〙”’…—·・ー～％‰ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ々,.:;?!)]}"
)
"""What must not begin a row, after the letter it belongs to."""
_NOT_LAST = frozenset("（［｛〈《「『【〔〖〘“‘([{")
"""What must not end one, before the letter it belongs to."""
_WORD = re.compile(r"\S*\s+|\S+")


@lru_cache(256)
def edges(line: str) -> Sequence[int]:
    """The places of the line where a cursor may stand, 0 and its length among them, in order."""
    if line.isascii():
        return range(len(line) + 1)
    return (0, *(end for _, end, _ in _characters(line)))


def snap(line: str, column: int, stops: Stops = ()) -> int:
    """The nearest such place at `column` or before it; behind a stretch of `stops` from its middle on."""
    for first, behind in stops:
        if first < column < behind:
            return first if column - first < behind - column else behind
    places = edges(line)
    return places[bisect_right(places, column) - 1]


def before(line: str, column: int, stops: Stops = ()) -> int:
    """The place one character to the left."""
    places = edges(line)
    place = places[max(bisect_left(places, column) - 1, 0)]
    return next((first for first, behind in stops if first < place < behind), place)


def after(line: str, column: int, stops: Stops = ()) -> int:
    """The place one character to the right."""
    places = edges(line)
    place = places[min(bisect_right(places, column), len(places) - 1)]
    return next((behind for first, behind in stops if first < place < behind), place)


def column_at(text: str, cells: int, tab: int) -> int:
    """The place of the character that covers this cell, counted from 0; the length where the text is shorter."""
    at = 0
    for first, _, width in _characters(text):
        at += tab - at % tab if text[first] == "\t" else width
        if at > cells:
            return first
    return len(text)


@lru_cache(2048)
def breaks(line: str, width: int, tab: int) -> tuple[int, ...]:
    """Where rows after the first begin, for rows of so many cells.

    Words stay whole where they fit into a row; scripts without spaces go on anywhere but before closing and after
    opening punctuation; the space behind the last word of a row may stand where the cursor does, behind its end.
    """
    if width <= 0 or cell_len(line) + line.count("\t") * tab <= width:
        return ()
    found: list[int] = []
    used = 0
    for start, end in _words(line):
        word = line[start:end].removesuffix(" ")
        size = _size(word, used, tab)
        if used and used + size > width:
            found.append(start)
            used, size = 0, _size(word, 0, tab)
        if size > width:
            for first, _, cells in _characters(line[start:end]):
                if line[start + first] == "\t":
                    cells = tab - used % tab  # noqa: PLW2901  a tab's width is known only here
                if used and used + cells > width:
                    found.append(start + first)
                    used = 0
                used += cells
        else:
            used += _size(line[start:end], used, tab)
    return tuple(found)


def _words(line: str) -> Iterator[tuple[int, int]]:
    """Stretches between which a row may end: a word and the spaces behind it, or one wide letter with its marks."""
    if line.isascii():
        yield from (word.span() for word in _WORD.finditer(line))
        return
    starts = [word.start() for word in _WORD.finditer(line)]
    places = edges(line)
    # An accent behind a space belongs to the space.
    starts = [start for start in starts if places[bisect_left(places, start)] == start]
    for start, end in pairwise([*starts, len(line)]):
        if line[start:end].isascii():
            yield start, end
        else:
            yield from ((start + first, start + behind) for first, behind in _parts(line[start:end]))


def _parts(word: str) -> Iterator[tuple[int, int]]:
    """The same within a word and its spaces."""
    start = 0
    previous = ""
    for first, _, width in _characters(word):
        letter = word[first]
        wide = (width > 1 or _is_wide(previous)) and not letter.isspace() and bool(previous)
        if first > start and wide and letter not in _NOT_FIRST and previous not in _NOT_LAST:
            yield start, first
            start = first
        previous = letter
    yield start, len(word)


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"


def _size(text: str, used: int, tab: int) -> int:
    """Cells from `used` on, tabs filled up to their stops."""
    if "\t" not in text:
        return len(text) if text.isascii() else cell_len(text)
    at = used
    for part in text.split("\t")[:-1]:
        at += cell_len(part)
        at += tab - at % tab
    return at + cell_len(text.rpartition("\t")[2]) - used


def _characters(line: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and cells of each character; a tab has none of its own."""
    at = 0
    for part in re.split("(\t)", line):
        flag: tuple[int, int, int] | None = None
        for start, end, width in [(0, 1, 0)] if part == "\t" else split_graphemes(part)[0]:
            span = at + start, at + end, width
            if end - start == 1 and ord(part[start]) in _REGIONAL:
                if flag is None:
                    flag = span
                else:
                    yield flag[0], span[1], flag[2] + width
                    flag = None
                continue
            if flag is not None:
                yield flag
                flag = None
            yield span
        if flag is not None:
            yield flag
        at += len(part)
