"""What a user writes of the summary he wants, as values of a `Request`: for a command's options, a form's fields."""

import re
from typing import TYPE_CHECKING

from assistant.errors import InvalidSetting
from assistant.languages import NAMES, code_of

if TYPE_CHECKING:
    from assistant.summary.values import Length

LONGEST = 20_000
"""Words or characters; what no model writes in one answer."""
_NUMBER = re.compile(r"([0-9]+)\s*(words?|characters?|chars?|字)?")


def length_of(text: str) -> "Length":
    """`short`, `medium`, `long`, or a number as `120`, `120 words`, `300字`. Raises InvalidSetting."""
    match text.strip().lower():
        case "short":
            return "short"
        case "medium":
            return "medium"
        case "long":
            return "long"
        case written:
            found = _NUMBER.fullmatch(written)
    if found is None:
        raise InvalidSetting(f"{text!r} is not short, medium, long or a number of words as 120 or '120 words'")
    if len(found[1]) > len(str(LONGEST)) or not 1 <= int(found[1]) <= LONGEST:
        raise InvalidSetting(f"{text!r} is not between 1 and {LONGEST:,} words")
    return int(found[1])


def tongue_of(text: str) -> str:
    """`auto`, or the code of a language that is named by its code or its English name. Raises InvalidSetting."""
    found = "auto" if text.strip().lower() == "auto" else code_of(text)
    if found is None:
        raise InvalidSetting(f"{text!r} is not auto or one of {', '.join(NAMES)}")
    return found
