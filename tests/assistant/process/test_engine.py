"""The child process: it answers, it may die at any moment, and nothing of it is left behind."""

import gc
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread, Timer
from time import monotonic, perf_counter, sleep

import psutil
import pytest

from assistant.engine import EngineSettings
from assistant.errors import EngineFailed, InvalidModelFile
from assistant.events import Event, Finished, Loading, Reading, Text
from assistant.messages import Message, Sampling
from assistant.paths import engine_log
from assistant.process import engine as process
from assistant.process.engine import EngineProcess
from tests.contract.test_engine import ANSWER, GREEDY, LONG, SHORT, answer

ONE = EngineSettings(threads=1)
ENDLESS = Sampling(temperature=0.0, max_tokens=2000)
STORY = [Message("user", "Tell me a very long story about a firefly and a lamp.")]

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture(scope="module")
def engine(starter_gguf: Path) -> Iterator[EngineProcess]:
    """One engine for all tests; each ends with a child that answers, or with none."""
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        yield engine


def child_of(engine: EngineProcess) -> int:
    child = engine.child_id
    assert child is not None
    return child


def is_gone(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            return False
        sleep(0.02)
    return True


def zombies() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE]


def test_it_answers(engine: EngineProcess) -> None:
    events = list(engine.stream(SHORT, GREEDY))
    assert answer(events) == ANSWER
    assert isinstance(events[-1], Finished)
    assert engine.info
    assert (engine.info.architecture, engine.info.layers, engine.info.quantization) == ("llama", 30, "Q4_1")


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


def open_files() -> int:
    return psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0


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


PARENT = """
import sys, time
from pathlib import Path
from assistant import EngineSettings, Message, Sampling, Text
from assistant.process.engine import EngineProcess
engine = EngineProcess(Path(sys.argv[1]), EngineSettings(threads=1))
if sys.argv[2] == "idle":
    list(engine.load())
    print(engine.child_id, flush=True)
    time.sleep(60)
for event in engine.stream([Message("user", "Tell me a very long story.")], Sampling(max_tokens=2000)):
    if isinstance(event, Text):
        print(engine.child_id, flush=True)
"""


@posix
@pytest.mark.parametrize("work", ["idle", "writing"])
def test_the_child_does_not_outlive_its_parent(work: str, starter_gguf: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(starter_gguf), work], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.kill()
        assert wait_for(lambda: is_gone(child), 5.0)


@posix
def test_ctrl_c_is_the_parents_business(engine: EngineProcess) -> None:
    list(engine.load())
    child = child_of(engine)
    assert os.getpgid(child) != os.getpgid(0), "what the terminal sends to the group in front does not reach it"
    with closing(engine.stream(SHORT, GREEDY)) as events:
        next(events)
        os.kill(child, signal.SIGINT)
        assert answer(list(events)) == ANSWER
    assert engine.child_id == child


@posix
def test_an_interrupt_in_the_parent_leaves_a_working_engine(engine: EngineProcess) -> None:
    list(engine.load())
    timer = Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt), closing(engine.stream(LONG, ENDLESS)) as events:  # noqa: PT012
        timer.start()
        for _ in events:
            pass
    timer.join()
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER


def other_worker(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Have engines start this program in place of the real worker."""
    (folder / "other_worker.py").write_text("import sys, time\n" + body, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(process, "_WORKER", "other_worker")


@pytest.mark.parametrize(
    "line",
    [
        "Hello, I am llama.cpp",
        "",
        "\\x1b[2J",
        "{}",
        '{"id":1,"event":{"kind":"Text"}}',
        '{"id":1,"error":{}}',
        '{"id":1,"value":"many"}',
        "x" * 70_000_000,
    ],
    ids=lambda line: line[:12] or "empty",
)
def test_nonsense_ends_the_child(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    text = f'"x" * {len(line)}' if len(line) > 1000 else repr(line).replace("\\\\x", "\\x")
    other_worker(monkeypatch, tmp_path, f"print({text}, flush=True)\ntime.sleep(60)\n")
    with closing(EngineProcess(starter_gguf)) as engine:
        with pytest.raises(EngineFailed, match="a reply was expected") as error:
            list(engine.stream(SHORT, GREEDY))
        assert engine.child_id is None
        assert "\x1b" not in str(error.value)
        assert len(str(error.value)) < 400


def test_replies_to_other_calls_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_worker(monkeypatch, tmp_path, """for n in (77, 1): print('{"id":%d,"value":%d,"done":true}' % (n, n))\n""")
    with closing(EngineProcess(starter_gguf)) as engine:
        assert engine.count("a") == 1


def test_a_child_that_ends_at_once_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_worker(monkeypatch, tmp_path, "sys.exit('out of order')\n")
    with closing(EngineProcess(starter_gguf)) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailed, match=r"exit code 1"):
                list(engine.load())
    assert "out of order" in engine_log().read_text(encoding="utf-8"), "its last words are in the log"


def test_without_llama_cpp_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    (tmp_path / "llama_cpp.py").write_text("raise RuntimeError('libllama.so: no such file')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(EngineProcess(starter_gguf)) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailed, match=r"libllama\.so.*pip install"):
                list(engine.stream(SHORT, GREEDY))


def test_a_folder_named_like_the_package_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    for name in ("assistant", "json", "llama_cpp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit(99)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        assert engine.count("one two") == 2


def test_a_relative_path_survives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    (tmp_path / "模型.gguf").symlink_to(starter_gguf)
    monkeypatch.chdir(tmp_path)
    with closing(EngineProcess(Path("模型.gguf"), ONE)) as engine:
        monkeypatch.chdir("/")
        assert engine.count("one two") == 2


def test_errors_of_the_model_arrive_with_their_kind(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + b"\xff" * 60)
    with closing(EngineProcess(tmp_path / "m.gguf")) as engine:
        for _ in range(2):
            with pytest.raises(InvalidModelFile, match="version"):
                list(engine.load())
        assert engine.child_id is not None, "an error is no death"


def test_two_programs_share_one_log(starter_gguf: Path) -> None:
    with closing(EngineProcess(starter_gguf, ONE)) as first, closing(EngineProcess(starter_gguf, ONE)) as second:
        list(first.load())
        list(second.load())
        assert first.count("a") == second.count("a") == 1
    log = engine_log().read_text(encoding="utf-8")
    assert log.count("general.architecture str") == 2
    assert "\0" not in log


QUIET = """
import os, sys
from contextlib import closing, suppress
from pathlib import Path
from assistant import AssistantError, EngineSettings, Message, Sampling
from assistant.llama.engine import LlamaEngine
from assistant.process.engine import EngineProcess
for kind in (EngineProcess, LlamaEngine):
    for context in (None, 9999):
        with closing(kind(Path(sys.argv[1]), EngineSettings(context=context, threads=1))) as engine:
            with suppress(AssistantError):
                list(engine.stream([Message("user", "Hi")], Sampling(max_tokens=3)))
os.write(1, b"done")
"""


def test_llama_cpp_never_writes_on_the_terminal(starter_gguf: Path) -> None:
    done = subprocess.run([sys.executable, "-c", QUIET, str(starter_gguf)], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"done", b"")


def test_threads_sleep_when_others_need_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """Unless the user has decided how threads wait."""
    body = "import os; print('{\"id\":1,\"value\":%s,\"done\":true}' % os.environ.get('GOMP_SPINCOUNT', '-1'))\n"
    for name, value, expected in (("A", "1", 1000), ("GOMP_SPINCOUNT", "7", 7), ("OMP_WAIT_POLICY", "active", -1)):
        with monkeypatch.context() as patch:
            patch.delenv("GOMP_SPINCOUNT", raising=False)
            patch.setenv(name, value)
            other_worker(patch, tmp_path, body)
            with closing(EngineProcess(starter_gguf)) as engine:
                assert engine.count("a") == expected


def test_an_abandoned_stream_is_stopped(engine: EngineProcess) -> None:
    """Whoever forgets to close: the generator's end does it, and the next call works."""
    events = engine.stream(STORY, ENDLESS)
    with suppress(StopIteration):
        next(events)
    del events
    gc.collect()
    assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER
