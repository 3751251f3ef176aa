"""The child may die at any moment: the words so far are kept, the error says how, and the next call works."""

import os
import random
import signal
from contextlib import closing, suppress
from pathlib import Path
from threading import Timer
from time import perf_counter

import pytest

from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Loading, Reading, Text
from assistant.messages import Message
from assistant.paths import engine_log
from assistant.process.engine import EngineProcess
from tests.assistant.process.support import (
    ENDLESS,
    ONE,
    STORY,
    child_of,
    open_files,
    other_engine,
    other_worker,
    posix,
    wait_for,
    zombies,
)
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, answer


def killed_at(engine: EngineProcess, messages: list[Message], kind: type[Event], nth: int) -> list[Event]:
    """Kill the child at the nth event of a kind; the events that were delivered, the error checked."""
    got: list[Event] = []
    words = r"the engine died while \w+.* \(killed, SIGKILL.*next question.*engine\.log"
    with pytest.raises(EngineFailed, match=words):  # noqa: PT012
        for event in engine.stream(messages, ENDLESS):
            got.append(event)
            if isinstance(event, kind) and sum(isinstance(one, kind) for one in got) == nth:
                os.kill(child_of(engine), signal.SIGKILL)
    assert engine.child_id is None
    assert zombies() == []
    return got


@posix
def test_killed_while_writing(engine: EngineProcess) -> None:
    got = killed_at(engine, STORY, Text, 5)
    assert len([event for event in got if isinstance(event, Text)]) >= 5, "the words so far were delivered"
    assert not any(isinstance(event, Finished) for event in got)
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER, "the next call starts a new child"


@posix
def test_killed_while_loading_and_while_reading(engine: EngineProcess) -> None:
    list(engine.load())
    os.kill(child_of(engine), signal.SIGKILL)
    assert wait_for(lambda: engine.child_id is None)
    killed_at(engine, SHORT, Loading, 1)
    got = killed_at(engine, LONG, Reading, 1)
    assert not any(isinstance(event, Text) for event in got)
    assert engine.count("one two") == 2


@posix
def test_killed_between_calls_nobody_notices(engine: EngineProcess) -> None:
    list(engine.load())
    os.kill(child_of(engine), signal.SIGKILL)
    assert wait_for(lambda: engine.child_id is None)
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER


@posix
def test_killed_at_the_moment_of_the_stop(engine: EngineProcess) -> None:
    with closing(engine.stream(STORY, ENDLESS)) as events:
        for event in events:
            if isinstance(event, Text):
                os.kill(child_of(engine), signal.SIGKILL)
                break
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER


@posix
def test_other_deaths_have_their_names(engine: EngineProcess) -> None:
    for number, words in (
        (signal.SIGABRT, "llama.cpp gave up, SIGABRT"),
        (signal.SIGSEGV, "inside llama.cpp, SIGSEGV"),
    ):
        list(engine.load())
        child = child_of(engine)
        with pytest.raises(EngineFailed, match=words):  # noqa: PT012
            for event in engine.stream(STORY, ENDLESS):
                if isinstance(event, Text):
                    os.kill(child, number)


def kill_child(engine: EngineProcess) -> None:
    with suppress(ProcessLookupError):
        if (child := engine.child_id) is not None:
            os.kill(child, signal.SIGKILL)


@posix
@pytest.mark.parametrize("times", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_at_many_moments(times: int, engine: EngineProcess) -> None:
    """Of the start, of loading, reading and writing; what came before is always the beginning of the same story."""
    choose = random.Random(4)
    whole = answer(engine.stream(STORY, GREEDY))
    files = open_files()
    died = 0
    for _ in range(times):
        timer = Timer(choose.uniform(0.0, 1.2), kill_child, (engine,))
        got: list[Event] = []
        timer.start()
        with suppress(EngineFailed):
            for event in engine.stream(STORY, GREEDY):
                got.append(event)
        died += not got or not isinstance(got[-1], Finished)
        timer.join()
        assert whole.startswith(answer(got))
    assert answer(engine.stream(STORY, GREEDY)) == whole
    assert died >= times // 4
    assert zombies() == []
    assert wait_for(lambda: open_files() <= files)


ABORT = """
import llama_cpp
from llama_cpp import _ctypes_extensions, _ggml
base = _ctypes_extensions.load_shared_library("ggml-base", _ggml.libggml_base_path)
yield Text("The lamp")
base.ggml_abort(b"/build/ggml/src/ggml.c", 1234, b"GGML_ASSERT(%s) failed", b"a->ne[0] == b->ne[0]")
"""


@posix
def test_an_assertion_of_llama_cpp_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_engine(monkeypatch, tmp_path, ABORT)
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        list(engine.load())
        got = []
        started = perf_counter()
        with pytest.raises(EngineFailed) as error:  # noqa: PT012
            for event in engine.stream(SHORT, GREEDY):
                got.append(event)
        assert perf_counter() - started < 5, "no debugger is called"
        assert got == [Text("The lamp")]
        assert (
            "while writing (llama.cpp gave up, SIGABRT: /build/ggml/src/ggml.c:1234: "
            "GGML_ASSERT(a->ne[0] == b->ne[0]) failed); " in str(error.value)
        )
        assert str(engine_log()) in str(error.value)
        assert error.value.offer == ""
        assert engine.count("one two") == 2
    assert "GGML_ASSERT(a->ne[0]" in engine_log().read_text(encoding="utf-8")


@posix
def test_a_fault_of_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    other_engine(monkeypatch, tmp_path, "yield Text('a')\nctypes.string_at(8)")
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        with pytest.raises(EngineFailed, match=r"while writing \(a fault inside llama\.cpp, SIGSEGV\); .*kept; "):
            list(engine.stream(SHORT, GREEDY))
        assert "Fatal Python error: Segmentation fault" in engine_log().read_text(encoding="utf-8"), "where it was"


@posix
def test_the_last_words_are_those_of_this_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    engine_log().write_text("error: another program failed before\n", encoding="utf-8")
    other_engine(monkeypatch, tmp_path, "yield Text('a')\nos.abort()")
    with closing(EngineProcess(starter_gguf, ONE)) as engine, pytest.raises(EngineFailed) as error:
        list(engine.stream(SHORT, GREEDY))
    assert "(llama.cpp gave up, SIGABRT)" in str(error.value)


ALLOCATION = (
    r"""os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n")"""
)
OFFER = "--context 4096 --kv q8_0"
SETTLED = f'''print('{{"id":1,"offer":"{OFFER}"}}', flush=True)'''


@posix
@pytest.mark.parametrize(
    ("death", "words", "offered"),
    [
        ("os.kill(os.getpid(), 9)", "killed, SIGKILL", True),
        (f"{ALLOCATION}; os.abort()", "SIGABRT: what(): std::bad_alloc", True),
        ("raise MemoryError", "exit code 1: MemoryError", True),
        ("sys.exit('CUDA error: out of memory')", "exit code 1: CUDA error: out of memory", True),
        ("os.abort()", "SIGABRT", False),
        ("os._exit(3)", "exit code 3", False),
    ],
    ids=lambda value: str(value)[-20:],
)
def test_where_memory_was_short_the_next_smaller_setting_is_offered(
    death: str, words: str, offered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_worker(monkeypatch, tmp_path, f"{SETTLED}\n{death}\n")
    with closing(EngineProcess(starter_gguf)) as engine, pytest.raises(EngineFailed) as error:
        list(engine.stream(SHORT, GREEDY))
    assert words in str(error.value)
    assert error.value.offer == (OFFER if offered else "")
    assert (f"with {OFFER}" in str(error.value)) == offered


@posix
def test_an_offer_is_of_the_child_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    with closing(EngineProcess(starter_gguf)) as engine:
        other_worker(monkeypatch, tmp_path, f"{SETTLED}\nos.kill(os.getpid(), 9)\n")
        with pytest.raises(EngineFailed):
            list(engine.load())
        other_worker(monkeypatch, tmp_path, "os.kill(os.getpid(), 9)\n")
        with pytest.raises(EngineFailed, match="close other programs") as error:
            list(engine.load())
    assert error.value.offer == ""


@posix
def test_the_engine_offers_before_it_takes_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """The system's killer comes while the context is made, before anything was said of it."""
    other_worker(
        monkeypatch,
        tmp_path,
        "from assistant.llama import room\nfrom assistant.process import worker\n"
        "room.LlamaContext = lambda *_, **__: os.kill(os.getpid(), 9)\nworker.main()\n",
    )
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        with pytest.raises(EngineFailed, match="SIGKILL") as error:
            list(engine.stream(SHORT, GREEDY))
        assert error.value.offer.startswith("--context ")
        assert f"there is less to hold with {error.value.offer} (log" in str(error.value)
