"""The looks: readable, told apart without colour, fitting the terminal, and changed at once and for good."""

from itertools import product

import pytest
from textual.color import Color

from assistant import FakeEngine, read_settings, settings_path
from tests.tui.support import Screen, drawn, prompt, screen, send, settled, wait_until, whole
from tui.app import LucioleApp, make_app
from tui.theme import AUTO, CONTRAST, DAY, DUSK, OURS, PLAIN, TERMINAL, WORDS, fitting

CODE = "A word:\n\n```python\ndef f(): return 1\n```\n"


def app_of(pilot: Screen) -> LucioleApp:
    assert isinstance(pilot.app, LucioleApp)
    return pilot.app


def contrast(one: Color, other: Color) -> float:
    """The ratio of WCAG 2: 1 for the same, 21 for black on white."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color: Color) -> float:
    parts = [part / 255 for part in color.rgb]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("theme", "least"), [(DUSK, 4.5), (DAY, 4.5), (CONTRAST, 7)], ids=["dusk, 4.5", "day, 4.5", "contrast, 7"]
)
def test_words_can_be_read_on_every_ground(theme: object, least: float) -> None:
    grounds = [Color.parse(getattr(theme, name)) for name in ("background", "surface", "panel")]
    for ground, name in product(grounds, ("foreground", "primary", "success", "warning", "error")):
        assert contrast(Color.parse(getattr(theme, name)), ground) >= least, (name, ground)
    for ground in grounds[:2]:
        words = ground.blend(Color.parse(getattr(theme, "foreground")), 0.6)  # noqa: B009  any theme
        assert contrast(words, ground) >= (7 if theme is CONTRAST else 3.8), "quiet words"


@pytest.mark.parametrize(
    ("environment", "light", "name"),
    [
        ({}, None, "dusk"),
        ({}, True, "day"),
        ({"COLORFGBG": "0;15"}, None, "day"),
        ({"COLORFGBG": "15;default;0"}, None, "dusk"),
        ({"COLORFGBG": "0;15"}, False, "dusk"),
        ({"NO_COLOR": "1"}, True, "plain"),
        ({"NO_COLOR": ""}, None, "dusk"),
    ],
    ids=str,
)
def test_the_look_fits_the_terminal(environment: dict[str, str], light: bool | None, name: str) -> None:
    assert fitting(environment, light=light) == name


def test_every_look_of_ours_has_words() -> None:
    assert set(WORDS) == {AUTO, *(theme.name for theme in OURS)}


def colours(pilot: Screen) -> set[str]:
    """All colours on the screen, after what the app does to its lines."""
    filters = pilot.app.get_line_filters()
    found = set()
    for strip in pilot.app.screen._compositor.render_strips():
        for segment in strip.apply_filter(filters[-1], Color(0, 0, 0)) if filters else strip:
            if segment.style is not None:
                found |= {str(color.name) for color in (segment.style.color, segment.style.bgcolor) if color}
    return found


async def test_plain_has_no_colour_at_all_not_even_in_code() -> None:
    async with screen(FakeEngine([whole(CODE)])) as pilot:
        await send(pilot, "Hello")
        await settled(pilot)
        before = colours(pilot)
        assert len(before) > 5
        app_of(pilot).preferences.change("screen", "theme", value=PLAIN.name)
        await wait_until(pilot, lambda: colours(pilot) == {"default"})
        assert pilot.app.no_color
        prompt(pilot).insert("chosen")
        prompt(pilot).select_all()
        await pilot.pause()
        lines = pilot.app.screen._compositor.render_strips()
        assert any(s.style is not None and s.style.reverse and "chosen" in s.text for line in lines for s in line)
        app_of(pilot).preferences.change("screen", "theme", value=DUSK.name)
        await wait_until(pilot, lambda: len(colours(pilot)) > 5)
        assert not pilot.app.no_color


async def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with screen(FakeEngine([whole(CODE)])) as pilot:
        assert pilot.app.theme == PLAIN.name
        assert colours(pilot) == {"default"}


async def test_the_terminals_own_colours_and_no_others() -> None:
    async with screen(FakeEngine([whole(CODE)])) as pilot:
        app_of(pilot).preferences.change("screen", "theme", value=TERMINAL.name)
        await send(pilot, "Hello")
        await settled(pilot)
        filters = pilot.app.get_line_filters()
        assert not filters
        names = {
            str(color.name)
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
            for color in (segment.style.color if segment.text.strip() else None, segment.style.bgcolor)
            if color is not None
        }
        assert "default" in names
        assert not any(name.startswith("#") for name in names), names


async def test_a_look_is_kept_and_taken_up_again() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        assert pilot.app.theme == DUSK.name
        app_of(pilot).preferences.change("screen", "theme", value=DAY.name)
        assert pilot.app.theme == DAY.name
        await wait_until(pilot, lambda: read_settings().screen.theme == DAY.name)
    assert make_app(lambda: FakeEngine([[]])).theme == DAY.name


async def test_a_look_that_nobody_knows_is_said_and_another_taken() -> None:
    settings_path().write_text('[screen]\ntheme = "mauve\\u001b[31m"\n')
    async with screen(FakeEngine([[]]), size=(100, 30)) as pilot:
        assert pilot.app.theme == DUSK.name
        await wait_until(pilot, lambda: "there is no theme mauve" in drawn(pilot))
        assert "\x1b" not in drawn(pilot)


async def test_damaged_settings_are_said_and_stay_as_they_are() -> None:
    settings_path().write_text("[screen\n")
    async with screen(FakeEngine([[]]), size=(120, 30)) as pilot:
        await wait_until(pilot, lambda: "TOML" in drawn(pilot))
        app_of(pilot).preferences.change("screen", "theme", value=DAY.name)
        assert pilot.app.theme == DAY.name, "it holds for now"
        await wait_until(pilot, lambda: drawn(pilot).count("TOML") > 1)
    assert settings_path().read_text() == "[screen\n"


async def test_changes_are_written_in_their_order() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        for theme in (DAY, DUSK, CONTRAST, PLAIN, DAY):
            app_of(pilot).preferences.change("screen", "theme", value=theme.name)
        app_of(pilot).preferences.change("cache", "readings_gib", value=2)
        await wait_until(pilot, lambda: app_of(pilot).preferences.settings.readings_bytes == 2 << 30)
        assert read_settings().screen.theme == DAY.name
        assert app_of(pilot).preferences.settings.screen.theme == DAY.name


async def test_in_high_contrast_the_hint_in_an_empty_field_can_be_read() -> None:
    settings_path().write_text(f'[screen]\ntheme = "{CONTRAST.name}"\n')
    async with screen(FakeEngine([[]])) as pilot:
        hint = prompt(pilot).get_component_styles("text-area--placeholder")
        shown = Color.parse(CONTRAST.background or "").blend(hint.color, hint.color.a)
        assert contrast(shown, Color.parse(CONTRAST.background or "")) >= 7
