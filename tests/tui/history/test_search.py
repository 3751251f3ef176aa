"""Searching as one types: what is found, how it is marked, and that nothing waits for it."""

import gettext
from threading import Event as Flag

import pytest

from assistant import Store
from tests.tui.history.support import Keeping, ago, chosen, history, listed, room, shelf
from tests.tui.support import Screen, drawn, house, send, wait_until
from tui import language
from tui.messages import OpenConversation
from tui.rooms.history.contents import MOST, Findings
from tui.rooms.history.items import found_items
from tui.rooms.history.shelf import Shelf
from tui.rooms.history.told import Found


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> Keeping:
    found = Keeping(monkeypatch)
    found.keep("firefly", "How bright is a firefly?", "A fortieth of a candle.", when=ago(minutes=4))
    found.keep("lamp", "How bright is a lamp?", "A candle, or sixty of them.", when=ago(days=2))
    found.keep("glow", "萤火虫为什么发光？", "因为荧光素。", when=ago(days=40))
    return found


async def look_for(pilot: Screen, words: str) -> None:
    """Type and wait until it was looked for."""
    await pilot.press(*words)
    await wait_until(pilot, lambda: room(pilot).contents.search == words)
    await pilot.pause()


def bold(pilot: Screen) -> list[str]:
    """What stands out in the list by its style, as cells of one style that follow each other."""
    found = []
    for y in range(shelf(pilot).size.height):
        found += [segment.text for segment in shelf(pilot).render_line(y) if segment.style and segment.style.underline]
    return found


async def test_what_is_typed_is_found_and_stands_out(keeping: Keeping) -> None:
    async with history() as pilot:
        await look_for(pilot, "candle")
        assert listed(pilot) == [
            "[Today]",
            "How bright is a firefly?",
            "[The last seven days]",
            "How bright is a lamp?",
        ]
        assert bold(pilot) == ["candle", "candle"]
        assert "Answer: A fortieth of a candle." in drawn(pilot)
        assert "2 places" in drawn(pilot)
        await wait_until(pilot, lambda: "tiny" in drawn(pilot))  # the page beside it
        await pilot.press(*" sixty")
        await wait_until(pilot, lambda: listed(pilot) == ["[The last seven days]", "How bright is a lamp?"])
        assert bold(pilot) == ["candle", "sixty"], "all of the words, in any order"


async def test_chinese_words_and_titles_are_found(keeping: Keeping) -> None:
    with Store() as store:
        store.rename("lamp", "Of 荧光 lamps")
    async with history() as pilot:
        room(pilot).action_search("荧光")
        await wait_until(pilot, lambda: room(pilot).contents.search == "荧光")
        assert listed(pilot) == ["[In titles]", "Of 荧光 lamps", "[October 2026]", "萤火虫为什么发光？"]
        assert bold(pilot) == ["荧光", "荧光"]
        assert all(line.cell_length == 100 for line in pilot.app.screen._compositor.render_strips())


async def test_enter_opens_the_place_that_was_found(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[OpenConversation] = []
    async with history() as pilot:

        async def opened(identity: str, turn: str | None) -> None:
            asked.append(OpenConversation(identity, turn))

        monkeypatch.setattr(house(pilot).chat, "open", opened)
        await look_for(pilot, "sixty")
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(asked))
        assert (asked[0].identity, asked[0].turn) == ("lamp", "lamp-1")
        assert house(pilot).room is house(pilot).chat
        await pilot.press("f5")
        assert room(pilot).words == "sixty", "coming back, one finds what one looked for"
        assert chosen(pilot) == "lamp:lamp-1"


async def test_the_command_searches_from_anywhere(keeping: Keeping) -> None:
    async with history() as pilot:
        await pilot.press("f2")
        await send(pilot, "/history sixty")
        await wait_until(pilot, lambda: room(pilot).contents.search == "sixty")
        assert house(pilot).room is room(pilot)
        await pilot.press("f2")
        await send(pilot, "/history")
        await wait_until(pilot, lambda: house(pilot).room is room(pilot))


async def test_escape_ends_the_search(keeping: Keeping) -> None:
    async with history() as pilot:
        await look_for(pilot, "candle")
        await pilot.press("down", "down", "escape")
        await wait_until(pilot, lambda: len(listed(pilot)) == 6)
        assert room(pilot).words == ""
        assert pilot.app.focused is room(pilot).query_one("#search")


async def test_nothing_found_is_said(keeping: Keeping) -> None:
    async with history((80, 24)) as pilot:
        await look_for(pilot, "nobody")
        assert "“nobody” is in no conversation." in drawn(pilot)
        await pilot.press("down", "enter", "d", "x", "e", "r", "a")
        assert room(pilot).words == "nobodydxera", "there is no list to go to"


async def test_only_the_last_of_what_was_typed_is_looked_for(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk: one waits for no search that is not wanted any more, and the keys are there at once."""
    held, searched = Flag(), list[str]()
    search = Store.search

    def slow(store: Store, text: str, most: int | None = None):  # type: ignore[no-untyped-def]
        searched.append(text)
        assert held.wait(10)
        return search(store, text, most)

    monkeypatch.setattr(Store, "search", slow)
    async with history() as pilot:
        room(pilot).action_search("how")
        await wait_until(pilot, lambda: searched == ["how"])
        for words in ("howb", "lam", "lamp"):
            room(pilot).action_search(words)
            room(pilot)._look()
        assert listed(pilot)[0] == "[Today]", "the list stays until something is found"
        held.set()
        await wait_until(pilot, lambda: room(pilot).contents.search == "lamp")
        assert searched == ["how", "lamp"]
        room(pilot).post_message(Found(Findings("how", [], {})))
        await pilot.pause()
        assert listed(pilot) == ["[The last seven days]", "How bright is a lamp?"]


async def test_what_is_found_long_ago_in_a_long_answer_is_on_the_page(keeping: Keeping) -> None:
    keeping.keep("long", "Tell me", "word " * 4000 + "needle " + "word " * 4000, when=ago(hours=1))
    async with history((120, 30)) as pilot:
        await look_for(pilot, "needle")
        await wait_until(pilot, lambda: drawn(pilot).count("needle") >= 3)


async def test_many_places_are_said_to_be_the_newest(keeping: Keeping) -> None:
    keeping.keep("many", *(f"lamp number {number}" for number in range(MOST + 50)))
    async with history() as pilot:
        await look_for(pilot, "number")
        assert len(shelf(pilot).rows) == MOST
        assert f"the newest {MOST} places" in drawn(pilot)


async def test_hostile_texts_are_only_seen(keeping: Keeping) -> None:
    evil = "lamp\x1b]0;owned\x07\x1b[31m \u202eevil [bold]x[/] \x9b2J"
    keeping.keep("evil", evil, evil, title=evil, document=f"/home/{evil}.txt", model=evil)
    async with history() as pilot:
        for action in ("", "lamp", evil):
            room(pilot).action_search(action)
            await wait_until(pilot, lambda: all(part in drawn(pilot) for part in ("<U+202E>", "[bold]x[/]")))
            assert not set(drawn(pilot)) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert room(pilot).words == "lamp]0;owned[31m <U+202E>evil [bold]x[/] 2J"


async def test_another_language_is_spoken_at_once(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    class Loud(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message if "{" in message else message.upper()

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return (msgid1 if n == 1 else msgid2).replace("turn", "TURN").replace("conv", "CONV")

    async with history((80, 24)) as pilot:
        await wait_until(pilot, lambda: "tiny" in drawn(pilot))
        monkeypatch.setattr(language, "_current", Loud())
        house(pilot).show_words()
        await pilot.pause()
        for words in ("SEARCH IN ALL", "3 CONVersations", " TODAY ", "OCTOBER 2026", " 2 TURNs", "YOU  "):
            assert words in drawn(pilot)


def test_a_place_in_a_conversation_that_has_gone_meanwhile_is_left_out(keeping: Keeping) -> None:
    with Store() as store:
        hits = store.search("candle")
        entries = {entry.heading.id: entry for entry in store.entries() if entry.heading.id != "lamp"}
    assert [getattr(item, "key", None) for item in found_items(hits, entries, "candle", ago())] == [
        None,
        "firefly:firefly-1",
    ]
    assert Shelf().row is None
