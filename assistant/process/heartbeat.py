"""How a parent knows that its child still works: about once a second the child says how far its work has advanced.

A heartbeat is a line of its own, `.` and a number that grows while something advances: llama.cpp asks whether to go on,
a tensor is loaded, a page comes from the disk. A child whose number stands still does nothing but wait, or turns in
circles; one that says nothing at all is stopped, or stuck with the interpreter in its hand.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psutil

SECONDS = 1.0
"""Between two heartbeats."""
_MARK = b"."


def beat(advanced: int) -> bytes:
    """The line."""
    return _MARK + str(advanced).encode() + b"\n"


def beat_in(line: bytes) -> int | None:
    """How far the work has advanced; None for any other line."""
    number = line[1:]
    return int(number) if line.startswith(_MARK) and len(number) < 40 and number.isdigit() else None


class Heartbeat:
    """The child's end: beats from a thread of its own while a call runs.

    `advanced`: a number that grows with the work; the pages that the disk brings are added to it here. Where the
    parent's end of the pipe is held open by somebody else, a parent that is gone is noticed here too.
    """

    def __init__(self, send: Callable[[bytes], None], advanced: Callable[[], int]) -> None:
        self._send = send
        self._advanced = advanced
        self._running = Event()
        self._parent = os.getppid()
        Thread(target=self._beat, name="heartbeat", daemon=True).start()

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this is open, it beats."""
        self._running.set()
        try:
            yield
        finally:
            self._running.clear()

    def _beat(self) -> None:
        pause = Event()
        while True:
            self._running.wait()
            self._send(beat(self._advanced() + _traffic()))
            pause.wait(SECONDS)
            if os.getppid() != self._parent:
                os._exit(0)


class Patience:
    """The parent's end, for one wait: how long nothing has advanced.

    Counted in steps of what was really waited, each of them at most two heartbeats: while the machine is suspended, or
    this program stopped, neither of the two works, and the clocks of some systems run on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._still = self._silent = 0.0
        self._advanced: int | None = None
        self._beats = 0

    def exhausted(self, waited: float, *, beats: int, advanced: int) -> str | None:
        """After so many seconds more, with this many heartbeats so far and this number in the last one.

        None: wait on; else what is wrong, in words.
        """
        waited = min(waited, 2 * SECONDS)
        self._silent = 0.0 if beats != self._beats else self._silent + waited
        self._still = 0.0 if beats and advanced != self._advanced else self._still + waited
        self._beats = beats
        if beats:
            self._advanced = advanced
        if self._still <= self._seconds:
            return None
        if self._silent > self._seconds / 2:
            return f"it hung: no sign of life for {self._silent:.0f} s"
        return f"it hung: alive, but nothing advanced for {self._still:.0f} s"


def _traffic() -> int:
    """Pages and blocks that this process has moved from and to disks: a model that is read from one advances.

    Not its processor time: that of an endless loop grows as well.
    """
    if sys.platform == "win32":
        counters = psutil.Process().io_counters()
        return int(counters.read_count + counters.write_count)
    import resource  # noqa: PLC0415  not on Windows

    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_majflt + usage.ru_inblock + usage.ru_oublock
