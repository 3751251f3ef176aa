"""Saved readings: what a model has read, kept on disk, so that a document is read once and not once a day.

A reading is two files of one name in a folder of its kind: `NAME.state`, written by llama.cpp, and `NAME.reading`, a
line of JSON with sizes and checksums, then the tokens, then the checkpoints. The second is written last, so a reading
without it does not count. Whatever is stale, foreign, cut short or changed is removed and read anew, never trusted. The
module knows nothing of llama.cpp.
"""

import hashlib
import json
import os
import shutil
import time
import zlib
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InvalidSetting
from assistant.paths import folder
from assistant.settings import read_settings

FORMAT = 1
_BLOCK = 1 << 20
_MOST_HEADER = 1 << 16
_MOST_SHARE = 0.1
"""Of what is free on the disk, where the settings say nothing."""
_MOST_BYTES = 8 << 30
_STALE_SECONDS = 3600
"""A half-written file older than this has no writer any more."""


@dataclass(frozen=True, slots=True)
class Point:
    """A checkpoint of a reading: `length` tokens, and the bytes that bring memory back to there."""

    length: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading as its file says; whether its state is sound, `SavedReadings.points` looks when it is wanted."""

    file: Path
    tokens: tuple[int, ...]
    lengths: tuple[int, ...]
    """Of its checkpoints, in tokens."""
    sizes: tuple[int, ...]
    """Of its checkpoints, in bytes."""
    points_checksum: int
    state_bytes: int
    state_checksum: int

    @property
    def state(self) -> Path:
        return self.file.with_suffix(".state")


@dataclass(frozen=True, slots=True)
class Kept:
    """What lies in the cache. `limit`: the most that may, in bytes."""

    readings: int
    bytes: int
    limit: int

    @property
    def words(self) -> str:
        """As `3 saved, 412.0 MiB of at most 8,192 MiB`."""
        count = f"{self.readings:,} saved"
        return f"{count}, {self.bytes / 2**20:,.1f} MiB of at most {self.limit / 2**20:,.0f} MiB"


def readings_folder() -> Path:
    """Where all saved readings lie; it may not exist yet."""
    return folder("cache") / "readings"


def kept() -> Kept:
    """How much is saved now."""
    files = _files()
    count = sum(file.suffix == ".reading" for file in files)
    return Kept(count, sum(map(_size, files)), limit())


def clear() -> int:
    """Remove all saved readings; gives the bytes that were freed."""
    freed = sum(map(_size, _files()))
    shutil.rmtree(readings_folder(), ignore_errors=True)
    return freed - sum(map(_size, _files()))


def limit() -> int:
    """Bytes that all readings together may take, as the settings say, or by `default_limit`."""
    try:
        wanted = read_settings().readings_bytes
    except InvalidSetting:  # commands say so before anything is read; an engine reads on
        wanted = None
    return default_limit() if wanted is None else wanted


def default_limit() -> int:
    """8 GiB, or a tenth of what the disk could give if that is less."""
    path = readings_folder()
    with suppress(OSError):
        free = shutil.disk_usage(path if path.exists() else path.parent).free
        return min(_MOST_BYTES, int((free + sum(map(_size, _files()))) * _MOST_SHARE))
    return 0


def kind_of(**facts: object) -> str:
    """A name for everything a state depends on: another kind's readings are never looked at."""
    text = json.dumps({"format": FORMAT} | facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class SavedReadings:
    """The readings of one kind (see `kind_of`). Nothing here raises for what the disk does: without it, one reads."""

    def __init__(self, kind: str, most: int | None = None) -> None:
        """`most`: bytes that the readings of all kinds may take; None: `limit()`."""
        self._folder = readings_folder() / kind
        self._most = most

    def all(self) -> list[Reading]:
        """The sound ones, the last used first; the others are removed."""
        found: list[tuple[float, Reading]] = []
        for file in sorted(self._folder.glob("*.reading")):
            reading = _read(file)
            if reading is None:
                _remove(file)
            else:
                with suppress(OSError):
                    found.append((file.stat().st_mtime, reading))
        return [reading for _, reading in sorted(found, key=lambda pair: -pair[0])]

    def points(self, reading: Reading) -> list[Point] | None:
        """Its checkpoints, if they and its state are what was written; if not, None, and the reading is removed."""
        with suppress(OSError):
            with reading.file.open("rb") as stream:
                stream.seek(-sum(reading.sizes), os.SEEK_END)
                data = [stream.read(size) for size in reading.sizes]
            if zlib.crc32(b"".join(data)) == reading.points_checksum and _checksum(reading.state) == (
                reading.state_bytes,
                reading.state_checksum,
            ):
                os.utime(reading.file)  # the least recently used goes first
                return [Point(length, part) for length, part in zip(reading.lengths, data, strict=True)]
        self.remove(reading)
        return None

    def remove(self, reading: Reading) -> None:
        _remove(reading.file)

    def room_for(self, size: int) -> bool:
        """Whether a state of that many bytes may be kept: within the limit, and twice over on the disk."""
        if size > (limit() if self._most is None else self._most):
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return shutil.disk_usage(self._folder).free > 2 * size
        except OSError:
            return False

    def keep(self, tokens: Sequence[int], points: Sequence[Point], save: Callable[[Path], bool]) -> bool:
        """Keep a reading; `save` writes its state to a path. Older readings that it begins with are removed.

        False where the disk or `save` refused; then nothing is left of it.
        """
        ids = array("i", tokens)
        file = self._folder / f"{hashlib.sha256(ids.tobytes()).hexdigest()[:32]}.reading"
        partial = file.with_name(f"{file.stem}.{os.getpid()}.partial")
        try:
            if not save(partial):
                return False
            partial.chmod(0o600)
            data = b"".join(point.data for point in points)
            header = {
                "format": FORMAT,
                "tokens": {"count": len(ids), "checksum": zlib.crc32(ids.tobytes())},
                "state": _checksum(partial),
                "points": {"checksum": zlib.crc32(data), "lengths": [point.length for point in points]},
                "sizes": [len(point.data) for point in points],
            }
            _remove(file)  # before its state is replaced: at no moment do two halves of different readings meet
            partial.replace(file.with_suffix(".state"))
            partial.write_bytes(json.dumps(header).encode() + b"\n" + ids.tobytes() + data)
            partial.chmod(0o600)
            partial.replace(file)
        except OSError:
            return False
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        for older in self.all():
            if len(older.tokens) < len(tokens) and list(older.tokens) == list(tokens[: len(older.tokens)]):
                self.remove(older)
        self._prune(file)
        return True

    def _prune(self, newest: Path) -> None:
        """Remove the least recently used of all kinds until the rest is within the limit."""
        most = limit() if self._most is None else self._most
        files = _files()
        known = {file.stem for file in files if file.suffix == ".reading"}
        for file in files:
            with suppress(OSError):
                if file.stem not in known and time.time() - file.stat().st_mtime > _STALE_SECONDS:
                    file.unlink()
        used = [(_used(file), file) for file in _files() if file.suffix == ".reading" and file != newest]
        total = sum(map(_size, _files()))
        for _, file in sorted(used):
            if total <= most:
                break
            total -= _size(file) + _size(file.with_suffix(".state"))
            _remove(file)


def _read(file: Path) -> Reading | None:
    """A reading as its file says, if the file is whole."""
    ids = array("i")
    try:
        with file.open("rb") as stream:
            line = stream.readline(_MOST_HEADER)
            header = json.loads(line)
            length = int(header["tokens"]["count"]) * ids.itemsize
            data = stream.read(length)
        if header["format"] != FORMAT or header["tokens"]["checksum"] != zlib.crc32(data):
            return None
        ids.frombytes(data)
        reading = Reading(
            file,
            tuple(ids),
            tuple(map(int, header["points"]["lengths"])),
            tuple(map(int, header["sizes"])),
            int(header["points"]["checksum"]),
            *map(int, header["state"]),
        )
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    whole = len(line) + length + sum(reading.sizes) == _size(file) and _size(reading.state) == reading.state_bytes
    sound = len(reading.lengths) == len(reading.sizes) and min(reading.sizes, default=0) >= 0
    return reading if ids and whole and sound else None


def _checksum(path: Path) -> tuple[int, int]:
    """Bytes of a file, and their CRC-32."""
    size, checksum = 0, 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            size, checksum = size + len(block), zlib.crc32(block, checksum)
    return size, checksum


def _files() -> list[Path]:
    return [file for file in readings_folder().glob("*/*") if file.suffix in {".reading", ".state", ".partial"}]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _remove(file: Path) -> None:
    """Both halves; the one that makes it count goes first."""
    for part in (file, file.with_suffix(".state")):
        with suppress(OSError):
            part.unlink(missing_ok=True)
