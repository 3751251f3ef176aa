"""The settings: each can be changed by keys, holds at once, is in the file, and can be unset."""

import pytest

from assistant import FakeEngine, read_settings, settings_path
from tests.tui.support import Screen, drawn, house, prompt, screen, wait_until
from tui.app import LucioleApp
from tui.screens.choice import ChoiceScreen
from tui.screens.entry import EntryScreen
from tui.screens.press_key import PressKeyScreen
from tui.screens.setting_rows import Number, rows, typed_number
from tui.screens.settings import SettingsScreen


def settings(pilot: Screen) -> SettingsScreen:
    found = pilot.app.screen
    assert isinstance(found, SettingsScreen)
    return found


async def opened(pilot: Screen) -> None:
    await pilot.press("f6")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen) and "Look" in drawn(pilot))


async def go(pilot: Screen, *place: str) -> None:
    """To the line of this setting."""
    for _step in range(60):
        current = settings(pilot).current
        if current is not None and current.place == place:
            return
        await pilot.press("down")
    raise AssertionError(place)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("1,000", 1000), ("0", None), ("1.5", None), ("x", None), ("nan", None), ("1e9", None)],
)
def test_figures(text: str, value: int | None) -> None:
    assert typed_number(Number(1, 1e6, whole=True), text) == value


def test_every_setting_says_what_it_is_now() -> None:
    settings_path().write_text(
        'default_model = "gone"\n[sampling]\nmax_tokens = 300\n[cache]\nreadings_gib = 0\n[screen.keys]\nhelp = "f9"\n'
    )
    found = {row.place: row for row in rows(read_settings(), ["dusk"], ["a"])}
    assert found["default_model",].shown == "gone"
    assert [choice.name for choice in found["default_model",].choices] == ["", "a", "gone"]
    assert found["sampling", "max_tokens"].shown == "300 tokens"
    assert found["cache", "readings_gib"].shown == "none are saved"
    assert found["screen", "keys", "help"].shown == "F9 (changed)"
    assert found["screen", "theme"].shown == "what fits the terminal"


async def test_left_and_right_go_through_the_languages() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        prompt(pilot).insert("typed")
        await opened(pilot)
        await go(pilot, "screen", "language")
        await pilot.press("left")
        await wait_until(pilot, lambda: "设置" in drawn(pilot))
        current = settings(pilot).current
        assert current is not None
        assert current.place == ("screen", "language"), "one stays on the line"
        await pilot.press("backspace")
        await wait_until(pilot, lambda: "Settings" in drawn(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: read_settings().screen.language == "auto")
        assert prompt(pilot).text == "typed"


async def test_a_look_is_seen_before_it_is_chosen() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        assert pilot.app.theme == "dusk"
        await pilot.press("down", "down")
        await wait_until(pilot, lambda: pilot.app.theme == "day")
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.theme == "dusk")
        assert read_settings().screen.theme == "auto"
        await pilot.press("enter", "down", "down", "enter")
        await wait_until(pilot, lambda: read_settings().screen.theme == "day")
        assert pilot.app.theme == "day"


async def test_a_limit_is_typed_refused_in_words_and_unset() -> None:
    async with screen(FakeEngine([[]]), size=(100, 30)) as pilot:
        await opened(pilot)
        await go(pilot, "sampling", "max_tokens")
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        await pilot.press(*"0", "enter")
        await wait_until(pilot, lambda: "0 is not a whole number from 1 to 1,048,576" in drawn(pilot))
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        await pilot.press("backspace", *"256", "enter")
        await wait_until(pilot, lambda: read_settings().sampling.always == {"max_tokens": 256})
        await wait_until(pilot, lambda: "256 tokens" in drawn(pilot))
        await pilot.press("backspace")
        await wait_until(pilot, lambda: read_settings().sampling.always == {})
        await wait_until(pilot, lambda: "1,024 tokens" in drawn(pilot))


async def test_a_key_is_pressed_and_works_or_is_refused() -> None:
    async with screen(FakeEngine([[]]), size=(120, 40)) as pilot:
        await opened(pilot)
        await go(pilot, "screen", "keys", "help")
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PressKeyScreen))
        await pilot.press("f2")
        await wait_until(pilot, lambda: "F2 for help already does: Chat" in drawn(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PressKeyScreen))
        await pilot.press("escape")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PressKeyScreen))
        await pilot.press("ctrl+b")
        await wait_until(pilot, lambda: read_settings().screen.keys == {"help": "ctrl+b"})
        await pilot.press("escape", "ctrl+b")
        await wait_until(pilot, lambda: "Keys here" in drawn(pilot))


async def test_the_default_model_is_one_of_those_that_are_there() -> None:
    async with screen(FakeEngine([[]]), size=(120, 40)) as pilot:
        await opened(pilot)
        await go(pilot, "default_model")
        await wait_until(pilot, lambda: len(getattr(settings(pilot).current, "choices", ())) > 1)
        await pilot.press("right")
        await wait_until(pilot, lambda: read_settings().default_model == "starter")
        await pilot.press("backspace")
        await wait_until(pilot, lambda: read_settings().default_model is None)


async def test_what_cannot_be_written_is_said() -> None:
    settings_path().write_text("[screen\n")
    async with screen(FakeEngine([[]]), size=(120, 40)) as pilot:
        await opened(pilot)
        await go(pilot, "conversation", "when_full")
        await pilot.press("right")
        await wait_until(pilot, lambda: drawn(pilot).count("TOML") > 1)
        current = settings(pilot).current
        assert current is not None
        assert current.value == "stop", "what is not written does not hold"


async def test_names_from_outside_are_made_safe() -> None:
    settings_path().write_text('default_model = "evil\\u001b[31m [b]x[/b]"\n')
    async with screen(FakeEngine([[]]), size=(120, 40)) as pilot:
        await opened(pilot)
        await wait_until(pilot, lambda: "evil[31m [b]x[/b]" in drawn(pilot))
        assert "\x1b" not in drawn(pilot)


async def test_the_command_opens_them_too() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        assert isinstance(pilot.app, LucioleApp)
        prompt(pilot).replace_all("/settings")
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))
        await pilot.press("q")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))


@pytest.mark.parametrize("theme", ["plain", "terminal"])
async def test_the_marked_line_is_seen_without_colours(theme: str) -> None:
    settings_path().write_text(f'[screen]\ntheme = "{theme}"\n')
    async with screen(FakeEngine([[]])) as pilot:
        await opened(pilot)
        await go(pilot, "screen", "submit_key")
        await pilot.pause()
        lines = pilot.app.screen._compositor.render_strips()
        marked = [s.text for line in lines for s in line if s.style is not None and s.style.reverse]
        assert any("Send a message" in text for text in marked)
        assert not any("Language" in text for text in marked)
