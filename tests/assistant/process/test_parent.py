"""Parent and child: the child never outlives its parent, and what the keyboard says is the parent's business."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest

from assistant.process.engine import EngineProcess
from tests.assistant.process.support import ENDLESS, child_of, is_gone, posix, wait_for
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, answer

PARENT = """
import os, sys, time
from pathlib import Path
from assistant import EngineSettings, Loading, Message, Reading, Sampling, Text
from assistant.process.engine import EngineProcess
path, work = Path(sys.argv[1]), sys.argv[2]
engine = EngineProcess(path, EngineSettings(threads=1))
def say():
    print(engine.child_id, flush=True)
engine.start()
if work == "starting":
    say()
    time.sleep(60)
if work == "idle":
    list(engine.load())
    say()
    time.sleep(60)
if work == "held open":  # a fork without exec holds the child's pipe, and lives on
    list(engine.load())
    events = engine.stream([Message("user", "Tell me a very long story.")], Sampling(max_tokens=2000))
    if os.fork() == 0:
        time.sleep(8)
        os._exit(0)
    next(events)
    say()
    for event in events:
        pass
kind = {"loading": Loading, "reading": Reading, "writing": Text}[work]
text = "Tell me a very long story. " * (100 if work == "reading" else 1)
for event in engine.stream([Message("user", text)], Sampling(max_tokens=2000)):
    if isinstance(event, kind):
        say()
"""


@posix
@pytest.mark.parametrize("work", ["starting", "loading", "reading", "writing", "idle", "held open"])
def test_the_child_does_not_outlive_its_parent(work: str, starter_gguf: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(starter_gguf), work], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert not is_gone(child)
        parent.kill()
        assert wait_for(lambda: is_gone(child), 5.0)


ENDING = PARENT.replace("time.sleep(60)", "sys.exit()")


@posix
@pytest.mark.parametrize("work", ["starting", "idle"])
def test_a_parent_that_just_ends_takes_the_child_along(work: str, starter_gguf: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ENDING, str(starter_gguf), work], capture_output=True, check=True
    )
    assert done.stderr == b""
    assert wait_for(lambda: is_gone(int(done.stdout)), 2.0)


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
