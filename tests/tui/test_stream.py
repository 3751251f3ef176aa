"""The worker thread: order, stopping, failing and letting go."""

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Event as Flag

from textual.message import Message

from assistant import AssistantError, EngineFailed, Event, Finished, Reading, Text, Usage
from tui.jobs import Job
from tui.messages import Broke, Ended, Failed, Heard
from tui.stream import Streamer

Inbox = SimpleQueue[Message]


class Room:
    """Takes the messages about its job."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def post_message(self, message: Message) -> bool:
        self._inbox.put(message)
        return True


def play(events: Callable[[], Generator[Event, None, None]], used: int | None = 7) -> tuple[Streamer, Inbox]:
    inbox: Inbox = SimpleQueue()
    streamer = Streamer()
    streamer.run(Job(Room(inbox), events, used=lambda: used))
    return streamer, inbox


def until_over(inbox: Inbox) -> list[Message]:
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Ended | Failed | Broke):
        messages.append(inbox.get(timeout=5))
    return messages


def text(messages: list[Message]) -> str:
    return "".join(m.event.text for m in messages if isinstance(m, Heard) and isinstance(m.event, Text))


def test_every_event_arrives_in_order_and_pieces_are_counted() -> None:
    def events() -> Generator[Event, None, None]:
        yield Reading(1, 1)
        yield from (Text(str(number)) for number in range(100))
        yield Finished("stop", Usage())

    streamer, inbox = play(events)
    messages = until_over(inbox)
    heard = [message for message in messages if isinstance(message, Heard)]
    assert isinstance(heard[0].event, Reading)
    assert isinstance(heard[-1].event, Finished)
    assert text(messages) == "".join(str(number) for number in range(100))
    assert sum(message.pieces for message in heard) == 100
    assert len(heard) < 20  # joined
    assert isinstance(messages[-1], Ended)
    assert (messages[-1].stopped, messages[-1].used) == (False, 7)
    streamer.close()
    assert streamer.join(5)


def test_a_stop_closes_the_iterator_and_loses_no_word() -> None:
    closed, spoken, go = Flag(), Flag(), Flag()

    def events() -> Generator[Event, None, None]:
        try:
            yield Text("a")
            yield Text("b")
            spoken.set()
            go.wait(5)
            yield Text("c")
            raise AssertionError("not closed")
        finally:
            closed.set()

    streamer, inbox = play(events)
    assert spoken.wait(5)
    streamer.stop()
    go.set()
    messages = until_over(inbox)
    assert text(messages) == "abc"
    assert isinstance(messages[-1], Ended)
    assert messages[-1].stopped
    assert closed.is_set()
    streamer.close()
    assert streamer.join(5)


def test_a_failure_comes_after_the_words_that_were_said() -> None:
    error = EngineFailed("died; lived; again")

    def events() -> Generator[Event, None, None]:
        yield Text("a")
        yield Text("b")
        raise error

    streamer, inbox = play(events)
    messages = until_over(inbox)
    assert text(messages) == "ab"
    assert isinstance(messages[-1], Failed)
    assert messages[-1].error is error
    streamer.run(Job(Room(inbox), lambda: (event for event in [Text("again")])))
    assert text(until_over(inbox)) == "again"
    streamer.close()
    assert streamer.join(5)


def test_a_count_that_fails_is_a_failure() -> None:
    def used() -> int:
        raise AssistantError("x; y; z")

    inbox: Inbox = SimpleQueue()
    streamer = Streamer()
    streamer.run(Job(Room(inbox), lambda: (event for event in [Text("a")]), used=used))
    assert isinstance(until_over(inbox)[-1], Failed)
    streamer.close()
    assert streamer.join(5)


def test_nothing_arrives_after_close() -> None:
    go, spoken = Flag(), Flag()

    def events() -> Generator[Event, None, None]:
        yield Text("a")
        spoken.set()
        go.wait(5)
        yield Text("b")

    streamer, inbox = play(events)
    assert spoken.wait(5)
    streamer.close()
    go.set()
    assert streamer.join(5)
    assert text([inbox.get() for _ in range(inbox.qsize())]) == "a"
