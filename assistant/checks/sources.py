"""Which lines of a document a paragraph or bullet most likely rests on.

Words are compared by their first letters, so that inflections are alike; Chinese and Japanese by pairs of characters.
Rare words weigh more than common ones, and a figure or name that was found weighs where it was found. The index is
three flat arrays, a few bytes for each word. The module knows nothing of models or files.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from assistant.checks.text import Folded, is_east_asian
from assistant.checks.values import Claim, Source

_STEM = 6
"""Letters by which words are compared: summary, summarize and summarised are one."""
_SHORTEST = 4
"""Letters of a word that counts; what is shorter is grammar in most languages. Digits always count."""
_UNIT = 200
"""Characters of the lines that are judged together, at least, unless the paragraph ends before."""
_WIDEST = 3
"""Units that one source may span."""
_WORTH = 0.12
"""What a further unit must add, of the weight of the whole source, to be named too."""
_ALIKE = 0.25
"""The part of its weight that a source must share with its place; below it rests on nothing."""
_LONG = 300
"""Characters of a paragraph that is taken sentence by sentence, for it rests on more than one place.

A Chinese character counts for three."""

_SKIPPED = re.compile(r"\s*(?:#{1,6}\s.*|[-*_=\s|:]+|(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__):?\s*)$")
_BULLET = re.compile(r"\s*(?:[-*+•·–]|\(?\d{1,3}[.)、]|\(?[a-zA-Z][.)])\s+|\s*\|")
_SENTENCE_END = re.compile(r"[.!?…][\"”’)\]*_]{0,3}\s+(?=[^\sa-z])|[。！？][\"”’」』）]{0,3}")
_ABBREVIATED = re.compile(
    r"(?:\b[A-Z]|\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|Nos|Art|Sec|Inc|Ltd|Co|Corp|vs|approx|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec))\.$"
)

Codes = npt.NDArray[np.uint32]


class Sources:
    """The lines of a document, ready to be compared with."""

    def __init__(self, text: str, folded: Folded) -> None:
        self._text = text
        self._starts, self._lines = _units(text)
        hashes, places = _terms(folded)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._places = hashes[order], places[order]
        self._of = (np.searchsorted(self._starts, self._places, side="right") - 1).astype(np.uint32)

    def of(self, text: str, claims: Sequence[Claim]) -> tuple[Source, ...]:
        """Each paragraph (long ones by sentence), bullet or line of the text, and the lines it most likely rests on."""
        return tuple(
            Source(
                text[start:end], start, end, self._best(text[start:end], [c for c in claims if start <= c.start < end])
            )
            for start, end in _blocks(text)
        )

    def _best(self, text: str, claims: Sequence[Claim]) -> tuple[int, int] | None:
        wanted = np.unique(_terms(Folded(text))[0])
        count = len(self._starts)
        if not count:
            return None
        first, last = np.searchsorted(self._hashes, wanted), np.searchsorted(self._hashes, wanted, side="right")
        found = [claim.found for claim in claims if claim.found]
        rows = len(wanted) + len(found)
        if not rows:
            return None
        here = np.zeros((rows, count), bool)
        for row, (begin, end) in enumerate(zip(first, last, strict=True)):
            here[row, self._of[begin:end]] = True
        for row, places in enumerate(found, len(wanted)):
            here[row, np.searchsorted(self._starts, [place[0] for place in places], side="right") - 1] = True
        often = here.sum(axis=1)
        # A word that the document has not says as little as one that it has everywhere: the text is in other words.
        weight = np.log1p(count / np.maximum(often, 1.0)) * np.where(often == 0, 0.5, 1.0)
        whole = float(weight.sum())
        best, chosen = 0.0, (0, 0)
        union = here
        for wide in range(1, min(_WIDEST, count) + 1):
            if wide > 1:
                union = union[:, :-1] | here[:, wide - 1 :]
            scores = weight @ union - (wide - 1) * _WORTH * whole
            at = int(scores.argmax())
            if scores[at] > best:
                best, chosen = float(scores[at]), (at, at + wide)
        shared = here[:, chosen[0] : chosen[1]].any(axis=1)
        if best < _ALIKE * whole or shared.sum() < min(2, rows):
            return None
        return self._lines_of(
            chosen, [self._inside(chosen, begin, end) for begin, end in zip(first, last, strict=True)], found
        )

    def _inside(self, chosen: tuple[int, int], begin: int, end: int) -> Codes:
        of = self._of[begin:end]
        return self._places[begin:end][(of >= chosen[0]) & (of < chosen[1])]

    def _lines_of(
        self, chosen: tuple[int, int], words: Sequence[Codes], found: Sequence[Sequence[tuple[int, int]]]
    ) -> tuple[int, int]:
        """The lines of the chosen units from the first to the last that share anything."""
        low = int(self._starts[chosen[0]])
        high = int(self._starts[chosen[1]]) if chosen[1] < len(self._starts) else len(self._text)
        places = [int(place) for of in words for place in of]
        places += [start for of in found for start, _ in of if low <= start < high]
        first = self._lines[bisect_right(self._lines, min(places)) - 1]
        end = self._text.find("\n", max(places))
        return first, end if end >= 0 else len(self._text)


def _units(text: str) -> tuple[npt.NDArray[np.int64], list[int]]:
    """Where the units begin that are judged, and where the lines that are not empty begin."""
    starts: list[int] = []
    lines: list[int] = []
    size, fresh = 0, True
    for line in re.finditer(r"[^\n]+", text):
        if line[0].isspace():
            fresh = True
            continue
        begin = line.start()
        if fresh or size >= _UNIT or text[begin - 2 : begin] == "\n\n":
            starts.append(begin)
            size, fresh = 0, False
        lines.append(begin)
        size += len(line[0])
    return np.array(starts, np.int64), lines


def _terms(folded: Folded) -> tuple[npt.NDArray[np.uint64], Codes]:
    """A number for each word or pair of characters, and its place in the original."""
    codes = np.frombuffer(folded.text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    if not len(codes):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint32)
    east = ((codes >= 0x3005) & (codes <= 0x30FF)) | ((codes >= 0x3400) & (codes <= 0x9FFF))
    east |= ((codes >= 0xAC00) & (codes <= 0xD7A3)) | ((codes >= 0xF900) & (codes <= 0xFAFF)) | (codes >= 0x20000)
    joined = folded.joined[:-1]
    begins = ~joined
    begins[1:] |= east[1:] != east[:-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(codes)))
    digits = (codes[starts] >= 0x30) & (codes[starts] <= 0x39)
    words = ~east[starts] & ((lengths >= _SHORTEST) | digits)
    starts, lengths = starts[words], lengths[words]
    hashes = np.full(len(starts), 7, np.uint64)
    prime = np.uint64(0x9E3779B97F4A7C15)
    for at in range(_STEM):
        longer = lengths > at
        hashes[longer] = (hashes[longer] ^ codes[starts[longer] + at]) * prime
    pairs = np.flatnonzero(east[:-1] & east[1:] & joined[1:])
    paired = ((codes[pairs] << np.uint64(32)) | codes[pairs + 1]) * prime
    return np.concatenate([hashes, paired]), folded.at[np.concatenate([starts, pairs])]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Bullets with their further lines, paragraphs, and the sentences of long ones; headings and rules are left out."""
    begin = end = -1
    for line in re.finditer(r"[^\n]*\n?", text):
        written = line[0].strip()
        skipped = not written or _SKIPPED.match(line[0])
        if begin >= 0 and (skipped or _BULLET.match(line[0])):
            yield from _sentences(text, begin, end)
            begin = -1
        if not skipped:
            begin = line.start() + len(line[0]) - len(line[0].lstrip()) if begin < 0 else begin
            end = line.start() + len(line[0].rstrip())
    if begin >= 0:
        yield from _sentences(text, begin, end)


def _sentences(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    size = end - begin + 2 * sum(map(is_east_asian, text[begin:end]))
    if size > _LONG:
        for stop in _SENTENCE_END.finditer(text, begin, end):
            sentence = text[begin : stop.end()].rstrip()
            if len(sentence) >= 12 and not _ABBREVIATED.search(sentence[-12:]):
                yield begin, begin + len(sentence)
                begin = stop.end()
    if text[begin:end].strip():
        yield begin, end
