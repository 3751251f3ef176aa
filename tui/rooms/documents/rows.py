"""Where the rows of a text begin when it is wrapped to a width: four bytes a row, found in a fraction of a second.

A row is a stretch of the text as it is; `drawn` makes of it what is shown, which is safe and has no tab and no line
end. No row is wider than the width. The module knows nothing of widgets.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import get_character_cell_size

from assistant import printable

_TAB = "    "
"""A tab is as wide wherever it stands, so that a row need not know what is before it."""
_NOT_FIRST = frozenset("，。、；：？！）」』】》”’…,.;:?!)")
"""What is never the first of a row, where what is before it can go with it."""
_PARTING = frozenset(" \t-–—/")
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2013-\u201e\u2026\u20ac]*")
"""A cell a character: most of what is written in letters."""
_JOINER = "\u200d"
_WIDENS = "\ufe0f"
"""Makes the character before it two cells wide."""


class Rows:
    """The rows of one text at one width. Made a stretch at a time, by `make`; `whole` when that is done."""

    def __init__(self, text: str, width: int) -> None:
        """`width` in cells, at least 2."""
        self.text = text
        self.width = max(width, 2)
        self._starts = array("L")
        self._done = 0

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def whole(self) -> bool:
        """All of the text has its rows."""
        return self._done > len(self.text)

    @property
    def share(self) -> float:
        """How much of the text has its rows, from 0 to 1."""
        return min(self._done / max(len(self.text), 1), 1.0)

    def make(self, characters: int | None = None) -> None:
        """Rows for so many characters more (None: the rest), and for the rest of the line these end in."""
        text, starts = self.text, self._starts
        until = len(text) if characters is None else min(self._done + characters, len(text))
        begin = self._done
        while begin <= until and not self.whole:
            end = text.find("\n", begin)
            end = len(text) if end < 0 else end
            if begin < end or begin < len(text) or not text:  # a line end at the very end begins no row
                starts.append(begin)
            if end - begin > self.width or not _NARROW.fullmatch(text, begin, end):
                starts.extend(self._breaks(begin, end))
            begin = self._done = end + 1

    def span(self, row: int) -> tuple[int, int]:
        """Start and end of the row in the text; a line end is not in it."""
        start = self._starts[row]
        end = self._starts[row + 1] if row + 1 < len(self._starts) else min(self._done, len(self.text))
        return start, end - 1 if end > start and self.text[end - 1] == "\n" else end

    def begins_line(self, row: int) -> bool:
        """Whether it is the first of a line of the text."""
        start = self._starts[row]
        return start == 0 or self.text[start - 1] == "\n"

    def row_of(self, offset: int) -> int:
        """The row that this character is in; the last one for what has no row yet."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def _breaks(self, begin: int, end: int) -> Iterator[int]:
        """Where further rows of a line begin."""
        text, width = self.text, self.width
        plain = text[begin:end]
        if _NARROW.fullmatch(plain):
            at = 0
            while len(plain) - at > width:
                space = plain.rfind(" ", at, at + width + 1)
                at = space + 1 if space > at else at + width
                if at < len(plain):
                    yield begin + at
            return
        if sum(map(cells_of, plain)) <= width:
            return
        cells, row, stop = 0, 0, 0
        for index, character in enumerate(plain):
            wide = cells_of(character)
            while wide and cells + wide > width and index > row:
                at = stop if stop > row else index
                yield begin + at
                cells = sum(map(cells_of, plain[at:index]))
                row = at
            cells += wide
            following = plain[index + 1 : index + 2]
            if (
                following
                and following not in _NOT_FIRST
                and (wide == 2 or character in _PARTING or cells_of(following) == 2)
                and _may_part(character, following)
            ):
                stop = index + 1


def _may_part(character: str, following: str) -> bool:
    joined = _JOINER in (character, following) or following == _WIDENS or not cells_of(following)
    return not joined and following != " "


@lru_cache(4096)
def cells_of(character: str) -> int:
    """Cells that one character of a text takes, as `drawn` shows it. Never too few."""
    if character == "\t":
        return len(_TAB)
    if character == _WIDENS:
        return 1
    if character.isascii() and character.isprintable():
        return 1
    shown = printable(character)
    return get_character_cell_size(shown) if len(shown) == 1 else sum(map(get_character_cell_size, shown))


_BREAKS = re.compile(r"[\n\t]")
# A joiner between what cannot be joined would be spelled out; but a character has the same width wherever it stands.
_LONE = re.compile(
    "(?<=[\x00-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f])[\u200c\u200d]+"
)


def drawn(text: str) -> str:
    """A row as it is shown."""
    return _BREAKS.sub(lambda found: _TAB if found[0] == "\t" else " ", printable(_LONE.sub("", text)))


def cells(text: str) -> int:
    """Cells that a stretch of a row takes."""
    if _NARROW.fullmatch(text):
        return len(text)
    return sum(map(cells_of, text))
