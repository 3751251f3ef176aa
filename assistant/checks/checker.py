"""Looks up what a text claims of a document: `Checker(document).check(text)`.

The document is read once; a check takes milliseconds. Figures must be equal in value, names and quotations the same
words; a rounded figure counts only where the text says that it is one ("about 1.2 million" for 1,187,340: right to
its last digit, and within 5 %). What is computed from the document, a sum or a count, does not stand in it: not found.
A figure that stands somewhere else in the document is found: that it is said of the right thing is not checked, nor are
signs (a fall of 5 % is -5 %) and names in headings. The module knows nothing of models, files or terminals.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable, Iterable, Iterator

from assistant.checks import chinese_names
from assistant.checks.claims import ChineseName, Found, in_line
from assistant.checks.figures import Figure, figures
from assistant.checks.names import CONNECTORS, WORD, Name, bare
from assistant.checks.numbers import size, value
from assistant.checks.quotes import Quote
from assistant.checks.sources import Sources
from assistant.checks.text import Folded, folded, is_east_asian
from assistant.checks.values import Checked, Claim, ClaimKind
from assistant.documents.document import Document

_SAMPLE = 20_000
"""Characters by which the script of a document is told."""
_MOSTLY = 0.3
"""The part of Chinese, Japanese or Korean characters from which on a document is written in them."""
MOST_PLACES = 5
_DISTINCT = 1000
"""An amount may stand in the document as a bare number, in a table: from this value on, or with decimals."""
_HEDGE = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|circa|ca\.|over|more than|under|less than"
    r"|environ|près de|etwa|rund|ungefähr|unos|cerca de|circa)|~|≈|约|約|大约|近|将近|接近|大概|逾|超|超过)\s{0,2}$",
    re.IGNORECASE,
)
_HEDGE_AFTER = re.compile(r"\s?(?:左右|上下|or so\b)|(?<=[余多餘])")
_PERCENT_ALONE = re.compile(r"(?<![\d\s])[ \u00a0]?[%％]")
_COLUMN = 3000
"""Characters after a per cent sign without a number in which bare numbers with decimals may be percentages."""
_CELL = re.compile(r'"[^"\n]*"|,')
_NEAR = 0.05
"""The largest part of itself by which a rounded figure may differ."""


class Checker:
    """A document, ready to be asked."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._folded = Folded(document.text)
        self._figures = figures(_without_commas(document.text) if document.kind == "csv" else document.text)
        self._at: dict[Hashable, list[int]] = {}
        self._index()
        self._east_asian = sum(map(is_east_asian, document.text[:_SAMPLE])) / max(1, len(self._folded.text[:_SAMPLE]))
        self._sizes = sorted({(size(number), number) for figure in self._figures for number in figure.values})
        self._percent_signs = [sign.end() for sign in _PERCENT_ALONE.finditer(document.text)]
        self._ordinary: dict[str, bool] = {}
        self._sources = Sources(document.text, self._folded)

    def check(self, text: str) -> Checked:
        """Every claim of the text with its places in the document; every paragraph or bullet with its lines."""
        claims = tuple(self.claims(text))
        return Checked(claims, self._sources.of(text, claims))

    def claims(self, text: str, start: int = 0, seen: Collection[str] = ()) -> Iterator[Claim]:
        """The claims of the text from `start` on, which must not be within one. `seen`: names that came before."""
        known = set(seen)
        begin = text.rfind("\n", 0, start) + 1
        while begin < len(text):
            end = text.find("\n", begin)
            end = len(text) if end < 0 else end
            for found in in_line(text[begin:end], self, known, max(0, start - begin)):
                claim = self._looked_up(text[begin:end], found, begin)
                if claim.kind == "name" and not claim.found and self._is_foreign(text[begin:end], found):
                    continue
                if claim.kind == "name":
                    known.add(bare(claim.text))
                yield claim
            begin = end + 1

    def ordinary(self, word: str) -> bool:
        """Whether the document writes the word with a small letter: then a capital does not make it a name."""
        if word not in self._ordinary:
            places = self._folded.places(folded(word), most=200)
            self._ordinary[word] = any(self._text[start].islower() for start, _ in places)
        return self._ordinary[word]

    def has(self, words: str) -> bool:
        """Whether these words stand in the document, one after the other."""
        return bool(self._places(words))

    def _is_foreign(self, line: str, found: Found) -> bool:
        """Whether a name is in a script that the document does not use, so that it cannot be compared.

        In a Chinese document a Latin name is one unless Chinese stands before it: then it is quoted, not translated.
        """
        if isinstance(found, Name):
            return self._east_asian > _MOSTLY and not any(map(is_east_asian, line[: found.start]))
        return self._east_asian == 0

    def _looked_up(self, line: str, found: Found, begin: int) -> Claim:
        kind: ClaimKind
        match found:
            case Figure():
                kind, places = found.kind, self._figure(line, found)
            case Quote():
                kind, places = ("name" if found.title else "quote"), self._quote(found)
            case Name():
                kind, places = "name", self._name(found.words)
            case ChineseName():
                kind, places = "name", self._chinese_name(found.words)
        return Claim(line[found.start : found.end], kind, begin + found.start, begin + found.end, tuple(places))

    # Figures

    def _index(self) -> None:
        year = 0
        for at, figure in enumerate(self._figures):
            keys: set[Hashable] = {*figure.values, *figure.days, *figure.others}
            for said, month, day in figure.days:
                keys |= {(said, month, 0), (0, month, day), (0, month, 0), (0, 0, day)} - {(0, 0, 0)}
                if said:
                    year = said
                    keys.add(value(str(said)))
                elif year and day:
                    # 5 March, in a text that spoke of 2026 before: the writer means 5 March 2026.
                    keys.add((year, month, day))
            for key in keys:
                self._at.setdefault(key, []).append(at)

    def _figure(self, line: str, claim: Figure) -> list[tuple[int, int]]:
        places = self._equal([*claim.values, *claim.days, *claim.others], claim)
        if not places and claim.values and self._hedged(line, claim):
            places = self._rounded(claim)
        return places

    def _equal(self, readings: Iterable[Hashable], claim: Figure) -> list[tuple[int, int]]:
        equal = {at for key in readings for at in self._at.get(key, ())}
        found = [at for at in equal if _alike(claim, self._figures[at]) or self._in_percent_column(claim, at)]
        return [(self._figures[at].start, self._figures[at].end) for at in sorted(found)[:MOST_PLACES]]

    def _in_percent_column(self, claim: Figure, at: int) -> bool:
        """Whether 7.2 may be 7.2 %: a per cent sign without a number stands above it, as over a column."""
        figure = self._figures[at]
        if claim.kind != "percentage" or figure.kind != "number" or not any(power < 0 for _, power in figure.values):
            return False
        header = bisect_left(self._percent_signs, figure.start) - 1
        return header >= 0 and figure.start - self._percent_signs[header] < _COLUMN

    def _hedged(self, line: str, claim: Figure) -> bool:
        return bool(_HEDGE.search(line, max(0, claim.start - 20), claim.start) or _HEDGE_AFTER.match(line, claim.end))

    def _rounded(self, claim: Figure) -> list[tuple[int, int]]:
        for reading in claim.values:
            aim, step = size(reading), 10.0 ** reading[1]
            low = bisect_left(self._sizes, (aim - min(step / 2, aim * _NEAR),))
            high = bisect_right(self._sizes, (aim + min(step / 2, aim * _NEAR), (1 << 200, 0)))
            near = sorted((key for _, key in self._sizes[low:high]), key=lambda key: abs(size(key) - aim))
            if places := self._equal(near, claim):
                return places
        return []

    # Words

    def _places(self, words: str) -> list[tuple[int, int]]:
        return list(self._folded.places(folded(words), MOST_PLACES))

    def _quote(self, quote: Quote) -> list[tuple[int, int]]:
        found = [self._places(part) for part in quote.parts]
        return found[0] if len(found) == 1 else [places[0] for places in found] if all(found) else []

    def _name(self, words: str) -> list[tuple[int, int]]:
        places = self._places(words)
        if words.isupper() and len(words) <= 5:
            places = [place for place in places if any(map(str.isupper, self._text[place[0] : place[1]]))]
        if not places and words.endswith("s") and len(words) > 3:
            places = self._places(words[:-1])
        return places or self._with_initials(words) or self._covered(words)

    def _with_initials(self, words: str) -> list[tuple[int, int]]:
        """Places of `John Smith` where the document has John A. Smith, or Smith, John; and the other way round."""
        run = [word[0] for word in WORD.finditer(words)]
        full = [word for word in run if len(word.rstrip(".")) > 1]
        if not 2 <= len(full) <= 4:
            return []
        if len(full) < len(run) and (places := self._places(" ".join(full))):
            return places
        inverted = self._places(" ".join([full[-1], *full[:-1]]))
        places = [(start, end) for start, end in inverted if "," in self._text[start:end]]
        if places:
            return places
        between = r"\s{1,3}(?:[^\W\d_]\.?\s{1,3}){1,2}"
        spaced = re.compile(rf"\b{between.join(map(re.escape, full))}\b", re.IGNORECASE)
        return [match.span() for match, _ in zip(spaced.finditer(self._text), range(MOST_PLACES), strict=False)]

    def _covered(self, words: str) -> list[tuple[int, int]]:
        """Places of a run of several names (Chief Executive Jane Doe): each stretch of two words or more on its own."""
        run = [word[0] for word in WORD.finditer(words)]
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(run):
            for end in range(len(run), at, -1):
                places = self._places(" ".join(run[at:end]))
                alone = end - at == 1 and len(run) > 1
                if places and (not alone or run[at].lower() in CONNECTORS or self.ordinary(run[at].lower())):
                    found += places[:1]
                    at = end
                    break
            else:
                return []
        return found[:MOST_PLACES] if len(run) > 2 else []

    def _chinese_name(self, name: str) -> list[tuple[int, int]]:
        if places := self._places(name):
            return places
        for core in chinese_names.shorter(name):
            places = self._places(core)
            before = {self._text[max(0, start - 1) : start] for start, _ in places}
            if len(before) > 1 or any(chinese_names.may_begin(self._text, start) for start, _ in places):
                return places
        return []


def _without_commas(table: str) -> str:
    """The table with bars for commas, where commas part its cells: `10,200,300` are three figures there."""
    head = table[:5000]
    if head.count(",") <= max(head.count(";"), head.count("\t"), head.count("|")):
        return table
    return _CELL.sub(lambda cell: "|" if cell[0] == "," else cell[0], table)


def _alike(claim: Figure, other: Figure) -> bool:
    """Whether figures of the same value may be the same fact."""
    match claim.kind, other.kind:
        case "amount", "amount":
            return bool(claim.currency & other.currency)
        case "amount", "number":
            return any(number[1] < 0 or size(number) >= _DISTINCT for number in other.values)
        case ("number", "amount" | "date") | ("date", "number"):
            return True
        case one, same:
            return one == same
