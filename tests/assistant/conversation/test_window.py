"""What is left out of a full context: never more than whole exchanges, never the last question, and in steps."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.conversation.conversation import Conversation, Said
from assistant.conversation.turns import Forgot
from assistant.conversation.window import WhenFull, Window, leave_out, room_for_prompt
from assistant.errors import PromptTooLong
from assistant.events import Event, Finished, Text
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message, Sampling

COSTS = st.lists(st.integers(0, 500), min_size=1, max_size=30)
ROOM = st.integers(0, 3000)


@settings(deadline=None)
@given(COSTS, ROOM)
def test_what_stays_fits_with_a_quarter_to_spare(costs: list[int], room: int) -> None:
    count = leave_out(costs, room)
    assert 0 <= count < len(costs), "the last question stays"
    left = sum(costs[count:])
    if count == 0:
        assert left <= room or len(costs) == 1
    else:
        assert left <= room * 3 // 4 or count == len(costs) - 1
        assert sum(costs[count - 1 :]) > room * 3 // 4, "nothing goes without need"


@settings(deadline=None)
@given(COSTS, ROOM, ROOM)
def test_more_room_never_leaves_out_more(costs: list[int], one: int, other: int) -> None:
    assert leave_out(costs, max(one, other)) <= leave_out(costs, min(one, other))


@settings(deadline=None)
@given(COSTS, ROOM, st.data())
def test_longer_turns_never_leave_out_less(costs: list[int], room: int, data: st.DataObject) -> None:
    longer = [cost + data.draw(st.integers(0, 100)) for cost in costs]
    assert leave_out(longer, room) >= leave_out(costs, room)


@settings(deadline=None)
@given(st.integers(128, 100_000), st.integers(1, 10_000))
def test_an_answer_has_its_room_but_never_more_than_a_quarter(limit: int, answer: int) -> None:
    assert limit - limit // 4 <= room_for_prompt(limit, answer) <= limit - min(answer, limit // 4)


class Checked(FakeEngine):
    """Takes three tokens more for each message than it has words, as templates do, and checks what it is given."""

    def __init__(self, limit: int, answers: Sequence[str] = ("Yes.",)) -> None:
        super().__init__(answers, info=replace(FAKE_INFO, context=limit))
        self.counted = 0
        self.largest = 0

    def count(self, content: str | Sequence[Message]) -> int:
        self.counted += 1
        return super().count(content) + (0 if isinstance(content, str) else 3 * len(content))

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        roles = [message.role for message in messages]
        assert roles[0] == "system"
        assert roles[1:] == (["user", "assistant"] * len(roles))[: len(roles) - 1], "whole exchanges"
        if len(messages) > 2 and not messages[-1].content.startswith("Summarize our conversation"):
            self.largest = max(self.largest, self.count(messages))
        yield from super().stream(messages, sampling)


def texts(sizes: list[int]) -> list[str]:
    return [" ".join([f"q{number}"] * max(size, 1)) for number, size in enumerate(sizes)]


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 120), min_size=1, max_size=14),
    st.integers(250, 600),
    st.sampled_from(["drop", "summarize"]),
    st.integers(1, 400),
)
def test_a_conversation_of_any_length_goes_on_within_the_limit(
    sizes: list[int], limit: int, when_full: WhenFull, answer: int
) -> None:
    room = room_for_prompt(limit, answer)
    engine = Checked(limit, ["so it is " * 10])
    conversation = Conversation(engine, Sampling(max_tokens=answer), "Be brief.", when_full=when_full)
    gone = 0
    for text in texts(sizes):
        said = list(conversation.say(text))
        assert engine.received[-1][0] == Message("system", "Be brief.")
        assert engine.received[-1][-1].content.endswith(text), "the last question is always there, whole"
        assert engine.largest <= room
        marks = [event for event in said if isinstance(event, Forgot)]
        seen = [message.content for message in engine.received[-1][1:]]
        assert len(conversation.path) - 1 - len(seen) == (marks[-1].turns if marks else gone)
        gone = marks[-1].turns if marks else gone
        window = conversation.window()
        assert (window.limit, window.dropped_turns) == (limit, gone)
        assert window.used == engine.count(conversation.messages)
        assert window.free == max(limit - window.used, 0)
    assert len(conversation.path) == 2 * len(sizes), "nothing has left the conversation"
    if when_full == "drop" and gone:
        mark = conversation.tree.mark_on_path
        assert mark is not None
        left_out = [Message(turn.role, turn.content) for turn in conversation.path[:gone]]
        assert mark[1].tokens == engine.count(left_out), "exact"


def full(when_full: WhenFull, answers: Sequence[str] = ("one two three four",)) -> tuple[Checked, Conversation]:
    engine = Checked(100, answers)
    return engine, Conversation(engine, system="Be brief.", when_full=when_full)


def asked(conversation: Conversation, count: int) -> list[Said]:
    said: list[Said] = []
    for number in range(count):
        said += conversation.say(f"question {number} of ten words that are all the same here")
    return said


def test_the_default_refuses_with_both_counts_and_leaves_out_nothing() -> None:
    _, conversation = full("stop")
    with pytest.raises(PromptTooLong) as refused:
        asked(conversation, 9)
    assert refused.value.tokens > refused.value.limit == 100
    assert len(conversation.messages) == 1 + len(conversation.path)


def test_room_is_made_in_steps_so_that_what_was_read_is_used_again() -> None:
    engine, conversation = full("drop")
    said = asked(conversation, 12)
    marks = [event for event in said if isinstance(event, Forgot)]
    firsts = [messages[1] for messages in engine.received]
    assert 2 <= len(marks) <= 6
    assert len(set(firsts)) == len(marks) + 1, "the beginning changes when turns are left out, and only then"
    assert [mark.turns for mark in marks] == sorted({mark.turns for mark in marks})
    kinds = [type(event) for event in said]
    assert all(kinds[place + 1] is not Finished for place, kind in enumerate(kinds) if kind is Forgot)


def test_a_summary_stands_in_place_of_the_oldest_turns_and_is_part_of_what_is_used() -> None:
    engine, conversation = full("summarize")
    said: list[Said] = []
    for number in range(4):
        said += conversation.say(f"question {number} of ten words that are all the same here")
    (mark,) = [event for event in said if isinstance(event, Forgot)]
    request = engine.received[-2]
    assert request[-1].content.startswith("Summarize our conversation")
    assert request[:-1] == engine.received[2][: len(request) - 1], "asked after what was read already"
    assert mark.summary == "one two three four"
    assert engine.received[-1][1].content.startswith("[Summary of the conversation before: one two three four]")
    assert [event.text for event in said if isinstance(event, Text)].count("one") == 4, "no word of it is an answer"
    window = conversation.window()
    assert window == Window(100, window.used, 100 - window.used, mark.turns, mark.tokens, summarized=True)


def test_an_interrupted_summary_leaves_no_trace() -> None:
    class Interrupted(Checked):
        def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
            if messages[-1].content.startswith("Summarize"):
                yield Text("half of a")
                return
            yield from super().stream(messages, sampling)

    engine = Interrupted(100, ["one two three four"])
    conversation = Conversation(engine, system="Be brief.", when_full="summarize")
    asked(conversation, 3)
    before = conversation.path
    assert asked(conversation, 1) == []
    assert conversation.path == before
    assert conversation.tree.marks == {}


def test_a_question_too_long_by_itself_is_refused_whatever_is_left_out() -> None:
    _, conversation = full("drop")
    asked(conversation, 2)
    before = conversation.messages
    with pytest.raises(PromptTooLong) as refused:
        list(conversation.say("word " * 101))
    assert refused.value.tokens == 101 + 2 + 6, "its own count, not that of what was left out"
    assert conversation.messages == before


def test_a_larger_context_sees_everything_again() -> None:
    _, conversation = full("drop")
    asked(conversation, 6)
    saved = conversation.heading, conversation.tree
    large = Checked(1000)
    resumed = Conversation(large, when_full="drop", saved=saved)
    (mark,) = [event for event in resumed.say("And now?") if isinstance(event, Forgot)]
    assert mark == Forgot(0, 0)
    assert mark.text == "from here on the model sees the whole conversation again"
    assert len(large.received[-1]) == 1 + 13
    assert resumed.window().dropped_turns == 0


def test_after_seeing_everything_again_turns_can_be_left_out_anew() -> None:
    _, conversation = full("drop")
    asked(conversation, 6)
    middle = Checked(400)
    resumed = Conversation(middle, when_full="drop", saved=(conversation.heading, conversation.tree))
    said = asked(resumed, 30)
    turns = [event.turns for event in said if isinstance(event, Forgot)]
    assert turns[0] == 0
    assert turns[1:] == sorted(set(turns[1:]))
    assert len(turns) > 2
    assert middle.largest <= room_for_prompt(400, 1024)


def test_what_a_template_adds_once_is_not_taken_for_a_part_of_each_turn() -> None:
    class Preface(Checked):
        def count(self, content: str | Sequence[Message]) -> int:
            return super().count(content) + (0 if isinstance(content, str) else 100)

    engine = Preface(240, ["ok"])
    conversation = Conversation(engine, system="Be brief.", when_full="drop")
    for _ in range(8):
        list(conversation.say("again"))
    assert conversation.window().dropped_turns == 0
    list(conversation.say("word " * 60))
    assert 160 < engine.largest <= room_for_prompt(240, 1024)


def test_branches_share_what_was_left_out_before_their_fork() -> None:
    engine, conversation = full("drop")
    said = asked(conversation, 5)
    marks = len([event for event in said if isinstance(event, Forgot)])
    again = list(conversation.regenerate())
    assert marks
    assert not any(isinstance(event, Forgot) for event in again)
    assert engine.received[-1] == engine.received[-2]


def test_little_is_counted_while_there_is_room() -> None:
    engine = Checked(8000)
    conversation = Conversation(engine, system="Be brief.", when_full="drop")
    asked(conversation, 1)
    counted = engine.counted
    list(conversation.say("And then?"))
    # the prompt in `stream` (twice: this fake's check), and the new question
    assert engine.counted - counted <= 3
    conversation.window()
    counted = engine.counted
    conversation.window()
    assert engine.counted == counted
