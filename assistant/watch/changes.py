"""What changed between two versions of a document, and between two summaries; what of it must be read again.

The module knows nothing of files and engines.
"""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.documents.document import Document

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_END = re.compile("\n")
_LONG = 2000
"""Characters; where paragraphs are longer on average, lines are what somebody writes and changes: a log, a table, a
Chinese text without blank lines."""
_SENTENCE = re.compile(r"\S[^\n]*?(?:[.!?…][\"'”’)\]]*(?=\s)|[。！？；…][”’」』）]*|(?=\n)|$)")
_MOST_PAIRS = 1_000_000
"""Of paragraphs that changed, old times new, that are aligned; beyond it they are counted, in whatever order."""
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]")


@dataclass(frozen=True, slots=True)
class Changes:
    """From the old version to the new one: how many paragraphs."""

    changed: int
    added: int
    removed: int
    first: int | None
    """The first character of the new text that is not as before; None: the texts are equal."""
    unit: str = "paragraph"
    """What was counted: paragraphs, or where these are very long, lines."""

    @property
    def words(self) -> str:
        """As `3 paragraphs changed, 1 added`."""
        counts = ((self.changed, "changed"), (self.added, "added"), (self.removed, "removed"))
        told = [(number, what) for number, what in counts if number]
        if not told:
            return "the text is the same" if self.first is None else "only blank lines and line ends changed"
        number, what = told[0]
        first = f"{number:,} {self.unit}{'s' if number != 1 else ''} {what}"
        return ", ".join([first, *(f"{number:,} {what}" for number, what in told[1:])])


@dataclass(frozen=True, slots=True)
class Again:
    """What a new version costs: in whole mode the prompt from its first changed token on, in parts the new pieces."""

    tokens: int
    """To be read again."""
    total: int
    """With the instruction where it is in the same prompt."""
    seconds: float | None = None
    """By the pace of the last reading; None: nothing was read yet that would tell."""

    @property
    def words(self) -> str:
        """As `2,114 of 28,900 tokens to read again, about 9 s`."""
        words = f"{self.tokens:,} of {self.total:,} tokens to read again"
        return words if self.seconds is None else f"{words}, about {duration(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch that is not as before: characters of the old text, and of the new one in its place.

    One of them may be empty: something was added, or removed.
    """

    old: tuple[int, int]
    new: tuple[int, int]


def compare(old: Document, new: Document) -> Changes:
    """What became of the old version's paragraphs. Takes milliseconds a megabyte."""
    olds, news, unit = _units(old.text, new.text)
    _, before, after = _core([text for text, _ in olds], [text for text, _ in news])
    changed = added = removed = 0
    for fewer, more in _replaced(before, after):
        changed += min(fewer, more)
        removed += max(fewer - more, 0)
        added += max(more - fewer, 0)
    return Changes(changed, added, removed, first_difference(old.text, new.text), unit)


def hunks(old: Document, new: Document) -> tuple[Hunk, ...]:
    """The stretches that changed, in whole paragraphs, or lines where these are very long; in their order.

    Where too much changed to be aligned, it is one stretch. Takes milliseconds a megabyte.
    """
    before, after, _ = _units(old.text, new.text)
    start, olds, news = _core([text for text, _ in before], [text for text, _ in after])
    if len(olds) * len(news) > _MOST_PAIRS:
        spans = [(0, len(olds), 0, len(news))]
    else:
        matcher = SequenceMatcher(None, olds, news, autojunk=False)
        spans = [(i1, i2, j1, j2) for kind, i1, i2, j1, j2 in matcher.get_opcodes() if kind != "equal"]
    return tuple(
        Hunk(
            _stretch(before, start + i1, start + i2, len(old.text)),
            _stretch(after, start + j1, start + j2, len(new.text)),
        )
        for i1, i2, j1, j2 in spans
        if i1 < i2 or j1 < j2
    )


def first_difference(old: str, new: str) -> int | None:
    """The first character of `new` that is not as in `old`, or its end where it was only cut; None: they are equal."""
    if old == new:
        return None
    least, most = 0, min(len(old), len(new))
    while least < most:  # comparing a half at a time is done in C, character by character would not be
        middle = (least + most + 1) // 2
        if old[least:middle] == new[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def difference(old: str, new: str, width: int = 80) -> tuple[str, ...]:
    """What changed from one summary to the next: sentences that went (`- `), came (`+ `) or stayed (`  `), wrapped.

    Empty where nothing changed. Sentences, because wrapped lines all differ behind the first word that is longer.
    """
    before, after = _sentences(old), _sentences(new)
    if before == after:
        return ()
    lines: list[str] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for sentence in before[i1:i2]:
            lines += _wrapped(sentence, "  " if kind == "equal" else "- ", width)
        if kind != "equal":
            for sentence in after[j1:j2]:
                lines += _wrapped(sentence, "+ ", width)
    return tuple(lines)


def duration(seconds: float) -> str:
    """As `9 s` or `2 min 10 s`; never less than a second."""
    minutes, rest = divmod(max(round(seconds), 1), 60)
    return f"{minutes:,} min {rest} s" if minutes else f"{rest} s"


_Unit = tuple[str, int]
"""A paragraph or a line without the space around it, and where it begins."""


def _units(old: str, new: str) -> tuple[list[_Unit], list[_Unit], str]:
    """What is compared, and what it is called."""
    before, after = _parted(old, _BLANK), _parted(new, _BLANK)
    if len(old) + len(new) > _LONG * (len(before) + len(after)):
        return _parted(old, _LINE_END), _parted(new, _LINE_END), "line"
    return before, after, "paragraph"


def _parted(text: str, between: re.Pattern[str]) -> list[_Unit]:
    ends = [(found.start(), found.end()) for found in between.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    parts = zip(starts, [*(start for start, _ in ends), len(text)], strict=True)
    return [
        (part.strip(), start + len(part) - len(part.lstrip()))
        for start, end in parts
        if (part := text[start:end]).strip()
    ]


def _core(before: list[str], after: list[str]) -> tuple[int, list[str], list[str]]:
    """What is left between the parts that are alike at the beginning, whose number comes first, and at the end."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    return start, before[start : len(before) - end], after[start : len(after) - end]


def _stretch(units: Sequence[_Unit], first: int, last: int, end: int) -> tuple[int, int]:
    """From the first of these units to the end of the last; empty where there are none."""
    if first == last:
        at = units[first][1] if first < len(units) else end
        return at, at
    text, start = units[last - 1]
    return units[first][1], start + len(text)


def _sentences(text: str) -> list[str]:
    return _SENTENCE.findall(text)


def _alike(before: Sequence[str], after: Sequence[str]) -> int:
    """How many are alike from the start."""
    for index, (one, other) in enumerate(zip(before, after, strict=False)):
        if one != other:
            return index
    return min(len(before), len(after))


def _replaced(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Stretches that differ: how many paragraphs went, how many came in their place."""
    if len(before) * len(after) > _MOST_PAIRS:
        gone, come = Counter(before), Counter(after)
        yield (gone - come).total(), (come - gone).total()
        return
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield i2 - i1, j2 - j1


def _wrapped(sentence: str, sign: str, width: int) -> list[str]:
    room = width - len(sign)
    wide = len(_WIDE.findall(sentence))
    if wide:  # two columns each
        room = max(room * len(sentence) // (len(sentence) + wide), 1)
    first, *rest = textwrap.wrap(sentence, room, break_on_hyphens=False) or [sentence]
    return [sign + first, *("  " + line if sign == "  " else sign[0] + "   " + line for line in rest)]
