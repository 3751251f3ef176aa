"""A program in a pseudo-terminal of its own, and the other end of it: types, pastes, resizes, reads every byte.

What the program wrote is `output`, raw; `shown` draws it as a terminal would. POSIX only. Nothing here knows Textual.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from types import TracebackType
from typing import Self

import psutil
import pyte

_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
"""Control sequences, strings and single functions, as ECMA-48 has them."""
_NOT_FOR_PYTE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-z]|\x1b\[\?[0-9;]*\$p")
"""Keyboard modes (`CSI > u`, `CSI < u`) and questions about modes: pyte takes them for other things."""
_TAIL = 2000


class Silent(Exception):
    """The program did not do in time what was waited for; its last words are in the message."""


class Terminal:
    """Opened at once and killed at the end of the `with`, if it has not ended by then."""

    def __init__(
        self, command: Sequence[str], *, size: tuple[int, int] = (80, 24), environment: Mapping[str, str] | None = None
    ) -> None:
        """`size`: columns and rows. `environment` is added to this process's own."""
        self.size = size
        self._end, other = pty.openpty()
        self._tell_size()
        # Programs believe these more than the terminal, and a resize would go unseen.
        inherited = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "LINES", "NO_COLOR"}}
        variables = inherited | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | dict(environment or {})
        self.began = perf_counter()
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=variables, start_new_session=True
        )
        os.close(other)
        self._watched = psutil.Process(self.process.pid)
        self.output = b""
        self._screen = pyte.Screen(*size)
        self._draw = pyte.ByteStream(self._screen)
        self._drawn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def type(self, keys: str | bytes) -> int:
        """Send keys as they are; gives the place in `output` behind which their effect will be."""
        place = len(self.output)
        os.write(self._end, keys.encode() if isinstance(keys, str) else keys)
        return place

    def paste(self, text: str) -> int:
        """Send text as terminals with bracketed paste do."""
        return self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window."""
        self.size = columns, rows
        self._tell_size()
        self.shown()
        self._screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def read(self, seconds: float = 0.05) -> bool:
        """Take what is there, or comes within that time; False: nothing."""
        if not select.select([self._end], [], [], max(seconds, 0.0))[0]:
            return False
        try:
            piece = os.read(self._end, 1 << 20)
        except OSError:  # Linux's way to say that the other end is closed
            return False
        self.output += piece
        return bool(piece)

    def read_for(self, seconds: float) -> None:
        """Take what comes within that time."""
        end = perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            self.read(left)

    def wait_for(self, text: str | bytes, *, after: int = 0, seconds: float = 30) -> float:
        """The moment at which `text` had come, behind the place `after` of the output. Raises Silent."""
        wanted = text.encode() if isinstance(text, str) else text
        searched = after
        end = perf_counter() + seconds
        while True:
            if self.output.find(wanted, searched) >= 0:
                return perf_counter()
            searched = max(after, len(self.output) - len(wanted) + 1)
            self._expect_more(end, repr(text))

    def wait_shown(self, *texts: str, seconds: float = 30) -> None:
        """Wait until all of these stand on the screen. Raises Silent."""

        def there() -> bool:
            screen = "\n".join(self.shown())
            return all(text in screen for text in texts)

        try:
            self.wait_until(there, seconds=seconds)
        except Silent as error:
            raise Silent(f"waited in vain for {texts}; the screen is\n" + "\n".join(self.shown())) from error

    def wait_until(self, reached: Callable[[], bool], *, seconds: float = 30) -> float:
        """The moment at which `reached` was true, asked whenever something came. Raises Silent."""
        end = perf_counter() + seconds
        while not reached():
            self._expect_more(end, "a state")
        return perf_counter()

    def written(self, place: int = 0) -> str:
        """What was written from that place on, without control sequences: letters in the order of the drawing."""
        return _ESCAPES.sub(b"", self.output[place:]).decode(errors="replace")

    def shown(self) -> list[str]:
        """The rows as a terminal would show them now; a wide character is followed by an empty cell."""
        end = len(self.output)
        last = self.output.rfind(b"\x1b", self._drawn)
        if last >= 0 and not _ESCAPES.match(self.output, last):
            end = last  # the rest of it is still to come
        self._draw.feed(_NOT_FOR_PYTE.sub(b"", self.output[self._drawn : end]))
        self._drawn = end
        return list(self._screen.display)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row, from 0, where the terminal's own cursor stands."""
        self.shown()
        return self._screen.cursor.x, self._screen.cursor.y

    def exit_seconds(self, *, seconds: float = 20) -> float:
        """Wait for the end of the program and say how long it took. Raises Silent."""
        began = perf_counter()
        while self.process.poll() is None:
            if perf_counter() > began + seconds:
                raise Silent(f"the program did not end within {seconds:g} s; its last words: {self._last()}")
            self.read(0.01)
        while self.read(0):
            pass
        return perf_counter() - began

    @property
    def processor_seconds(self) -> float:
        """User and system time of the program so far, all threads, without its children."""
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    @property
    def private_mib(self) -> float:
        """Memory that is the program's alone."""
        return float(self._watched.memory_full_info().uss) / 2**20

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._end)

    def _tell_size(self) -> None:
        columns, rows = self.size
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _expect_more(self, end: float, what: str) -> None:
        if perf_counter() > end:
            raise Silent(f"waited in vain for {what}; last came: {self._last()}")
        if not self.read(min(0.05, end - perf_counter())) and self.process.poll() is not None and not self.read(0):
            raise Silent(f"the program ended with {self.process.returncode} before {what}: {self._last()}")

    def _last(self) -> str:
        return self.written(max(0, len(self.output) - _TAIL))
