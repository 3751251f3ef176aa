"""What is done to conversations from the list: titles, archive, deleting with undo, deleting for good, export."""

import json
import sqlite3
from pathlib import Path

import pytest
from textual.widgets import TextArea

from assistant import HistoryFailed, Store, import_json
from tests.tui.history.support import Keeping, ago, chosen, history, listed, room, said, shelf, stored
from tests.tui.support import Screen, drawn, house, send, settled, texts, wait_until
from tui.rooms.history.search import SearchField
from tui.screens.confirm import ConfirmScreen
from tui.screens.entry import EntryScreen


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> Keeping:
    found = Keeping(monkeypatch)
    found.keep("one", "First question?", "First answer.", when=ago(minutes=1))
    found.keep("two", "Second question?", "Second answer.", when=ago(minutes=2))
    found.keep("three", "Third question?", "Third answer.", when=ago(minutes=3))
    return found


async def asked(pilot: Screen, key: str) -> EntryScreen:
    """Press a key that asks for a text."""
    await pilot.press(key)
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
    found = pilot.app.screen
    assert isinstance(found, EntryScreen)
    return found


async def answered(pilot: Screen, text: str) -> None:
    pilot.app.screen.query_one(TextArea).text = text
    await pilot.press("enter")


async def test_a_title_is_given_and_taken_back(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("down", "j")
        screen = await asked(pilot, "r")
        assert screen.query_one(TextArea).text == "Second question?"
        await answered(pilot, "  Of lamps\tand light ")
        await wait_until(pilot, lambda: listed(pilot)[2] == "Of lamps and light")
        assert stored("two")[0] == "Of lamps and light"
        assert chosen(pilot) == "two", "it stays chosen"
        await wait_until(pilot, lambda: "renamed; u undoes it" in drawn(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: listed(pilot)[2] == "Second question?")
        assert stored("two")[0] == ""
        await asked(pilot, "r")
        await pilot.press("escape")
        await asked(pilot, "r")
        await pilot.press("enter")
        await pilot.press("u")
        await wait_until(pilot, lambda: "nothing to undo" in drawn(pilot))


async def test_archived_ones_leave_the_list_and_come_back(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("down", "a")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "Second question?", "Third question?"])
        assert stored("one")[1]
        assert chosen(pilot) == "two", "what takes its place"
        await pilot.press("v")
        assert listed(pilot) == ["[Today]", "First question?"]
        await pilot.press("a")
        await wait_until(pilot, lambda: listed(pilot) == [])
        assert not stored("one")[1]
        assert "Nothing is archived." in drawn(pilot)
        await pilot.press("escape")
        assert len(listed(pilot)) == 4, "back to the usual list"


async def test_deleted_ones_come_back_one_after_the_other(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("down", "d")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "Second question?", "Third question?"])
        await pilot.press("delete")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "Third question?"])
        assert stored("one")[2]
        assert stored("two")[2]
        assert "deleted; u brings it back" in drawn(pilot)
        await pilot.press("u")
        await wait_until(pilot, lambda: "Second question?" in listed(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: "First question?" in listed(pilot))
        assert not stored("one")[2]


async def test_an_empty_list_leaves_its_keys(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("down")
        for left in (2, 1, 0):
            await pilot.press("d")
            await wait_until(pilot, lambda left=left: len(shelf(pilot).rows) == left)
        await pilot.press("v")
        await wait_until(pilot, lambda: room(pilot).contents.view == "archived")
        assert room(pilot).words == "", "no letter went into the search"
        await pilot.press("v")
        await wait_until(pilot, lambda: len(shelf(pilot).rows) == 3)
        assert shelf(pilot).has_focus
        await pilot.press("v", "u")
        await wait_until(pilot, lambda: listed(pilot)[1:] == ["Third question?"])
        await pilot.press("d")
        await wait_until(pilot, lambda: not shelf(pilot).rows)
        await pilot.press("up")
        assert isinstance(pilot.app.focused, SearchField)
        await pilot.press("down", "u")
        await wait_until(pilot, lambda: listed(pilot)[1:] == ["Third question?"])


async def test_the_chat_lets_go_of_what_was_deleted(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("enter")
        await wait_until(pilot, lambda: texts(pilot) == ["you: First question?", "model: First answer."])
        await pilot.press("f5", "down", "j", "d")
        await wait_until(pilot, lambda: "Second question?" not in listed(pilot))
        assert len(texts(pilot)) == 2, "another one"
        await pilot.press("k", "d")
        await wait_until(pilot, lambda: texts(pilot) == [])
        await pilot.press("f2")
        await send(pilot, "New?")
        await settled(pilot)
        assert stored("one")[2]
        await pilot.press("f5")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "New?", "Third question?"])


async def test_an_open_one_that_was_deleted_is_restored(keeping: Keeping) -> None:
    with Store() as store:
        store.remove("two")
    async with history() as pilot:
        room(pilot).action_view()
        room(pilot).action_view()
        assert listed(pilot) == ["[Today]", "Second question?"]
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: not stored("two")[2])


async def test_a_found_one_is_deleted_and_no_longer_found(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press(*"answer")
        await wait_until(pilot, lambda: room(pilot).contents.search == "answer")
        assert len(shelf(pilot).rows) == 3
        await pilot.press("down", "j", "d")
        await wait_until(pilot, lambda: len(shelf(pilot).rows) == 2)
        assert stored("two")[2]
        assert chosen(pilot) == "three:three-1"


async def test_for_good_is_asked_and_overwrites(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("down", "x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "First question?" in drawn(pilot)
        await pilot.press("enter")  # the focus is on the button that changes nothing
        assert len(listed(pilot)) == 4
        await pilot.press("x", "y")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "Second question?", "Third question?"])
        with Store() as store, pytest.raises(HistoryFailed):
            store.load("one")
        await wait_until(pilot, lambda: "deleted for good" in drawn(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: "nothing to undo" in drawn(pilot))


async def test_a_conversation_goes_into_a_file(keeping: Keeping, tmp_path: Path) -> None:
    async with history() as pilot:
        await pilot.press("down")
        screen = await asked(pilot, "e")
        assert screen.query_one(TextArea).text == "First-question.md"
        await answered(pilot, str(tmp_path / "talk.md"))
        await wait_until(pilot, (tmp_path / "talk.md").exists)
        assert "First answer." in (tmp_path / "talk.md").read_text(encoding="utf-8")
        await wait_until(pilot, lambda: "written to" in drawn(pilot))
        await asked(pilot, "e")
        await answered(pilot, str(tmp_path / "talk.json"))
        await wait_until(pilot, (tmp_path / "talk.json").exists)
        heading, tree = import_json((tmp_path / "talk.json").read_bytes())
        assert [turn.content for turn in tree.path] == ["First question?", "First answer."]
        assert json.loads((tmp_path / "talk.json").read_text(encoding="utf-8"))["title"] == heading.title == ""
        await asked(pilot, "e")
        await answered(pilot, str(tmp_path / "talk.md"))
        await wait_until(pilot, lambda: "talk.md cannot be written (File exists)" in said(pilot))


async def test_a_store_that_cannot_be_used_is_said(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    async with history((120, 40)) as pilot:

        def locked(*_: object) -> None:
            raise HistoryFailed("the conversations cannot be used (\x1b[31mlocked); a file was expected; look there")

        monkeypatch.setattr(Store, "remove", locked)
        await pilot.press("down", "d")
        await wait_until(pilot, lambda: "cannot be used ([31mlocked)" in said(pilot))
        assert len(listed(pilot)) == 4


async def test_a_damaged_file_is_set_aside_and_said(keeping: Keeping) -> None:
    with Store() as store:
        path = store.path
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    async with history((160, 40)) as pilot:
        await wait_until(pilot, lambda: "were damaged" in said(pilot))
        assert listed(pilot) == []


async def test_the_export_of_the_palette_is_of_what_is_chosen_here(monkeypatch: pytest.MonkeyPatch) -> None:
    Keeping(monkeypatch).keep("aa", "Of lamps?", "Light.")
    async with history() as pilot:
        house(pilot).begin("export")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        assert "Of-lamps" in pilot.app.screen.query_one(TextArea).text
