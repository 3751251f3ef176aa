"""A child process that answers in lines, watched while it works; its death in words. Knows nothing of models."""

import os
import subprocess
import sys
import sysconfig
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread, current_thread
from time import monotonic

from assistant.errors import EngineFailed
from assistant.process.death import Death, death, memory_kills
from assistant.process.heartbeat import SECONDS, Patience
from assistant.process.pipes import Inbox, LastWords, Outbox

# Ctrl-C goes to the whole group of processes in the foreground; what it means, the parent decides.
if sys.platform == "win32":
    _GROUP, _FLAGS = None, subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _GROUP, _FLAGS = 0, 0
# How often a thread looks before it sleeps while it waits for the others. The library's own 300,000 rounds are as fast
# on an idle machine; with one other busy program on two cores they wrote less than 1 token a second instead of 20.
_SPIN = {"GOMP_SPINCOUNT": "1000"}
# Where llama.cpp gives up it would call a debugger to print where it was, which takes seconds, may ask a server for
# symbols, and holds the process still meanwhile, beyond the death of its parent.
_NO_DEBUGGER = {"GGML_NO_BACKTRACE": "1"}
_KILLED_WITHIN = 0.2
"""Seconds. The system needs longer to end a process that holds many gigabytes, or waits for a disk."""


class Died(Exception):
    """The child is dead, and was not asked to be."""

    def __init__(self, found: Death) -> None:
        super().__init__(found.words)
        self.death = found


class Child:
    """`python -P -m MODULE ARGUMENTS`: lines to its stdin and from its stdout; what it prints goes to the log.

    No method but `take` and `receive` waits. A child that nobody holds any more is killed, as it is at the end of this
    program.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        """Raises EngineFailed where it cannot be started."""
        self._kills = memory_kills()
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                process_group=_GROUP,
                creationflags=_FLAGS,
            )
        except OSError as error:
            raise EngineFailed(
                f"the engine cannot be started ({error.strerror}); a Python at {sys.executable} was expected; "
                "install Luciole again"
            ) from error
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("all three were asked for")
        self._outbox, self._inbox, self._words = Outbox(process.stdin), Inbox(process.stdout), LastWords(process.stderr)
        self._end = weakref.finalize(self, _end, os.getpid(), process, self._outbox, self._inbox, self._words)

    @property
    def id(self) -> int:
        """The number of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def expect_life(self) -> None:
        """A new piece of work begins: what the system killed before is no evidence for its end."""
        self._kills = memory_kills()

    def send(self, line: bytes) -> None:
        """To a dead child nothing is sent; `receive` tells."""
        self._outbox.put(line)

    def take(self, seconds: float) -> bytes | None:
        """The next line; None if none comes within these seconds. Raises Died where the child is dead."""
        line = self._inbox.take(seconds)
        if line == b"":
            raise Died(self._death())
        return line

    def receive(self, patience: float) -> bytes:
        """The next line. Raises Died where the child is dead, or was killed because it hung: nothing in it advanced
        for `patience` seconds.
        """
        quiet = Patience(patience)
        while True:
            began = monotonic()
            line = self.take(min(SECONDS, patience))
            if line is not None:
                return line
            hung = quiet.exhausted(monotonic() - began, beats=self._inbox.beats, advanced=self._inbox.advanced)
            if hung:
                self.kill()
                raise Died(Death(hung, death(0, self._words.lines()).last_words))

    def kill(self) -> None:
        """End it at once; may be called from any thread, and again."""
        self._end()

    def _death(self) -> Death:
        """What happened to it, whose pipe has ended; it is dead afterwards."""
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(1.0)  # it is about to go by itself
        self.kill()
        self._words.thread.join(1.0)
        if code is None:
            return Death("it closed its pipe and stayed")
        return death(code, self._words.lines(), kills=(self._kills, memory_kills()))


def _end(owner: int, process: subprocess.Popen[bytes], outbox: Outbox, inbox: Inbox, words: LastWords) -> None:
    """May run in any thread, because the garbage collector does; not in a fork of the program that started it."""
    if os.getpid() != owner:
        return
    process.kill()
    inbox.end()
    outbox.end()
    try:
        process.wait(_KILLED_WITHIN)
    except subprocess.TimeoutExpired:
        with suppress(RuntimeError):  # this program ends too: the system buries them both
            Thread(target=process.wait, name="burial", daemon=True).start()
    for thread in (outbox.thread, inbox.thread, words.thread):  # they close the pipes
        if thread is not current_thread():
            thread.join(_KILLED_WITHIN / 10)


def _environment() -> dict[str, str]:
    """This environment, in which the child finds the very package that is running here and shares cores politely.

    An installed package is found by itself, and then the path stays as it is: its folder before the standard library
    would let other packages' modules replace modules of that library.
    """
    environment = _NO_DEBUGGER | (os.environ if "OMP_WAIT_POLICY" in os.environ else _SPIN | os.environ)
    home = str(Path(__file__).resolve().parents[2])
    if home not in map(os.path.realpath, (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))):
        rest = os.environ.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([home, rest] if rest else [home])
    return environment
