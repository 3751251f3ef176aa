"""The list above the prompt: with keys, with the mouse, and out of the way."""

from pathlib import Path

import pytest

from assistant import FakeEngine, Typed, keep_typed
from tests.tui.support import Screen, drawn, find, house, prompt, screen, send, settled, texts, wait_until
from tui.widgets.completion import Completion


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    (place / "docs").mkdir(parents=True)
    (place / "docs" / "my notes.md").write_text("note " * 400)
    (place / "报告.md").write_text("报告的内容")
    monkeypatch.chdir(place)
    return place


def marked(pilot: Screen) -> str:
    choice = find(pilot, Completion)[0].choice
    return choice.text if choice is not None else ""


async def until(pilot: Screen, line: str) -> None:
    await wait_until(pilot, lambda: marked(pilot) == line)


async def test_a_command_by_a_few_of_its_letters() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("/", "h", "s", "t")
        await until(pilot, "/history")
        assert "all kept conversations" in drawn(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: prompt(pilot).text == "")
        await wait_until(pilot, lambda: house(pilot).room.NAME == "history")


async def test_a_command_that_needs_a_file_waits_for_it() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("/", "o", "p", "n")
        await until(pilot, "/open")
        await pilot.press("enter")
        await until(pilot, "报告.md")
        assert prompt(pilot).text == "/open "
        await pilot.press("down", "tab")
        await until(pilot, "docs/my notes.md")
        await pilot.press("tab")
        await wait_until(pilot, lambda: prompt(pilot).text == "/open docs/my notes.md")
        await wait_until(pilot, lambda: marked(pilot) == "")
        assert texts(pilot) == []


async def test_a_file_after_an_at_with_its_cost() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"see @mn")
        await until(pilot, "docs/my notes.md")
        assert " 500 tokens" in drawn(pilot) or "≈500 tokens" in drawn(pilot)
        await wait_until(pilot, lambda: "  400 tokens" in drawn(pilot))  # counted by the model
        await pilot.press("enter")
        await wait_until(pilot, lambda: prompt(pilot).text == 'see @"docs/my notes.md" ')
        await wait_until(pilot, lambda: marked(pilot) == "")
        await pilot.press(*"x @")
        await until(pilot, "报告.md")


async def test_into_a_folder_and_on() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"@doc")
        await until(pilot, "docs/")
        await pilot.press("tab")
        await until(pilot, "docs/my notes.md")
        assert prompt(pilot).text == "@docs/"


async def test_an_address_mentions_no_file() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"me@doc")
        await pilot.pause()
        assert marked(pilot) == ""


async def test_escape_closes_the_list_until_something_is_typed() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("/", "m")
        await until(pilot, "/model")
        await pilot.press("escape")
        await wait_until(pilot, lambda: marked(pilot) == "")
        await pilot.press("left", "right")
        await pilot.pause()
        assert marked(pilot) == ""
        await pilot.press("o")
        await until(pilot, "/model")


async def test_the_editor_and_the_search_are_commands_too() -> None:
    keep_typed(Typed("of yesterday"))
    async with screen(FakeEngine()) as pilot:
        await send(pilot, "/recall")
        await until(pilot, "of yesterday")


async def test_a_click_takes_a_line() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("/", "n")
        await until(pilot, "/new")
        await pilot.click(Completion, offset=(3, 0))
        await wait_until(pilot, lambda: prompt(pilot).text == "/new")
        assert prompt(pilot).has_focus


async def test_a_hostile_file_name_is_not_offered(folder: Path) -> None:
    (folder / "evil\x1b[2J.md").touch()
    (folder / "evil [bold red]markup.md").touch()
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"@evil")
        await until(pilot, "evil [bold red]markup.md")
        assert "evil [bold red]markup.md" in drawn(pilot)
        assert len(find(pilot, Completion)[0]._choices) == 1


async def test_what_was_typed_before_is_found_also_in_the_next_run() -> None:
    for text in ("the first question", "第二个问题", "a third\nquestion"):
        keep_typed(Typed(text))
    async with screen(FakeEngine()) as pilot:
        await wait_until(pilot, lambda: len(prompt(pilot).recall.search("", 9)) == 3)
        await pilot.press(*"draft", "ctrl+r")
        await until(pilot, "a third question")
        assert "⌕" in drawn(pilot)
        await pilot.press("ctrl+r")
        await until(pilot, "第二个问题")
        await pilot.press(*"first")
        await until(pilot, "the first question")
        await pilot.press("enter")
        await wait_until(pilot, lambda: prompt(pilot).text == "the first question")
        assert texts(pilot) == []
        await pilot.press("ctrl+r", *"zzz")
        await wait_until(pilot, lambda: prompt(pilot).text == "zzz")
        await pilot.press("escape")
        await wait_until(pilot, lambda: prompt(pilot).text == "the first question")
        assert "❯" in drawn(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert texts(pilot)[0] == "you: the first question"


async def test_up_goes_back_and_down_returns_to_what_was_being_typed() -> None:
    keep_typed(Typed("of yesterday"))
    async with screen(FakeEngine()) as pilot:
        await wait_until(pilot, lambda: len(prompt(pilot).recall.search("", 9)) == 1)
        await send(pilot, "of today")
        await settled(pilot)
        await pilot.press(*"draft", "up")
        assert prompt(pilot).text == "of today"
        await pilot.press("up")
        assert prompt(pilot).text == "of yesterday"
        await pilot.press("up", "down", "down")
        assert prompt(pilot).text == "draft"
