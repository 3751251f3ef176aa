"""Texts to read: of a wanted number of tokens, different for each seed from the first words on."""

import re
from collections.abc import Callable

_SENTENCES = (
    "Paragraph {a} of the report says that lamp {b} of room {c} was lit at {d} o'clock. ",
    "On day {a} the keeper counted {b} fireflies by the pond, {c} more than the week before. ",
    "Nobody knows why clause {a} of contract {b} allows the tenant {c} days of delay. ",
    "The committee met for the {a}th time; {b} members agreed, {c} did not, and the rest had left by {d}. ",
)
_SAMPLE = 200
_SENTENCE = re.compile(r".*?[.] ")
_PARAGRAPH = 6
"""Sentences."""


def text_of(tokens: int, count: Callable[[str], int], *, seed: int = 0) -> str:
    """A text of at most so many tokens, and not many fewer; `count` counts a text's."""
    each = count(_sentences(_SAMPLE, seed)) / _SAMPLE
    number = max(1, int(tokens / each))
    while count(_sentences(number, seed)) > tokens:
        number -= max(1, number // 200)
    return _sentences(number, seed)


def paragraphs(text: str) -> str:
    """The same sentences in paragraphs."""
    sentences = _SENTENCE.findall(text)
    starts = range(0, len(sentences), _PARAGRAPH)
    return "\n\n".join("".join(sentences[start : start + _PARAGRAPH]).rstrip() for start in starts) + "\n"


def _sentences(number: int, seed: int) -> str:
    return "".join(
        _SENTENCES[line % len(_SENTENCES)].format(
            a=seed * 1000 + line, b=line * 7 % 90 + seed, c=line * line % 97 + 2, d=line % 24
        )
        for line in range(number)
    )
