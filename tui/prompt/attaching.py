"""Files that are mentioned in a message, read as documents. Asks the disk: for worker threads only.

What is no file is no mention, and stays the words it is. A file that cannot be read is one with an error in words.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from assistant import Attachment, InvalidDocument, one_line, read_document
from tui.paths import place_of

_MOST = 8
"""Files whose text is remembered."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A file that is mentioned: its text, or why it has none."""

    path: str
    """As it was written in the message."""
    attachment: Attachment | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A text that goes with the message. `tokens` None: not counted yet; `error`: why it cannot go."""

    name: str
    text: str
    tokens: int | None = None
    error: str = ""
    pasted: int | None = None
    """The number of a folded paste; None: a file."""


class Reader:
    """Remembers what it has read until the file changes. For several threads: one reads, the others have it then."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[int, int, int], Mentioned]] = {}
        self._reading = Lock()

    def look(
        self, paths: Iterable[str], stopped: Callable[[], bool] = lambda: False, *, most: int | None = None
    ) -> dict[str, Mentioned]:
        """Those of the paths that are files, read; of no more than `most` bytes. `stopped` is asked between them."""
        found: dict[str, Mentioned] = {}
        for path in paths:
            if stopped():
                break
            with self._reading:
                mentioned = self._look(path, most)
            if mentioned is not None:
                found[path] = mentioned
        return found

    def _look(self, path: str, most: int | None) -> Mentioned | None:
        place = place_of(path)
        try:
            facts = os.stat(place)  # noqa: PTH116  pathlib's raises for a NUL in the path
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(facts.st_mode) or (most is not None and facts.st_size > most):
            return None
        stamp = facts.st_ino, facts.st_size, facts.st_mtime_ns
        if path not in self._read or self._read[path][0] != stamp:
            self._read.pop(path, None)
            while len(self._read) >= _MOST:
                del self._read[next(iter(self._read))]
            self._read[path] = stamp, _read(path, place)
        return self._read[path][1]


def are_files(paths: Iterable[str]) -> bool:
    """Whether all of these are files or folders that are there."""
    for path in paths:
        try:
            os.stat(place_of(path))  # noqa: PTH116  likewise
        except (OSError, ValueError):
            return False
    return True


def _read(path: str, place: str) -> Mentioned:
    try:
        document = read_document(place)
    except InvalidDocument as error:
        return Mentioned(path, None, one_line(str(error)))
    return Mentioned(path, Attachment(one_line(path), document.text.strip("\n")))
