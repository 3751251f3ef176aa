"""Written numbers and their values: digits with every kind of separator, English words, Chinese numerals.

A value is `(digits, exponent)` without trailing zeros: 1,200,000 and 1.2 million are both (12, 5). Equal values are
equal pairs, and nothing is rounded. The module reads small, narrow text (`text.plain`) and knows nothing of units.
"""

import re
from collections.abc import Iterator

from assistant.checks.text import listed

Value = tuple[int, int]

DIGITS = re.compile(r"\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?(?![\d.,']*\d)|\d+(?:[.,'\u00a0]\d+)*")
"""A run of digits and separators. Plain spaces separate groups of three only."""
LONGEST = 30
"""Digits. What is longer is compared as it is written."""


def value(digits: str, exponent: int = 0) -> Value:
    """The value of the digits, times ten to the power `exponent`."""
    return normal(int(digits or "0"), exponent)


def normal(number: int, exponent: int) -> Value:
    """Without trailing zeros, so that equal values are equal."""
    if number == 0:
        return 0, 0
    while number % 10 == 0:
        number, exponent = number // 10, exponent + 1
    return number, exponent


def scaled(number: Value, exponent: int) -> Value:
    """Times ten to the power `exponent`."""
    return number if number[0] == 0 else (number[0], number[1] + exponent)


def total(one: Value, other: Value) -> Value:
    """Their sum."""
    lowest = min(one[1], other[1])
    return normal(one[0] * 10 ** (one[1] - lowest) + other[0] * 10 ** (other[1] - lowest), lowest)


def size(number: Value) -> float:
    """As a floating-point number, for comparing sizes."""
    return float(number[0] * 10.0 ** min(number[1], 250))


def values(written: str) -> tuple[Value, ...]:
    """What digits with separators may mean; empty when they are no single number.

    `1,234` may be 1234 or 1.234, for not every country has the same comma; `1,234.5` may not. `12,5,7` and `1.2.3` are
    no number.
    """
    if written.isdecimal():
        return (value(written),)
    groups = re.split(r"[.,' \u00a0]", written)
    separators = re.findall(r"[.,' \u00a0]", written)
    last = separators[-1]
    if len(set(separators)) == 1:
        joined = value("".join(groups))
        if last in ".," and len(separators) == 1:
            fraction = value("".join(groups), -len(groups[1]))
            return (fraction, joined) if _grouped(groups) else (fraction,)
        return (joined,) if _grouped(groups) else ()
    if last in ".," and len(set(separators[:-1])) == 1 and last not in separators[:-1] and _grouped(groups[:-1]):
        return (value("".join(groups), -len(groups[-1])),)
    return ()


def _grouped(groups: list[str]) -> bool:
    """Thousands, or the Indian way: 12,34,567."""
    first, *between, last = groups
    if len(last) != 3 or first.startswith("0"):
        return False
    return (len(first) <= 3 and all(len(group) == 3 for group in between)) or (
        len(first) <= 2 and bool(between) and all(len(group) == 2 for group in between)
    )


_ONES = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_TENS = listed("twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ORDINALS = listed(
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_LAST = listed("first second third fourth fifth sixth seventh eighth ninth")
CARDINALS = {word: at for at, word in enumerate(_ONES)} | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
ORDINALS = {word: at for at, word in enumerate(_ORDINALS, 3)} | {
    f"{word[:-1]}ieth": number for word, number in CARDINALS.items() if word in _TENS
}
_AFTER_TENS = {word: at for at, word in enumerate(_LAST, 1)}
NUMBER_WORDS = frozenset({*CARDINALS, *ORDINALS, *_SCALES, *_AFTER_TENS, "hundred"})

_STARTS = "|".join(sorted({*CARDINALS, *ORDINALS}, key=len, reverse=True))
_FOLLOWS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_END = r"(?![a-z])"
ENGLISH = re.compile(
    rf"(?<![a-z])(?:{_STARTS}){_END}(?:(?:[ \u00a0\n]and[ \u00a0\n]|[ \u00a0\n]|-)(?:{_FOLLOWS}){_END})*"
)


def english(written: str, start: int = 0) -> Iterator[tuple[int, int, Value, bool]]:
    """The numbers of a run of number words: `(start, end, value, ordinal)`; "one or two" are two."""
    begin = end = -1
    total = current = 0
    hundreds = anded = ordinal = False
    for found in re.finditer(r"[a-z]+", written):
        word = found[0]
        if word == "and":
            anded = True
            continue
        part = CARDINALS.get(word, ORDINALS.get(word))
        if part is None and current % 100 >= 20 and current % 10 == 0:
            part = _AFTER_TENS.get(word)
        goes_on = (
            begin >= 0 and not ordinal and (not anded or (part is not None and (hundreds or (total and not current))))
        )
        low, anded = current % 100, False
        if word == "hundred" and goes_on and 0 < current < 100:
            current, hundreds = current * 100, True
        elif word in _SCALES and goes_on and current and total % 10 ** (_SCALES[word] + 3) == 0:
            total, current, hundreds = total + current * 10 ** _SCALES[word], 0, False
        elif part and goes_on and (current or total) and (low == 0 or (low >= 20 and low % 10 == 0 and part < 10)):
            current += part
        else:
            if begin >= 0:
                yield start + begin, start + end, normal(total + current, 0), ordinal
            begin, total, current, hundreds = (-1 if part is None else found.start()), 0, part or 0, False
        ordinal = word not in CARDINALS and part is not None
        end = found.end()
    if begin >= 0:
        yield start + begin, start + end, normal(total + current, 0), ordinal


_CHINESE_DIGITS = {
    character: at
    for at, written in enumerate(
        ("零〇○", "一壹弌", "二贰貳两兩", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖")
    )
    for character in written
}
_TEN = {"十": 1, "拾": 1, "百": 2, "佰": 2, "千": 3, "仟": 3}
MYRIADS = {"万": 4, "萬": 4, "亿": 8, "億": 8, "兆": 12}
CHINESE_SCALES = _TEN | MYRIADS
_NUMERAL = "".join({**_CHINESE_DIGITS, **CHINESE_SCALES})
CHINESE = re.compile(rf"[{_NUMERAL}](?:[{_NUMERAL}]|点(?=[零〇一二三四五六七八九]))*")


def chinese(written: str) -> Value | None:
    """The value of Chinese numerals: 三百二十万, 二〇二六, 一点二亿, 叁佰万; None when they are none (万一, 百千)."""
    if len(written) > LONGEST:
        return None
    if written[0] in CHINESE_SCALES and written[0] not in "十拾":
        return None
    whole, point, fraction = written.partition("点")
    if point:
        tail = "".join(character for character in fraction if character in MYRIADS)
        digits = fraction.rstrip("".join(MYRIADS))
        if any(character not in _CHINESE_DIGITS for character in digits):
            return None
        start = chinese(whole)
        if start is None:
            return None
        exponent = sum(MYRIADS[character] for character in tail)
        places = "".join(str(_CHINESE_DIGITS[character]) for character in digits)
        return normal(int(f"{start[0] * 10 ** start[1]}{places}"), exponent - len(places))
    if all(character in _CHINESE_DIGITS for character in written):
        return value("".join(str(_CHINESE_DIGITS[character]) for character in written))
    return _positional(written)


def _positional(written: str) -> Value | None:
    total = section = 0
    digit: int | None = None
    unit = 4
    for character in written:
        if character in _CHINESE_DIGITS:
            if digit:
                return None
            digit = _CHINESE_DIGITS[character]
            if digit == 0:
                unit, digit = 4, None
        elif character in _TEN:
            section += (1 if digit is None else digit) * 10 ** _TEN[character]
            digit, unit = None, _TEN[character]
        else:
            section += digit or 0
            scale = 10 ** MYRIADS[character]
            # 一万亿: the second scale multiplies all that came before.
            total = (total + section) * scale if not section or (total and total < scale) else total + section * scale
            section, digit, unit = 0, None, MYRIADS[character]
    # 三万五 is 35,000: a digit right after a scale counts the next lower place.
    return normal(
        total + section + (digit or 0) * (10 ** (unit - 1) if unit > 1 and written[-2:-1] in CHINESE_SCALES else 1), 0
    )
