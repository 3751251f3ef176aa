"""What the slash commands of the chat do to the conversation as a whole."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input, Static, TextArea

from assistant import Attachment, FakeEngine, Message, Store, attach
from tests.tui.chat.support import keep, said, talked
from tests.tui.support import Screen, chat, drawn, find, prompt, screen, send, settled, status, texts, wait_until
from tui.rooms.chat.sampling import SamplingScreen
from tui.screens.entry import EntryScreen
from tui.widgets.turns import Note


async def test_the_instruction_of_a_chat_is_typed_and_holds_from_the_next_answer_on() -> None:
    engine = FakeEngine(["Paris.", "Rome."])
    async with screen(engine) as pilot:
        await talked(pilot, "France?")
        await send(pilot, "/system")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        pilot.app.screen.query_one(TextArea).text = "Answer in rhymes."
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["it holds from the next answer on"])
        await talked(pilot, "Italy?")
    assert engine.received[1][0] == Message("system", "Answer in rhymes.")
    with Store() as store:
        (entry,) = store.entries()
        assert entry.heading.system == "Answer in rhymes."


async def test_how_answers_are_written_is_changed_checked_and_taken_back() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        conversation = chat(pilot).talk.conversation
        before = conversation.sampling
        await send(pilot, "/sampling")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, SamplingScreen))
        form = pilot.app.screen
        await wait_until(pilot, lambda: bool(form.query(Input)))
        form.query_one("#temperature", Input).value = "warm"
        await pilot.press("enter")
        await wait_until(pilot, lambda: "temperature is warm" in str(form.query_one("#wrong", Static).render()))
        form.query_one("#temperature", Input).value = "9"
        await pilot.press("enter")
        await wait_until(pilot, lambda: "9" in str(form.query_one("#wrong", Static).render()))
        form.query_one("#temperature", Input).value = "0.8"
        form.query_one("#seed", Input).value = "7"
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.screen is not form)
        assert conversation.sampling == replace(before, temperature=0.8, seed=7)
        await send(pilot, "/sampling")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, SamplingScreen))
        await wait_until(pilot, lambda: bool(pilot.app.screen.query("#model")))
        await pilot.click("#model")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, SamplingScreen))
        assert conversation.sampling == before


async def test_a_title_is_given_on_the_line_or_asked_for() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        await send(pilot, "/title Of  capitals")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["its title is now: Of capitals"])
        await send(pilot, "/title")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        assert pilot.app.screen.query_one(TextArea).text == "Of capitals"
        await pilot.press("escape")
    with Store() as store:
        assert store.entries()[0].title == "Of capitals"


async def test_the_context_is_counted_by_what_is_in_it() -> None:
    keep(attach("What is missing in it?", [Attachment("notes.md", "word " * 2000)]), "One two three four.")
    async with screen(FakeEngine()) as pilot:
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: len(texts(pilot)) == 2)
        await send(pilot, "/context")
        await wait_until(pilot, lambda: bool(find(pilot, Note)))
        lines = find(pilot, Note)[0].text.splitlines()
        assert lines[0].startswith("context: 2,0")
        assert lines[0].endswith("of 8,192 tokens, 25 %")
        rows = {line[12:].strip(): line[1:12].strip() for line in lines[2:]}
        assert (rows["documents"], rows["your messages"], rows["answers"]) == ("2,000", "5", "4")
        assert lines[-1].endswith("free")
        assert status(pilot).context.startswith("2,0")


@pytest.mark.parametrize("ending", ["md", "json"])
async def test_the_chat_is_written_to_a_file(tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"chat.{ending}"
    async with screen(FakeEngine(["Paris."])) as pilot:
        await send(pilot, "/export")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["nothing was said yet"])
        await talked(pilot, "France?")
        await send(pilot, f"/export {target}")
        await wait_until(pilot, lambda: any(f"written to {target}" in words for words in said(pilot)))
        text = target.read_text(encoding="utf-8")
        assert "Paris." in text
        assert ending != "json" or json.loads(text)["format"] == "luciole-conversation"
        await send(pilot, f"/export {target}")
        await wait_until(pilot, lambda: said(pilot)[-1].startswith(str(target)), 10)
        await send(pilot, "/export")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        assert pilot.app.screen.query_one(TextArea).text == "France.md"


async def test_commands_without_anything_to_do_say_so() -> None:
    async with screen(FakeEngine()) as pilot:
        for command, words in (
            ("/continue", "the last answer is whole; there is nothing to continue"),
            ("/regenerate", "nothing was asked yet"),
            ("/undo", "nothing was deleted"),
            ("/copy x", "there are 0 answers; a number from 1 was expected"),
        ):
            await send(pilot, command)
            await wait_until(pilot, partial(_last_said, pilot, words))
        assert prompt(pilot).text == ""


def _last_said(pilot: Screen, words: str) -> bool:
    return said(pilot)[-1:] == [words]


async def test_hostile_words_in_titles_and_instructions_stay_words() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        await send(pilot, "/title [bold]\x1b[2J\u202eevil")
        await settled(pilot)
        await wait_until(pilot, lambda: bool(said(pilot)) and "title is now" in said(pilot)[-1])
        assert "\x1b" not in said(pilot)[-1]
        assert "[bold]" in drawn(pilot)
