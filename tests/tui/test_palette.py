"""The palette: the same as the slash commands, found by a few letters in either language, with the keys beside it."""

from assistant import FakeEngine, read_settings
from tests.tui.support import Screen, drawn, house, prompt, screen, wait_until
from tui.app import LucioleApp
from tui.commands import COMMANDS
from tui.screens.choice import Choice, ChoiceScreen
from tui.screens.palette import entries, themes


def palette(pilot: Screen) -> ChoiceScreen:
    assert isinstance(pilot.app.screen, ChoiceScreen)
    return pilot.app.screen


async def opened(pilot: Screen) -> None:
    await pilot.press("ctrl+p")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen) and bool(palette(pilot).shown))


def test_it_offers_every_command_look_and_language() -> None:
    offered = {entry.name: entry for entry in entries({"chat.new": "f9"}, themes(["nord", "ansi-dark", "dusk"]))}
    assert {f"command:{command.name}" for command in COMMANDS} <= set(offered)
    assert {"theme:auto", "theme:plain", "theme:nord", "language:zh"} <= set(offered)
    assert "theme:ansi-dark" not in offered, "it is the theme `terminal` in other words"
    assert offered["command:new"].note == "/new · F9"
    assert offered["command:models"].note == "/models · F4"
    assert offered["command:help"].words[0].isupper()


async def test_a_few_letters_and_enter_do_it() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        prompt(pilot).insert("typed")
        await opened(pilot)
        assert "type to search" in drawn(pilot)
        await pilot.press(*"gomod")
        assert palette(pilot).shown[0].name == "command:models"
        await pilot.press("enter")
        await wait_until(pilot, lambda: house(pilot).room.NAME == "models")
        await pilot.press("f2")
        assert prompt(pilot).text == "typed"


async def test_what_needs_a_file_begins_in_the_prompt() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        await pilot.press(*"/open", "enter")
        await wait_until(pilot, lambda: prompt(pilot).text == "/open ")


async def test_looks_and_languages_are_changed_for_good() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        app = pilot.app
        assert isinstance(app, LucioleApp)
        await opened(pilot)
        await pilot.press(*"nord", "enter")
        await wait_until(pilot, lambda: app.theme == "nord")
        await opened(pilot)
        await pilot.press(*"zh", "enter")
        await wait_until(pilot, lambda: "文档" in drawn(pilot))
        await opened(pilot)
        await pilot.press(*"对话")
        assert palette(pilot).shown
        assert all("对话" in entry.words for entry in palette(pilot).shown)
        await pilot.press("escape")
        await wait_until(pilot, lambda: read_settings().screen.language == "zh")
        assert read_settings().screen.theme == "nord"


async def test_going_up_and_down_and_what_is_not_there() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        await pilot.press("down", "down", "up")
        await pilot.press(*"qqqq")
        assert not palette(pilot).shown
        assert "nothing is called so" in drawn(pilot)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, ChoiceScreen)
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))


async def test_the_mouse_chooses() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        await pilot.press(*"/history")
        await pilot.click("OptionList", offset=(4, 0))
        await wait_until(pilot, lambda: house(pilot).room.NAME == "history")


async def test_entries_with_hostile_and_wide_words_stay_in_their_columns() -> None:
    chosen: list[str | None] = []
    async with screen(FakeEngine([[]])) as pilot:
        words = [Choice("a", "evil \x1b[31m[bold]red[/bold]\n\u202etfel", "n"), Choice("b", "萤" * 80, "注" * 80)]
        await pilot.app.push_screen(ChoiceScreen("萤火虫 [b]x[/b]\x1b", words), chosen.append)
        await wait_until(pilot, lambda: "[31m[bold]red[/bold] <U+" in drawn(pilot), 3)
        shown = drawn(pilot)
        assert "\x1b" not in shown
        assert "萤火虫 [b]x[/b]" in shown
        assert all(shown.count(letter) in range(10, 40) for letter in "萤注"), "cut, with an ellipsis"
        assert shown.count("…") >= 2
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: chosen == ["b"])


async def test_the_commands_offer_the_same_looks_and_languages() -> None:
    async with screen(FakeEngine([[]]), size=(100, 30)) as pilot:

        async def type_in(text: str) -> None:
            prompt(pilot).replace_all(text)
            await pilot.press("enter")

        await type_in("/theme day")
        await wait_until(pilot, lambda: pilot.app.theme == "day")
        await type_in("/theme mauve")
        await wait_until(pilot, lambda: "there is no mauve; known: auto, dusk" in drawn(pilot))
        await type_in("/theme")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen) and bool(palette(pilot).shown))
        await pilot.press("down")
        await wait_until(pilot, lambda: pilot.app.theme == "contrast")
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.theme == "day")
        await type_in("/language 简体中文")
        await wait_until(pilot, lambda: "文档" in drawn(pilot))
        await type_in("/language")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen) and bool(palette(pilot).shown))
        await pilot.press("up", "enter")
        await wait_until(pilot, lambda: "Documents" in drawn(pilot))
        await wait_until(pilot, lambda: read_settings().screen.language == "en")
