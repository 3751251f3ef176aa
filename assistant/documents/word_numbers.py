"""The numbers that Word sets before paragraphs: they are not in the text of the file, but in its lists and styles.

A contract's "Article 5", "5.1" or "第五条" is what people and answers refer to, so it is counted as Word does (ECMA-376
part 1, 17.9). Knows the XML of Word's parts, and no files.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

_LEVELS = 9
_MAX_LABEL = 100


@dataclass(slots=True)
class Level:
    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    """As `%1.%2`."""
    restart: int | None = None
    """After which level it begins anew, counted from 1; None: after any above."""
    digits_only: bool = False


@dataclass(slots=True)
class _List:
    """One way of numbering with its counters, shared by all lists that are made of it."""

    levels: dict[int, Level] = field(default_factory=dict)
    of_style: dict[str, int] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)


class Numbers:
    """`label(paragraph)` for one paragraph after the other, in the order of the document."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._lists: dict[str, _List] = {}
        self._linked: dict[str, str] = {}
        self._nums: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._styles = {style.get(_name(style, "styleId")) or "": style for style in children(styles, "style")}
        for abstract in children(numbering, "abstractNum"):
            key = attribute(abstract, "abstractNumId")
            self._lists[key] = _read_list(abstract)
            if link := value(abstract, "numStyleLink"):
                self._linked[key] = link
        for num in children(numbering, "num"):
            key = attribute(num, "numId")
            self._nums[key] = value(num, "abstractNumId")
            for override in children(num, "lvlOverride"):
                level, start = whole(attribute(override, "ilvl")), value(override, "startOverride")
                if level is not None and (number := whole(start)) is not None:
                    self._starts.setdefault(key, {})[level] = number

    def label(self, paragraph: Any) -> str:
        """What Word sets before it; empty for none, and for a bullet."""
        num, level = self._numbering_of(paragraph)
        found = self._list(num)
        if found is None or level not in found.levels:
            return ""
        return self._count(found, num, level)

    def _numbering_of(self, paragraph: Any) -> tuple[str, int]:
        properties = child(paragraph, "pPr")
        own = child(properties, "numPr")
        style = value(properties, "pStyle")
        num, level = value(own, "numId"), whole(value(own, "ilvl"))
        for name in self._ancestors(style):
            if num:
                break
            inherited = child(child(self._styles[name], "pPr"), "numPr")
            num = value(inherited, "numId")
            level = whole(value(inherited, "ilvl")) if level is None else level
            found = self._list(num)
            if level is None and found is not None:
                level = found.of_style.get(name)
        return num, level or 0

    def _ancestors(self, style: str) -> Iterator[str]:
        seen: set[str] = set()
        while style in self._styles and style not in seen:
            seen.add(style)
            yield style
            style = value(self._styles[style], "basedOn")

    def _list(self, num: str) -> _List | None:
        for _ in range(_LEVELS):  # a style may lead to a list that leads to a style; not for ever
            abstract = self._nums.get(num, "")
            if abstract not in self._linked:
                return self._lists.get(abstract)
            style = self._styles.get(self._linked[abstract])
            num = value(child(child(style, "pPr"), "numPr"), "numId")
        return None

    def _count(self, found: _List, num: str, level: int) -> str:
        starts = self._starts.pop(num, None)  # they count once, where the list is met first
        if starts:
            found.counters.update({each: start - 1 for each, start in starts.items()})
        here = found.levels[level]
        found.counters[level] = found.counters.get(level, here.start - 1) + 1
        for deeper in range(level + 1, _LEVELS):
            restart = found.levels.get(deeper, Level()).restart
            if restart is None or 0 < restart <= level + 1:
                found.counters.pop(deeper, None)
        if here.form in {"bullet", "none"} and "%" not in here.pattern:
            return "" if here.form == "bullet" else here.pattern[:_MAX_LABEL]
        label = here.pattern
        for each in range(_LEVELS):
            part = found.levels.get(each, Level())
            form = "decimal" if here.digits_only else part.form
            number = found.counters.get(each, part.start)
            label = label.replace(f"%{each + 1}", numeral(number, form))
        return label[:_MAX_LABEL]


def numeral(number: int, form: str) -> str:
    """A number as Word writes it; in digits where the form is not known."""
    write = _FORMS.get(form)
    return write(number) if write is not None and 0 < number < 10_000 else "" if form == "none" else str(number)


def child(element: Any, tag: str) -> Any:
    """The first child of this name; None where there is none, or no element."""
    return next(children(element, tag), None)


def children(element: Any, tag: str) -> Iterator[Any]:
    """In whatever namespace: Word has two, for the transitional and the strict standard."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{tag}")


def value(element: Any, tag: str) -> str:
    """The attribute `val` of a child; empty where there is none."""
    return attribute(child(element, tag), "val")


def attribute(element: Any, name: str) -> str:
    return "" if element is None else element.get(_name(element, name)) or ""


def whole(text: str) -> int | None:
    """A number as the parts of Word have them; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _name(element: Any, name: str) -> str:
    return f"{{{etree.QName(element).namespace}}}{name}"


def _read_list(abstract: Any) -> _List:
    found = _List()
    for at, element in enumerate(children(abstract, "lvl")):
        number = whole(attribute(element, "ilvl"))
        level = at if number is None else number
        if level >= _LEVELS:
            continue
        start, restart = whole(value(element, "start")), whole(value(element, "lvlRestart"))
        digits_only = child(element, "isLgl") is not None
        form = value(element, "numFmt") or "decimal"
        found.levels[level] = Level(
            1 if start is None else start, form, value(element, "lvlText"), restart, digits_only
        )
        if style := value(element, "pStyle"):
            found.of_style[style] = level
    return found


def _roman(number: int) -> str:
    parts = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
    text = ""
    for worth, letters in parts:
        text += letters * (number // worth)
        number %= worth
    return text


def _letter(number: int) -> str:
    """a to z, then aa to zz: the same letter more often."""
    times, at = divmod(number - 1, 26)
    return chr(ord("a") + at) * min(times + 1, 10)


def _chinese(number: int) -> str:
    digits, units = "〇一二三四五六七八九", ("", "十", "百", "千")
    text = ""
    figures = str(number)
    for place, figure in zip(range(len(figures) - 1, -1, -1), figures, strict=True):
        text += digits[int(figure)] + units[place] if figure != "0" else "〇"
    while "〇〇" in text:
        text = text.replace("〇〇", "〇")
    text = text.rstrip("〇").replace("〇", "零")
    return text.removeprefix("一") if text.startswith("一十") else text


def _from(signs: str) -> Callable[[int], str]:
    return lambda number: signs[number - 1] if number <= len(signs) else str(number)


_FORMS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": lambda number: f"{number:02}",
    "upperRoman": lambda number: _roman(number).upper(),
    "lowerRoman": _roman,
    "upperLetter": lambda number: _letter(number).upper(),
    "lowerLetter": _letter,
    "decimalFullWidth": lambda number: str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "decimalEnclosedCircle": _from("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedCircleChinese": _from("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "ideographTraditional": _from("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _from("子丑寅卯辰巳午未申酉戌亥"),
    **dict.fromkeys(("chineseCounting", "chineseCountingThousand", "taiwaneseCountingThousand"), _chinese),
    **dict.fromkeys(("taiwaneseCounting", "japaneseCounting", "ideographDigital"), _chinese),
}
