"""What the tests of the child process share: other children, and a way to wait."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from assistant.engine import EngineSettings
from assistant.messages import Message, Sampling
from assistant.process import engine as process
from assistant.process.engine import EngineProcess

ONE = EngineSettings(threads=1)
ENDLESS = Sampling(temperature=0.0, max_tokens=2000, loop_guard=False)
STORY = [Message("user", "Tell me a very long story about a firefly and a lamp.")]

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


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


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0  # noqa: PTH208


def other_worker(monkeypatch: pytest.MonkeyPatch, folder: Path, body: str) -> None:
    """Have engines start this program in place of the real worker."""
    (folder / "other_worker.py").write_text("import os, sys, time\n" + body, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(process, "_WORKER", "other_worker")


def other_engine(monkeypatch: pytest.MonkeyPatch, folder: Path, stream: str) -> None:
    """Have the real worker run an engine that loads as ever and then streams by this body."""
    lines = "\n".join(f"        {line}" for line in stream.splitlines())
    other_worker(
        monkeypatch,
        folder,
        "import ctypes\nfrom assistant.events import *\nfrom assistant.llama import engine\n"
        "from assistant.process import worker\n"
        "class Other(engine.LlamaEngine):\n    def stream(self, messages, sampling):\n"
        f"        yield from self.load()\n{lines}\n"
        "engine.LlamaEngine = Other\nworker.main()\n",
    )
