"""Which blocks must be there for a view, by their heights alone."""

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.nearby import MOST_PAGES, Range, nearby

HEIGHTS = st.lists(st.integers(0, 60), max_size=80)
PAGE = st.integers(1, 60)


def shown(heights: list[int], top: int, page: int) -> set[int]:
    """The blocks with a row in view."""
    rows = [index for index, height in enumerate(heights) for _ in range(height)]
    return set(rows[max(top, 0) : max(top + page, 0)])


@given(HEIGHTS, PAGE, st.data())
def test_what_is_in_view_is_there_and_little_else(heights: list[int], page: int, data: st.DataObject) -> None:
    top = data.draw(st.integers(0, max(sum(heights), 1)))
    low = data.draw(st.integers(0, len(heights)))
    now = Range(low, data.draw(st.integers(low, len(heights))))
    near = nearby(heights, now, top, page)
    assert 0 <= near.low <= near.high <= len(heights)
    assert shown(heights, top, page) <= set(range(*near))
    assert not heights or near.high > near.low
    assert sum(heights[near.low + 1 : near.high - 1]) <= (2 * MOST_PAGES + 1) * page


@given(HEIGHTS, PAGE, st.data())
def test_what_was_chosen_once_is_chosen_again(heights: list[int], page: int, data: st.DataObject) -> None:
    top = data.draw(st.integers(0, max(sum(heights), 1)))
    near = nearby(heights, Range(0, 0), top, page)
    assert nearby(heights, near, top, page) == near


def test_going_back_and_forth_changes_nothing() -> None:
    heights = [5] * 100
    there = nearby(heights, Range(0, 0), 250, 20)
    assert there == Range(46, 58)
    further = nearby(heights, there, 260, 20)
    assert further.low == there.low
    assert nearby(heights, further, 250, 20) == further


def test_far_away_begins_anew() -> None:
    assert nearby([5] * 100, Range(0, 12), 400, 20) == Range(76, 88)
