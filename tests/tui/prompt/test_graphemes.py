"""Characters as people see them, and rows as they expect them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.prompt.graphemes import after, before, breaks, column_at, edges, snap

TEXTS = st.text(st.sampled_from("ab .,\t中文。「」한é\u0301🇩🇪👍🏽👨\u200d👩\u200d👧❤\ufe0fאְم"), max_size=40)


@pytest.mark.parametrize(
    "character",
    [
        "🇩🇪",
        "👍🏽",
        "👨\u200d👩\u200d👧",
        "❤\ufe0f",
        "e\u0301\u0323",
        "\u1112\u1161\u11ab",
        "1\ufe0f\u20e3",
        "中",
        "א\u05b0",
    ],
)
def test_what_is_seen_as_one_is_passed_as_one(character: str) -> None:
    line = f"a{character}b"
    assert tuple(edges(line)) == (0, 1, 1 + len(character), 2 + len(character))
    assert after(line, 1) == 1 + len(character)
    assert before(line, 1 + len(character)) == 1
    assert all(snap(line, column) == 1 for column in range(1, 1 + len(character)))


def test_flags_are_told_apart() -> None:
    assert edges("🇩🇪🇫🇷") == (0, 2, 4)


def test_stretches_are_passed_as_a_whole() -> None:
    line = "ab [x · y] c"
    stops = ((3, 10),)
    assert after(line, 3, stops) == 10
    assert before(line, 10, stops) == 3
    assert (snap(line, 4, stops), snap(line, 9, stops), snap(line, 3, stops)) == (3, 10, 3)


def test_a_click_finds_the_character_under_it() -> None:
    assert [column_at("a中\u0301b", cell, 4) for cell in range(6)] == [0, 1, 1, 3, 4, 4]
    assert [column_at("a\tb", cell, 4) for cell in (0, 1, 3, 4, 5)] == [0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("one two three", ["one two ", "three"]),
        ("one 中文字符 two", ["one 中文", "字符 two"]),
        ("中文字符，文", ["中文字", "符，文"]),
        ("中文「字」文", ["中文", "「字」文"]),
        ("abcdefghijkl", ["abcdefgh", "ijkl"]),
        (
            "ab👨\u200d👩\u200d👧👨\u200d👩\u200d👧👨\u200d👩\u200d👧👨\u200d👩\u200d👧",
            ["ab" + "👨\u200d👩\u200d👧" * 3, "👨\u200d👩\u200d👧"],
        ),
        ("a\tb\tc", ["a\tb\t", "c"]),
        ("exactly8", ["exactly8"]),
    ],
)
def test_rows_of_eight_cells(line: str, rows: list[str]) -> None:
    places = [0, *breaks(line, 8, 4), len(line)]
    assert [line[start:end] for start, end in pairwise(places)] == rows


@given(TEXTS, st.integers(2, 12))
def test_every_row_fits_and_no_character_is_cut(line: str, width: int) -> None:
    places = breaks(line, width, 2)
    assert set(places) <= set(edges(line)) - {0, len(line)}
    assert list(places) == sorted(set(places))
    ends = [0, *places, len(line)]
    for start, end in pairwise(ends):
        row = line[start:end].removesuffix(" ")
        assert cell_len(row.replace("\t", "")) <= width or len(edges(row)) == 2


@given(TEXTS, st.integers(0, 60))
def test_left_and_right_undo_each_other(line: str, column: int) -> None:
    column = snap(line, min(column, len(line)))
    if column < len(line):
        assert before(line, after(line, column)) == column
