"""The help: the keys that work where one is, as they are now, all commands, and where files lie."""

from textual.containers import VerticalScroll

from assistant import FakeEngine, settings_path
from tests.tui.support import Screen, drawn, house, screen, wait_until
from tui.app import LucioleApp
from tui.commands import COMMANDS
from tui.screens.help import HelpScreen
from tui.screens.settings import SettingsScreen

TALL = (120, 90)


async def opened(pilot: Screen) -> str:
    await pilot.press("f1")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen) and pilot.app.screen.is_mounted)
    await pilot.pause()
    return drawn(pilot)


async def test_live_keys_commands_and_places(luciole_home: object) -> None:
    async with screen(FakeEngine([[]]), size=TALL) as pilot:
        shown = await opened(pilot)
        assert "Keys here: Chat" in shown
        assert "New chat" in shown
        for command in COMMANDS:
            assert f"/{command.name}" in shown
        assert str(luciole_home) in shown.replace("\n", "")
        await pilot.press("escape")
        assert pilot.app.screen is house(pilot)
        await pilot.press("f4")
        shown = await opened(pilot)
        assert "Keys here: Models" in shown or "Keys everywhere" in shown
        assert "New chat" not in shown


async def test_a_key_of_the_settings_is_the_one_that_is_shown() -> None:
    settings_path().write_text('[screen]\nsubmit_key = "alt+enter"\n[screen.keys]\n"chat.new" = "ctrl+b"\n')
    async with screen(FakeEngine([[]]), size=TALL) as pilot:
        lines = (await opened(pilot)).split("\n")
        assert any("Ctrl+B" in line and "New chat" in line for line in lines)
        assert any("Alt+Enter" in line and "Send" in line for line in lines)


async def test_it_scrolls_and_speaks_chinese_at_once() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        app = pilot.app
        assert isinstance(app, LucioleApp)
        page = app.screen.query_one(VerticalScroll)
        await pilot.press("j", "down")
        await wait_until(pilot, lambda: page.scroll_y > 0)
        app.speak("zh")
        await wait_until(pilot, lambda: "全局快捷键" in drawn(pilot))
        assert "Keys everywhere" not in drawn(pilot)


async def test_long_words_are_wrapped_beside_their_key() -> None:
    async with screen(FakeEngine([[]]), size=(60, 60)) as pilot:
        shown = await opened(pilot)
        lines = shown.split("\n")
        at = next(number for number, line in enumerate(lines) if "Ctrl+P" in line)
        after = lines[at + 1]
        assert after.strip("│ ")
        assert len(after) - len(after.lstrip("│ ")) > 10


async def test_the_settings_are_a_click_away() -> None:
    async with screen(FakeEngine([[]]), size=TALL) as pilot:
        await opened(pilot)
        await pilot.click("#settings")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
