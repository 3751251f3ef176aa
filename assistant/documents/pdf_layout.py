"""Paragraphs, headings and divided words of a page, from where its lines stand and how large they are.

Knows nothing of PDF itself. Lengths are points.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_GAP = 1.35
"""Times the usual distance of two lines: between paragraphs."""
_LARGER = 1.12
"""Times the size of the text: a heading."""
_MAX_TITLE = 200
_MAX_TITLE_LINES = 3
_MAX_HEADING_SHARE = 0.25
"""More large lines than that are no headings."""
_WORD = re.compile(r"[^\W\d_]+")
_HYPHENED = re.compile(r"[^\W\d_]+-[^\W\d_]+")
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")


@dataclass(slots=True)
class Line:
    text: str
    left: float
    right: float
    bottom: float
    size: float
    divided: bool = False
    """It ended with a hyphen after a letter, which is not in `text`."""


@dataclass(slots=True)
class Sheet:
    """A page."""

    label: str
    lines: list[Line]
    unreadable: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Outlined:
    """An entry of the outline: on this page, counted from 0, is a heading of this level."""

    page: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, lines and all; or, with a level, a heading on one line."""

    text: str
    level: int = 0


Marks = dict[int, tuple[int, int]]
"""Of a page: at the line of this number begins a heading of so many lines and this level."""


def join_words(sheets: Sequence[Sheet]) -> None:
    """Put divided words together where that is certain: the document has the joined word elsewhere, and never the one
    with a hyphen. All others keep their hyphen."""
    divided = [(sheet.lines, at) for sheet in sheets for at, line in enumerate(sheet.lines) if line.divided]
    if not divided:
        return
    text = [line.text for sheet in sheets for line in sheet.lines]
    plain = {word.lower() for line in text for word in _WORD.findall(line)}
    hyphened = {word.lower() for line in text for word in _HYPHENED.findall(line)}
    for lines, at in divided:
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else None
        start, end = _LAST_WORD.search(line.text), _WORD.match(following.text) if following else None
        if (
            following is None
            or start is None
            or end is None
            or (start[0] + end[0]).lower() not in plain
            or f"{start[0]}-{end[0]}".lower() in hyphened
        ):
            line.text += "-"
            continue
        rest, _, after = following.text.partition(" ")
        line.text += rest
        following.text = after
        if not after:  # the next line was only the end of the word; it may be divided itself
            line.text += "-" * following.divided
            following.divided = False
        line.divided = False
    for sheet in sheets:
        sheet.lines[:] = [line for line in sheet.lines if line.text]


def find_headings(sheets: Sequence[Sheet], outline: Sequence[Outlined]) -> dict[int, Marks]:
    """By page: from the outline, where its titles stand on their pages; else the lines larger than the text.

    An outline of a single entry is the title's; then the lines may tell more.
    """
    found = _outlined(sheets, outline)
    count = sum(map(len, found.values()))
    if 2 * count > len(outline) and count > 1:
        return found
    large = _large(sheets)
    return large if 2 * count <= len(outline) or sum(map(len, large.values())) > count else found


def paragraphs(lines: Sequence[Line], marks: Mapping[int, tuple[int, int]]) -> Iterator[Block]:
    """The blocks of a page in their order."""
    if not lines:
        return
    steps = [above.bottom - below.bottom for above, below in pairwise(lines)]
    usual = median([step for step, line in zip(steps, lines, strict=False) if 0 < step < 3 * line.size] or [0.0])
    lefts = Counter(round(line.left) for line in lines)
    margin = min(left for left, count in lefts.items() if 3 * count >= max(lefts.values()))
    edge = max(line.right for line in lines)
    block: list[str] = []
    at = 0
    while at < len(lines):
        if at in marks:
            count, level = marks[at]
            if block:
                yield Block("\n".join(block))
                block = []
            yield Block(title_of(lines[at : at + count]), level)
            at += count
            continue
        if block and _begins(lines[at - 1], lines[at], usual, margin, edge):
            yield Block("\n".join(block))
            block = []
        block.append(lines[at].text)
        at += 1
    if block:
        yield Block("\n".join(block))


def title_of(lines: Sequence[Line]) -> str:
    """On one line; Chinese and Japanese go without a space between."""
    title = ""
    for line in lines:
        gap = "" if not title or (title[-1] >= "\u2e80" and line.text[0] >= "\u2e80") else " "
        title += gap + line.text
    return " ".join(title.split())


def _begins(above: Line, line: Line, usual: float, margin: float, edge: float) -> bool:
    """Whether a paragraph begins at the line: it stands further below, is of another size, or is indented where the
    line above is not, or ended early."""
    step = above.bottom - line.bottom
    if usual and step > _GAP * usual:
        return True
    if min(above.size, line.size) > 0 and max(above.size, line.size) > _LARGER * min(above.size, line.size):
        return True
    is_short = above.right < edge - 2 * line.size
    return _indented(line, margin) and (is_short or not _indented(above, margin))


def _indented(line: Line, margin: float) -> bool:
    return 0.8 * line.size < line.left - margin < 4.5 * line.size


def _outlined(sheets: Sequence[Sheet], outline: Sequence[Outlined]) -> dict[int, Marks]:
    found: dict[int, Marks] = {}
    for entry in outline:
        if entry.page >= len(sheets):
            continue
        lines, wanted = sheets[entry.page].lines, _key(entry.title)
        keys = [_key(line.text) for line in lines]
        taken = found.setdefault(entry.page, {})
        matches = (
            [(at, _matches(keys[at : at + _MAX_TITLE_LINES], wanted)) for at in range(len(lines))] if wanted else []
        )
        for exactly in (True, False):  # a page number above "1 Introduction" is not part of it
            at, count = next(((at, each) for at, (each, exact) in matches if each and exact == exactly), (0, 0))
            if count:
                taken.setdefault(at, (count, entry.level))
                break
    return _apart(found)


def _matches(keys: Sequence[str], wanted: str) -> tuple[int, bool]:
    """How many lines make up the title (0: they do not), and whether exactly; else there is a number before it."""
    joined = ""
    for count, key in enumerate(keys, 1):
        joined += key
        if joined == wanted:
            return count, True
        if joined.endswith(wanted) and joined.removesuffix(wanted).isdecimal():
            return count, False
    return 0, False


def _key(title: str) -> str:
    """What two spellings of a title share."""
    return "".join(character for character in title.casefold() if character.isalnum())


def _large(sheets: Sequence[Sheet]) -> dict[int, Marks]:
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            sizes[line.size] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    found: dict[int, list[tuple[int, int, float]]] = {}
    for number, sheet in enumerate(sheets):
        at = 0
        while at < len(sheet.lines):
            count = _run(sheet.lines, at)
            title = title_of(sheet.lines[at : at + count])
            large = body > 0 and sheet.lines[at].size >= _LARGER * body
            lettered = sum(character.isalpha() for character in title) >= 2
            if large and lettered and count <= _MAX_TITLE_LINES and len(title) <= _MAX_TITLE:
                found.setdefault(number, []).append((at, count, sheet.lines[at].size))
            at += count
    large_lines = sum(count for marks in found.values() for _, count, _ in marks)
    if large_lines > _MAX_HEADING_SHARE * sum(len(sheet.lines) for sheet in sheets):
        return {}
    ranks = sorted({size for marks in found.values() for _, _, size in marks}, reverse=True)
    levels = {size: min(rank, 6) for rank, size in enumerate(ranks, 1)}
    return {number: {at: (count, levels[size]) for at, count, size in marks} for number, marks in found.items()}


def _run(lines: Sequence[Line], at: int) -> int:
    """How many lines from here on are of one size and close together."""
    count = 1
    while at + count < len(lines):
        above, line = lines[at + count - 1], lines[at + count]
        if line.size != lines[at].size or not 0 < above.bottom - line.bottom < 2 * line.size:
            break
        count += 1
    return count


def _apart(found: dict[int, Marks]) -> dict[int, Marks]:
    """A heading of several lines takes those of none other."""
    for marks in found.values():
        end = 0
        for at in sorted(marks):
            if at < end:
                del marks[at]
            else:
                end = at + marks[at][0]
    return found
