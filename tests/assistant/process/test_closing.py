"""Stopping and quitting: soon, from any state, and nothing is left behind."""

import gc
import os
import signal
import warnings
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep

import psutil
import pytest

from assistant.errors import AssistantError, EngineFailed
from assistant.events import Event, Loading, Reading, Settled, Text
from assistant.messages import Message
from assistant.process.engine import EngineProcess
from tests.assistant.process.support import (
    ENDLESS,
    ONE,
    STORY,
    child_of,
    is_gone,
    open_files,
    other_engine,
    other_worker,
    posix,
    wait_for,
    zombies,
)
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, answer


def test_a_stop_is_soon_silent(engine: EngineProcess) -> None:
    """While reading: the batch of 512 tokens, which takes seconds, is broken off."""
    list(engine.load())
    list(engine.stream(SHORT, GREEDY))
    events = engine.stream(LONG, GREEDY)
    assert isinstance(next(events), Reading)
    started = perf_counter()
    events.close()
    assert perf_counter() - started < 1.5
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER


def test_close_from_another_thread_ends_the_answer_at_once(starter_gguf: Path) -> None:
    engine = EngineProcess(starter_gguf, ONE)
    ends: list[EngineFailed] = []
    words: list[str] = []

    def read() -> None:
        try:
            words.extend(event.text for event in engine.stream(STORY, ENDLESS) if isinstance(event, Text))
        except EngineFailed as error:
            ends.append(error)

    reader = Thread(target=read)
    reader.start()
    assert wait_for(lambda: engine.info is not None)
    sleep(0.3)
    child = child_of(engine)
    started = perf_counter()
    engine.close()
    assert perf_counter() - started < 1.0
    reader.join(5)
    assert not reader.is_alive()
    assert "closed" in str(ends[0])
    assert is_gone(child)
    assert zombies() == []
    with pytest.raises(EngineFailed, match="closed"):
        engine.count("a")


def test_nothing_is_left_open(starter_gguf: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = open_files()
        engine = EngineProcess(starter_gguf, ONE)
        list(engine.load())
        engine.close()
        del engine
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
    assert zombies() == []
    assert wait_for(lambda: open_files() == before)


def test_an_abandoned_stream_is_stopped(engine: EngineProcess) -> None:
    """Whoever forgets to close: the generator's end does it, and the next call works."""
    events = engine.stream(STORY, ENDLESS)
    with suppress(StopIteration):
        next(events)
    del events
    gc.collect()
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER


class Iterating(Thread):
    """Another thread that waits in an iterator; remembers what came and how it ended."""

    def __init__(self, engine: EngineProcess, messages: list[Message]) -> None:
        super().__init__()
        self.seen: list[type[Event]] = []
        self.error: AssistantError | None = None
        self._engine, self._messages = engine, messages
        self.start()

    def run(self) -> None:
        try:
            for event in self._engine.stream(self._messages, ENDLESS):
                self.seen.append(type(event))
        except AssistantError as error:
            self.error = error


def closed_soon(engine: EngineProcess, waiting: Iterating | None = None) -> None:
    """Close, and see that it takes less than half a second, ends whoever waits, and leaves no process."""
    child = engine.child_id
    started = perf_counter()
    engine.close()
    took = perf_counter() - started
    assert took < 0.5
    if waiting is not None:
        waiting.join(3.0)
        assert not waiting.is_alive()
        assert waiting.error is not None
        assert "closed" in str(waiting.error)
    assert child is None or wait_for(lambda: is_gone(child), 3.0)
    assert wait_for(lambda: zombies() == [], 3.0)


@pytest.mark.parametrize("kind", [Loading, Settled, Reading, Text])
def test_quitting_while_another_thread_waits(kind: type[Event], starter_gguf: Path) -> None:
    engine = EngineProcess(starter_gguf, ONE)
    waiting = Iterating(engine, STORY if kind is Text else LONG)
    assert wait_for(lambda: kind in waiting.seen)
    closed_soon(engine, waiting)


@posix
@pytest.mark.parametrize("kind", [Loading, Reading, Text])
def test_quitting_while_it_is_stopped(kind: type[Event], starter_gguf: Path) -> None:
    engine = EngineProcess(starter_gguf, ONE)
    waiting = Iterating(engine, STORY if kind is Text else LONG)
    assert wait_for(lambda: kind in waiting.seen)
    os.kill(child_of(engine), signal.SIGSTOP)
    sleep(0.1)
    closed_soon(engine, waiting)


def test_quitting_while_it_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    other_engine(monkeypatch, tmp_path, "yield Text('a')\ntime.sleep(600)")
    engine = EngineProcess(starter_gguf, ONE)
    waiting = Iterating(engine, SHORT)
    assert wait_for(lambda: Text in waiting.seen)
    closed_soon(engine, waiting)


def test_quitting_while_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    other_worker(monkeypatch, tmp_path, "time.sleep(600)\n")
    engine = EngineProcess(starter_gguf, ONE)
    waiting = Iterating(engine, SHORT)
    assert wait_for(lambda: engine.child_id is not None)
    closed_soon(engine, waiting)


def test_quitting_while_a_large_request_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """A document of many megabytes, and a child that reads none of it: no pipe holds that much."""
    other_worker(monkeypatch, tmp_path, "time.sleep(600)\n")
    engine = EngineProcess(starter_gguf, ONE)
    waiting = Iterating(engine, [Message("user", "lamp " * 4_000_000)])
    assert wait_for(lambda: engine.child_id is not None)
    sleep(0.3)
    engine.interrupt()
    closed_soon(engine, waiting)


def test_quitting_with_an_iterator_that_nobody_asks(starter_gguf: Path) -> None:
    engine = EngineProcess(starter_gguf, ONE)
    events = engine.stream(STORY, ENDLESS)
    for event in events:
        if isinstance(event, Text):
            break
    sleep(0.3)
    closed_soon(engine)
    started = perf_counter()
    with suppress(EngineFailed):
        events.close()
    assert perf_counter() - started < 0.5


def test_starting_and_making_do_not_wait(starter_gguf: Path) -> None:
    before = psutil.Process().children()
    started = perf_counter()
    engine = EngineProcess(starter_gguf, ONE)
    assert perf_counter() - started < 0.05
    assert psutil.Process().children() == before, "nothing runs before it is needed"
    engine.start()
    child = child_of(engine)
    engine.start()
    assert child_of(engine) == child, "one child an engine"
    assert perf_counter() - started < 1.0
    assert list(engine.load())[-1] == Loading(1.0)
    assert child_of(engine) == child
    engine.close()
    with pytest.raises(EngineFailed, match="closed"):
        engine.start()


def test_closing_the_iterator_of_a_child_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """Nobody waits for it then; the next call does, and starts another child."""
    other_engine(monkeypatch, tmp_path, "yield Text('a')\ntime.sleep(600)")
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        list(engine.load())
        first = child_of(engine)
        events = engine.stream(SHORT, GREEDY)
        assert next(events) == Text("a")
        started = perf_counter()
        events.close()
        assert perf_counter() - started < 0.5
        engine._patience = 1.5
        assert engine.count("one two") == 2
        assert is_gone(first)


def test_what_lets_go_late_is_waited_for_by_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_engine(monkeypatch, tmp_path, "yield Text('a')\ntime.sleep(1.5)\nyield Text('b')\nyield Text('c')")
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        list(engine.load())
        first = child_of(engine)
        for _ in range(2):
            with closing(engine.stream(SHORT, GREEDY)) as events:
                assert next(events) == Text("a"), "and nothing of the stream before"
        assert engine.count("one two") == 2
        assert child_of(engine) == first


@posix
def test_late_and_dead_it_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    other_engine(monkeypatch, tmp_path, "yield Text('a')\ntime.sleep(600)")
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        with closing(engine.stream(SHORT, GREEDY)) as events:
            while next(events) != Text("a"):
                pass
        os.kill(child_of(engine), signal.SIGKILL)
        started = perf_counter()
        assert engine.count("one two") == 2
        assert perf_counter() - started < 8
