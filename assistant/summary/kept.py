"""Summaries of pieces kept from run to run, so that an edit costs its own piece and interrupted work goes on.

On disk a summary is one file, named after a hash of everything it depends on. A file is written beside its place and
renamed, carries a checksum, and is ignored and replaced where it is damaged or foreign; the least recently used go when
the limit is reached. The module knows nothing of engines, documents and wording.
"""

import hashlib
import json
import os
import re
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import get_ident
from typing import Protocol

from assistant import readings
from assistant.messages import Sampling
from assistant.paths import folder

FORMAT = 1
MOST_BYTES = 64 << 20
"""A summary takes a block of the disk: room for sixteen thousand, of some thirty million tokens of documents."""
_BLOCK = 4096
_MOST_FILE = 1 << 20
_STALE_SECONDS = 3600
"""A half-written file older than this has no writer any more."""
_NAME = re.compile(r"[0-9a-f]{64}\.(piece|\d+\.\d+\.partial)")


class Kept(Protocol):
    """Texts by key, from run to run."""

    def get(self, key: str) -> str | None:
        """What was put under this key; None where there is nothing, or no more."""

    def put(self, key: str, text: str) -> None:
        """Keep a text, at once and for good. Raises OSError where the disk refuses; nothing is left of it then."""


@dataclass(frozen=True, slots=True)
class KeptCount:
    """What lies in the folder. `limit`: the most that may, in bytes."""

    pieces: int
    bytes: int
    limit: int

    @property
    def words(self) -> str:
        """As `12 kept, 0.1 MiB of at most 64 MiB`."""
        return f"{self.pieces:,} kept, {self.bytes / 2**20:,.1f} MiB of at most {self.limit / 2**20:,.0f} MiB"


def key_of(model: str, sampling: Sampling, prompt: str) -> str:
    """The key of an answer: the model's content, how it is sampled, and the whole prompt.

    The prompt holds the piece's text, the wording, the language and what was asked for, and nothing else matters.
    """
    facts = json.dumps({"format": FORMAT, "model": model, "sampling": asdict(sampling)}, sort_keys=True)
    return hashlib.sha256(f"{facts}\n{prompt}".encode("utf-8", errors="surrogatepass")).hexdigest()


def pieces_folder() -> Path:
    """Where summaries of pieces are kept; it may not exist yet."""
    return folder("cache") / "pieces"


def pieces_limit() -> int:
    """Bytes they may take; no more than saved readings may, since they too hold what documents say."""
    return min(MOST_BYTES, readings.limit())


def kept_pieces() -> KeptCount:
    """How much is kept now."""
    files = list(_files(pieces_folder()))
    return KeptCount(sum(file.suffix == ".piece" for file in files), sum(map(_size, files)), pieces_limit())


def clear_pieces() -> int:
    """Remove them all; gives the bytes that were freed."""
    freed = 0
    for file in list(_files(pieces_folder())):
        size = _size(file)
        with suppress(OSError):
            file.unlink()
            freed += size
    return freed


class KeptPieces:
    """Implements `Kept`: a file a summary."""

    def __init__(self, place: Path | None = None, most: int | None = None) -> None:
        """`place`: the folder, made when it is first needed; None: `pieces_folder()`. `most`: bytes; None:
        `pieces_limit()`; with 0 nothing is kept."""
        self._folder = place or pieces_folder()
        self._most = pieces_limit() if most is None else most
        self._bytes: int | None = None
        """In the folder, as far as this object knows; None: it has not looked."""
        self._held: set[str] = set()

    @property
    def held(self) -> int:
        """How many different texts this object found or put there."""
        return len(self._held)

    def get(self, key: str) -> str | None:
        file = self._file(key)
        text = _read(file, key)
        if text is not None:
            self._held.add(key)
            with suppress(OSError):
                os.utime(file)  # the least recently used goes first
        return text

    def put(self, key: str, text: str) -> None:
        data = _written(key, text)
        size = _blocks(len(data))
        if size > min(self._most, _MOST_FILE):
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self._bytes is None:
            self._bytes = sum(map(_size, _files(self._folder)))
        file = self._file(key)
        partial = file.with_name(f"{key}.{os.getpid()}.{get_ident()}.partial")
        try:
            with open(partial, "xb", opener=_private) as stream:
                stream.write(data)
            partial.replace(file)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        self._held.add(key)
        self._bytes += size
        if self._bytes > self._most:
            self._bytes = _prune(self._folder, self._most, file)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.piece"


def _private(path: str, flags: int) -> int:
    """Only for the user: it holds what a document says."""
    return os.open(path, flags, 0o600)


def _written(key: str, text: str) -> bytes:
    body = text.encode("utf-8", errors="surrogatepass")
    header = {"format": FORMAT, "key": key, "bytes": len(body), "checksum": zlib.crc32(body)}
    return json.dumps(header).encode() + b"\n" + body


def _read(file: Path, key: str) -> str | None:
    """The text of a file, if it is what was written under this key."""
    try:
        with file.open("rb") as stream:
            line, body = stream.readline(_BLOCK), stream.read(_MOST_FILE + 1)
        header = json.loads(line)
        expected = {"format": FORMAT, "key": key, "bytes": len(body), "checksum": zlib.crc32(body)}
        return body.decode("utf-8", errors="surrogatepass") if header == expected else None
    except (OSError, ValueError, RecursionError):
        return None


def _prune(place: Path, most: int, newest: Path) -> int:
    """Remove the least recently used until a tenth of the room is free, so that this is seldom; gives what is left."""
    total = sum(map(_size, _files(place)))
    for _, file in sorted((_used(file), file) for file in _files(place) if file != newest):
        if file.suffix == ".partial" and time.time() - _used(file) < _STALE_SECONDS:
            continue
        if file.suffix == ".piece" and total <= most * 0.9:
            continue
        size = _size(file)
        with suppress(OSError):
            file.unlink()
            total -= size
    return total


def _files(place: Path) -> Iterator[Path]:
    """Ours alone: whatever else somebody laid there stays."""
    with suppress(OSError):
        for file in place.iterdir():
            if _NAME.fullmatch(file.name):
                yield file


def _size(file: Path) -> int:
    try:
        return _blocks(file.stat().st_size)
    except OSError:
        return 0


def _blocks(size: int) -> int:
    """Bytes on the disk."""
    return -(-size // _BLOCK) * _BLOCK


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
