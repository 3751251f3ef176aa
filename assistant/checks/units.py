"""What may stand around a number: scales (million, 万), per cent, currencies, the endings of ordinals.

Reads small, narrow text (`text.plain`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.checks.numbers import CHINESE_SCALES

_SCALES = {
    3: "thousand tausend mille mil mila duizend k",
    6: "million millions mn mio mln millionen millón millones milione milioni milhão milhões miljoen m",
    9: "billion billions bn milliard milliards milliarde milliarden mrd miliardo miliardi bilhão bilhões miljard b",
    12: "trillion trillions tn",
    5: "lakh lakhs",
    7: "crore crores",
    2: "hundred",
}
SCALE_WORDS = {word: exponent for exponent, words in _SCALES.items() for word in words.split()}
LETTERS = {"k", "m", "b"}
"""Also metres, bytes and the like: taken both ways, unless money is meant."""

_CURRENCIES = {
    "USD": "usd us$ us_dollars us_dollar u.s._dollars 美元 美金",
    "USD AUD CAD HKD SGD NZD TWD": "$ dollars dollar",
    "HKD": "hk$ hkd 港元 港币 港幣",
    "AUD": "a$ aud",
    "CAD": "c$ cad",
    "SGD": "s$ sgd",
    "TWD": "nt$ ntd twd 新台币 新臺幣",
    "EUR": "€ eur euro euros 欧元 歐元",
    "GBP": "£ gbp pounds_sterling pounds pound 英镑 英鎊",
    "CNY JPY": "¥",
    "CNY": "rmb cny yuan renminbi 人民币 人民幣 元人民币 圆 块钱",
    "CNY TWD HKD": "元",
    "JPY": "jpy yen 日元 円",
    "CHF": "chf swiss_francs francs 瑞士法郎",
    "INR": "₹ inr rs rupees 卢比",
    "KRW": "₩ krw won 韩元 원",
    "RUB": "₽ rub roubles rubles 卢布",
    "BRL": "r$ brl",
    "SEK": "sek",
    "NOK": "nok",
    "DKK": "dkk",
    "PLN": "pln",
    "ZAR": "zar",
}
_CODES = {
    word.replace("_", " "): frozenset(codes.split()) for codes, words in _CURRENCIES.items() for word in words.split()
}
CURRENCY_WORDS = frozenset(word for written in _CODES for word in written.split())


def _any(written: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(written, key=len, reverse=True))


_WORDS_ONLY = [word for word in _CODES if word.isascii() and word[-1].isalpha()]
_SIGNS_ONLY = [word for word in _CODES if word not in _WORDS_ONLY]
_MONEY = rf"(?:(?:{_any(_WORDS_ONLY)})(?![a-z])|{_any(_SIGNS_ONLY)})"
_PERCENT = (
    r"%|٪|﹪|(?:percentage points?|per cent|percent|pct|prozent|pour cent|por ciento|per cento)(?![a-z])"
    r"|个百分点|個百分點"
)
_SCALE = (
    rf"(?:[ \u00a0-]?(?P<scale>{_any(set(SCALE_WORDS) - LETTERS)})|(?P<letter>[kmb]))(?![a-z])\.?"
    rf"|[ \u00a0]?(?P<myriads>[{''.join(CHINESE_SCALES)}]{{1,3}})(?![米克瓦卡赫]|分之)"
)
_AFTER = re.compile(
    rf"(?:{_SCALE})?[余餘多]?(?:[ \u00a0\n-]{{0,2}}(?P<percent>{_PERCENT})"
    rf"|(?:[ \u00a0](?:of|de|di)|[ \u00a0]d')?[ \u00a0\n-]{{0,2}}(?P<money>{_MONEY}))?"
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-z])")
_AFTER_ONLY = {
    "dollar",
    "dollars",
    "us dollar",
    "us dollars",
    "u.s. dollars",
    "pound",
    "pounds",
    "pounds sterling",
    "won",
}
_AFTER_ONLY |= {"francs", "swiss francs", "yen", "yuan", "rupees", "euros", "roubles", "rubles"}
_AFTER_ONLY |= {
    "元",
    "圆",
    "块钱",
    "円",
    "원",
    "元人民币",
    "日元",
    "美元",
    "美金",
    "欧元",
    "歐元",
    "英镑",
    "英鎊",
    "港元",
    "韩元",
}
_CODES_BEFORE = [word for word in _WORDS_ONLY if word not in _AFTER_ONLY]
_SIGNS_BEFORE = [word for word in _SIGNS_ONLY if word not in _AFTER_ONLY]
_BEFORE = re.compile(rf"(?:(?<![a-z])(?:{_any(_CODES_BEFORE)})\.?|{_any(_SIGNS_BEFORE)})[ \u00a0]?[-+]?$")
_LAST_LETTERS = frozenset(written[-1] for written in _CODES_BEFORE + _SIGNS_BEFORE) | {"."}
_ROOM = 14


@dataclass(frozen=True, slots=True)
class Unit:
    """What follows a number: where it ends, by how many powers of ten it counts (several when unclear), and of what."""

    end: int
    exponents: tuple[int, ...] = (0,)
    percent: bool = False
    currency: frozenset[str] = frozenset()
    ordinal: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A currency before a number."""

    start: int
    codes: frozenset[str]


def after(small: str, end: int) -> Unit:
    """The unit that follows the number which ends at `end`."""
    if ordinal := _ORDINAL.match(small, end):
        return Unit(ordinal.end(), ordinal=True)
    found = _AFTER.match(small, end)
    if not found or found.end() == end:
        return Unit(end)
    exponents: tuple[int, ...] = (0,)
    reach = end
    if letter := found["letter"]:
        exponents, reach = (SCALE_WORDS[letter], 0), found.end("letter")
    elif word := found["scale"]:
        exponents, reach = (SCALE_WORDS[word],), found.end("scale")
    elif myriads := found["myriads"]:
        exponents = (sum(CHINESE_SCALES[one] for one in myriads),)
        reach = found.end("myriads")
    if found["percent"]:
        return Unit(found.end(), exponents, percent=True)
    if money := found["money"]:
        return Unit(found.end(), exponents, currency=_CODES[money])
    return Unit(reach, exponents)


def currency_before(small: str, start: int) -> Sign | None:
    """The currency right before the number that begins at `start`."""
    last = small[max(0, start - 2) : start].rstrip(" \u00a0-+")[-1:]
    if last not in _LAST_LETTERS:
        return None
    found = _BEFORE.search(small, max(0, start - _ROOM), start)
    if not found:
        return None
    written = found[0].rstrip(" \u00a0-+").rstrip(".")
    return Sign(found.start(), _CODES[written])
