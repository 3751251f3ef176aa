"""Other versions of questions and answers: asked for, shown side by side, kept, and taken back."""

from assistant import FakeEngine, Finished, Message, Reading, Store, Text, Usage
from tests.tui.chat.support import focus, said, talked, turns, typed, view
from tests.tui.support import (
    READ,
    HeldEngine,
    drawn,
    find,
    prompt,
    screen,
    send,
    settled,
    status,
    texts,
    wait_until,
    whole,
)
from tui.rooms.chat.turns import Answer


def kept_texts() -> set[str]:
    with Store() as store:
        (entry,) = store.entries()
        return {turn.content for turn in store.load(entry.heading.id)[1].turns if not turn.removed}


async def test_an_answer_is_written_again_and_both_can_be_read() -> None:
    engine = FakeEngine(["Paris.", "It is Paris."])
    async with screen(engine) as pilot:
        await talked(pilot, "France?")
        await focus(pilot, -1)
        await pilot.press("r")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: It is Paris."])
        await wait_until(pilot, lambda: "2/2" in drawn(pilot))
        assert view(pilot).current is turns(pilot)[-1], "the new one has the focus of the old one"
        await pilot.press("left")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
        assert "1/2" in drawn(pilot)
        assert view(pilot).current is turns(pilot)[-1], "the keys go on working"
        await pilot.press("left")
        assert texts(pilot)[-1] == "model: Paris.", "there is none before the first"
        await pilot.press("right")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: It is Paris.")
        whole = status(pilot).context
        await pilot.press("d")
        await wait_until(pilot, lambda: status(pilot).context not in {whole, "?" + whole[1:]})
        await pilot.press("u")
        await wait_until(pilot, lambda: status(pilot).context == whole)
        await pilot.press("left")
        await wait_until(pilot, lambda: "?" not in status(pilot).context != whole)
    assert engine.received[1] == (Message("user", "France?"),)
    assert kept_texts() == {"France?", "Paris.", "It is Paris."}


async def test_a_question_is_edited_in_the_prompt_and_becomes_another_version() -> None:
    engine = FakeEngine(["Paris.", "Rome.", "Madrid."])
    async with screen(engine) as pilot:
        await talked(pilot, "France?", "Italy?")
        prompt(pilot).replace_all("half a thought")
        await focus(pilot, 0)
        await pilot.press("e")
        await typed(pilot, "France?")
        assert prompt(pilot).has_focus
        assert "another version of your message" in drawn(pilot)
        await send(pilot, "Spain?")
        await wait_until(pilot, lambda: texts(pilot) == ["you: Spain?", "model: Madrid."])
        await typed(pilot, "half a thought")
        assert "another version" not in drawn(pilot)
        await wait_until(pilot, lambda: "2/2" in drawn(pilot))
        await focus(pilot, 0)
        await pilot.press("left")
        await wait_until(
            pilot, lambda: texts(pilot) == ["you: France?", "model: Paris.", "you: Italy?", "model: Rome."]
        )
    assert engine.received[2] == (Message("user", "Spain?"),)


async def test_an_edit_that_is_left_changes_nothing_and_gives_the_draft_back() -> None:
    async with screen(FakeEngine(["Paris."])) as pilot:
        await talked(pilot, "France?")
        prompt(pilot).replace_all("a draft")
        await focus(pilot, 0)
        await pilot.press("e")
        await typed(pilot, "France?")
        await pilot.press("escape")
        await typed(pilot, "a draft")
        assert texts(pilot) == ["you: France?", "model: Paris."]
        assert "another version" not in drawn(pilot)


async def test_the_arrows_under_a_turn_can_be_clicked() -> None:
    async with screen(FakeEngine(["Paris.", "It is Paris."])) as pilot:
        await talked(pilot, "France?")
        await send(pilot, "/regenerate")
        await wait_until(pilot, lambda: "‹ 2/2 ›" in drawn(pilot))
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "‹ 2/2 ›" in line)
        await pilot.click(offset=(lines[row].index("‹"), row))
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: Paris.")
        assert "‹ 1/2 ›" in drawn(pilot)


async def test_another_answer_in_the_middle_leaves_what_followed_and_comes_back_with_the_old_one() -> None:
    async with screen(FakeEngine(["Paris.", "Rome.", "Lyon."])) as pilot:
        await talked(pilot, "France?", "Italy?")
        await focus(pilot, 1)
        await pilot.press("r")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Lyon."])
        await settled(pilot)
        await focus(pilot, 1)
        await pilot.press("left")
        await wait_until(pilot, lambda: len(texts(pilot)) == 4)
        assert texts(pilot)[-1] == "model: Rome."


async def test_another_answer_that_is_stopped_before_its_first_word_leaves_the_old_one() -> None:
    engine = HeldEngine(READ, tick=Reading(4, 10))
    async with screen(engine) as pilot:
        engine.before = [*READ, *whole("Paris.")]
        engine.release.set()
        await talked(pilot, "France?")
        engine.before = list(READ)
        engine.release.clear()
        engine.waiting.clear()
        await send(pilot, "/regenerate")
        await wait_until(pilot, engine.waiting.is_set)
        assert texts(pilot) == ["you: France?", "model: "]
        await pilot.press("escape")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
        assert "1/2" not in drawn(pilot)


async def test_a_cut_answer_offers_to_go_on_and_grows() -> None:
    cut = Finished("length", Usage(10, 0, 3, 8192, 0.0, 0.5, 1.0))
    engine = FakeEngine([[*READ, Text("One two"), cut], "One two three."])
    async with screen(engine) as pilot:
        await talked(pilot, "Count")
        assert "continue" in drawn(pilot)
        await focus(pilot, -1)
        await pilot.press("enter")
        await wait_until(pilot, lambda: texts(pilot) == ["you: Count", "model: One two three."])
        await wait_until(pilot, lambda: "continue" not in drawn(pilot))
        assert len(find(pilot, Answer)) == 1
        await send(pilot, "/continue")
        await wait_until(pilot, lambda: any("nothing to continue" in words for words in said(pilot)))
    assert kept_texts() == {"Count", "One two three."}
    assert engine.received[1][-1] == Message("assistant", "One two")


async def test_a_stopped_answer_goes_on_by_a_click() -> None:
    engine = HeldEngine([*READ, Text("One")], whole(" two"))
    async with screen(engine) as pilot:
        await send(pilot, "Count")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: One")
        await pilot.press("escape")
        await wait_until(pilot, lambda: "stopped here · continue" in drawn(pilot))
        engine.before, engine.after = READ, whole(" and on")
        engine.release.set()
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "stopped here · continue" in line)
        await pilot.click(offset=(lines[row].index("continue") + 2, row))
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: One and on")


async def test_what_is_deleted_comes_back() -> None:
    async with screen(FakeEngine(["Paris.", "Rome."])) as pilot:
        await talked(pilot, "France?", "Italy?")
        await focus(pilot, 2)
        await pilot.press("d")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
        await wait_until(pilot, lambda: "2 messages deleted · bring back" in drawn(pilot))
        await pilot.press("u")
        await wait_until(pilot, lambda: len(texts(pilot)) == 4)
        assert "deleted" not in drawn(pilot)
        await focus(pilot, 3)
        await pilot.press("d")
        await wait_until(pilot, lambda: "1 message deleted · bring back" in drawn(pilot))
        lines = drawn(pilot).splitlines()
        row = next(number for number, line in enumerate(lines) if "bring back" in line)
        await pilot.click(offset=(lines[row].index("bring back"), row))
        await wait_until(pilot, lambda: len(texts(pilot)) == 4)
        await focus(pilot, 0)
        await pilot.press("d")
        await wait_until(pilot, lambda: texts(pilot) == [])
        assert prompt(pilot).has_focus
        await send(pilot, "/undo")
        await wait_until(pilot, lambda: len(texts(pilot)) == 4)
        await send(pilot, "/undo")
        await wait_until(pilot, lambda: said(pilot)[-1:] == ["nothing was deleted"])
    assert kept_texts() == {"France?", "Paris.", "Italy?", "Rome."}


async def test_a_waiting_message_is_taken_back_alone() -> None:
    engine = HeldEngine([*READ, Text("one")], whole("."))
    async with screen(engine) as pilot:
        await send(pilot, "first")
        await wait_until(pilot, engine.waiting.is_set)
        await send(pilot, "second")
        await send(pilot, "third")
        await focus(pilot, 2)
        await pilot.press("d")
        await typed(pilot, "second")
        assert texts(pilot) == ["you: first", "model: one", "queued: third"]
        engine.release.set()
        await settled(pilot, 2)
    assert [messages[-1].content for messages in engine.received] == ["first", "third"]


async def test_nothing_is_changed_while_an_answer_is_written() -> None:
    engine = HeldEngine([*READ, *whole("Paris.")])
    async with screen(engine) as pilot:
        engine.release.set()
        await talked(pilot, "France?")
        engine.before = [*READ, Text("Rome")]
        engine.release.clear()
        engine.waiting.clear()
        await send(pilot, "Italy?")
        await wait_until(pilot, engine.waiting.is_set)
        await focus(pilot, 0)
        await pilot.press("d")
        await wait_until(pilot, lambda: any("being written" in words for words in said(pilot)))
        assert texts(pilot)[0] == "you: France?"
        assert status(pilot).state.startswith("writing")


async def test_a_question_that_came_to_nothing_can_be_asked_again_and_sent_away() -> None:
    engine = HeldEngine(READ, tick=Reading(4, 10))
    async with screen(engine) as pilot:
        await send(pilot, "France?")
        await wait_until(pilot, engine.waiting.is_set)
        await pilot.press("escape")
        await wait_until(pilot, lambda: "stopped before the first word" in drawn(pilot))
        engine.before = [*READ, *whole("Paris.")]
        engine.release.set()
        await focus(pilot, 0)
        await pilot.press("r")
        await wait_until(pilot, lambda: texts(pilot) == ["model: ", "you: France?", "model: Paris."])
        await focus(pilot, 0)
        await pilot.press("d")
        await wait_until(pilot, lambda: texts(pilot) == ["you: France?", "model: Paris."])
