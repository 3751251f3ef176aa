"""Dates in every common form, as `(year, month, day)` with 0 for what is not said; 03/04/2026 is two dates at once.

Reads small, narrow text (`text.plain`) from the place of a digit or Chinese numeral on.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.checks.numbers import CHINESE_SCALES, chinese

Day = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Date:
    """A date of the text, from `start` up to `end`, and all it may mean."""

    start: int
    end: int
    days: tuple[Day, ...]


_MONTHS_WRITTEN = (
    "january jan januar janvier enero gennaio janeiro januari jän",
    "february feb februar février fevrier févr febrero febbraio fevereiro februari",
    "march mar märz maerz mrz mars marzo março maart",
    "april apr avril abril aprile avr",
    "may mai mayo maggio maio mei",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet julio luglio julho juil",
    "august aug août aout agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre diciembre dicembre dezembro déc",
)
MONTHS = {name: at for at, names in enumerate(_MONTHS_WRITTEN, 1) for name in names.split()}
"""Of seven languages; short forms but those that are English words (set, out)."""
_ALSO_WORDS = {"may", "march", "mar", "mars", "mai"}
"""Taken as a month only with a year, or with a capital."""

_MONTH = r"([a-zéûäç]{3,10})"
_GAP = r"[ \u00a0\n]{1,3}"
_YEAR = r"(\d{4}|'\d\d)(?!\d)"
_NUMERIC = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)|(\d{1,2})([-/.])(\d{1,2})\6(\d{4}|\d\d)(?![\d]|[.,]\d)"
    r"|(\d{4})-(\d\d)(?![\d-])"
)
_CJK = re.compile(
    r"(\d{4})\s{0,2}[年년]\s{0,2}(\d{1,2})\s{0,2}[月월](?:\s{0,2}(\d{1,2})\s{0,2}[日号號일])?"
    r"|(\d{1,2})\s{0,2}[月월](?:\s{0,2}(\d{1,2})\s{0,2}[日号號일])?|(\d{1,2})\s{0,2}[日号號](?![码線线])"
)
_NUMERALS = re.compile(
    r"([〇零○一二三四五六七八九]{4})年(?:([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号號])?)"
    r"|([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号號])?"
)
_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|[.ºª°])?(?:[ \u00a0]?(?:-|to|bis|au|and|und)[ \u00a0]?(\d{1,2})(?:st|nd|rd|th|\.)?)?"
    rf"(?:{_GAP}|-)(?:(?:day{_GAP})?(?:of|de|d'){_GAP})?{_MONTH}(?![a-zéûäç])(?:\.?(?:,?{_GAP}|-|/)(?:(?:of|de|del){_GAP})?{_YEAR}"
    r"|-(\d\d)(?!\d))?"
)
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})(?:,?{_GAP}|-){_MONTH}(?![a-zéûäç])(?:\.?(?:{_GAP}|-)(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.,%]))?"
)
_BEFORE = re.compile(rf"(?<![a-zéûäç]){_MONTH}\.?(?:,?{_GAP}|-|/)(?:(?:de|del|of|the){_GAP})?$")
_AFTER_MONTH = re.compile(
    rf"(\d{{1,2}})(?!\d|[.,:]\d)(?:st|nd|rd|th)?(?:[ \u00a0]?(?:-|to|and)[ \u00a0]?(\d{{1,2}})(?:st|nd|rd|th)?(?!\d))?"
    rf"(?:,?{_GAP}{_YEAR})?|(\d{{4}})(?!\d|[.,]\d)"
)
MONTH_ROOM = 16
"""Characters before a number in which a month is looked for."""


def at(plain: str, text: str, start: int) -> tuple[Date, ...]:
    """The date that the digit at `start` belongs to (a month name may stand before it); two for `5-8 March`; or none.

    `text` is the original of `plain`, asked for the capital of "May".
    """
    after = plain[start : start + 5].lstrip("0123456789")[:1]
    if after and after in "-/.":
        numeric = _NUMERIC.match(plain, start)
        if numeric and (days := _numeric(numeric)):
            return (Date(start, numeric.end(), days),)
    if (found := _CJK.match(plain, start)) and (days := _east_asian(found)):
        return (Date(start, found.end(), days),)
    before = plain[start - 1 : start]
    if before and before in " -/\n\u00a0" and (name := _BEFORE.search(plain, max(0, start - MONTH_ROOM), start)):
        month = MONTHS.get(name[1])
        if month and (found := _AFTER_MONTH.match(plain, start)):
            said = found[3] or found[4] or text[name.start()].isupper()
            if name[1] not in _ALSO_WORDS or said:
                if found[4]:
                    return _one(name.start(), found.end(), int(found[4]), month, 0)
                return _days(name.start(), found, month, _year(found[3]))
    if after and (after.isspace() or after in "\u00a0-.stnrdeºª°'"):
        return _named(plain, text, start)
    return ()


def _named(plain: str, text: str, start: int) -> tuple[Date, ...]:
    if found := _DAY_FIRST.match(plain, start):
        month, year = MONTHS.get(found[3]), _year(found[4] or found[5])
        capital = text[found.start(3)].isupper()
        if month and (year or capital or found[3] not in _ALSO_WORDS):
            return _days(start, found, month, year)
    if (found := _YEAR_FIRST.match(plain, start)) and (month := MONTHS.get(found[2])):
        if found[2] in _ALSO_WORDS and not text[found.start(2)].isupper():
            return ()
        return _one(start, found.end(), int(found[1]), month, int(found[3] or 0))
    return ()


def _days(start: int, found: re.Match[str], month: int, year: int) -> tuple[Date, ...]:
    """The one or two days of a match whose first two groups are days."""
    if not found[2]:
        return _one(start, found.end(), year, month, int(found[1]))
    first = _one(start, found.end(1), year, month, int(found[1]))
    return first and first + _one(found.start(2), found.end(), year, month, int(found[2]))


def _one(start: int, end: int, year: int, month: int, day: int) -> tuple[Date, ...]:
    days = _valid([(year, month, day)])
    return (Date(start, end, days),) if days else ()


def in_numerals(plain: str, start: int) -> Date | None:
    """The date written in Chinese numerals that begins at `start`: 二〇二六年十一月二十一日, 三月五日, 三月."""
    found = _NUMERALS.match(plain, start)
    if not found:
        return None
    year, month, day = found[1], found[2] or found[4], found[3] or found[5]
    days = _valid([(_numeral(year), _numeral(month), _numeral(day))])
    return Date(start, found.end(), days) if days else None


def _numeral(written: str | None) -> int:
    if not written:
        return 0
    if len(written) > 1 and not set(written) & set(CHINESE_SCALES) and len(written) < 4:
        return 0
    number = chinese(written)
    return number[0] * 10 ** number[1] if number else 0


def _numeric(found: re.Match[str]) -> tuple[Day, ...]:
    if found[1]:
        return _valid([(int(found[1]), int(found[3]), int(found[4]))])
    if found[9]:
        return _valid([(int(found[9]), int(found[10]), 0)]) if 1 <= int(found[10]) <= 12 else ()
    first, second, last = int(found[5]), int(found[7]), int(found[8])
    years = [last] if len(found[8]) == 4 else [2000 + last, 1900 + last]
    if len(found[8]) == 2 and found[6] == ".":
        years = years if len(found[5]) == 2 and len(found[7]) == 2 else []
    return _valid((year, *day) for year in years for day in ((first, second), (second, first)))


def _east_asian(found: re.Match[str]) -> tuple[Day, ...]:
    year, month, day, month_alone, day_after, day_alone = (int(group or 0) for group in found.groups())
    return _valid([(year, month or month_alone, day or day_after or day_alone)])


def _year(written: str | None) -> int:
    if not written:
        return 0
    return int(written) if len(written) == 4 else 2000 + int(written[-2:])


def _valid(days: Iterable[Day]) -> tuple[Day, ...]:
    return tuple(
        dict.fromkeys(
            day
            for day in days
            if any(day)
            and (not day[0] or 1 <= day[0] <= 2999)
            and day[1] <= 12
            and day[2] <= 31
            and (day[1] or not day[0])
        )
    )
