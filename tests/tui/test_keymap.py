"""Other keys: what can be given one, what cannot be one, and that they work at once and are shown."""

import pytest

from assistant import FakeEngine, read_settings, settings_path
from tests.tui.support import Screen, drawn, house, prompt, screen, status, wait_until
from tui.app import LucioleApp
from tui.key_names import key_words
from tui.keymap import NEVER, bound, keymap, keys_of, refusal


def app_of(pilot: Screen) -> LucioleApp:
    assert isinstance(pilot.app, LucioleApp)
    return pilot.app


def test_everything_with_a_name_can_be_given_a_key() -> None:
    found = {known.name: known for known in bound()}
    assert {"stop", "help", "quit", "go.chat", "chat.new"} <= set(found)
    assert found["chat.new"].keys == ("ctrl+n",)
    assert (found["chat.new"].place, found["help"].place) == ("Chat", "Everywhere")
    assert all(known.description for known in found.values())
    assert keys_of(found["go.history"], {}) == "F5, Ctrl+S"
    assert keys_of(found["go.history"], {"go.history": "f9, ALT+H"}) == "F9, Alt+H"


def test_no_key_of_ours_is_one_that_terminals_take_for_another() -> None:
    keys = {key for known in bound() for key in known.keys}
    assert not keys & set(NEVER)


@pytest.mark.parametrize(
    ("name", "keys", "words"),
    [
        ("chat.new", "ctrl+i", "Ctrl+I for chat.new is the key Tab to a terminal"),
        ("chat.new", "ctrl+m", "is the key Enter"),
        ("chat.new", "f9,Ctrl+H", "is the key Backspace"),
        ("chat.new", "x", "is a letter one types"),
        ("help", "?", "is a letter one types"),
        ("chat.new", "f1", "F1 for chat.new already does: help"),
        ("chat.new", "ctrl+c", "has its own use everywhere"),
        ("chat.new", "tab", "has its own use everywhere"),
        ("chat.new", "hyper+x", "is no key"),
        ("chat.new", "", "is no key"),
        ("chat.regenerate", "e", "e for chat.regenerate already does: edit"),
        ("chat.fly", "f9", "nothing on the screen is called chat.fly"),
    ],
)
def test_a_key_that_cannot_be_is_refused_in_words(name: str, keys: str, words: str) -> None:
    assert words in refusal(name, keys, {})
    usable, problems = keymap({name: keys})
    assert usable == {}
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("name", "keys"), [("chat.new", "f9, Alt+N"), ("quit", "ctrl+q"), ("chat.new", "alt+r"), ("go.chat", "shift+f2")]
)
def test_others_can(name: str, keys: str) -> None:
    assert refusal(name, keys, {}) == ""


def test_a_key_that_was_freed_can_be_taken() -> None:
    assert refusal("chat.new", "f1", {}) != ""
    assert refusal("chat.new", "f1", {"help": "f9"}) == ""
    assert "already does: new chat" in refusal("help", "ctrl+b", {"chat.new": "ctrl+b"})


async def test_a_key_of_the_settings_works_and_the_old_one_does_not() -> None:
    settings_path().write_text('[screen.keys]\n"go.models" = "F9"\n"chat.new" = "ctrl+i"\n')
    async with screen(FakeEngine([[]]), size=(100, 30)) as pilot:
        await wait_until(pilot, lambda: "Ctrl+I for chat.new" in drawn(pilot), 5)
        assert "F9 Models" in drawn(pilot)
        app_of(pilot).clear_notifications()
        await wait_until(pilot, lambda: "chat.new" not in drawn(pilot))
        app_of(pilot).preferences.change("screen", "language", value="zh")
        await wait_until(pilot, lambda: "F9 模型" in drawn(pilot))
        assert "chat.new" not in drawn(pilot), "it is said once"
        app_of(pilot).preferences.change("screen", "keys", "go.chat", value="f8")
        await wait_until(pilot, lambda: "chat.new" in drawn(pilot))
        await pilot.press("f4")
        assert house(pilot).room.NAME == "chat"
        await pilot.press("f9")
        await wait_until(pilot, lambda: house(pilot).room.NAME == "models")


async def test_a_new_key_works_at_once_and_is_kept() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        prompt(pilot).insert("typed")
        app_of(pilot).preferences.change("screen", "keys", "help", value="ctrl+b")
        await wait_until(pilot, lambda: "Ctrl+B help" in status(pilot).keys)
        await pilot.press("ctrl+b")
        await wait_until(pilot, lambda: len(pilot.app.screen_stack) == 2)
        await pilot.press("escape")
        await wait_until(pilot, lambda: read_settings().screen.keys == {"help": "ctrl+b"})
        app_of(pilot).preferences.change("screen", "keys", "help", value=None)
        await wait_until(pilot, lambda: "F1 help" in status(pilot).keys)
        await wait_until(pilot, lambda: read_settings().screen.keys == {})
        assert prompt(pilot).text == "typed"


@pytest.mark.parametrize(
    ("key", "words"),
    [("slash", "/"), ("greater_than_sign", ">"), ("ctrl+b", "Ctrl+B"), ("G", "G"), ("alt+up", "Alt+↑"), ("f6", "F6")],
)
def test_keys_in_words(key: str, words: str) -> None:
    assert key_words(key) == words
