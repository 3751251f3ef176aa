"""The child itself, spoken to line by line: whom a stop hits, and what is no request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from assistant.events import Event, Finished, Text
from assistant.paths import engine_log
from assistant.process import wire
from assistant.process.child import Child, Died
from tests.assistant.process.support import ENDLESS, ONE, STORY, wait_for
from tests.contract.support import ANSWER, GREEDY, SHORT, answer

STREAM: dict[str, Any] = {"call": "stream", "prompt": [asdict(message) for message in SHORT]}


@contextmanager
def worker(path: Path) -> Iterator[Child]:
    child = Child("assistant.process.worker", [str(path), "starter", wire.settings_out(ONE)])
    try:
        yield child
    finally:
        child.kill()


def ask(child: Child, number: int, **fields: Any) -> None:
    child.send(wire.line({"id": number, **fields}))


def events_of(child: Child, number: int, stop: int | None = None) -> list[Event]:
    """The events of a call until it is done; at its first text, another call is told to stop."""
    found: list[Event] = []
    while True:
        reply = wire.reply_in(child.receive(60))
        assert reply.id == number
        assert reply.error is None
        if reply.event is not None:
            found.append(reply.event)
        if isinstance(reply.event, Text) and stop is not None:
            ask(child, stop, call="stop")
        if reply.done:
            return found


def test_a_late_stop_hits_nobody_else(starter_gguf: Path) -> None:
    with worker(starter_gguf) as child:
        ask(child, 1, call="count", content="one two")
        events_of(child, 1)
        ask(child, 2, **STREAM, sampling=asdict(GREEDY))
        events = events_of(child, 2, stop=1)
        assert answer(events) == ANSWER
        assert isinstance(events[-1], Finished)


def test_a_stop_ends_its_own_call(starter_gguf: Path) -> None:
    with worker(starter_gguf) as child:
        ask(child, 1, **STREAM | {"prompt": [asdict(one) for one in STORY]}, sampling=asdict(ENDLESS))
        events = events_of(child, 1, stop=1)
        assert not any(isinstance(event, Finished) for event in events)
        assert len([event for event in events if isinstance(event, Text)]) < 100


def test_a_stop_that_is_there_first_lets_nothing_begin(starter_gguf: Path) -> None:
    with worker(starter_gguf) as child:
        ask(child, 1, call="stop")
        ask(child, 1, **STREAM, sampling=asdict(GREEDY))
        assert not any(isinstance(event, Text) for event in events_of(child, 1))
        ask(child, 2, **STREAM, sampling=asdict(GREEDY))
        assert answer(events_of(child, 2)) == ANSWER


@pytest.mark.parametrize("line", [b"Hello\n", b'{"id":1}\n', b"[]\n"])
def test_what_is_no_request_ends_it(line: bytes, starter_gguf: Path) -> None:
    with worker(starter_gguf) as child:
        child.send(line)
        with pytest.raises(Died, match="exit code 0"):
            child.receive(60)
        assert wait_for(lambda: "Error" in engine_log().read_text(encoding="utf-8"), 5)
