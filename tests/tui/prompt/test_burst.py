"""Enter within a paste is a line end; Enter pressed by somebody is Enter."""

from collections.abc import Iterable

import pytest

from tui.widgets.burst import ENTER, LATE, QUIET, TAB, Burst

FAST, TYPING = 0.001, 0.12


def play(keys: Iterable[tuple[str | None, float]]) -> list[str]:
    """What comes of keys, each so many seconds after the one before: letters as typed, and what bursts released."""
    burst, now, typed = Burst(), 100.0, []
    for text, gap in [*keys, (None, 1.0)]:
        now += gap
        if burst.holding and (gap >= QUIET or not burst.goes_on(text, now)):
            typed.append(f"<{burst.release()}>")
        if not burst.takes(text, now) and text is not None:
            typed.append(text)
    return typed


def fast(text: str) -> list[tuple[str | None, float]]:
    return [(letter, FAST) for letter in text]


def test_enter_after_typing_is_not_held() -> None:
    assert play([("h", TYPING), ("i", TYPING), (ENTER, TYPING)]) == ["h", "i", ENTER]


def test_one_enter_at_the_end_of_a_burst_is_enter() -> None:
    assert play(fast("hi\r")) == ["h", "i", f"<{ENTER}>"]


@pytest.mark.parametrize(("keys", "held"), [("a\rb\rc", "\nb\nc"), ("a\r\nb\r\n", "\nb\n"), ("a\r\r\tb", "\n\n\tb")])
def test_lines_in_a_burst_are_text(keys: str, held: str) -> None:
    assert play(fast(keys)) == ["a", f"<{held}>"]


def test_a_line_that_comes_byte_by_byte() -> None:
    assert play([(letter, QUIET / 10) for letter in "one\rtwo\r"]) == [*"one", "<\ntwo\n>"]


def test_what_is_late_behind_a_paste_belongs_to_it() -> None:
    assert play([*fast("a\rb"), (ENTER, LATE / 2), *fast("c")]) == ["a", "<\nb>", "<\nc>"]
    assert play([*fast("a\rb"), (ENTER, LATE / 2)]) == ["a", "<\nb>", "<\n>"]
    assert play([*fast("a\rb"), ("c", LATE / 2), *fast("de")]) == ["a", "<\nb>", "c", "<de>"]
    assert play([*fast("a\rb"), (ENTER, LATE * 2)]) == ["a", "<\nb>", ENTER]
    assert play([*fast("a\rb"), ("c", LATE / 2), ("d", LATE / 2)]) == ["a", "<\nb>", "c", "d"]


def test_tab_at_the_end_of_a_burst_is_the_key() -> None:
    assert play(fast("/mo\t")) == ["/", "m", "o", f"<{TAB}>"]


def test_another_key_ends_a_burst() -> None:
    assert play([*fast("a\r"), (None, FAST), *fast("b")]) == ["a", f"<{ENTER}>", "b"]


def test_enter_alone_is_never_held() -> None:
    assert play([(ENTER, TYPING), (ENTER, TYPING)]) == [ENTER, ENTER]
    assert play([(None, FAST), (ENTER, FAST)]) == [ENTER]


def test_the_quick_letters_before_are_known() -> None:
    burst = Burst()
    for text, time in (("x", 1.0), ("a", 2.0), ("b", 2.001), (ENTER, 2.002), ("c", 2.003)):
        burst.takes(text, time)
    assert (burst.run, burst.release()) == ("ab", "\nc")
