"""Files that may be meant by what is being typed. Asks the disk: for worker threads only.

Whether a file can be read as a document its reader decides; here only what is certainly none stays away: models,
pictures, programs, what is hidden, what tools make. The module knows nothing of widgets.
"""

import os
import re
import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from assistant import printable
from tui.fuzzy import rank

MOST = 50
"""Files that are offered."""
_MOST_WALKED = 5000
_DEEPEST = 8
_SECONDS = 1.0
_FRESH = 3.0
"""Seconds for which what lay under a folder is remembered."""
_walked: dict[tuple[str, bool, str], tuple[float, tuple["Found", ...]]] = {}
_MADE = {"node_modules", "__pycache__", "venv", "site-packages", "target", "dist", "build"}
_NO_DOCUMENTS = {
    f".{ending}"
    for ending in re.findall(
        r"\w+",
        "gguf safetensors bin pt onnx npy npz png jpg jpeg gif webp bmp ico svg mp3 mp4 mov avi mkv "
        "wav flac ogg zip gz xz bz2 zst tar 7z rar so o a dll dylib exe pyc pyd class jar whl db "
        "sqlite sqlite3 ttf otf woff woff2 iso img",
    )
}
PACKED = frozenset({".pdf", ".docx", ".epub", ".odt", ".doc"})
"""Documents whose size says nothing of their text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder, as it would be typed; safe to print. `bytes`: of the file; None for a folder."""

    path: str
    bytes: int | None
    places: tuple[int, ...] = ()
    """Of the letters of `path` that were typed."""

    @property
    def is_packed(self) -> bool:
        return Path(self.path).suffix.lower() in PACKED


def find_files(start: str, stopped: Callable[[], bool] = lambda: False, *, ending: str = "") -> tuple[Found, ...]:
    """What begins like this, or holds these letters in their order; the best first.

    A path with a slash is looked for in its folder; anything else in the working folder and what lies under it, and
    where nothing is typed yet, the files of that folder, the newest first, then its folders. `stopped` is asked while
    the disk is read; with an `ending` only such files are looked for, and no documents.
    """
    head, slash, tail = start.rpartition("/")
    hidden = tail.startswith(".")
    if slash or start in ("~", "..", "."):
        folder = f"{head}/" if slash else f"{start}/"
        if not slash:
            tail = ""
        entries = _sorted(_entries(folder, hidden=hidden, ending=ending))
    elif not start:
        entries = _sorted(_entries("", hidden=False, ending=ending))
    else:
        entries = [entry for entry in _entries("", hidden=hidden, ending=ending) if entry.bytes is None]
        entries += _under(hidden=hidden, ending=ending, stopped=stopped)
        entries.sort(key=lambda entry: len(entry.path))
        tail = start
    ranked = rank(tail, entries, lambda entry: entry.path.removesuffix("/")[_shift(entry, tail, slash) :], MOST)
    return tuple(
        Found(entry.path, entry.bytes, tuple(place + _shift(entry, tail, slash) for place in places))
        for entry, places in ranked
    )


def _shift(entry: Found, tail: str, slash: str) -> int:
    """Where the part of the path begins that the typed letters are looked for in."""
    return entry.path.rstrip("/").rfind("/") + 1 if slash or not tail else 0


def _sorted(entries: Iterator[Found]) -> list[Found]:
    found = list(entries)
    return [entry for entry in found if entry.bytes is not None] + [entry for entry in found if entry.bytes is None]


def _entries(folder: str, *, hidden: bool, ending: str) -> Iterator[Found]:
    """Files and folders in one folder, the newest first; `folder` as typed, with its slash."""
    try:
        place = Path(folder).expanduser()
        entries = [(entry.name, entry.stat()) for entry in os.scandir(place) if _is_offered(entry.name, hidden=hidden)]
    except (OSError, RuntimeError, ValueError):  # no home; a NUL in the path
        return
    for name, facts in sorted(entries, key=lambda entry: -entry[1].st_mtime):
        if stat.S_ISDIR(facts.st_mode):
            yield Found(f"{folder}{name}/", None)
        elif stat.S_ISREG(facts.st_mode) and _is_wanted(name, ending):
            yield Found(f"{folder}{name}", facts.st_size)


def _under(*, hidden: bool, ending: str, stopped: Callable[[], bool]) -> tuple[Found, ...]:
    """Files under the working folder, as they were a moment ago: a large one is not walked for every letter typed."""
    key = os.getcwd(), hidden, ending  # noqa: PTH109  a text
    known = _walked.get(key)
    if known is not None and monotonic() - known[0] < _FRESH:
        return known[1]
    found = tuple(_walk(hidden=hidden, ending=ending, stopped=stopped))
    if not stopped():
        _walked.clear()
        _walked[key] = monotonic(), found
    return found


def _walk(*, hidden: bool, ending: str, stopped: Callable[[], bool]) -> Iterator[Found]:
    """Files under the working folder, the nearest first; not all where there are very many."""
    end, count = monotonic() + _SECONDS, 0
    folders = deque([""])
    while folders and count < _MOST_WALKED and monotonic() < end and not stopped():
        folder = folders.popleft()
        try:
            entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
        except OSError:  # gone, or not for us
            continue
        for entry in entries:
            if not _is_offered(entry.name, hidden=hidden):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _MADE and folder.count("/") < _DEEPEST:
                        folders.append(f"{folder}{entry.name}/")
                elif _is_wanted(entry.name, ending) and entry.is_file():
                    count += 1
                    yield Found(folder + entry.name, entry.stat().st_size)
            except OSError:  # gone, or a link to nowhere
                continue


def _is_wanted(name: str, ending: str) -> bool:
    kind = Path(name).suffix.lower()
    return kind == ending if ending else kind not in _NO_DOCUMENTS


def _is_offered(name: str, *, hidden: bool) -> bool:
    # What cannot be shown cannot be typed either.
    return (hidden or not name.startswith(".")) and printable(name) == name and "\n" not in name
