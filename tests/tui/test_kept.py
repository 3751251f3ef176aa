"""What the screen keeps of its chats, and what it says of it."""

from dataclasses import replace
from time import monotonic

from assistant import FAKE_INFO, FakeEngine, Store, Text, printable
from assistant.conversation.store import store_path
from assistant.paths import folder
from tests.tui.support import READ, HeldEngine, drawn, find, screen, send, settled, texts, wait_until, whole
from tui.widgets.turns import AnswerTurn, Note


def kept() -> list[list[tuple[str, str | None]]]:
    """Words and end of each turn of each conversation, the last one first."""
    with Store() as store:
        return [
            [(turn.content, turn.reason) for turn in store.load(entry.heading.id)[1].path] for entry in store.entries()
        ]


async def test_chats_are_kept_and_a_new_chat_is_another_one() -> None:
    async with screen(FakeEngine(["Paris.", "Rome."])) as pilot:
        await send(pilot, "France?")
        await settled(pilot)
        await pilot.press("ctrl+n")
        await send(pilot, "Italy?")
        await settled(pilot)
    assert kept() == [[("Italy?", None), ("Rome.", "stop")], [("France?", None), ("Paris.", "stop")]]


async def test_opening_and_closing_the_screen_keeps_nothing() -> None:
    async with screen(FakeEngine()):
        pass
    assert not store_path().exists()


async def test_quitting_in_the_middle_of_an_answer_keeps_its_words_and_waits_for_nothing() -> None:
    engine = HeldEngine([*READ, Text("The capital"), Text(" is")], whole(" Paris."))
    async with screen(engine) as pilot:
        await send(pilot, "France?")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: The capital is")
        begun = monotonic()
    assert monotonic() - begun < 1.0  # the pilot's own end included
    ((question, answer),) = kept()
    assert question == ("France?", None)
    assert answer[0] == "The capital is"
    engine.release.set()


async def test_what_cannot_be_kept_is_said_once_and_the_chat_goes_on() -> None:
    store_path().mkdir()
    async with screen(FakeEngine(["Paris.", "Rome.", "Madrid."])) as pilot:
        for number, question in enumerate(("France?", "Italy?", "Spain?"), 1):
            await send(pilot, question)
            await settled(pilot, number)
        (note,) = find(pilot, Note)
        assert note.text.startswith("nothing of this conversation is being kept: ")
        assert len(find(pilot, AnswerTurn)) == 3


async def test_what_the_model_no_longer_sees_is_said_where_it_happens() -> None:
    (folder("config") / "settings.toml").write_text('[conversation]\nwhen_full = "drop"\n')
    engine = FakeEngine(["a b c d e f g h"] * 6, info=replace(FAKE_INFO, context=60))
    async with screen(engine, size=(120, 40)) as pilot:
        for number in range(1, 5):
            await send(pilot, f"question {number} of some words more")
            await settled(pilot, number)
        (note,) = find(pilot, Note)
        assert note.text == "from here on the model no longer sees the first 4 turns (28 tokens)"
        assert note.text == printable(note.text)
        shown = drawn(pilot)
        assert shown.index("question 4") < shown.index("no longer sees")
    assert len(kept()[0]) == 8, "nothing left the conversation"
