"""The figures of a text: numbers, percentages, amounts of money, dates and times, each with all it may mean.

The same reading serves the document and the text that is checked, so what is misread is misread alike in both. Signs
are not compared: a fall of 5 % is -5 %. The module knows nothing of names, quotations or of looking anything up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from assistant.checks import dates, numbers, units
from assistant.checks.dates import Day
from assistant.checks.numbers import CHINESE_SCALES, Value
from assistant.checks.text import is_east_asian, plain

Kind = Literal["number", "date", "amount", "percentage"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure from `start` up to `end`; any of its values, days and other readings may be meant."""

    start: int
    end: int
    kind: Kind
    values: tuple[Value, ...] = ()
    days: tuple[Day, ...] = ()
    others: tuple[str, ...] = ()
    """Times `10:30`, fractions `2/3`, and what is no single number, as it is written: `1.2.3`."""
    currency: frozenset[str] = frozenset()
    """Codes it may be, of amounts."""
    exponents: tuple[int, ...] = (0,)
    """Of ten, by which a scale after it multiplied the values."""
    worded: bool = False
    """Written in words or Chinese numerals."""
    ordinal: bool = False


_TIME = re.compile(r"(\d{1,4}):(\d{1,4})(?::\d\d(?!\d))?(?![:\d])(?:[ \u00a0]?([ap])\.?m(?![a-z])\.?)?")
_HOUR = re.compile(r"(\d{1,2})[ \u00a0]?([ap])\.?m(?![a-z])\.?")
_FRACTION = re.compile(r"(\d{1,4})/(\d{1,4})(?![/\d]|[.,]\d)")
_CHINESE_FRACTION = re.compile(r"分之(?=[\d零〇一二三四五六七八九十两百千])")
_CELL_SIDES = frozenset("|;")
"""A bare number between them is the cell of a table: nothing around it needs to be read."""
_YEARS = re.compile(r"(?<!\d)(19|20)\d\d-$")
"""What stands before the 21 of 2019-21."""
_SPELLED_FRACTION = re.compile(
    r"[ -](half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?)(?![a-z])"
)
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_RANGE = re.compile(r"\s{0,2}(?:%|percent)?\s{0,2}(?:-|~|to|and|bis|à|至|到)\s{0,2}$")


def figures(text: str) -> list[Figure]:
    """All figures of the text, in order, none over another."""
    small = plain(text)
    found = sorted(_all(small, text), key=lambda figure: (figure.start, -figure.end))
    kept: list[Figure] = []
    for figure in found:
        if not kept or figure.start >= kept[-1].end:
            kept.append(figure)
        elif figure.kind == "percentage" and figure.end > kept[-1].end:
            kept[-1] = figure
    return _ranges(small, _summed(small, kept))


def _all(small: str, text: str) -> Iterator[Figure]:
    if not text.isascii():
        yield from _in_chinese(small)
    yield from _in_words(small)
    yield from _in_digits(small, text)


def _in_digits(small: str, text: str) -> Iterator[Figure]:
    done = 0
    for found in numbers.DIGITS.finditer(small):
        start, end = found.span()
        if start < done:
            continue
        alone = small[start - 1 : start] in _CELL_SIDES and small[end : end + 1] in _CELL_SIDES
        if alone and end - start <= numbers.LONGEST and (cell := numbers.values(found[0])):
            yield Figure(start, end, "number", cell)
            continue
        if days := dates.at(small, text, start):
            for date in days:
                yield Figure(date.start, date.end, "date", days=date.days)
            done = days[-1].end
            continue
        for figure in _number(small, start, end):
            yield figure
            done = figure.end


def _number(small: str, start: int, end: int) -> Iterator[Figure]:
    follows = small[end : end + 1]
    if follows == ":" and (found := _TIME.match(small, start)):
        yield Figure(start, found.end(), "number", others=(_time(int(found[1]), found[2], found[3]),))
        return
    if follows == "/" and (found := _FRACTION.match(small, start)):
        over = tuple(int(group) for group in found.groups())
        days = tuple((0, month, day) for month, day in (over, over[::-1]) if 1 <= month <= 12 and 1 <= day <= 31)
        yield Figure(start, found.end(), "number", days=days, others=(f"{over[0]}/{over[1]}",))
        return
    if follows and follows in "ap \u00a0" and (found := _HOUR.match(small, start)):
        yield Figure(start, found.end(), "number", others=(_time(int(found[1]), "00", found[2]),))
        return
    before = small[start - 1 : start]
    if before and before.isalpha() and not is_east_asian(before) and not units.currency_before(small, start):
        return  # part of a word: A4, v2, Q3
    written = small[start:end]
    if len(written) > numbers.LONGEST:
        yield Figure(start, end, "number", others=(written,))
        return
    meant = numbers.values(written)
    if end - start == 2 and (century := _YEARS.search(small, max(0, start - 5), start)):
        meant += (numbers.value(century[1] + written),)
    if not meant and "," not in written:
        yield Figure(start, end, "number", others=(written,))
        return
    if not meant:
        for part in re.finditer(r"\d+(?:\.\d+)*", written):
            inner = numbers.values(part[0])
            yield Figure(start + part.start(), start + part.end(), "number", inner, others=() if inner else (part[0],))
        return
    if before == "." and written.isdecimal() and (start < 2 or small[start - 2] in " \n(\u00a0$€£¥-~"):
        start, meant = start - 1, (numbers.value(written, -len(written)),)
    yield _with_unit(small, start, end, meant)


def _time(hour: int, minute: str, half: str | None) -> str:
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour}:{int(minute)}"


def _with_unit(small: str, start: int, end: int, meant: tuple[Value, ...], worded: bool = False) -> Figure:
    unit = units.after(small, end)
    sign = units.currency_before(small, start)
    if unit.exponents != (0,):
        if (sign or unit.currency) and len(unit.exponents) > 1:
            unit = replace(unit, exponents=unit.exponents[:1])
        meant = tuple(numbers.scaled(number, exponent) for number in meant for exponent in unit.exponents)
    if unit.percent:
        return Figure(start, unit.end, "percentage", meant, worded=worded)
    if sign or unit.currency:
        begin = sign.start if sign else start
        codes = sign.codes if sign else unit.currency
        if sign and unit.currency and sign.codes & unit.currency:
            codes = sign.codes & unit.currency
        return Figure(begin, unit.end, "amount", meant, currency=codes, exponents=unit.exponents, worded=worded)
    return Figure(start, unit.end, "number", meant, exponents=unit.exponents, worded=worded, ordinal=unit.ordinal)


def _in_words(small: str) -> Iterator[Figure]:
    for run in numbers.ENGLISH.finditer(small):
        for start, end, number, ordinal in numbers.english(run[0], run.start()):
            part = _SPELLED_FRACTION.match(small, end)
            if part and not ordinal and number[0]:
                whole = number[0] * 10 ** number[1]
                parts = _PARTS.get(part[1], 0) or _PARTS[part[1].removesuffix("s")]
                yield Figure(start, part.end(), "number", others=(f"{whole}/{parts}",), worded=True)
            elif ordinal:
                yield Figure(start, end, "number", (number,), worded=True, ordinal=True)
            else:
                yield _with_unit(small, start, end, (number,), worded=True)


def _in_chinese(small: str) -> Iterator[Figure]:
    done = 0
    for found in numbers.CHINESE.finditer(small):
        start, end = found.span()
        if start < done or small[start - 1 : start].isdecimal():
            continue
        if date := dates.in_numerals(small, start):
            yield Figure(date.start, date.end, "date", days=date.days, worded=True)
            done = date.end
            continue
        number = numbers.chinese(found[0])
        if found[0] in ("百", "千") and small.startswith("分之", end):
            number = (1, len("百") + (found[0] == "千") + 1)
        if number is None:
            continue
        if over := _CHINESE_FRACTION.match(small, end):
            figure = _fraction(small, start, over.end(), number)
            if figure:
                yield figure
                done = figure.end
            continue
        figure = _with_unit(small, start, end, (number,), worded=True)
        yield figure
        done = figure.end


def _fraction(small: str, start: int, top: int, parts: Value) -> Figure | None:
    """三分之二, 百分之三十七, 百分之37.5: `top` is where the upper number begins."""
    written = numbers.CHINESE.match(small, top) or numbers.DIGITS.match(small, top)
    if not written:
        return None
    above = numbers.values(written[0])[:1] if written[0][0].isascii() else (numbers.chinese(written[0]),)
    if not above or above[0] is None:
        return None
    if parts == (1, 2):
        return Figure(start, written.end(), "percentage", (above[0],), worded=True)
    if above[0][1] < 0:
        return None
    whole = tuple(number[0] * 10 ** number[1] for number in (above[0], parts))
    return Figure(start, written.end(), "number", others=(f"{whole[0]}/{whole[1]}",), worded=True)


def _summed(small: str, found: list[Figure]) -> list[Figure]:
    """1亿2000万 is one number of two parts."""
    kept: list[Figure] = []
    for figure in found:
        last = kept[-1] if kept else None
        touches = last and last.end == figure.start and small[figure.start - 1] in CHINESE_SCALES
        if last and touches and last.kind == "number" and last.values and figure.values:
            kept[-1] = replace(figure, start=last.start, values=(numbers.total(last.values[0], figure.values[0]),))
        else:
            kept.append(figure)
    return kept


def _ranges(small: str, found: list[Figure]) -> list[Figure]:
    """What the second of `3 to 5 %` or `$1.2-1.3 million` counts, the first may count too."""
    for at in range(len(found) - 1):
        first, second = found[at], found[at + 1]
        if second.start - first.end > 6 or first.kind not in ("number", "amount") or _is_year(first):
            continue
        if not small[second.start].isdecimal() or not _RANGE.match(small, first.end, second.start):
            continue
        if second.kind == "percentage" and first.kind == "number":
            found[at] = replace(first, kind="percentage")
        elif second.exponents != first.exponents or (second.kind == "amount" and first.kind == "number"):
            more = tuple(numbers.scaled(number, power) for number in first.values for power in second.exponents)
            kind: Kind = "amount" if second.kind == "amount" else first.kind
            currency = first.currency or second.currency
            found[at] = replace(first, kind=kind, values=(*first.values, *more), currency=currency)
    return found


def _is_year(figure: Figure) -> bool:
    return any(1900 <= number <= 2099 and power == 0 for number, power in figure.values)
