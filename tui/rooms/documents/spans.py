"""Stretches of a text that are marked: sorted, apart from each other, and quick to ask for those of one row."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""Start and end in characters; the end is not in it."""


class Spans:
    """Stretches that overlap or touch become one."""

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            elif start < end:
                self._starts.append(start)
                self._ends.append(end)

    def __len__(self) -> int:
        return len(self._starts)

    def __iter__(self) -> Iterator[Span]:
        return zip(self._starts, self._ends, strict=True)

    def within(self, start: int, end: int) -> list[Span]:
        """Those that share a character with this stretch, cut to it."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        return [(max(self._starts[at], start), min(self._ends[at], end)) for at in range(first, last)]

    def touches(self, start: int, end: int) -> bool:
        """Whether any shares a character with this stretch, or has it inside where it is empty."""
        return bisect_right(self._ends, start) < bisect_left(self._starts, max(end, start + 1))
