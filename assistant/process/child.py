"""A child process that answers in lines, and its death in words. Knows nothing of models."""

import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from assistant.errors import EngineFailed
from assistant.paths import engine_log, open_engine_log

_MAX_LINE = 1 << 26
# Ctrl-C goes to the whole group of processes in the foreground; what it means, the parent decides.
if sys.platform == "win32":
    _GROUP, _FLAGS = None, subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _GROUP, _FLAGS = 0, 0
# How often a thread looks before it sleeps while it waits for the others. The library's own 300,000 rounds are as fast
# on an idle machine; with one other busy program on two cores they wrote less than 1 token a second instead of 20.
_SPIN = {"GOMP_SPINCOUNT": "1000"}


class Child:
    """`python -P -m MODULE ARGUMENTS` with a pipe to its stdin and one from its stdout; stderr is the engines' log."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        """Raises EngineFailed where it cannot be started."""
        log = open_engine_log()
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                process_group=_GROUP,
                creationflags=_FLAGS,
            )
        except OSError as error:
            raise EngineFailed(
                f"the engine cannot be started ({error.strerror}); a Python at {sys.executable} was expected; "
                "install Luciole again"
            ) from error
        finally:
            os.close(log)

    @property
    def id(self) -> int:
        """The number of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, line: bytes) -> None:
        """Raises EngineFailed where the child is dead."""
        if self._process.stdin is None:
            raise self.death()
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self.death() from error

    def receive(self) -> bytes:
        """The next line. Raises EngineFailed where the child is dead."""
        if self._process.stdout is None:
            raise self.death()
        try:
            line = self._process.stdout.readline(_MAX_LINE)
        except (OSError, ValueError) as error:
            raise self.death() from error
        if not line:
            raise self.death()
        return line

    def kill(self) -> None:
        """End it at once; may be called from any thread, and again."""
        self._process.kill()
        self._process.wait()

    def release(self) -> None:
        """Close the pipes of a dead child. Not while another thread is reading from them."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was buffered for the dead child
                    pipe.close()

    def death(self) -> EngineFailed:
        """What happened to it, as an error; it is dead afterwards."""
        code = self._process.poll()
        if code is None:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(1.0)  # its pipe has ended: it is about to go by itself
        self.kill()
        return EngineFailed(
            f"the engine died ({_cause(self._process.returncode if code is None else code)}); it starts anew with the "
            f"next question; if it dies again, use a smaller model or --context (log: {engine_log()})"
        )


def _environment() -> dict[str, str]:
    """This environment, in which the child finds the very package that is running here and shares cores politely.

    An installed package is found by itself, and then the path stays as it is: its folder before the standard library
    would let other packages' modules replace modules of that library.
    """
    environment = (os.environ if "OMP_WAIT_POLICY" in os.environ else _SPIN | os.environ) | {}
    home = str(Path(__file__).resolve().parents[2])
    if home not in map(os.path.realpath, (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))):
        rest = os.environ.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([home, rest] if rest else [home])
    return environment


def _cause(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
    match name:
        case "SIGKILL":
            return "killed, SIGKILL; perhaps the system ran out of memory"
        case "SIGABRT":
            return "llama.cpp gave up, SIGABRT"
        case "SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGFPE":
            return f"a fault inside llama.cpp, {name}"
        case _:
            return name
