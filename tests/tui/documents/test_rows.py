"""Rows of a text: nothing is lost, none is too wide, and breaks come where a reader expects them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.rooms.documents.rows import Rows, cells, drawn
from tui.rooms.documents.spans import Spans

WORDS = st.text(
    st.sampled_from("ab  \n\t-é’中文，。「」é\u0301👩\u200d🚀❤\ufe0f\u202e\x1b\u200b한ـمرحبا🇫🇷"), max_size=120
)


def rows_of(text: str, width: int) -> list[str]:
    rows = Rows(text, width)
    rows.make()
    return [text[slice(*rows.span(row))] for row in range(len(rows))]


@given(WORDS, st.integers(9, 30))
def test_rows_are_the_text_and_none_is_too_wide(text: str, width: int) -> None:
    rows = Rows(text, width)
    rows.make()
    assert rows.whole
    starts = [rows.span(row)[0] for row in range(len(rows))]
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    for row, start in enumerate(starts):
        _, end = rows.span(row)
        following = starts[row + 1] if row + 1 < len(rows) else len(text)
        assert text[end:following] in ("", "\n")
        assert cell_len(drawn(text[start:end]).rstrip()) <= width
        assert cells(text[start:end]) >= cell_len(drawn(text[start:end]))
        assert rows.row_of(start) == row
        assert rows.begins_line(row) == (start == 0 or text[start - 1] == "\n")


@given(WORDS, st.integers(9, 30), st.integers(1, 50))
def test_a_stretch_at_a_time_gives_the_same_rows(text: str, width: int, stretch: int) -> None:
    rows, whole = Rows(text, width), Rows(text, width)
    whole.make()
    while not rows.whole:
        rows.make(stretch)
    assert [rows.span(row) for row in range(len(rows))] == [whole.span(row) for row in range(len(whole))]


@given(WORDS)
def test_what_is_drawn_obeys_nothing(text: str) -> None:
    shown = "".join(drawn(row) for row in rows_of(text, 12))
    assert not set(shown) & set("\n\t\x1b\u202e\u200b")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [""]),
        ("one\n", ["one"]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("the payment is due", ["the payment ", "is due"]),
        ("the payment", ["the payment"]),
        ("unbreakablewords", ["unbreakable", "words"]),
        ("甲方应当付款，乙方交货。", ["甲方应当付", "款，乙方交", "货。"]),
        ("a\tb\tc\td", ["a\tb\t", "c\td"]),
    ],
)
def test_breaks(text: str, rows: list[str]) -> None:
    assert rows_of(text, 11) == rows


def test_a_character_with_its_marks_stays_together() -> None:
    astronaut = "👩\u200d🚀"
    assert all(row.replace(astronaut, "") == "" for row in rows_of(astronaut * 10, 9))
    accents = "e\u0301" * 30
    assert all(not row.startswith("\u0301") for row in rows_of(accents, 7))


def test_spans_are_joined_and_found() -> None:
    spans = Spans([(5, 9), (8, 12), (20, 25), (30, 30)])
    assert list(spans) == [(5, 12), (20, 25)]
    assert spans.within(0, 100) == [(5, 12), (20, 25)]
    assert spans.within(10, 21) == [(10, 12), (20, 21)]
    assert spans.within(12, 20) == []
    assert spans.touches(11, 13)
    assert not spans.touches(12, 20)
    assert spans.touches(6, 6)
    assert not spans.touches(12, 12)
