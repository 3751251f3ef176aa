"""What a conversation remembers, when turns end, are stopped, or fail."""

from collections.abc import Generator, Sequence
from contextlib import closing

import pytest

from assistant.attachments import Attachment, attach
from assistant.conversation.conversation import Conversation
from assistant.conversation.tree import Tree
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Text, Usage
from assistant.fake import FakeEngine
from assistant.messages import Message, Sampling

USER, ANSWER = Message("user", "Hello?"), Message("assistant", "Yes, hello.")


def test_a_turn() -> None:
    engine = FakeEngine(["Yes, hello."])
    conversation = Conversation(engine)
    events = list(conversation.say("Hello?"))
    assert [type(event) for event in events] == [*[Loading] * 5, *[Reading] * 2, *[Text] * 2, Finished]
    assert conversation.messages == (USER, ANSWER)
    assert conversation.usage == Usage(
        prompt_tokens=1, answer_tokens=2, context=8192, read_seconds=0.5, write_seconds=1.0
    )


def test_the_engine_gets_everything_that_was_said() -> None:
    engine = FakeEngine(["Yes, hello.", "Bye."])
    conversation = Conversation(engine, Sampling(max_tokens=9), system="Be brief.")
    list(conversation.say("Hello?"))
    list(conversation.say("Bye?"))
    assert engine.received[1] == (Message("system", "Be brief."), USER, ANSWER, Message("user", "Bye?"))


def test_an_empty_system_message_is_one() -> None:
    """It silences the text that many templates put in where there is none."""
    assert Conversation(FakeEngine(), system="").messages == (Message("system", ""),)
    assert Conversation(FakeEngine()).messages == ()


def test_the_instruction_follows_the_language_of_the_question() -> None:
    engine = FakeEngine()
    conversation = Conversation(engine)
    for text in ("Hello?", "What is the time?", "ok?", "现在几点？", "Is it the end of the day?"):
        list(conversation.say(text))
    firsts = [messages[0] for messages in engine.received]
    english, chinese = Message("system", "Answer in plain English."), Message("system", "请用中文回答。")
    assert firsts == [USER, english, english, chinese, english], "a question of no certain language changes nothing"
    conversation.clear()
    assert conversation.messages == ()


def test_a_document_that_goes_along_says_nothing_of_the_language() -> None:
    engine = FakeEngine()
    conversation = Conversation(engine)
    document = Attachment("a.md", "这是一份很长的中文报告，里面有许多内容。" * 20)
    list(conversation.say(attach("What is the total of the year?", [document])))
    assert engine.received[0][0] == Message("system", "Answer in plain English.")


def test_an_instruction_of_ones_own_replaces_it() -> None:
    engine = FakeEngine()
    for system in ("Be brief.", ""):
        list(Conversation(engine, system=system).say("What is the time?"))
        assert engine.received[-1][0] == Message("system", system)


def test_stopping_keeps_the_words_so_far() -> None:
    conversation = Conversation(FakeEngine(["Yes, hello."]))
    with closing(conversation.say("Hello?")) as events:
        for event in events:
            if isinstance(event, Text):
                break
    assert conversation.messages == (USER, Message("assistant", "Yes,"))
    assert conversation.usage is None


def test_stopping_while_reading_leaves_no_trace() -> None:
    conversation = Conversation(FakeEngine())
    with closing(conversation.say("Hello?")) as events:
        for event in events:
            if isinstance(event, Reading):
                break
    assert conversation.messages == ()


def test_stopping_closes_the_engines_stream_first() -> None:
    closed: list[bool] = []

    class Watched(FakeEngine):
        def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
            try:
                yield from super().stream(messages, sampling)
            finally:
                closed.append(True)

    events = Conversation(Watched()).say("Hello?")
    next(events)
    assert not closed
    events.close()
    assert closed


def test_a_failure_before_the_first_word_can_be_tried_again() -> None:
    engine = FakeEngine([[Reading(0, 1), EngineFailed("died")], "Yes, hello."])
    conversation = Conversation(engine)
    with pytest.raises(EngineFailed):
        list(conversation.say("Hello?"))
    assert conversation.messages == ()
    list(conversation.say("Hello?"))
    assert engine.received[1] == (USER,)


def test_a_failure_after_it_keeps_the_words() -> None:
    broken: list[Event | EngineFailed] = [Text("Yes"), EngineFailed("died")]
    conversation = Conversation(FakeEngine([broken]))
    with pytest.raises(EngineFailed):
        list(conversation.say("Hello?"))
    assert conversation.messages == (USER, Message("assistant", "Yes"))


def test_what_does_not_fit_is_said_and_nothing_dropped() -> None:
    conversation = Conversation(FakeEngine())
    list(conversation.say("Hello?"))
    before = conversation.messages
    with pytest.raises(PromptTooLong) as refused:
        list(conversation.say("word " * 9000))
    assert (refused.value.tokens, refused.value.limit) == (9002, 8192)
    assert conversation.messages == before


def test_clearing_keeps_the_system_message() -> None:
    conversation = Conversation(FakeEngine(), system="Be brief.")
    list(conversation.say("Hello?"))
    conversation.clear()
    assert conversation.messages == (Message("system", "Be brief."),)
    assert conversation.usage is None


def said(conversation: Conversation) -> list[str]:
    return [turn.content for turn in conversation.path]


def test_another_answer_is_a_sibling_and_the_first_stays() -> None:
    engine = FakeEngine(["One.", "Two.", "Three."])
    conversation = Conversation(engine)
    list(conversation.say("Count?"))
    list(conversation.regenerate())
    list(conversation.regenerate(conversation.path[0].id))
    answers = conversation.tree.siblings(conversation.path[-1].id)
    assert [turn.content for turn in answers] == ["One.", "Two.", "Three."]
    assert engine.received == [(Message("user", "Count?"),)] * 3
    assert said(conversation) == ["Count?", "Three."]
    conversation.select(answers[0].id)
    list(conversation.say("Next?"))
    assert [message.content for message in engine.received[-1]] == ["Count?", "One.", "Next?"]


def test_another_question_is_a_sibling_and_what_followed_the_first_stays() -> None:
    engine = FakeEngine(["One.", "Two.", "Three."])
    conversation = Conversation(engine)
    list(conversation.say("First?"))
    list(conversation.say("Second?"))
    first = conversation.path[0].id
    list(conversation.edit(first, "Other?"))
    assert said(conversation) == ["Other?", "Three."]
    assert engine.received[-1] == (Message("user", "Other?"),)
    conversation.select(first)
    assert said(conversation) == ["First?", "One.", "Second?", "Two."]


def test_only_what_is_there_can_be_asked_again() -> None:
    conversation = Conversation(FakeEngine())
    with pytest.raises(KeyError):
        list(conversation.regenerate())
    list(conversation.say("Hello?"))
    with pytest.raises(KeyError):
        list(conversation.edit(conversation.path[1].id, "an answer"))
    with pytest.raises(KeyError):
        list(conversation.edit("nothing", "Hello?"))
    conversation.remove(conversation.path[0].id)
    with pytest.raises(KeyError):
        list(conversation.regenerate(conversation.tree.turns[1].id))
    assert conversation.path == ()


def test_another_answer_that_fails_before_its_first_word_changes_nothing() -> None:
    conversation = Conversation(FakeEngine(["One.", [Reading(0, 1), EngineFailed("died")]]))
    list(conversation.say("Count?"))
    before = conversation.path
    with pytest.raises(EngineFailed):
        list(conversation.regenerate())
    assert conversation.path == before
    assert len(conversation.tree.turns) == 2


def test_how_each_answer_ended_is_kept() -> None:
    engine = FakeEngine(["Yes.", "one two three", [Text("Half"), EngineFailed("died")], [Text("Cut short")]])
    conversation = Conversation(engine, Sampling(max_tokens=2))
    list(conversation.say("a"))
    list(conversation.say("b"))
    with pytest.raises(EngineFailed):
        list(conversation.say("c"))
    list(conversation.say("d"))  # interrupted: the stream ends without its `Finished`
    assert [turn.reason for turn in conversation.path[1::2]] == ["stop", "length", "failed", "stopped"]
    assert {turn.model for turn in conversation.path[1::2]} == {"fake"}
    assert [turn.usage is not None for turn in conversation.path[1::2]] == [True, True, False, False]


def test_a_question_after_one_without_an_answer_becomes_its_sibling() -> None:
    """As a program that was killed while the model read leaves it."""
    conversation = Conversation(FakeEngine(["Yes."]))
    events = conversation.say("Lost?")
    next(events)
    left = conversation.heading, Tree(conversation.tree.turns)
    events.close()
    resumed = Conversation(FakeEngine(["Here."]), saved=left)
    assert said(resumed) == ["Lost?"]
    list(resumed.say("Again?"))
    assert said(resumed) == ["Again?", "Here."]
    assert len(resumed.tree.siblings(resumed.path[0].id)) == 2
    resumed.select(resumed.tree.turns[0].id)
    list(resumed.regenerate())
    assert said(resumed) == ["Lost?", "Here."]


def test_removing_and_restoring_moves_what_the_model_sees() -> None:
    conversation = Conversation(FakeEngine(["One.", "Two."]))
    list(conversation.say("First?"))
    list(conversation.say("Second?"))
    second = conversation.path[2].id
    conversation.remove(second)
    assert [message.content for message in conversation.messages] == ["First?", "One."]
    conversation.restore(second)
    assert [message.content for message in conversation.messages] == ["First?", "One.", "Second?", "Two."]


def test_a_new_conversation_has_another_name_and_leaves_the_old_one_alone() -> None:
    conversation = Conversation(FakeEngine(["one two"]), system="Be brief.")
    events = conversation.say("Hello?")
    while not isinstance(next(events), Text):
        pass
    old, tree = conversation.id, conversation.tree
    conversation.clear()
    events.close()
    assert conversation.id != old
    assert conversation.path == ()
    assert [(turn.content, turn.reason) for turn in tree.path] == [("Hello?", None), ("one", "stopped")]
