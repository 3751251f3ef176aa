"""Stop texts: whatever the pieces, the answer ends at the first one and nothing of it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.llama.stop_texts import StopTexts


def played(stops: tuple[str, ...], pieces: list[str]) -> tuple[str, bool]:
    texts = StopTexts(stops)
    shown = []
    for piece in pieces:
        shown.append(texts.feed(piece))
        if texts.reached:
            return "".join(shown), True
    return "".join(shown) + texts.rest(), False


@pytest.mark.parametrize(
    ("pieces", "answer", "reached"),
    [
        (["one EN", "D two"], "one ", True),
        (["one E", "N", "D two"], "one ", True),
        (["one E", "N", "O two"], "one ENO two", False),
        (["one EEN", "D"], "one E", True),
        (["ends with EN"], "ends with EN", False),
        (["END"], "", True),
        (["\n\n", "User:"], "\n", True),
    ],
)
def test_across_pieces(pieces: list[str], answer: str, reached: bool) -> None:
    assert played(("END", "\nUser:"), pieces) == (answer, reached)


def test_without_stops_nothing_is_held_back() -> None:
    assert StopTexts(()).feed("text") == "text"
    assert StopTexts(("",)).feed("text") == "text", "an empty stop text would end every answer"


def test_only_a_possible_beginning_is_held_back() -> None:
    texts = StopTexts(("<end>",))
    assert texts.feed("a < b, a <e") == "a < b, a "
    assert texts.feed("!") == "<e!"


@given(
    st.text("ab", max_size=30),
    st.lists(st.integers(1, 4), max_size=30),
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
)
def test_pieces_make_no_difference(text: str, lengths: list[int], stops: list[str]) -> None:
    """Cut anywhere, the shown text never holds a stop text, and without one it is the whole text."""
    pieces, rest = [], text
    for length in lengths:
        pieces.append(rest[:length])
        rest = rest[length:]
    answer, reached = played(tuple(stops), [*pieces, rest])
    assert not any(stop in answer for stop in stops)
    assert text.startswith(answer)
    assert reached == any(stop in text for stop in stops)
    assert reached or answer == text
