"""The lines of a text one at a time: a list of them all would be as large again as the text."""

from collections.abc import Iterator


def lines_of(text: str) -> Iterator[str]:
    r"""Without their ends. Only `\n` ends a line, unlike in `str.splitlines`: that is how all places count."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]
