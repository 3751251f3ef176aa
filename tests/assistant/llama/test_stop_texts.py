"""Stop texts: whatever the pieces, the answer ends at the first one and nothing of it is shown."""

from codecs import getincrementaldecoder

import pytest
from hypothesis import example, given
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


def cut(text: str, lengths: list[int]) -> list[str]:
    pieces, rest = [], text
    for length in lengths:
        pieces.append(rest[:length])
        rest = rest[length:]
    return [*pieces, rest]


def plainly(text: str, stops: list[str]) -> tuple[str, bool]:
    """The definition: read letter by letter, it ends where a stop text is whole; the longest one is taken away."""
    for end in range(len(text) + 1):
        found = [stop for stop in stops if text[:end].endswith(stop)]
        if found:
            return text[: end - max(map(len, found))], True
    return text, False


ALPHABET = "ab萤😀\n"


@given(
    st.text(ALPHABET, max_size=30),
    st.lists(st.integers(0, 4), max_size=30),
    st.lists(st.text(ALPHABET, min_size=1, max_size=5), max_size=4),
)
@example("xabz", [1, 1, 1], ["ab", "xabz"])
@example("xabz", [], ["xabz", "ab"])
@example("aab", [1, 1], ["aab", "ab", "b"])
@example("萤火虫", [1, 1], ["火虫", "火"])
def test_pieces_make_no_difference(text: str, lengths: list[int], stops: list[str]) -> None:
    """Cut anywhere, with any stops, also such that begin or end others: always what the definition says."""
    answer, reached = played(tuple(stops), cut(text, lengths))
    assert (answer, reached) == plainly(text, stops)
    assert not any(stop in answer for stop in stops)


@given(
    st.text(ALPHABET, max_size=20),
    st.lists(st.integers(1, 3), max_size=40),
    st.lists(st.text(ALPHABET, min_size=1, max_size=3), max_size=2),
)
def test_characters_cut_into_bytes(text: str, lengths: list[int], stops: list[str]) -> None:
    """As tokens bring them: bytes, decoded as they come. No piece ever holds half of a character."""
    decoder = getincrementaldecoder("utf-8")("replace")
    data, pieces = text.encode(), []
    for length in [*lengths, len(data)]:
        pieces.append(decoder.decode(data[:length]))
        data = data[length:]
    assert not any("\ufffd" in piece for piece in pieces)
    assert played(tuple(stops), pieces) == plainly(text, stops)


@given(st.text(ALPHABET, max_size=20), st.lists(st.text(ALPHABET, min_size=1, max_size=4), min_size=1, max_size=3))
def test_no_more_is_held_back_than_a_stop_text_is_long(text: str, stops: list[str]) -> None:
    texts = StopTexts(stops)
    shown = 0
    for number, letter in enumerate(text, 1):
        shown += len(texts.feed(letter))
        if texts.reached:
            break
        assert number - shown < max(map(len, stops))
