"""Turns by themselves: the focus goes through them, their words go elsewhere, what is long is folded."""

import pytest

from assistant import Attachment, FakeEngine, Text, attach
from tests.tui.chat.support import focus, keep, said, talked, turns, typed, view
from tests.tui.support import (
    READ,
    HeldEngine,
    chat,
    drawn,
    find,
    prompt,
    screen,
    send,
    settled,
    texts,
    wait_until,
    whole,
)
from tui.rooms.chat.turns import Answer, Question

CODE = "Two ways:\n\n```python\none = 1\n```\n\nor\n\n```sh\necho two\n```\n"


async def test_the_focus_goes_up_from_the_prompt_through_the_turns_and_back() -> None:
    async with screen(FakeEngine(["Paris.", "Rome."])) as pilot:
        await talked(pilot, "France?", "Italy?")
        there = turns(pilot)
        await pilot.press("alt+up")
        assert view(pilot).current is there[3]
        await pilot.press("k", "up")
        assert view(pilot).current is there[1]
        await pilot.press("g")
        assert view(pilot).current is there[0]
        await pilot.press("k")
        assert view(pilot).current is there[0]
        await pilot.press("j")
        assert view(pilot).current is there[1]
        await pilot.press("G", "j")
        await wait_until(pilot, lambda: prompt(pilot).has_focus)
        await pilot.press("alt+up", "escape")
        assert prompt(pilot).has_focus


async def test_letters_typed_in_the_prompt_are_letters() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        await pilot.press(*"eryjkgGcdu")
        assert prompt(pilot).text == "eryjkgGcdu"
        assert texts(pilot) == ["you: France?", "model: Paris."]


async def test_a_turn_higher_than_the_view_is_read_to_its_end_by_the_arrow() -> None:
    async with screen(FakeEngine([[*READ, *whole("line\n\n" * 40)], "Done."])) as pilot:
        await talked(pilot, "Go", "And?")
        long = await focus(pilot, -3)
        seen = []
        for _ in range(60):
            await pilot.press("down")
            await pilot.pause()
            if view(pilot).current is not long:
                break
            seen.append(view(pilot).scroll_y)
        assert view(pilot).current is turns(pilot)[-2]
        assert len(set(seen)) > 5


async def test_a_click_gives_a_turn_the_focus_and_its_keys_are_in_the_line_below() -> None:
    async with screen(FakeEngine(["Paris."]), size=(110, 30)) as pilot:
        await talked(pilot, "France?")
        row = next(number for number, line in enumerate(drawn(pilot).splitlines()) if "Paris." in line)
        await pilot.click(offset=(10, row))
        await wait_until(pilot, lambda: isinstance(view(pilot).current, Answer))
        await wait_until(pilot, lambda: "r again" in drawn(pilot).splitlines()[-1])
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "again  copy  quote" in line)
        await pilot.click(offset=(lines[row].index("quote"), row))
        await typed(pilot, "> Paris.\n\n")
        assert "again  copy  quote" not in drawn(pilot)


async def test_what_can_be_done_with_a_question_stands_beside_it_while_it_has_the_focus() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        height = turns(pilot)[0].size.height
        await focus(pilot, 0)
        await wait_until(pilot, lambda: "France?" in drawn(pilot) and "edit  again  copy" in drawn(pilot))
        assert turns(pilot)[0].size.height == height, "nothing moves for it"
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "edit  again" in line)
        await pilot.click(offset=(lines[row].index("edit"), row))
        await typed(pilot, "France?")


async def test_a_message_is_copied_as_it_was_written_without_what_a_terminal_obeys() -> None:
    async with screen(FakeEngine(["It is **Paris**.\x1b[2J\n\nYes."])) as pilot:
        await talked(pilot, "France?")
        await focus(pilot, -1)
        await pilot.press("y")
        assert pilot.app.clipboard == "It is **Paris**.[2J\n\nYes."
        await focus(pilot, 0)
        await pilot.press("y")
        assert pilot.app.clipboard == "France?"
        assert said(pilot)[-1] == "7 characters copied"
        prompt(pilot).focus()
        await send(pilot, "/copy")
        await wait_until(pilot, lambda: pilot.app.clipboard.startswith("It is"))
        await send(pilot, "/copy 2")
        await wait_until(pilot, lambda: said(pilot)[-1].startswith("there are 1 answers"))


async def test_blocks_of_code_are_chosen_one_after_the_other_and_copied() -> None:
    async with screen(FakeEngine([[*READ, *whole(CODE)]])) as pilot:
        await talked(pilot, "How?")
        answer = await focus(pilot, -1)
        assert isinstance(answer, Answer)
        await pilot.press("c", "y")
        assert pilot.app.clipboard.strip() == "one = 1"
        await pilot.press("c", "y")
        assert pilot.app.clipboard.strip() == "echo two"
        await pilot.press("escape")
        assert answer.code is None
        assert view(pilot).current is answer
        await pilot.press("y")
        assert pilot.app.clipboard == CODE


async def test_the_mark_beside_code_copies_it() -> None:
    async with screen(FakeEngine([[*READ, *whole(CODE)]])) as pilot:
        await talked(pilot, "How?")
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "sh" in line and "copy" in line)
        await pilot.click(offset=(lines[row].index("copy") + 1, row))
        await wait_until(pilot, lambda: pilot.app.clipboard.strip() == "echo two")


async def test_a_quote_goes_where_the_cursor_is() -> None:
    async with screen(FakeEngine(["One.\n\nTwo."])) as pilot:
        await talked(pilot, "Say")
        prompt(pilot).replace_all("about ")
        await focus(pilot, -1)
        await pilot.press(">")
        await typed(pilot, "about > One.\n>\n> Two.\n\n")
        assert prompt(pilot).has_focus


async def test_texts_that_go_with_a_message_are_folded() -> None:
    content = attach("What is missing?", [Attachment("notes.md", "first\nsecond\n\x1b[31mthird")])
    keep(content, "Nothing.")
    async with screen(FakeEngine()) as pilot:
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: "▸ notes.md · 3 lines" in drawn(pilot))
        assert "second" not in drawn(pilot)
        await focus(pilot, 0)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "second" in drawn(pilot))
        assert "[31mthird" in drawn(pilot)
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "notes.md" in line)
        await pilot.click(offset=(lines[row].index("notes.md"), row))
        await wait_until(pilot, lambda: "second" not in drawn(pilot))


async def test_a_long_question_is_folded_and_wide_characters_keep_the_columns() -> None:
    keep("\n".join(f"第{number}行 🙂 العربية" for number in range(200)), "好。")
    async with screen(FakeEngine()) as pilot:
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: "▸ 190 more lines" in drawn(pilot))
        assert "第9行" in drawn(pilot)
        assert "第10行" not in drawn(pilot)
        await focus(pilot, 0)
        await pilot.press("space")
        await wait_until(pilot, lambda: "more lines" not in drawn(pilot))
        assert len(find(pilot, Question)) == 1


@pytest.mark.parametrize("key", ["y", "greater_than_sign", "c"])
async def test_keys_for_turns_work_while_an_answer_is_written(key: str) -> None:
    engine = HeldEngine([*READ, Text("one")], whole(" two"))
    async with screen(engine) as pilot:
        await send(pilot, "first")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: one")
        await focus(pilot, -1)
        await pilot.press(key)
        engine.release.set()
        await settled(pilot)
        assert texts(pilot)[-1] == "model: one two"
