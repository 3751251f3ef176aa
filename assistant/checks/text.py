"""A text as it is compared: `plain`, of the same length, for figures; `Folded`, letters and digits only, for words.

Both keep the way back to the characters of the text. They know nothing of claims, documents or languages.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

_WIDE_COMMA = re.compile(r"(?<=[０-９])，(?=[０-９])")
_JOINING_SPACES = "\u00a0\u2007\u2008\u2009\u202f"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u301c\uff5e"
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u2032\uff07\u00b4\u0060"
_POINT = re.compile(r"\d[.,]\d")
_BREAK = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010][ \t]*\n\s{0,40}(?=[^\W\d_])")
"""A word broken at the end of a line. The whitespace is bounded so that no page of spaces is read again and again."""


def plain(text: str) -> str:
    """The text in small letters and narrow digits, each character in its old place: `ＵＳＤ　１２` is `usd 12`.

    Spaces that join become U+00A0, dashes `-`, apostrophes `'`; superscripts and circled digits stay what they are.
    """
    if text.isascii():
        return text.lower()
    text = _WIDE_COMMA.sub(",", text)
    return text.translate({ord(character): _plain(character) for character in set(text)})


@lru_cache(maxsize=65536)
def _plain(character: str) -> str:
    if character in _JOINING_SPACES:
        return "\u00a0"
    if character in _DASHES:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    if character in "\n，":
        return character
    if character.isspace():
        return " "
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    narrow = unicodedata.normalize("NFKC", character)
    # A superscript two is not the digit two: 10² is not 102.
    if len(narrow) != 1 or unicodedata.category(character) == "No":
        narrow = character
    small = narrow.lower()
    return small if len(small) == 1 else narrow


def is_east_asian(character: str) -> bool:
    """Whether it is a Chinese character, kana or Hangul: scripts whose words are written without borders."""
    return (
        "\u3005" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or (
            "\uac00" <= character <= "\ud7a3"
            or "\uf900" <= character <= "\ufaff"
            or "\U00020000" <= character <= "\U0003ffff"
        )
    )


class Folded:
    """A text as its letters and digits alone: no case, accents, spaces, punctuation, hyphens at line ends.

    Points and commas between digits stay, so that 1.2 is not 12. `text` is what is left, `at` the place of each of its
    characters in the original. Ligatures fold to their letters.
    """

    def __init__(self, text: str) -> None:
        # A lone surrogate has no UTF-32 form of its own without this.
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        folds = {character: fold(character) for character in set(text)}
        limit = max(map(ord, folds), default=0) + 1
        lengths, first = np.zeros(limit, np.uint8), np.zeros(limit, np.uint32)
        for character, folded in folds.items():
            lengths[ord(character)] = len(folded)
            first[ord(character)] = ord(folded[0]) if folded else 0
        count = lengths[codes]
        if len(codes) > 2:
            digits = np.zeros(limit, bool)
            digits[[ord(character) for character in folds if character.isdecimal()]] = True
            point = np.zeros(limit, bool)
            point[[ord(character) for character in ".,．，" if ord(character) < limit]] = True
            digit = digits[codes]
            between = point[codes[1:-1]] & digit[:-2] & digit[2:]
            count[1:-1][between] = 1
            for mark, narrow in zip(".,．，", ".,.,", strict=True):
                if ord(mark) < limit:
                    first[ord(mark)] = ord(narrow)
        letters = np.repeat(first[codes], count)
        if int(lengths.max(initial=0)) > 1:
            starts = np.cumsum(count, dtype=np.uint32) - count
            for character, folded in folds.items():
                if len(folded) > 1:
                    places = starts[codes == ord(character)]
                    for further, letter in enumerate(folded[1:], 1):
                        letters[places + further] = ord(letter)
        self.text = letters.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        self.at: npt.NDArray[np.uint32] = np.repeat(np.arange(len(codes), dtype=np.uint32), count)
        joined = np.zeros(len(self.at) + 1, bool)
        if len(self.at):
            joined[1:-1] = np.diff(self.at) <= 1
            broken = [found.end() for found in _BREAK.finditer(text)]
            joined[np.searchsorted(self.at, broken)] = True
        self.joined: npt.NDArray[np.bool_] = joined
        """Of each character, and one more: whether it goes on the word before it."""

    def places(self, wanted: str, most: int = 5) -> Iterator[tuple[int, int]]:
        """Where `wanted`, folded already, stands as whole words: `(start, end)` in the original, the first few."""
        start = self.text.find(wanted) if wanted else -1
        while start >= 0 and most > 0:
            end = start + len(wanted)
            if self.border(start) and self.border(end):
                yield int(self.at[start]), int(self.at[end - 1]) + 1
                most -= 1
            start = self.text.find(wanted, start + 1)

    def border(self, at: int) -> bool:
        """Whether a word may begin or end before this character of `text`."""
        return (
            not self.joined[at]
            or at >= len(self.text)
            or is_east_asian(self.text[at - 1])
            or is_east_asian(self.text[at])
        )


@lru_cache(maxsize=65536)
def fold(character: str) -> str:
    """Its letters and digits without width, case and accent; empty for everything else."""
    if character < "\x80":
        return character.lower() if character.isalnum() else ""
    apart = unicodedata.normalize("NFKD", character)
    bare = "".join(one for one in apart if not "\u0300" <= one <= "\u036f")
    whole = unicodedata.normalize("NFC", bare).casefold()
    return "".join(one for one in whole if one.isalnum())


def folded(text: str) -> str:
    """The text as `Folded` has it, without the way back."""
    if text.isascii() and not _POINT.search(text):
        return "".join(filter(str.isalnum, text)).lower()
    return Folded(text).text


def listed(words: str) -> tuple[str, ...]:
    """The words of a table, as they stand apart in it."""
    return tuple(words.split())
