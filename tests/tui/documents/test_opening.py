"""Files come into the room by all ways, and what was found out about them goes into new ones."""

import json
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import OptionList

from assistant import (
    FakeEngine,
    Reading,
    Store,
)
from tests.tui.documents.support import (
    ANSWER,
    CONTRACT,
    SUMMARY,
    ask,
    contract,
    open_document,
    opened,
    room,
    sections,
    summary_there,
)
from tests.tui.support import (
    HeldEngine,
    chat,
    drawn,
    house,
    prompt,
    screen,
    send,
    status,
    texts,
    wait_until,
)
from tui.screens.entry import EntryScreen
from tui.screens.pick_file import PickFileScreen


@pytest.mark.parametrize("name", ["findings.md", "findings.json"])
async def test_it_goes_into_a_new_file(tmp_path: Path, name: str) -> None:
    async with opened(contract(tmp_path), FakeEngine([SUMMARY, ANSWER]), summarized=True) as pilot:
        await ask(pilot, "What does it cost?")
        await wait_until(pilot, lambda: sections(pilot)[1:] == [("What does it cost?", "done")])
        for _ in range(2):
            room(pilot).beside.focus()
            await pilot.press("x")
            entry = pilot.app.screen
            assert isinstance(entry, EntryScreen)
            entry.query_one("TextArea").text = str(tmp_path / name)
            await pilot.press("enter")
        await wait_until(pilot, lambda: (tmp_path / name).exists() and "cannot be" in drawn(pilot))
        assert "written to" in drawn(pilot)
        text = (tmp_path / name).read_text(encoding="utf-8")
        if name.endswith(".json"):
            assert json.loads(text)["questions"][0]["question"] == "What does it cost?"
        else:
            assert "31 May 2027 [?]" in text
            assert "## What does it cost?" in text


async def test_a_file_is_chosen_pasted_or_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    contract(tmp_path)
    (tmp_path / "other notes.md").write_text("Other words.\n")
    async with opened("contract.md") as pilot:
        await pilot.press("ctrl+o")
        picker = pilot.app.screen
        assert isinstance(picker, PickFileScreen)
        await pilot.press(*"othno")
        found = picker.query_one(OptionList)
        await wait_until(pilot, lambda: [option.id for option in found.options] == ["other notes.md"])
        await pilot.pause()
        assert "other notes.md  13 B" in drawn(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: room(pilot).text.document.text == "Other words.\n")
        room(pilot).post_message(Paste(f"'{tmp_path}/contract.md'"))
        await wait_until(pilot, lambda: room(pilot).text.document.text == CONTRACT)
        room(pilot).line.ask()
        await pilot.pause()
        pilot.app.screen.focused.post_message(Paste(f"{tmp_path}/other\\ notes.md"))
        await wait_until(pilot, lambda: room(pilot).text.document.text == "Other words.\n")
        assert room(pilot).line.text == ""
        await ask(pilot, "/open contract.md")
        await wait_until(pilot, lambda: room(pilot).text.document.text == CONTRACT)
        await ask(pilot, "/summarize")
        await summary_there(pilot)


async def test_commands_of_the_chat_open_documents_here(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path) as pilot:
        await pilot.press("f2")
        await send(pilot, f"/summarize {path}")
        await wait_until(pilot, lambda: house(pilot).room is room(pilot))
        await summary_there(pilot)
        await pilot.press("f2")
        await send(pilot, f"/open {path}")
        await wait_until(pilot, lambda: house(pilot).room is room(pilot) and room(pilot).summary.state == "none")


async def test_what_cannot_be_opened_leaves_what_is_open(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    async with opened(contract(tmp_path), summarized=True) as pilot:
        for path, words in ((tmp_path / "nowhere\x1b[31m.md", "does not exist"), (tmp_path / "broken.pdf", "PDF")):
            await room(pilot).open(str(path))
            await wait_until(pilot, lambda words=words: words in drawn(pilot))
            assert room(pilot).text.document.text == CONTRACT
            assert "\x1b" not in drawn(pilot)


async def test_another_document_takes_the_place_of_one_that_is_being_read(tmp_path: Path) -> None:
    engine = HeldEngine([Reading(5, 10)], tick=Reading(5, 10))
    other = tmp_path / "other.md"
    other.write_text("Other words.\n")
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, engine.waiting.is_set)
        await open_document(pilot, other)
        await wait_until(pilot, lambda: status(pilot).state == "ready")
        await wait_until(pilot, lambda: "contract.md: stopped here" in drawn(pilot))
        assert sections(pilot) == [(None, "none")]
        assert set(room(pilot).strip.columns) == {"·"}
        assert not room(pilot).is_busy


async def test_the_room_before_anything_is_open(tmp_path: Path) -> None:
    async with opened(contract(tmp_path)) as pilot:
        del pilot
    async with screen(FakeEngine([SUMMARY])) as pilot:
        await pilot.press("f3")
        await pilot.pause()
        assert "Open a document: Ctrl+O" in drawn(pilot)
        assert "summarize" not in status(pilot).keys
        assert room(pilot).line.has_words
        await pilot.press("tab", "s", "w", "d", "x", "o", "n", "u", "y", "z", "slash", "escape")
        await ask(pilot, "What is it?")
        await wait_until(pilot, lambda: "no document is open" in drawn(pilot))
        await pilot.press("ctrl+o")
        assert isinstance(pilot.app.screen, PickFileScreen)
        await pilot.press("escape", "f2")
        await send(pilot, "Hello")
        await wait_until(pilot, lambda: any(text.startswith("model: The agreement") for text in texts(pilot)))
        assert chat(pilot).display
        assert prompt(pilot).text == ""


async def test_one_goes_on_with_a_document_of_before(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path, FakeEngine([SUMMARY, ANSWER]), summarized=True) as pilot:
        await ask(pilot, "What does it cost?")
        await wait_until(pilot, lambda: sections(pilot)[1:] == [("What does it cost?", "done")])
    async with screen(FakeEngine([ANSWER])) as pilot:
        await pilot.press("f3")
        await wait_until(pilot, lambda: "What does it cost?" in drawn(pilot))
        assert "contract.md" in drawn(pilot)
        assert room(pilot).recent.has_focus
        await pilot.press("enter")
        await wait_until(pilot, lambda: ("What does it cost?", "done") in sections(pilot))
        assert room(pilot).text.document.text == CONTRACT


async def test_several_files_are_one_document(tmp_path: Path) -> None:
    path, other = contract(tmp_path), tmp_path / "other notes.md"
    other.write_text("It was signed on 31 May 2027.\n")
    async with opened(path) as pilot:
        room(pilot).post_message(Paste(f"'{path}' '{other}'"))
        await wait_until(pilot, lambda: len(room(pilot).text.document.files) == 2)
        await pilot.press("s")
        await summary_there(pilot)
        await pilot.press(*"nnnnnnn")
        await wait_until(pilot, lambda: "2 files" in str(room(pilot).title.render()))
        assert "other notes.md · line 1" in str(room(pilot).title.render())
        assert "‹contract.md 11›" in drawn(pilot)
        await ask(pilot, "When?")
        await wait_until(pilot, lambda: sections(pilot)[1:] == [("When?", "done")])
        room(pilot).text.focus()
        await pilot.press("w")
        other.write_text("It was signed on 31 May 2028.\n")
        await wait_until(pilot, lambda: "2028" in room(pilot).text.document.text, 20)
    with Store() as store:
        assert {entry.heading.document for entry in store.entries()} == {f"{path}\n{other}"}
