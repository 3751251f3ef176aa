"""Keys in the prompt: whole characters, rows, bursts, and what sends."""

from textual import events
from textual.geometry import Offset

from assistant import FakeEngine, set_value
from tests.tui.support import Screen, drawn, prompt, screen, settled, texts, wait_until


def burst(pilot: Screen, text: str, begin: float = 0.0) -> None:
    """Keys as a terminal that does not mark pastes sends them, half a millisecond apart by their own clock."""
    names = {"\r": "enter", "\n": "ctrl+j", "\t": "tab"}
    begin = begin or events.Key("x", "x").time
    for number, letter in enumerate(text):
        event = events.Key(names.get(letter, letter), letter)
        event.time = begin + number / 2000
        event.set_sender(pilot.app)
        pilot.app.post_message(event)


async def until_pasted(pilot: Screen, text: str) -> None:
    await wait_until(pilot, lambda: prompt(pilot).pasted == {1: text})


async def test_lines_of_a_burst_are_a_paste_and_nothing_is_sent() -> None:
    async with screen(FakeEngine()) as pilot:
        burst(pilot, "one\r\ttwo\r\nthree\r")
        await wait_until(pilot, lambda: prompt(pilot).text == "one\n\ttwo\nthree")
        await pilot.pause(0.1)
        assert texts(pilot) == []
        await pilot.pause(0.3)
        await pilot.press("enter")
        await settled(pilot)


async def test_a_line_and_enter_in_a_burst_are_sent() -> None:
    async with screen(FakeEngine()) as pilot:
        burst(pilot, "hi there\r")
        await settled(pilot)
        assert texts(pilot)[0] == "you: hi there"


async def test_a_long_burst_is_folded_with_its_first_line() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"ab ")
        await pilot.pause(0.05)
        burst(pilot, "\r".join(f"line {number}" for number in range(200)) + "\r")
        await wait_until(pilot, lambda: prompt(pilot).text.startswith("ab [Pasted text #1 · 200 lines"))
        assert prompt(pilot).pasted[1].splitlines()[0] == "line 0"
        assert texts(pilot) == []


async def test_a_paste_that_pauses_is_one_paste() -> None:
    text = "".join(f"line {number}\r" for number in range(200))
    async with screen(FakeEngine()) as pilot:
        now = events.Key("x", "x").time
        for start, end in ((0, 501), (501, 1000), (1000, len(text))):
            burst(pilot, text[start:end], now + start / 1000)  # as it were, a quarter of a second after the one before
            await until_pasted(pilot, text[:end].replace("\r", "\n").rstrip("\n"))
        assert "· 200 lines ·" in prompt(pilot).text
        assert prompt(pilot).text.count("#") == 1


async def test_another_key_behind_a_held_enter_comes_after_it() -> None:
    async with screen(FakeEngine()) as pilot:
        burst(pilot, "hi\r")
        await pilot.press("ctrl+a", "x")
        await settled(pilot)
        assert texts(pilot)[0] == "you: hi"
        assert prompt(pilot).text == "x"


async def test_the_terminals_cursor_follows_when_the_list_moves_the_prompt() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("a", "ctrl+j", "b")
        await pilot.pause()
        assert pilot.app.cursor_position == prompt(pilot).cursor_screen_offset
        await pilot.resize_terminal(80, 20)
        await pilot.pause()
        assert pilot.app.cursor_position == prompt(pilot).cursor_screen_offset
        assert pilot.app.cursor_position == prompt(pilot).content_region.offset + Offset(1, 1)


async def test_enter_may_be_a_new_line() -> None:
    set_value("screen", "submit_key", value="ctrl+enter")
    async with screen(FakeEngine()) as pilot:
        await pilot.press("a", "enter", "b")
        assert prompt(pilot).text == "a\nb"
        await pilot.press("ctrl+enter")
        await settled(pilot)
        await pilot.press("c", "enter", "d", "ctrl+j")  # as old terminals send it
        await settled(pilot, 2)
        assert texts(pilot)[2] == "you: c\nd"


async def test_keys_of_the_settings_hold_at_once() -> None:
    set_value("screen", "keys", "prompt.search", value="f9")
    async with screen(FakeEngine()) as pilot:
        await pilot.press("f9")
        await wait_until(pilot, lambda: "⌕" in drawn(pilot))
        await pilot.press("escape", "ctrl+r")
        await pilot.pause()
        assert "⌕" not in drawn(pilot)


async def test_an_empty_prompt_says_what_it_is_for() -> None:
    async with screen(FakeEngine()) as pilot:
        assert "Write a message · @ adds a file · / lists commands" in drawn(pilot)
        await pilot.press("x")
        assert "adds a file" not in drawn(pilot)
