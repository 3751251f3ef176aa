"""Marks in a text what the document does not say, in a finished text or while it is written.

A mark stands right after its claim. The module changes nothing else of the text and knows nothing of terminals.
"""

import re
from collections.abc import Iterable

from assistant.checks.checker import Checker
from assistant.checks.dates import MONTHS
from assistant.checks.names import CONNECTORS, bare
from assistant.checks.numbers import NUMBER_WORDS
from assistant.checks.quotes import LONGEST, OPENING, QUOTED
from assistant.checks.text import listed
from assistant.checks.units import CURRENCY_WORDS, SCALE_WORDS
from assistant.checks.values import Claim

SIGN = " [?]"

_MAY_GROW = frozenset(
    listed(
        "and or to bis à au und day per cent percent percentage point points pct prozent pour cento ciento "
        "half halves thirds quarter quarters fourths fifths sixths eighths tenths so us am pm st nd rd th er"
    )
).union(NUMBER_WORDS, CONNECTORS, CURRENCY_WORDS, MONTHS, SCALE_WORDS)
_STOP = re.compile(r"(?<!\S)[a-zà-öø-ÿα-ωа-я]{2,40}(?=\s)|[。！？；，](?=[^\d０-９])")

_OPEN_LABEL = re.compile(r"[\s\-+•>\d.)#]{0,40}(?:#|\*|_)[^\n]{0,64}$")
"""A line that may yet turn out to be a heading or a label in bold, where other words are names than in a sentence."""


def mark(text: str, claims: Iterable[Claim], sign: str = SIGN) -> str:
    """The text with `sign` after each claim that has no place in the document. `claims` are in order."""
    pieces, done = [], 0
    for claim in claims:
        if not claim.supported:
            pieces += [text[done : claim.end], sign, _apart(text, claim.end, sign)]
            done = claim.end
    return "".join([*pieces, text[done:]])


def _apart(text: str, at: int, sign: str) -> str:
    """A space where `[?](` or `[?][` would become a link of Markdown."""
    return " " if sign.endswith("]") and text[at : at + 1] in ("(", "[", ":") and text[at : at + 1] else ""


class Marking:
    """The same, for a text that comes in pieces: all that `feed` and `rest` give is `mark` of the whole text.

    What is held back ends where a claim may still grow: at most a sentence, or an open quotation.
    """

    def __init__(self, checker: Checker, sign: str = SIGN) -> None:
        self._checker = checker
        self._sign = sign
        self._line = ""
        self._done = 0
        self._seen: set[str] = set()

    def feed(self, piece: str) -> str:
        """The next piece of the text; gives what is certain now, marked."""
        self._line += piece
        return self._marked(self._certain())

    def rest(self) -> str:
        """The text is complete: gives what was held back, marked."""
        return self._marked(len(self._line))

    def _certain(self) -> int:
        """Up to where nothing that follows can change a claim."""
        line = self._line.rfind("\n") + 1
        begin = max(line, self._done)
        if _OPEN_LABEL.match(self._line, line):
            return begin
        stops = [begin]
        for found in _STOP.finditer(self._line, begin):
            if not found[0][0].isalpha():
                stops.append(found.end())
            elif found[0] not in _MAY_GROW:
                stops.append(found.start())
        quoted = [quote.span() for quote in QUOTED.finditer(self._line, begin)]
        stops = [stop for stop in stops if not any(first < stop < last for first, last in quoted)]
        for opening in OPENING.finditer(self._line, begin, stops[-1]):
            closed = any(first <= opening.start() < last for first, last in quoted)
            if not closed and len(self._line) - opening.end() <= LONGEST:
                return max(stop for stop in stops if stop <= opening.start())
        return stops[-1]

    def _marked(self, until: int) -> str:
        if until <= self._done:
            return ""
        claims = []
        for claim in self._checker.claims(self._line, self._done, self._seen):
            if claim.start >= until:
                break
            claims.append(claim)
            if claim.kind == "name":
                self._seen.add(bare(claim.text))
        shown = (
            mark(self._line[: until + 1], claims, self._sign)[:-1]
            if until < len(self._line)
            else mark(self._line, claims, self._sign)
        )
        given = shown[self._done :]
        keep = self._line.rfind("\n", 0, until) + 1
        self._line, self._done = self._line[keep:], until - keep
        return given
