"""Where words stand in a text, case aside, whatever line breaks are between them."""

import re

from tui.rooms.documents.spans import Span

MOST = 10_000
"""Matches that are given back."""


def matches(text: str, words: str) -> list[Span]:
    """All places, in their order; none for nothing. A phrase is found across the ends of lines."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    if not pattern:
        return []
    found: list[Span] = []
    for match in re.finditer(pattern, text, re.IGNORECASE):
        found.append(match.span())
        if len(found) == MOST:
            break
    return found
