"""Which of many blocks, one under the other, must be there for a view to be drawn. Pure arithmetic over their heights.

Those in view and a page before and after it; what is there already stays until it is three pages away, so that
reading to and fro makes and drops nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

MOST_PAGES = 3
"""Pages that may be there before and after the view."""


class Range(NamedTuple):
    """Blocks `low` to `high - 1`."""

    low: int
    high: int


def nearby(heights: Sequence[int], now: Range, top: int, page: int) -> Range:
    """The blocks to have, for `page` rows of view from row `top` on, where those of `now` are there.

    At least one block where there is any. `heights`: rows of each block, known or estimated.
    """
    ends = list(accumulate(heights))
    wanted = _between(ends, top - page, top + 2 * page)
    if wanted.high <= now.low or now.high <= wanted.low:
        return wanted
    stays = _between(ends, top - MOST_PAGES * page, top + (MOST_PAGES + 1) * page)
    low = min(max(now.low, stays.low), wanted.low)
    high = max(min(now.high, stays.high), wanted.high)
    return Range(low, high)


def _between(ends: Sequence[int], first: int, last: int) -> Range:
    """The blocks with a row in `first` to `last - 1`, and at least one where there is any."""
    low = min(bisect_right(ends, first), max(len(ends) - 1, 0))
    high = min(bisect_left(ends, last) + 1, len(ends))
    return Range(low, max(high, min(low + 1, len(ends))))
