"""A tensor whose numbers do not lie in the order of its elements: a transposed matrix, or columns of a wider one.

torch saves such views as they are. Read in pieces of bounded size, never slower than right.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convert.weights.stored import WEIGHT_TYPES, Array, Rows, SourceFile, runs

_ITEM_TYPES = {**WEIGHT_TYPES, "F8_E4M3": np.uint8, "F8_E5M2": np.uint8}
_PIECE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StridedTensor:
    """Like StoredTensor; `strides` are the steps between neighbours along each dimension, in items. One at least."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: SourceFile
    offset: int
    strides: tuple[int, ...]

    @property
    def path(self) -> Path:
        """The file it lies in."""
        return self.file.path

    def rows(self, chosen: Rows) -> Array:
        """Raw items of the chosen rows (of the chosen elements where there is one dimension only)."""
        if isinstance(chosen, slice):
            start, stop, _ = chosen.indices(self.shape[0])
            return self._span(start, max(start, stop))
        out = np.empty((len(chosen), *self.shape[1:]), dtype=_ITEM_TYPES[self.dtype])
        for begin, end in runs(chosen):
            numbers = chosen[begin:end]
            low, high = int(numbers.min()), int(numbers.max()) + 1
            np.take(self._span(low, high), numbers - low, axis=0, out=out[begin:end])
        return out

    def array(self) -> Array:
        """All raw items in the tensor's shape."""
        return self.rows(slice(None))

    def _span(self, start: int, stop: int) -> Array:
        out = np.empty((stop - start, *self.shape[1:]), dtype=_ITEM_TYPES[self.dtype])
        if out.size:
            self._fill(out, self.offset + start * self.strides[0] * out.itemsize)
        return out

    def _fill(self, out: Array, offset: int) -> None:
        """Read a box of the tensor that begins at `offset`: in one piece, or as two halves of its longest way."""
        ways = [(size - 1) * stride for size, stride in zip(out.shape, self.strides, strict=True)]
        span = (sum(ways) + 1) * out.itemsize
        if span <= _PIECE_BYTES:
            items = self.file.read(offset, span).view(out.dtype)
            steps = [stride * out.itemsize for stride in self.strides]
            out[...] = np.lib.stride_tricks.as_strided(items, out.shape, steps, writeable=False)
            return
        axis = ways.index(max(ways))
        middle = math.ceil(out.shape[axis] / 2)
        first, second = np.split(out, [middle], axis=axis)
        self._fill(first, offset)
        self._fill(second, offset + middle * self.strides[axis] * out.itemsize)
