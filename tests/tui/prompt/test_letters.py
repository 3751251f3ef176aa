"""Whole characters in the prompt: the cursor, deletion, rows, the mouse, and what is drawn."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tui.widgets.prompt import Prompt

FAMILY = "👨\u200d👩\u200d👧"


class Bare(App[None]):
    """Nothing but a prompt: it needs no model."""

    CSS = "Prompt { height: 8; border: none; padding: 0; }"

    def compose(self) -> ComposeResult:
        yield Prompt()


@asynccontextmanager
async def opened(size: tuple[int, int] = (40, 10)) -> AsyncIterator[Pilot[None]]:
    async with Bare().run_test(size=size) as pilot:
        prompt(pilot).cursor_blink = False
        prompt(pilot).focus()
        await pilot.pause()
        yield pilot


def prompt(pilot: Pilot[None]) -> Prompt:
    return pilot.app.query_one(Prompt)


def rows(pilot: Pilot[None]) -> list[str]:
    return [line.text.rstrip() for line in pilot.app.screen._compositor.render_strips()]


async def type_text(pilot: Pilot[None], text: Sequence[str]) -> None:
    """One key for each code point, as terminals send them."""
    for letter in text:
        prompt(pilot).post_message(events.Key(letter, letter))
    await pilot.pause()


@pytest.mark.parametrize("character", [FAMILY, "🇩🇪", "e\u0301", "👍🏽", "中", "שָ", "क्‍ष"])
async def test_left_right_and_delete_by_whole_characters(character: str) -> None:
    async with opened() as pilot:
        await type_text(pilot, f"a{character}b")
        assert prompt(pilot).text == f"a{character}b"
        await pilot.press("left", "left")
        assert prompt(pilot).cursor_location == (0, 1)
        await pilot.press("right")
        assert prompt(pilot).cursor_location == (0, 1 + len(character))
        await pilot.press("backspace")
        assert prompt(pilot).text == "ab"


async def test_joiners_of_persian_are_typed() -> None:
    async with opened() as pilot:
        await type_text(pilot, "می\u200cخواهم")
        assert prompt(pilot).text == "می\u200cخواهم"


async def test_wide_text_wraps_within_the_view_and_the_cursor_is_where_it_is_drawn() -> None:
    async with opened() as pilot:
        prompt(pilot).replace_all(f"ab {'中文字符' * 8}，{FAMILY}好")
        await pilot.pause()
        assert rows(pilot)[0].startswith("ab 中文字符中文字符中")  # no row is left half empty
        assert not any(row.startswith("，") for row in rows(pilot))
        cursor = pilot.app.cursor_position
        assert cursor == prompt(pilot).cursor_screen_offset
        line = pilot.app.screen._compositor.render_strips()[cursor.y]
        assert line.crop(0, cursor.x).text.rstrip().endswith("好")


async def test_a_click_behind_wide_characters_lands_where_it_was_meant() -> None:
    async with opened() as pilot:
        prompt(pilot).replace_all(f"{FAMILY}中e\u0301b")
        await pilot.pause()
        for cell, column in ((0, 0), (1, 0), (2, 5), (3, 5), (4, 6), (5, 8), (9, 9)):
            await pilot.click(type(prompt(pilot)), offset=(cell, 0))
            assert prompt(pilot).cursor_location == (0, column)


async def test_up_and_down_keep_whole_characters() -> None:
    async with opened() as pilot:
        prompt(pilot).replace_all(f"abc\n{FAMILY}{FAMILY}\nabc")
        await pilot.press("up")
        assert prompt(pilot).cursor_location == (1, 5)
        await pilot.press("up")
        assert prompt(pilot).cursor_location == (0, 3)


async def test_a_cursor_on_a_family_colours_all_of_it() -> None:
    async with opened() as pilot:
        prompt(pilot).replace_all(f"a{FAMILY}b")
        await pilot.press("left", "left")
        await pilot.pause()
        row = pilot.app.screen._compositor.render_strips()[prompt(pilot).region.y]
        assert FAMILY in [segment.text for segment in row]


async def test_undo_after_a_long_text_was_put_in() -> None:
    async with opened() as pilot:
        await pilot.press("x")
        prompt(pilot).replace_all("\n".join("y" * 30))
        await pilot.press("ctrl+z", "ctrl+z")
        assert prompt(pilot).text in ("x", "")
