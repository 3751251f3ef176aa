"""Names written with capitals: people, places, organisations, acronyms, as runs of capitalised words.

What is a name is decided from the text up to it and from the `Words` of the document, so that a text can be judged
while it is written. Scripts without capitals are not its matter (`chinese_names`).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from assistant.checks.text import listed

_MOST_WORDS = 12
"""Of one name: a line of capitals is no name."""
WORD = re.compile(r"(?<!\w)(?:(?:[^\W\d_]\.){2,}|[^\W\d_]\.(?=[ \u00a0][^\W\d_])|[^\W\d_](?:[\w&’'.\u2010-]*[^\W_])?)")
CONNECTORS = frozenset(
    listed("of for the de la le du des del della di da do dos das van von der den ter ten zu y e et al bin ibn")
)
_JOINS_OF = frozenset(
    listed(
        "bank university ministry department republic kingdom city states court house board institute school "
        "college church duke isle gulf bay cape strait order act council federation association society "
        "union league academy museum office bureau chamber people's state district county town province "
        "university's faculty library agency authority commission committee declaration treaty code bill "
        "statue tower king queen prince princess earl bishop university; law"
    )
)
_TITLES = frozenset(
    listed(
        "mr mrs ms miss dr prof professor sir lord lady president chairman chairwoman minister judge justice "
        "senator governor mayor general captain colonel ceo cfo cto coo director secretary ambassador king "
        "queen prince princess pope father herr frau monsieur madame señor señora"
    )
)
STARTERS = frozenset(
    listed(
        "the this that these those in on at for from however meanwhile while when if as after before "
        "although though additionally overall finally also it its he she they we you i his her their our my "
        "your an a but and or so both each all some many most more no not there here what which who whose "
        "how why where once since under over with without by to of according during despite between among "
        "within through until upon per first second third next then last later today furthermore moreover "
        "therefore thus hence such other another any every one two three four five six seven eight nine ten "
        "only even key main note please see is are was were has have had do does did can could will would "
        "shall should may might must let because given based following regarding about across around instead "
        "unlike like including i'm i've i'd i'll it's that's there's here's let's what's who's don't isn't "
        "he's she's we're they're you're der die das ein eine im am zum zur und oder aber wenn nach vor bei "
        "mit für auf aus le la les un une des en dans pour sur avec selon el los las una por para con según "
        "il lo gli"
    )
)
_NO_NAMES = frozenset(
    listed(
        "january february march april may june july august september october november december jan feb mar "
        "apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon "
        "tue wed thu fri sat sun i i'm i've i'd i'll ok am pm a.m p.m a.m. p.m. english chinese french "
        "german spanish italian portuguese dutch russian japanese korean arabic hindi latin greek turkish "
        "polish swedish danish norwegian finnish czech hungarian vietnamese thai mandarin cantonese american "
        "british european asian african indian canadian australian irish scottish swiss austrian brazilian "
        "mexican januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag "
        "freitag samstag sonntag"
    )
)
_GERMAN = frozenset(
    listed("der die das und ein eine einen einem einer ist sind wird werden für mit von den dem des im zur zum")
)
_BREAKS = re.compile(r"[.!?:;。！？：；|…]$")
_MARKUP = re.compile(r"[\s*_#>“”\"'‘’(\[«„「•·\-–—|]+$")
_NUMBERING = re.compile(r"(?:^|[\s*_#>|-])(?:\(?\d{1,3}(?:\.\d{1,3})*[.):、]|\(?[a-zA-Z][.)])$")
_LABEL = re.compile(
    r"\s{0,20}(?:(?:[-*+•>]|\d{1,3}[.)])\s{1,4}){0,3}(?:#{1,6}\s.*|(\*\*|__)[^*_\n]{1,60}(?::\1|\1\s{0,4}(?::|$)))"
)
"""A heading, or what stands in bold before a colon or alone: there every word may have a capital."""
_POSSESSIVE = re.compile(r"['’]s?$")


class Words(Protocol):
    """What is known of the words of a document."""

    def ordinary(self, word: str) -> bool:
        """Whether it stands there with a small letter."""

    def has(self, words: str) -> bool:
        """Whether these words stand there, one after the other."""


@dataclass(frozen=True, slots=True)
class Name:
    """From `start` up to `end` of the line; `words` without the possessive s, as they are looked for."""

    start: int
    end: int
    words: str


def names(line: str, words: Words, seen: Collection[str], start: int = 0) -> list[Name]:
    """The names of a line from `start` on. `seen`: names that stood earlier in the text."""
    found: list[Name] = []
    known = set(seen)
    label = _LABEL.match(line)
    reach = label.end() if label else 0
    run: list[re.Match[str]] = []
    gap: list[re.Match[str]] = []
    for word in WORD.finditer(line, start):
        joined = bool(run) and _near(line, (gap or run)[-1], word)
        if _is_capital(word[0]):
            if not joined or len(run) + len(gap) >= _MOST_WORDS:
                found += _of(line, run, words, known, reach)
                run = []
            run += [*gap, word] if run else [word]
            gap = []
        elif joined and word[0] in CONNECTORS and len(gap) < 2 and (word[0] not in ("of", "for") or _joins(run, gap)):
            gap.append(word)
        elif run:
            found += _of(line, run, words, known, reach)
            run, gap = [], []
    return found + _of(line, run, words, known, reach)


def _joins(run: list[re.Match[str]], gap: list[re.Match[str]]) -> bool:
    return not gap and run[-1][0].lower() in _JOINS_OF


def _is_capital(word: str) -> bool:
    first = word[0]
    return first.isupper() or first.istitle() or (word.isalpha() and not word.islower() and word[1:2].isupper())


def _near(line: str, last: re.Match[str], word: re.Match[str]) -> bool:
    between = line[last.end() : word.start()]
    return between in (" ", "\u00a0", " & ", "-") or (between == ". " and last[0].lower() in _TITLES | {"st", "no"})


def _of(line: str, run: list[re.Match[str]], words: Words, known: set[str], label: int) -> list[Name]:
    if not run:
        return []
    if _is_first(line, run[0].start()) and _is_opening(run[0][0], words, len(run) > 1, known):
        run = run[1:]
    while run and (run[0][0].lower() in STARTERS | CONNECTORS) and not _is_acronym(run[0][0]):
        run = run[1:]
    while (
        len(run) > 1
        and run[0][0].lower().rstrip(".") in _TITLES
        and not words.has(line[run[0].start() : run[-1].end()])
    ):
        run = run[1:]
    if not run:
        return []
    start, end = run[0].start(), run[-1].end()
    name = bare(line[start:end])
    if len(run) == 1 and (name.lower() in _NO_NAMES or len(name) < 2 or _is_german(line, start, name)):
        return []
    in_label = start < label or (line[end : end + 1] == ":" and _is_first(line, start))
    if in_label and name not in known and not _is_mixed(name):
        return []
    known.add(name)
    return [Name(start, end, name)]


def bare(name: str) -> str:
    """The name without the possessive s."""
    return _POSSESSIVE.sub("", name)


def _is_first(line: str, start: int) -> bool:
    """Whether a sentence, item, label or quotation begins here, so that the capital says nothing."""
    before = line[:start] if start <= 80 else "¦" + line[start - 80 : start]
    while (shorter := _NUMBERING.sub("", _MARKUP.sub("", before))) != before:
        before = shorter
    return not before or bool(_BREAKS.search(before))


def _is_opening(word: str, words: Words, more: bool, known: Collection[str]) -> bool:
    """Whether the first word of a sentence has its capital only for that."""
    name = bare(word)
    if _is_mixed(name):
        return False
    if name.lower() in STARTERS:
        return True
    return words.ordinary(name.lower()) if more else name == word and name not in known


def _is_mixed(word: str) -> bool:
    """Whether it has capitals that no sentence or heading gives: IBM, iPhone, McX."""
    return any(before.isalpha() and letter.isupper() for before, letter in pairwise(word))


def _is_acronym(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return len(letters) > 1 and all(letter.isupper() for letter in letters)


def _is_german(line: str, start: int, word: str) -> bool:
    """German writes every noun with a capital: there a single capitalised word is no name."""
    before = re.findall(r"[^\W\d_]+", line[max(0, start - 60) : start])
    return not _is_mixed(word) and any(one[0].lower() + one[1:] in _GERMAN for one in before)
