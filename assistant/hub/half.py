"""A file that is half here: its bytes beside the blob they will be, and their hash as they come.

Unbuffered: what came is on the disk's side even if we are killed. A validator beside it says of which version it is a
half, so that the hub itself decides whether the rest still fits (RFC 9110 13.1.5).
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from assistant.hub.cache import Cached, RepositoryFile
from assistant.hub.failures import disk

_BLOCK = 1 << 20
Result = TypeVar("Result")
_STRONG = re.compile(r'"[\x21\x23-\x7e]*"')


class Digest:
    """The hash that the hub knows a content by: SHA-256 of large files, git's of others."""

    def __init__(self, file: RepositoryFile) -> None:
        self._file = file
        self.bytes = 0
        if file.sha256:
            self._hash = hashlib.sha256()
        else:
            self._hash = hashlib.sha1(b"blob %d\0" % file.bytes, usedforsecurity=False)  # git's own choice

    def update(self, data: bytes) -> None:
        self._hash.update(data)
        self.bytes += len(data)

    def read(self, path: Path) -> Iterator[int]:
        """Take in what lies there; gives the bytes so far."""
        with path.open("rb") as source:
            while block := source.read(_BLOCK):
                self.update(block)
                yield self.bytes

    def right(self) -> bool:
        known = self._file.sha256 or self._file.git_id
        return self.bytes == self._file.bytes and (not known or self._hash.hexdigest() == known)


class Half:
    """The half file of one blob, open. Every method raises OutputFailed where the disk refuses."""

    def __init__(self, place: Cached, file: RepositoryFile) -> None:
        self.file = file
        self.digest = Digest(file)
        self._place = place
        self._path = place.partial(file)
        self._validator = place.validator(file)
        self._output = self._tried(partial(self._path.open, "ab", buffering=0))
        self.reused = self._tried(os.fstat, self._output.fileno()).st_size
        """So many bytes were here before."""

    @property
    def done(self) -> int:
        """Bytes that are here."""
        return self.digest.bytes

    def take_up(self) -> Iterator[int]:
        """Take in what an earlier run left; gives the bytes so far."""
        for done in self.digest.read(self._path):
            if done > self.file.bytes:
                self.begin_again()
                break
            yield done

    def condition(self) -> dict[str, str]:
        """Headers that ask only for what is missing, and only of the same version: else for all of it."""
        if not self.done:
            return {}
        found = {"Range": f"bytes={self.done}-{self.file.bytes - 1}"}
        with suppress(OSError, ValueError):
            found["If-Range"] = self._validator.read_text(encoding="ascii")
        return found

    def note(self, etag: str) -> None:
        """Keep the validator of the version that begins to come; without a strong one the hash alone decides."""
        with suppress(OSError):
            if _STRONG.fullmatch(etag):
                self._validator.write_text(etag, encoding="ascii")
            else:
                self._validator.unlink(missing_ok=True)

    def begin_again(self) -> None:
        """Forget what is here."""
        self._tried(self._output.truncate, 0)
        self.digest, self.reused = Digest(self.file), 0

    def take(self, piece: bytes) -> None:
        """Append what came."""
        view = memoryview(piece)
        while view:
            written = self._tried(self._output.write, view)
            view = view[written:]  # a disk that fills up takes less than it is given, before it refuses
        self.digest.update(piece)

    def settle(self) -> None:
        """Have it on the disk, whatever happens to the machine."""
        self._tried(os.fsync, self._output.fileno())

    def close(self) -> None:
        self._output.close()

    def _tried(self, call: Callable[..., Result], *arguments: object) -> Result:
        try:
            return call(*arguments)
        except OSError as error:
            raise disk(error, self._place.folder.parent) from error
