"""The engines' log: one file for all running programs, private to the user, and never large.

A file that has become large is renamed to `engine.log.old`, over the one before it; where that is refused it is begun
anew. Every writer looks before each line, so that a program which runs for weeks follows along. Nothing here raises: an
engine without a log still answers. The module does not know who writes.
"""

import os
from contextlib import suppress
from pathlib import Path

from assistant.paths import engine_log

LARGE = 1 << 20
"""Bytes; both files together take at most twice that, and a line more."""


class EngineLog:
    """Appends whole lines. Several may be open, here and in other programs: the system puts each line at the end."""

    def __init__(self, *, large: int = LARGE) -> None:
        self.path = engine_log()
        self._large = large
        self._file = -1

    def write(self, data: bytes) -> None:
        """Append a line, or several, with the newline; nothing happens where the disk refuses."""
        if self._must_turn():
            self._turn()
        if self._file < 0:
            self._open()
        if self._file >= 0:
            with suppress(OSError):  # the disk is full: the answer is worth more than its log
                os.write(self._file, data)

    def close(self) -> None:
        """May be called twice; a later `write` opens it again."""
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
            self._file = -1

    def descriptor(self) -> int:
        """The open file, for a short-lived program to print to; one of nowhere where the log cannot be written.

        Whoever asks closes it. Lines that come through it are not counted before the next `write` of anybody.
        """
        self.close()
        self._open()
        found, self._file = self._file, -1
        return found if found >= 0 else os.open(os.devnull, os.O_WRONLY)

    def _must_turn(self) -> bool:
        """Whether the open file has become large, or is no longer the one of this name."""
        if self._file < 0:
            return False
        try:
            mine, named = os.fstat(self._file), self.path.stat()
        except OSError:
            return True  # somebody has removed it
        return mine.st_size > self._large or not os.path.samestat(mine, named)

    def _turn(self) -> None:
        """Let go of the file; the large one makes room first, if nobody else has seen to it."""
        self.close()
        self._make_room()

    def _make_room(self) -> None:
        with suppress(OSError):
            if self.path.stat().st_size <= self._large:
                return
            try:
                self.path.replace(_older(self.path))
            except OSError:  # Windows, while another program has it open
                os.truncate(self.path, 0)

    def _open(self) -> None:
        self._make_room()
        with suppress(OSError):
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            if hasattr(os, "fchmod"):  # one that an older version made for all to read
                os.fchmod(self._file, 0o600)


def _older(path: Path) -> Path:
    return path.with_name(path.name + ".old")
