"""What the library says, in the user's language: its errors, its notices, and the reasons for what it did.

The library speaks English, to pipes and logs too, and knows no catalogue. Its sentences are known here as it writes
them, with names in place of what it fills in; a test compares them with its source. What is not known stays English.
"""

import re
from functools import cache

from tui.language import _, spoken
from tui.sentences import LANGUAGES, SENTENCES

_DROPPED = {"s": "", "comma": ""}
"""The `s` of an English plural, and commas beside it, have no place in another language."""
_SHAPES = {"language": "[^ ,;]+", "found": "(?: but in [^ ,;]+)?", "comma": ",?", "words": "(?:: .*?)?"}
"""Where one thing follows another, what the first may be."""
_NAME = re.compile(r"\{(\w+)\}")


def said(text: str) -> str:
    """A sentence of the library in the language of the screen; any other text as it is."""
    if spoken() == "en":
        return text
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {name: said(value) for name, value in found.groupdict().items()}  # reasons may be sentences too
            return _(sentence).format(**{**values, **_DROPPED})
    return text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(sentence, _pattern(sentence)) for sentence in (*SENTENCES, *LANGUAGES)]


def _pattern(sentence: str) -> re.Pattern[str]:
    words = _NAME.split(sentence)
    parts = [
        re.escape(word) if number % 2 == 0 else f"(?P<{word}>{_SHAPES.get(word, '.*?')})"
        for number, word in enumerate(words)
    ]
    return re.compile("".join(parts), re.DOTALL)
