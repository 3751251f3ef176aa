"""Choosing a file: what is typed is one, or the marked line is; a path of nobody is neither."""

import os
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from assistant import FakeEngine
from tests.tui.support import drawn, house, screen, wait_until
from tui.screens.pick_file import PickFileScreen


@pytest.mark.parametrize(
    ("typed", "given"),
    [("notes.md", "notes.md"), ("not", "notes.md"), ("~nobody-at-all/x", None), ("\0", None), ("drafts/", None)],
)
async def test_enter(typed: str, given: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.md").touch()
    (tmp_path / "drafts").mkdir()
    got: list[str | None] = []
    async with screen(FakeEngine()) as pilot:
        await pilot.app.push_screen(PickFileScreen("Open"), got.append)
        picker = pilot.app.screen
        picker.query_one(Input).value = typed
        await pilot.press("enter")
        if given is None:
            await wait_until(pilot, lambda: "nothing here is called so" in drawn(pilot))
            assert pilot.app.screen is picker
            await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))
    assert got == [given]


async def test_a_disk_that_does_not_answer_holds_up_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.md").touch()
    reading, writing = os.pipe()
    monkeypatch.setattr("tui.screens.pick_file.find_files", lambda *_given, **_named: os.read(reading, 1) and ())
    async with screen(FakeEngine()) as pilot:
        await pilot.app.push_screen(PickFileScreen("Open"))
        await pilot.press("n")
        assert pilot.app.screen.query_one(OptionList).option_count == 0
    os.close(writing)
