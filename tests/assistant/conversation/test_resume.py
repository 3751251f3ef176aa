"""Answers that were cut and go on: the same turn grows, and what is kept of it with it."""

from contextlib import closing
from dataclasses import replace

import pytest

from assistant.conversation.conversation import Conversation
from assistant.conversation.keeper import Keeper
from assistant.conversation.store import Store
from assistant.conversation.turns import Forgot, Turn
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message, Sampling
from tests.assistant.conversation.support import kept, whole

SHORT = Sampling(max_tokens=2)
WORDS = "One two three four five."


def said(conversation: Conversation) -> list[str]:
    return [turn.content for turn in conversation.path]


def last(conversation: Conversation) -> Turn:
    return conversation.path[-1]


def stop_after(events: int, conversation: Conversation) -> None:
    """Go on, and stop after so many pieces of text."""
    with closing(conversation.resume()) as going:
        for event in going:
            events -= isinstance(event, Text)
            if events == 0:
                break


def test_an_answer_that_was_too_long_goes_on_until_it_ends() -> None:
    engine = FakeEngine([WORDS])
    conversation = Conversation(engine, SHORT)
    list(conversation.say("Count?"))
    cut = last(conversation)
    assert (cut.content, cut.reason, conversation.can_resume) == ("One two", "length", True)
    events = list(conversation.resume())
    assert [event.text for event in events if isinstance(event, Text)] == [" three", " four"]
    assert engine.received[1] == (Message("user", "Count?"), Message("assistant", "One two"))
    list(conversation.resume())
    grown = last(conversation)
    assert said(conversation) == ["Count?", WORDS]
    assert (grown.id, grown.created) == (cut.id, cut.created), "it is the same turn"
    assert (grown.reason, conversation.can_resume) == ("stop", False)
    assert grown.usage is not None
    assert (grown.usage.prompt_tokens, grown.usage.answer_tokens) == (5, 1), "those of the last time"
    assert len(conversation.tree.turns) == 2
    with pytest.raises(KeyError):
        list(conversation.resume())


def test_stopped_and_failed_answers_go_on() -> None:
    broken: list[Event | EngineFailed] = [Text(" three"), EngineFailed("died")]
    engine = FakeEngine([WORDS, WORDS, broken, WORDS])
    conversation = Conversation(engine)
    with closing(conversation.say("Count?")) as events:
        for event in events:
            if isinstance(event, Text):
                break
    assert last(conversation).reason == "stopped"
    stop_after(1, conversation)
    assert (last(conversation).content, last(conversation).reason) == ("One two", "stopped")
    with pytest.raises(EngineFailed):
        list(conversation.resume())
    assert (last(conversation).content, last(conversation).reason) == ("One two three", "failed")
    list(conversation.resume())
    assert (last(conversation).content, last(conversation).reason) == (WORDS, "stop")


def test_what_goes_wrong_before_the_next_word_changes_nothing() -> None:
    engine = FakeEngine([WORDS, [Reading(0, 9), EngineFailed("died")], WORDS])
    conversation = Conversation(engine, SHORT)
    list(conversation.say("Count?"))
    before = last(conversation)
    with pytest.raises(EngineFailed):
        list(conversation.resume())
    assert last(conversation) == before
    with closing(conversation.resume()) as events:
        for event in events:
            if isinstance(event, Reading):
                break
    assert last(conversation) == before
    assert conversation.can_resume


def test_only_what_was_cut_goes_on() -> None:
    endless = Finished("repetition", Usage())
    conversation = Conversation(FakeEngine([[Text("la la la"), endless]]))
    for _ in range(2):
        assert not conversation.can_resume
        with pytest.raises(KeyError):
            list(conversation.resume())
        list(conversation.say("Sing?"))


def test_another_model_goes_on() -> None:
    conversation = Conversation(FakeEngine([WORDS]), SHORT)
    list(conversation.say("Count?"))
    other = FakeEngine([WORDS], info=replace(FAKE_INFO, name="other"))
    conversation.use(other, Sampling())
    list(conversation.resume())
    assert other.received == [(Message("user", "Count?"), Message("assistant", "One two"))]
    assert (last(conversation).content, last(conversation).model) == (WORDS, "other")
    assert conversation.engine is other


def test_each_word_is_kept() -> None:
    """Also where the program is killed: an answer without an end goes on too."""
    keeper = Keeper()
    conversation = Conversation(FakeEngine([WORDS]), SHORT, keeper=keeper)
    list(conversation.say("Count?"))
    going = conversation.resume()
    for event in going:
        if isinstance(event, Text):
            break
    assert keeper.settle(5)
    with Store() as store:
        killed = store.load(conversation.id)
    assert [turn.content for turn in killed[1].path] == ["Count?", "One two three"]
    assert killed[1].path[-1].reason is None
    going.close()
    assert keeper.close(5)
    found = Conversation(FakeEngine([WORDS], info=replace(FAKE_INFO, name="other")), keeper=Keeper(), saved=killed)
    assert found.can_resume
    list(found.resume())
    assert isinstance(found._keeper, Keeper)
    assert found._keeper.close(5)
    with Store() as store:
        loaded = store.load(conversation.id)
        assert whole(loaded) == whole((found.heading, found.tree))
        assert loaded[1].path[-1].model == "other"
        assert [hit.excerpt for hit in store.search("five")] == [WORDS], "it is found by its new words"


def test_a_question_that_has_no_answer_yet_is_answered() -> None:
    conversation = Conversation(FakeEngine(["Yes.", "Still yes."]))
    list(conversation.say("Hello?"))
    conversation.remove(last(conversation).id)
    assert conversation.can_resume
    list(conversation.resume())
    assert said(conversation) == ["Hello?", "Still yes."]


def test_room_is_made_for_an_answer_that_goes_on() -> None:
    """The question and what was said of its answer always stay."""
    engine = FakeEngine([WORDS + " Six seven."], info=replace(FAKE_INFO, context=9))
    conversation = Conversation(engine, SHORT, when_full="drop", system="")
    for question in ("one two", "three four"):
        list(conversation.say(question))
    marks = [event for event in conversation.resume() if isinstance(event, Forgot)]
    assert [mark.turns for mark in marks] == [2]
    assert [message.content for message in engine.received[-1]] == ["", "three four", "One two"]
    while conversation.can_resume:
        again = [event for event in conversation.resume() if isinstance(event, Forgot)]
        assert again == [], "nothing is left to leave out"
    assert said(conversation)[-1] == WORDS + " Six seven."


@pytest.mark.parametrize("written", ["", "[]", "{", '{"temperature": 99, "top_k": 7, "of_another_version": 1}'])
def test_sampling_that_another_version_wrote_is_read_as_far_as_it_is_known(written: str) -> None:
    identity = kept("Hello?").id
    with Store() as store:
        store._connection.execute("UPDATE conversations SET sampling = ?", (written,))
        found = store.load(identity)[0].sampling
    assert found == (Sampling(top_k=7) if "top_k" in written else None)


def test_a_title_that_was_given_elsewhere_meanwhile_stays() -> None:
    """Another program, or another room, renames a conversation that goes on here."""
    keeper = Keeper()
    conversation = Conversation(FakeEngine(), keeper=keeper)
    conversation.rename("Before the first word")
    list(conversation.say("Hello?"))
    assert keeper.settle(5)
    with Store() as store:
        assert store.entries()[0].title == "Before the first word"
        store.rename(conversation.id, "Elsewhere")
        list(conversation.say("Still there?"))
        assert keeper.settle(5)
        assert store.entries()[0].title == "Elsewhere"
        conversation.rename("Here")
        assert keeper.close(5)
        assert store.entries()[0].title == "Here"


def test_sampling_is_kept_with_the_conversation() -> None:
    own = Sampling(temperature=1.5, seed=3, stop=("END",), logit_bias=((7, -1.0), ("a", 2.0)))
    keeper = Keeper()
    conversation = Conversation(FakeEngine(), Sampling(top_k=3), keeper=keeper)
    conversation.sampling = own
    list(conversation.say("Hello?"))
    assert keeper.close(5)
    with Store() as store:
        saved = store.load(conversation.id)
    assert saved[0].sampling == own
    found = Conversation(FakeEngine(), Sampling(top_k=3), saved=saved)
    assert found.sampling == own
    found.use(FakeEngine(), Sampling(top_k=9))
    assert found.sampling == own, "its own stays with another model"
    found.sampling = None
    assert found.sampling == Sampling(top_k=9)
    assert found.heading.sampling is None
    found.sampling = own
    found.clear()
    assert found.sampling == own
