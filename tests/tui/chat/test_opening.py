"""Kept conversations in the chat: opened at any turn, gone on with, left, thousands of turns long."""

import resource
from time import monotonic

from assistant import EngineFailed, FakeEngine, Message, ModelNotFound, Store, Text
from tests.tui.chat.support import focus, keep, said, talked, turns, view
from tests.tui.support import (
    READ,
    HeldEngine,
    chat,
    drawn,
    find,
    house,
    prompt,
    screen,
    send,
    settled,
    status,
    texts,
    wait_until,
    whole,
)
from tui.messages import OpenConversation
from tui.rooms.chat.turns import Answer, Question
from tui.widgets.turns import Welcome


async def test_a_kept_conversation_goes_on() -> None:
    keep("France?", "Paris.")
    engine = FakeEngine(["Rome."])
    async with screen(engine) as pilot:
        chat(pilot).post_message(OpenConversation("kept"))
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
        assert not find(pilot, Welcome)
        await wait_until(pilot, lambda: status(pilot).context.startswith("2 "))
        await send(pilot, "Italy?")
        await settled(pilot, 2)
    assert engine.received[0] == (Message("user", "France?"), Message("assistant", "Paris."), Message("user", "Italy?"))
    with Store() as store:
        assert store.entries()[0].turns == 4


async def test_it_opens_at_the_turn_that_was_found_in_whichever_branch() -> None:
    made = keep(*(f"word{number}\nof many\nlines" for number in range(60)))
    async with screen(FakeEngine(["Other."])) as pilot:
        await chat(pilot).open("kept", made[20].id)
        await wait_until(pilot, lambda: isinstance(view(pilot).current, Question))
        current = view(pilot).current
        assert isinstance(current, Question)
        assert current.turn == made[20]
        assert "word20" in drawn(pilot)
        await pilot.press("r")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: Other.")
        assert len(chat(pilot).talk.conversation.path) == 22
        await chat(pilot).open("kept", made[40].id)
        await wait_until(pilot, lambda: "word40" in drawn(pilot))
        assert len(chat(pilot).talk.conversation.path) == 60


async def test_one_that_is_not_there_is_said() -> None:
    async with screen(FakeEngine()) as pilot:
        await chat(pilot).open("nothing")
        await wait_until(pilot, lambda: any("no conversation is nothing" in words for words in said(pilot)))


async def test_it_can_be_read_without_a_model() -> None:
    keep("France?", "Paris.")

    def none() -> FakeEngine:
        raise ModelNotFound("no model is installed; one was expected; install one")

    async with screen(none, ready=False) as pilot:
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: "model: Paris." in texts(pilot))
        await focus(pilot, 1)
        await pilot.press("d")
        await wait_until(pilot, lambda: "model: Paris." not in texts(pilot))


async def test_opening_another_one_stops_what_is_being_written() -> None:
    keep("France?", "Paris.")
    engine = HeldEngine([*READ, *whole("Rome")])
    async with screen(engine) as pilot:
        await send(pilot, "Italy?")
        await wait_until(pilot, engine.waiting.is_set)
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
        await wait_until(pilot, lambda: status(pilot).state == "ready")
        assert texts(pilot) == ["you: France?", "model: Paris."]
        engine.release.set()


async def test_a_dead_engine_says_what_died_and_the_cut_answer_can_go_on() -> None:
    error = EngineFailed("the child died; it should live; use less context")
    engine = FakeEngine([[*READ, *whole("One two")[:-1], error], "One two three."])
    async with screen(engine) as pilot:
        await send(pilot, "Count")
        await wait_until(pilot, lambda: "ended here by an error · continue" in drawn(pilot))
        await focus(pilot, 1)
        await pilot.press("enter")
        await wait_until(pilot, lambda: texts(pilot)[:2] == ["you: Count", "model: One two three."])


async def test_another_room_and_back_keeps_what_is_typed_and_shown() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        prompt(pilot).replace_all("half")
        await pilot.press("f5")
        await pilot.pause()
        await pilot.press("f2")
        await wait_until(pilot, lambda: "Paris." in drawn(pilot))
        assert prompt(pilot).text == "half"
        assert house(pilot).room is chat(pilot)


async def test_an_answer_goes_on_while_one_is_in_another_room() -> None:
    engine = HeldEngine([*READ, Text("begun\n\n" * 30)], whole("the end"))
    async with screen(engine) as pilot:
        await send(pilot, "Go")
        await wait_until(pilot, engine.waiting.is_set)
        await pilot.press("f5")
        await pilot.pause()
        engine.release.set()
        await wait_until(pilot, lambda: status(pilot).state == "ready")
        await pilot.press("f2")
        await wait_until(pilot, lambda: "the end" in drawn(pilot))
        assert view(pilot).at_end


async def test_five_thousand_messages_open_quickly_and_stay_small() -> None:
    answer = "Some **bold** words, and a list:\n\n- one\n- two `code`\n\n```python\nx = 1\n```\n"
    keep(*(answer if number % 2 else f"question {number}" for number in range(5000)))
    async with screen(FakeEngine()) as pilot:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = monotonic()
        await chat(pilot).open("kept")
        await wait_until(pilot, lambda: "question 4998" in drawn(pilot))
        assert monotonic() - begun < 3
        assert len(turns(pilot)) < 60
        await pilot.press("ctrl+home")
        await wait_until(pilot, lambda: "question 0" in drawn(pilot))
        assert len(turns(pilot)) < 60
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert grown < 150
        assert all(isinstance(turn, Question | Answer) for turn in turns(pilot))
