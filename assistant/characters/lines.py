"""Lines `Name：words` of a text: who speaks, and what. Knows no file and no character."""

import re
from functools import lru_cache

from assistant.characters.values import Line

LONGEST_NAME = 40
"""Characters. What is longer before a colon is a sentence."""
_NAME = r"(?!\d{1,40}\s?[:：])[^:：\n。，、；！？!?;“”\"（）()\[\]{}<>《》]{1," + str(LONGEST_NAME) + r"}?"
_STAGE = r"[(（][^()（）\n]{0,40}[)）]"
"""How it is said, as `三三（笑）：`; it stays with the colon."""
_GAP = r"\s{0,20}"
"""Between name and colon; without an end, a line of spaces would be looked at again and again."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffd]")
"""Nobody says them; U+FFFD stands where bytes were none of the encoding."""


def lines_in(text: str, *names: str) -> tuple[Line, ...] | None:
    """The lines of a dialogue. One without a name goes on with the words before it; None where the first has none.

    `names`: of speakers that are known; others are taken for names where they look like some.
    """
    pattern, found = _pattern(names), list[Line]()
    for line in text.split("\n"):
        row = line.strip()
        if not row:
            continue
        match = pattern.fullmatch(row)
        if match and (name := match["name"].strip()):
            found.append(Line(name, match["words"], match["colon"]))
        elif not found:
            return None
        else:
            last = found[-1]
            found[-1] = Line(last.speaker, f"{last.words}\n{row}" if last.words else row, last.colon)
    return tuple(found)


@lru_cache(maxsize=8)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    name = "|".join((*map(re.escape, names), _NAME))
    return re.compile(rf"(?P<name>{name})(?P<colon>{_GAP}(?:{_STAGE}{_GAP})?[:：](?!//)\s*)(?P<words>.*)")


def without_controls(text: str) -> tuple[str, int]:
    """The text without control characters, and how many there were; newline and tab stay."""
    return _CONTROL.subn("", text)
