"""Groups of summaries: all of them, in order, of the right size, and hardly moved by an edit."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.summary.groups import grouped

MOST = 100


def texts_of(numbers: list[int]) -> list[str]:
    return [f"summary {number}" for number in numbers]


@given(st.lists(st.integers(1, 60), max_size=200))
def test_they_hold_everything_in_order_and_fit(tokens: list[int]) -> None:
    groups = grouped(texts_of(list(range(len(tokens)))), tokens, MOST)
    assert [index for group in groups for index in group] == list(range(len(tokens)))
    for group in groups[:-1]:
        size = sum(tokens[index] for index in group)
        assert len(group) >= 2
        assert size <= MOST or len(group) == 2
        assert size * 2 >= MOST or size + tokens[group.stop] > MOST
    assert len(groups) <= max(1, (len(tokens) + 1) // 2)


def test_large_ones_still_come_in_pairs() -> None:
    assert grouped(texts_of([1, 2, 3]), [500, 500, 500], MOST) == [range(2), range(2, 3)]


def test_an_edit_moves_groups_only_near_it() -> None:
    numbers = list(range(300))
    sizes = [10 + number % 7 for number in numbers]
    before = {tuple(texts_of(numbers)[index] for index in group) for group in grouped(texts_of(numbers), sizes, MOST)}
    moved = []
    for place in range(20, 280, 13):
        for inserted in ([], [1000 + place], [1000 + place, 2000 + place]):  # taken out, changed, one more
            edited = [*numbers[:place], *inserted, *numbers[place + 1 :]]
            changed = [*sizes[:place], *[12] * len(inserted), *sizes[place + 1 :]]
            texts = texts_of(edited)
            after = {tuple(texts[index] for index in group) for group in grouped(texts, changed, MOST)}
            moved.append(len(after - before))
    assert len(before) > 30
    assert sum(moved) / len(moved) < 3
    assert max(moved) <= 12
