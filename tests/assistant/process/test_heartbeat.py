"""Slow is no hang, and a hang is found: by what the child says of its work, and by its silence."""

import os
import signal
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from assistant.errors import EngineFailed
from assistant.events import Event, Reading, Text
from assistant.llama.engine import LlamaEngine
from assistant.process.engine import EngineProcess
from assistant.process.heartbeat import Patience, beat, beat_in
from tests.assistant.process.support import ONE, child_of, is_gone, other_engine, other_worker, posix
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, answer


def test_beats_survive() -> None:
    assert beat_in(beat(12)[:-1]) == 12
    for line in (b"", b".", b"12", b".x", b"{}", b"." + b"9" * 100, b".-1"):
        assert beat_in(line) is None


def test_what_advances_is_waited_for_without_end() -> None:
    patience = Patience(10)
    assert all(patience.exhausted(1.0, beats=n, advanced=n // 8) is None for n in range(1000))


def test_what_stands_still_is_not() -> None:
    patience = Patience(10)
    found = [patience.exhausted(1.0, beats=n, advanced=5) for n in range(1, 20)]
    assert found[:10] == [None] * 10
    assert found[11] == "it hung: alive, but nothing advanced for 11 s"


def test_nor_is_silence() -> None:
    patience = Patience(10)
    assert patience.exhausted(1.0, beats=1, advanced=1) is None
    found = [patience.exhausted(1.0, beats=1, advanced=1) for n in range(1, 20)]
    assert found[10] == "it hung: no sign of life for 11 s"


def test_a_suspended_machine_is_no_hang() -> None:
    """A step of eight hours, in which nobody worked, counts as two heartbeats at most."""
    patience = Patience(10)
    for _ in range(4):
        assert patience.exhausted(28_800.0, beats=0, advanced=0) is None
    assert patience.exhausted(0.5, beats=1, advanced=7) is None
    assert patience.exhausted(9.0, beats=1, advanced=7) is None


@posix
def test_a_child_that_is_stopped_hangs(engine: EngineProcess) -> None:
    list(engine.load())
    child = child_of(engine)
    got: list[Event] = []
    with pytest.raises(EngineFailed, match=r"while writing \(it hung: no sign of life for \d s\); .*kept") as error:  # noqa: PT012
        for event in engine.stream(SHORT, GREEDY):
            got.append(event)
            if isinstance(event, Text) and len(answer(got).split()) == 2:
                os.kill(child, signal.SIGSTOP)
                engine._patience = 1.5
    engine._patience = 60
    assert ANSWER.startswith(answer(got))
    assert is_gone(child)
    assert error.value.offer == ""
    assert answer(engine.stream(SHORT, GREEDY)) == ANSWER, "the next call starts a new child"


@posix
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("while True: pass", id="turns in circles"),
        pytest.param("ctypes.CDLL(None).sleep(600)", id="waits in C", marks=pytest.mark.slow),
        pytest.param("ctypes.PyDLL(None).sleep(600)", id="waits in C with the interpreter in its hand"),
    ],
)
def test_a_child_whose_work_stands_still_hangs(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_engine(monkeypatch, tmp_path, f"yield Text('The lamp')\n{body}")
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        list(engine.load())
        engine._patience = 3.0
        started = perf_counter()
        words = "it hung: no sign of life" if "PyDLL" in body else "it hung: alive, but nothing advanced"
        with pytest.raises(EngineFailed, match=words):
            list(engine.stream(SHORT, GREEDY))
        assert 2.0 < perf_counter() - started < 15
        engine._patience = 60
        assert engine.count("one two") == 2


def test_llama_cpp_gives_signs_of_life_within_a_batch(starter_gguf: Path) -> None:
    with closing(LlamaEngine(starter_gguf, ONE)) as engine:
        ticks = []
        for event in engine.stream(LONG, GREEDY):
            if isinstance(event, Reading):
                ticks.append(engine.ticks)
        assert ticks[1] - ticks[0] > 100, "512 tokens, one batch"


def test_slow_work_is_no_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    """A batch that takes longer than the patience: llama.cpp asks meanwhile whether to go on, and that counts."""
    body = "for _ in range(70):\n    time.sleep(0.05)\n    self._asked()\nyield Text('The lamp')\n"
    other_engine(monkeypatch, tmp_path, body)
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        list(engine.load())
        engine._patience = 2.0
        started = perf_counter()
        assert list(engine.stream(SHORT, GREEDY)) == [Text("The lamp")]
        assert perf_counter() - started > 3.0


def test_what_comes_from_the_disk_is_an_advance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """A model on a slow disk: llama.cpp is silent for longer than the patience, and the number of pages grows."""
    body = "for n in range(20):\n    os.write(1, b'.%d\\n' % n); time.sleep(0.25)\n"
    body += """print('{"id":1,"value":3,"done":true}', flush=True)\n"""
    other_worker(monkeypatch, tmp_path, body)
    with closing(EngineProcess(starter_gguf, patience=2.0)) as engine:
        assert engine.count("a") == 3
