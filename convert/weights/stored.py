"""Weights as they lie in files: where each tensor is, and any of its rows when they are asked for.

Files are read piece by piece (`pread`), never mapped: a file that is cut short while it is read is an error with words,
not a bus error. What formats there are is for `safetensors_file.py` and `torch_file.py` to know.
"""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from threading import Lock
from typing import Any, Protocol
from weakref import finalize

import numpy as np

from convert.errors import InvalidCheckpoint

Array = np.ndarray[Any, np.dtype[Any]]
Rows = slice | np.ndarray[Any, np.dtype[np.int64]]
"""A choice of rows along the first dimension: a slice without step, or their numbers."""
Block = Callable[[], Array]
"""Reads and arranges some rows of a tensor, [n, columns]; called in whichever thread has time."""

WEIGHT_TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
"""Types that weights may have, and the numpy type of their raw items (numpy has no bf16: its bits as uint16)."""

_ITEM_TYPES = WEIGHT_TYPES | {"F8_E4M3": np.uint8, "F8_E5M2": np.uint8}
"""What can be read; numbers of 8 bits mean something only with their scales (`fp8.py`)."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Not to wait: a pipe under a weight file's name would never answer."""

_SPREAD = 4
"""Rows that lie this much apart on average are still read in one go, gaps and all."""


class Weight(Protocol):
    """A tensor of a checkpoint, whatever it is stored as."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def path(self) -> Path:
        """The file it lies in."""
        ...

    def rows(self, chosen: Rows) -> Array:
        """Raw items (f32, f16, or bf16 as uint16) of the chosen rows, [n, ...]. Raises InvalidCheckpoint."""
        ...


class SourceFile:
    """A file of the checkpoint, open for reading until nobody holds it any more. Several threads may read at once."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidCheckpoint where it cannot be opened."""
        self.path = path
        self._lock = Lock()
        try:
            self._descriptor = os.open(path, _FLAGS)
            self._close = finalize(self, os.close, self._descriptor)
            state = os.fstat(self._descriptor)
        except OSError as error:
            raise InvalidCheckpoint(
                f"{path.name} cannot be read ({error.strerror}); a weight file was expected; check its permissions"
            ) from error
        if not S_ISREG(state.st_mode):
            raise InvalidCheckpoint(f"{path.name} is no regular file; a weight file was expected; download it again")
        self.size = state.st_size
        self._state = _identity(state)

    def read(self, offset: int, size: int) -> Array:
        """Bytes as uint8. Raises InvalidCheckpoint where the file has become shorter or the disk fails."""
        out = np.empty(size, dtype=np.uint8)
        view, done = out.data, 0
        try:
            while done < size:
                count = self._read_into(view[done:], offset + done)
                if count == 0:
                    raise self._changed(f"it ends at byte {offset + done}")
                done += count
        except OSError as error:
            raise InvalidCheckpoint(f"{self.path.name} cannot be read ({error.strerror}); check the disk") from error
        return out

    def check_unchanged(self) -> None:
        """Raises InvalidCheckpoint where the file is no longer the one that was opened."""
        try:
            state = _identity(self.path.stat())
        except OSError as error:
            raise self._changed(f"it is gone ({error.strerror})") from error
        if state != self._state:
            raise self._changed("its size or its date is another")

    def close(self) -> None:
        """Give the file back before its time; nothing can be read afterwards."""
        self._close()

    def _read_into(self, view: memoryview, offset: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [view], offset)
        with self._lock:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, len(view))
        view[: len(data)] = data
        return len(data)

    def _changed(self, found: str) -> InvalidCheckpoint:
        return InvalidCheckpoint(
            f"{self.path.name} changed while it was read: {found}; a file at rest was expected; convert again"
        )


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of plain numbers: its type as safetensors names it, its shape, and its place in the file in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: SourceFile
    offset: int

    @property
    def path(self) -> Path:
        """The file it lies in."""
        return self.file.path

    def rows(self, chosen: Rows) -> Array:
        """Raw items of the chosen rows (of the chosen elements where there is one dimension only)."""
        item = np.dtype(_ITEM_TYPES[self.dtype])
        inner = self.shape[1:]
        size = math.prod(inner) * item.itemsize
        if isinstance(chosen, slice):
            start, stop, _ = chosen.indices(self.shape[0])
            return self._span(start, stop, size).view(item).reshape(max(stop - start, 0), *inner)
        out = np.empty((len(chosen), *inner), dtype=item)
        for begin, end in runs(chosen):
            numbers = chosen[begin:end]
            low, high = int(numbers.min()), int(numbers.max()) + 1
            span = self._span(low, high, size).view(item).reshape(high - low, *inner)
            np.take(span, numbers - low, axis=0, out=out[begin:end])
        return out

    def array(self) -> Array:
        """All raw items in the tensor's shape."""
        item = np.dtype(_ITEM_TYPES[self.dtype])
        return self.file.read(self.offset, math.prod(self.shape) * item.itemsize).view(item).reshape(self.shape)

    def _span(self, start: int, stop: int, size: int) -> Array:
        return self.file.read(self.offset + start * size, max(stop - start, 0) * size)


def runs(numbers: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[tuple[int, int]]:
    """Stretches of the list whose rows lie close enough together to be read in one go."""
    pending = [(0, len(numbers))]
    while pending:
        begin, end = pending.pop()
        part = numbers[begin:end]
        if end - begin <= 1 or int(part.max()) - int(part.min()) < _SPREAD * (end - begin):
            if end > begin:
                yield begin, end
            continue
        middle = (begin + end) // 2
        pending += [(middle, end), (begin, middle)]


def _identity(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ino
