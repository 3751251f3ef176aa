"""Nothing that a terminal obeys survives; nothing that people write is lost."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sanitize import one_line, printable, printable_json

ORDINARY = [
    "Plain text,\n\twith a tab.",
    "家族 👩‍👩‍👧‍👦, 👨🏽‍💻, ❤️‍🔥, 1️⃣, 🇫🇷, 🏴󠁧󠁢󠁥󠁮󠁧󠁿, 🏳️‍🌈",
    "می‌خواهم",
    "क्‍ष र्‍य",
    "ශ්‍රී",
    "שלום، مرحبا",
    "한국어 日本語 ไทย ελληνικά",
    "e\u0301 a\u0308 ﷽ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
]
ATTACKS = st.sampled_from(
    [
        "\x1b]0;title\x07",
        "\x1b[2J",
        "\x9b31m",
        "\x90q\x9c",
        "\r",
        "\x08",
        "\x7f",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u200d\u200d",
        "a\u200c",
        "\U000e0041",
        "\udc80",
        "\u2028",
        "🏴\U000e0041",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    ]
)
ANYTHING = st.lists(st.text(st.characters(exclude_categories=()), max_size=5) | ATTACKS, max_size=12).map("".join)


@given(ANYTHING)
def test_no_control_character_survives(text: str) -> None:
    shown = printable(text)
    assert all(
        unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        for character in shown
        if character not in "\n\t"
    )
    assert not set(shown) & set(
        "\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060\ufeff\u00ad"
    )
    shown.encode("utf-8")


@given(ANYTHING)
def test_twice_is_once(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANYTHING, st.integers(0, 40))
def test_pieces_are_as_safe_as_the_whole(text: str, cut: int) -> None:
    shown = printable(text[:cut]) + printable(text[cut:])
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in shown if character not in "\n\t")
    assert not set(shown) & set("\u202e\u2066\u200b")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert printable(text) == text


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_letters_marks_and_symbols_of_every_script_are_unchanged(text: str) -> None:
    assert printable(text) == text


def test_what_becomes_of_attacks() -> None:
    assert printable("a\x1b[31mred\x1b[0m") == "a[31mred[0m"
    assert printable("user\u202etxt.exe") == "user<U+202E>txt.exe"
    assert printable("pay\u200bpal\u200d.com \udcff") == "pay<U+200B>pal<U+200D>.com \ufffd"
    assert printable("hi\U000e0068\U000e0069") == "hi<U+E0068><U+E0069>"
    assert printable("hy\u00adphen\ufeff \u200fx") == "hyphen<U+FEFF> <U+200F>x"
    assert printable("one\r\ntwo\u2028three") == "one\ntwo\nthree"


@given(ANYTHING)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(
    st.recursive(ANYTHING | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner))
)
def test_json_is_exact_for_programs_and_harmless_for_terminals(value: object) -> None:
    shown = printable_json(value)
    assert json.loads(shown) == value
    assert printable(shown) == shown


def test_json_stays_readable() -> None:
    assert printable_json({"答": "é 👩‍💻\x9b"}) == '{\n  "答": "é 👩‍💻\\u009b"\n}'
