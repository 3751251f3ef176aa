"""What texts are compared by, and how rankings are made and put together."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.ranking import WordIndex, fused, nearest, words


def test_words() -> None:
    assert words("The LICENCES signed") == words("the licence signing")
    assert words("1,200 3.50 1.2.3 １２ 2026-03-01") == ["1200", "3.50", "1.2.3", "12", "2026", "03", "01"]
    assert words("第三季度 x水y") == ["第三", "三季", "季度", "x", "水", "y"]
    assert words("Straße") == words("STRASSE")
    assert words("_ \u200b\n") == []


@given(st.text())
def test_words_of_any_text(text: str) -> None:
    assert all(words(text))


def test_the_most_fitting_text_comes_first() -> None:
    index = WordIndex([words(text) for text in ("a fox", "a red fox and a red hen", "no hen", "")])
    assert index.ranked(words("red foxes")) == (1, 0)
    assert index.ranked(words("a zebra")) == index.ranked(["a"])
    assert index.ranked([]) == index.ranked(["zebra"]) == ()
    assert WordIndex([]).ranked(["a"]) == WordIndex([[]]).ranked(["a"]) == ()


def test_rankings_are_fused() -> None:
    assert fused((2, 0, 1), (2, 1, 0))[0] == 2
    assert fused((0, 1, 2), ()) == (0, 1, 2)
    assert fused((3, 0), (1, 0)) == (0, 1, 3), "second in both is more than first in one"
    assert fused() == ()


def test_the_nearest_vector_comes_first() -> None:
    assert nearest([1.0, 0.0], [[0.0, 1.0], [10.0, 1.0], [0.5, 0.5]]) == (1, 2, 0)
    assert nearest([1.0, 0.0], [[0.0, 0.0], [-1.0, 0.0]]) == (0, 1), "a vector of nothing is no error"
