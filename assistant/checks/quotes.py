"""Quoted phrases and titles of a text, in every common kind of quotation marks.

A phrase ends on its line and within `LONGEST` characters; apostrophes are none. The module looks nothing up.
"""

import re
from dataclasses import dataclass

LONGEST = 400
"""Characters between the marks."""

_PAIRS = [tuple(pair) for pair in ("“”", "„“", "«»", "「」", "『』", "‹›", "《》", "〈〉", "»«", "””")]
_DOUBLE = [rf"{left}[^\n{left}{right}]{{1,{LONGEST}}}{right}" for left, right in _PAIRS]
_STRAIGHT = rf'"[^\n"]{{1,{LONGEST}}}"'
_SINGLE = rf"(?<![^\s(\[—–-])[‘'](?![\s\d])[^\n‘“\"]{{1,{LONGEST}}}?(?<!\s)[’'](?![^\W_])"
QUOTED = re.compile("|".join([*_DOUBLE, _STRAIGHT, _SINGLE]))
OPENING = re.compile(r"[“„«「『‹《〈»”\"]|(?<![^\s(\[—–-])[‘'](?![\s\d])")
_TITLES = "《〈"
_LEFT_OUT = re.compile(r"\[[^\]\n]{0,80}\]|\.\s?\.\s?\.|…+|⋯+|\(\.\.\.\)")


@dataclass(frozen=True, slots=True)
class Quote:
    """From the opening mark at `start` up to `end`, after the closing one."""

    start: int
    end: int
    title: bool
    """Stands in 《》: a name, not somebody's words."""
    parts: tuple[str, ...]
    """What is quoted, cut where something is left out (…) or put in ([the])."""


def quotes(line: str, start: int = 0) -> list[Quote]:
    """The quoted phrases of a line from `start` on."""
    found = []
    for match in QUOTED.finditer(line, start):
        parts = tuple(part for part in _LEFT_OUT.split(match[0][1:-1]) if any(map(str.isalnum, part)))
        if parts:
            found.append(Quote(match.start(), match.end(), match[0][0] in _TITLES, parts))
    return found
