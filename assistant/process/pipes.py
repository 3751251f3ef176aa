"""The ends of pipes that a parent holds, each with a thread of its own: nobody who calls here ever waits for a pipe.

The threads know the pipes and what lies between, not the child: dropping the child is what ends them.
"""

import os
from collections import deque
from contextlib import suppress
from queue import SimpleQueue
from threading import Condition, Thread
from typing import IO

from assistant.engine_log import EngineLog
from assistant.process.heartbeat import beat_in

_MOST_LINE = 1 << 24
"""Longer lines are handed on in parts; none of ours comes near it."""
_MOST_WAITING = 1 << 20
"""Bytes of lines that nobody has taken yet; beyond it the child has to wait."""
_PIECE = 1 << 16
_LAST_LINES = 60
_LONGEST_LOG_LINE = 1 << 13


class Inbox:
    """Lines from a child, heartbeats taken out and counted."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self.beats = 0
        self.advanced = 0
        """As the last heartbeat has it."""
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._changed = Condition()
        self.thread = Thread(target=self._fill, args=(pipe,), name="replies", daemon=True)
        self.thread.start()

    def take(self, seconds: float) -> bytes | None:
        """The next line; empty after the last one; None if nothing comes within these seconds."""
        with self._changed:
            if not self._lines and not self._ended:
                self._changed.wait(seconds)
            if self._lines:
                line = self._lines.popleft()
                self._size -= len(line)
                self._changed.notify_all()
                return line
            return b"" if self._ended else None

    def end(self) -> None:
        """Nothing more is wanted; what has come may still be taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _fill(self, pipe: IO[bytes]) -> None:
        parts: list[bytes] = []
        with pipe, suppress(OSError, ValueError):
            while not self._ended and (piece := pipe.read(_PIECE)):
                *lines, rest = piece.split(b"\n")
                for line in lines:
                    self._put(b"".join([*parts, line, b"\n"]))
                    parts.clear()
                parts.append(rest)
                if sum(map(len, parts)) > _MOST_LINE:
                    self._put(b"".join(parts))
                    parts.clear()
        self.end()

    def _put(self, line: bytes) -> None:
        advanced = beat_in(line[:-1])
        with self._changed:
            if advanced is not None:
                self.beats += 1
                self.advanced = advanced
                return
            while self._size > _MOST_WAITING and not self._ended:
                self._changed.wait()
            if not self._ended:
                self._lines.append(line)
                self._size += len(line)
                self._changed.notify_all()


class Outbox:
    """Lines to a child; one that reads nothing keeps nobody waiting."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self.thread = Thread(target=_send, args=(pipe, self._lines), name="requests", daemon=True)
        self.thread.start()

    def put(self, line: bytes) -> None:
        self._lines.put(line)

    def end(self) -> None:
        """Close the pipe after what has been put."""
        self._lines.put(None)


class LastWords:
    """What a child prints, in the engines' log; the last lines are kept."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self.thread = Thread(target=_keep, args=(pipe, self._lines), name="last words", daemon=True)
        self.thread.start()

    def lines(self) -> list[str]:
        return list(self._lines)


def _send(pipe: IO[bytes], lines: SimpleQueue[bytes | None]) -> None:
    with suppress(OSError, ValueError), pipe:  # the child is dead; whoever waits for its answer learns that
        while (line := lines.get()) is not None:
            view = memoryview(line)
            while view:
                view = view[os.write(pipe.fileno(), view[:_MOST_WAITING]) :]
    while lines.get() is not None:
        pass


def _keep(pipe: IO[bytes], kept: deque[str]) -> None:
    log = EngineLog()
    rest = b""
    with pipe, suppress(OSError, ValueError):
        while piece := pipe.read(_PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _LONGEST_LOG_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                kept.append(line.decode("utf-8", errors="replace"))
                log.write(line + b"\n")
    if rest:
        kept.append(rest.decode("utf-8", errors="replace"))
        log.write(rest + b"\n")
    log.close()
