"""Characters in the chat: chosen, spoken with, looked into, described anew, and found again in the history."""

import shutil
from pathlib import Path

import pytest
from textual.widgets import Button, TextArea

from assistant import FakeEngine, Plain, Reading, Store, load_character
from tests.tui.chat.characters import DIALOGUES, character, corpus
from tests.tui.chat.support import focus, said, turns
from tests.tui.support import (
    READ,
    HeldEngine,
    Screen,
    chat,
    drawn,
    find,
    prompt,
    screen,
    send,
    settled,
    status,
    wait_until,
    whole,
)
from tui.holder import EngineHolder
from tui.rooms.chat.talk import Preparing, Talk
from tui.rooms.chat.turns import Answer, Greeting
from tui.screens.characters import CharactersScreen
from tui.screens.describe import DescribeScreen
from tui.screens.dialogues import DialoguesScreen
from tui.screens.entry import EntryScreen
from tui.widgets.turns import Note, Welcome


async def cast(pilot: Screen, name: str = "Mira") -> None:
    """Have this one answer."""
    await send(pilot, f"/character {name}")
    await wait_until(pilot, lambda: chat(pilot).talk.speaker == name and bool(find(pilot, Greeting)))


async def alone(pilot: Screen) -> None:
    """Have nobody answer but the model."""
    prompt(pilot).focus()
    await send(pilot, "/character none")
    await wait_until(pilot, lambda: bool(find(pilot, Welcome)))


async def chooser(pilot: Screen) -> CharactersScreen:
    await send(pilot, "/character")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, CharactersScreen))
    found = pilot.app.screen
    assert isinstance(found, CharactersScreen)
    await wait_until(pilot, lambda: found._listed is not None)
    return found


async def mark(pilot: Screen, chooser: CharactersScreen, name: str) -> None:
    """By the keys, from the top."""
    await pilot.press("home")
    while chooser.marked is None or chooser.marked.id != name:
        before = chooser.marked
        await pilot.press("down")
        assert chooser.marked is not before, "the list is over"
    await pilot.pause()


async def talked(pilot: Screen, question: str) -> None:
    """Ask, and wait for the answer."""
    before = len(find(pilot, Answer))
    await send(pilot, question)
    await wait_until(pilot, lambda: len(find(pilot, Answer)) == before + 1 and bool(find(pilot, Answer)[-1].mark))
    await pilot.pause()


def everything(engine: FakeEngine, place: int = -1) -> str:
    """All words of a prompt."""
    found = engine.prompts[place]
    return found.whole if isinstance(found, Plain) else "\n".join(message.content for message in found)


async def test_a_character_is_chosen_from_the_list_and_answers_under_its_name(luciole_home: Path) -> None:
    character(luciole_home)
    engine = FakeEngine(["I like the drops on the tin."])
    async with screen(engine) as pilot:
        assert find(pilot, Welcome)
        found = await chooser(pilot)
        await mark(pilot, found, "Mira")
        await wait_until(pilot, lambda: "mends radios" in drawn(pilot))
        shown = drawn(pilot)
        assert "Oh, a visitor! Tea?" in shown
        assert "English · 3 dialogues" in shown
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(find(pilot, Greeting)))
        await wait_until(pilot, lambda: status(pilot).who == "Mira" and "Oh, a visitor! Tea?" in drawn(pilot))
        assert not find(pilot, Welcome)
        await talked(pilot, "Do you like rain?")
        words = everything(engine)
        assert "Mira mends radios" in words
        assert "Rain on my kettle" in words
        answer = find(pilot, Answer)[0]
        assert (answer.speaker, answer.text) == ("Mira", "I like the drops on the tin.")
        lines = drawn(pilot).split("\n")
        at = next(row for row, line in enumerate(lines) if "I like the drops" in line)
        assert lines[at - 1].strip() == "Mira"
        await send(pilot, "/context")
        await wait_until(pilot, lambda: bool(find(pilot, Note)))
        assert "character: description, dialogues" in find(pilot, Note)[0].text
    with Store() as store:
        assert store.entries()[0].heading.character == "Mira"


async def test_nobody_is_chosen_and_a_new_chat_begins_without(luciole_home: Path) -> None:
    character(luciole_home)
    engine = FakeEngine(["Tea.", "Paris."])
    async with screen(engine) as pilot:
        await cast(pilot)
        await talked(pilot, "Hello")
        first = chat(pilot).talk.conversation.id
        await pilot.press("ctrl+n")
        await wait_until(pilot, lambda: len(find(pilot, Answer)) == 0)
        assert chat(pilot).talk.conversation.id != first
        assert find(pilot, Greeting), "a new chat is with the same one"
        found = await chooser(pilot)
        assert found.marked is not None
        assert found.marked.id == "Mira"
        await pilot.press("home", "enter")
        await wait_until(pilot, lambda: bool(find(pilot, Welcome)))
        assert status(pilot).who == ""
        await talked(pilot, "France?")
        assert "Mira" not in everything(engine)
        assert find(pilot, Answer)[0].speaker == ""
        await cast(pilot)
        await alone(pilot)


async def test_an_answer_shows_the_dialogues_it_was_written_after(luciole_home: Path) -> None:
    place = character(luciole_home)
    async with screen(FakeEngine(["I do."])) as pilot:
        await cast(pilot)
        await talked(pilot, "Do you like the rain?")
        await focus(pilot, -1)
        await wait_until(pilot, lambda: "dialogues" in str(drawn(pilot)))
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DialoguesScreen))
        await wait_until(pilot, lambda: "dialogues.csv, row 2" in drawn(pilot))
        shown = drawn(pilot)
        assert shown.index("pumpkin") < shown.index("Rain on my kettle"), "the most similar one is the last"
        assert "3 dialogues, the most similar last" in shown
        await pilot.press("escape")
        identity = chat(pilot).talk.conversation.id
        await alone(pilot)
        corpus(place, DIALOGUES[1:])
        await chat(pilot).open(identity)
        await wait_until(pilot, lambda: len(turns(pilot)) == 2)
        await send(pilot, "/dialogues")
        await wait_until(pilot, lambda: "no longer in the corpus" in drawn(pilot))
        assert "Rain on my kettle" not in drawn(pilot)


async def test_looking_up_is_switched_off_and_on_for_a_chat(luciole_home: Path) -> None:
    character(luciole_home)
    engine = FakeEngine(["One.", "Two.", "Three."])
    async with screen(engine) as pilot:
        await send(pilot, "/retrieval")
        await wait_until(pilot, lambda: "no character answers here" in said(pilot)[-1])
        await cast(pilot)
        await send(pilot, "/retrieval maybe")
        await wait_until(pilot, lambda: "takes on or off, found “maybe”" in said(pilot)[-1])
        await send(pilot, "/retrieval")
        await wait_until(pilot, lambda: status(pilot).who == "Mira · no dialogues")
        await talked(pilot, "Do you like the rain?")
        assert "mends radios" in everything(engine)
        assert "kettle" not in everything(engine)
        await send(pilot, "/dialogues")
        await wait_until(pilot, lambda: "/retrieval on" in drawn(pilot))
        await pilot.press("escape")
        await send(pilot, "/retrieval on")
        await wait_until(pilot, lambda: status(pilot).who == "Mira")
        await talked(pilot, "And the rain?")
        assert "kettle" in everything(engine)
        await send(pilot, "/retrieval off")
        await wait_until(pilot, lambda: status(pilot).who != "Mira")
        identity = chat(pilot).talk.conversation.id
        await alone(pilot)
        await chat(pilot).open(identity)
        await wait_until(pilot, lambda: len(turns(pilot)) == 4)
        await wait_until(pilot, lambda: status(pilot).who == "Mira · no dialogues")  # it is kept with the chat


async def test_the_description_is_edited_and_holds_from_the_next_answer_on(luciole_home: Path) -> None:
    place = character(luciole_home)
    engine = FakeEngine(["One.", "Two."])
    async with screen(engine) as pilot:
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: "no character answers here" in said(pilot)[-1])
        await cast(pilot)
        await talked(pilot, "Hello")
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        field = pilot.app.screen.query_one(TextArea)
        assert field.text == "Mira mends radios and loves rain."
        await pilot.press("!")
        await pilot.press("escape")
        await wait_until(pilot, lambda: "Something was changed" in drawn(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, DescribeScreen))
        assert "# mine" in (place / "character.toml").read_text(encoding="utf-8")
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        pilot.app.screen.query_one(TextArea).text = "Mira is a pirate.\n她喜欢海。"
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["it holds from the next answer on"])
        await talked(pilot, "And now?")
        assert "Mira is a pirate.\n她喜欢海。" in everything(engine)
        assert "mends radios" not in everything(engine)
        settings = (place / "character.toml").rename(place / "away")
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        pilot.app.screen.query_one(TextArea).text = "Mira is lost."
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: "cannot be written" in said(pilot)[-1])
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        assert pilot.app.screen.query_one(TextArea).text == "Mira is lost.", "what was written is there for another try"
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, DescribeScreen))
        settings.rename(place / "character.toml")
        await cast(pilot, "Glim")
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        assert "comes with Luciole" in drawn(pilot)
        pilot.app.screen.query_one(TextArea).text = "Glim sleeps."
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: said(pilot)[-1].startswith("Glim is a copy of yours now, in "))
        assert not load_character("glim").shipped
    assert load_character("Mira").description == "Mira is a pirate.\n她喜欢海。"
    assert "# mine" in (place / "character.toml").read_text(encoding="utf-8"), "comments stay"


async def test_a_description_edited_while_an_answer_is_written_waits_for_its_end(luciole_home: Path) -> None:
    character(luciole_home)
    engine = HeldEngine(READ, whole("Done."))
    async with screen(engine) as pilot:
        await cast(pilot)
        await send(pilot, "Hello")
        await wait_until(pilot, engine.waiting.is_set)
        part = chat(pilot).talk.character
        await send(pilot, "/describe")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        pilot.app.screen.query_one(TextArea).text = "Mira is a pirate."
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["it holds from the next answer on"])
        assert chat(pilot).talk.character is part
        engine.release.set()
        await settled(pilot, 2)
        now = chat(pilot).talk.character
        assert now is not None
        assert now.description == "Mira is a pirate."


def test_what_a_character_needs_is_read_with_progress_before_the_prompt(
    luciole_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = character(luciole_home, more='[retrieval]\nembedding_model = "vectors"\n')
    monkeypatch.setattr("assistant.characters.playing._named", lambda _character: FakeEngine)
    talk = Talk(EngineHolder(lambda: FakeEngine(["Hm."])))
    talk.cast(load_character("Mira"))
    assert not talk.is_counted_soon, "counting would read all of it, and nobody would see that"
    kinds = [type(event) for event in talk.say("Do you like the rain?") if isinstance(event, Reading)]
    talk.close()
    assert kinds == [Preparing, Preparing, Reading, Reading]
    assert (place / "dialogues.vectors.npz").is_file()
    talk.conversation.retrieval = False
    assert talk.is_counted_soon


async def test_a_kept_chat_opens_with_its_character_or_says_that_it_is_gone(luciole_home: Path) -> None:
    place = character(luciole_home, folder="mira of the shop")
    engine = FakeEngine(["One.", "Two.", "Three."])
    async with screen(engine) as pilot:
        await cast(pilot)
        await talked(pilot, "Hello")
        identity = chat(pilot).talk.conversation.id
        await alone(pilot)
        await pilot.press("f5")
        await wait_until(pilot, lambda: "with Mira" in drawn(pilot) and "One." in drawn(pilot))
        assert drawn(pilot).count("with Mira") == 2, "in the list, and beside it"
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(find(pilot, Greeting)) and len(turns(pilot)) == 2)
        assert turns(pilot)[-1].speaker == "Mira"
        await talked(pilot, "Again")
        assert "mends radios" in everything(engine)
        await alone(pilot)
        shutil.rmtree(place)
        await chat(pilot).open(identity)
        await wait_until(pilot, lambda: bool(find(pilot, Note)))
        assert "Mira cannot speak here any more" in find(pilot, Note)[0].text
        assert not find(pilot, Greeting)
        await talked(pilot, "Still there?")
        assert "mends radios" not in everything(engine)


async def test_a_broken_one_says_what_is_wrong_and_is_not_chosen(luciole_home: Path) -> None:
    place = character(luciole_home)
    (place / "character.toml").write_text("name = 3\n", encoding="utf-8")
    async with screen(FakeEngine(), size=(120, 30)) as pilot:
        found = await chooser(pilot)
        await mark(pilot, found, "Mira")
        await wait_until(pilot, lambda: "cannot be read" in drawn(pilot) and "a text was expected" in drawn(pilot))
        assert found.query_one("#describe", Button).disabled
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(said(pilot)))
        assert pilot.app.screen is found
        await pilot.press("escape")
        await send(pilot, "/character Nobodysson")
        await wait_until(pilot, lambda: "there is no character 'Nobodysson'" in said(pilot)[-1])
        assert find(pilot, Welcome)


async def test_a_new_one_is_named_described_and_chosen(luciole_home: Path) -> None:
    async with screen(FakeEngine()) as pilot:
        await chooser(pilot)
        await pilot.press("n")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        pilot.app.screen.query_one(TextArea).text = "三三"
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, CharactersScreen))
        found = pilot.app.screen
        assert isinstance(found, CharactersScreen)
        await wait_until(pilot, lambda: found.marked is not None and found.marked.name == "三三")
        await wait_until(pilot, lambda: not found.query_one("#describe", Button).disabled)
        await pilot.press("e")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen))
        pilot.app.screen.query_one(TextArea).text = "三三住在B站。"
        settings = luciole_home / "data" / "characters" / "三三" / "character.toml"
        away = settings.rename(settings.with_suffix(".away"))
        refused = pilot.app.screen
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, DescribeScreen) and pilot.app.screen != refused)
        away.rename(settings)
        await pilot.press("ctrl+s")  # what was written is there for another try
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, CharactersScreen))
        await wait_until(pilot, lambda: "三三住在B站。" in drawn(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: status(pilot).who == "三三")


async def test_the_mouse_marks_looks_and_chooses(luciole_home: Path) -> None:
    character(luciole_home)
    async with screen(FakeEngine(), size=(120, 30)) as pilot:
        found = await chooser(pilot)
        rows = drawn(pilot).split("\n")
        row = next(number for number, line in enumerate(rows) if "Mira" in line)
        await pilot.click(offset=(rows[row].index("Mira") + 1, row))
        await wait_until(pilot, lambda: found.marked is not None and found.marked.id == "Mira")
        assert pilot.app.screen is found
        await wait_until(pilot, lambda: "mends radios" in drawn(pilot))
        await pilot.click("#choose")
        await wait_until(pilot, lambda: status(pilot).who == "Mira")
