"""How far a weight may lie from its source in each type of block, and ggml's own way back from blocks to numbers.

The plain types hold a number exactly or round it to the nearest one; nothing is allowed there. In a block, the error of
an element is at most a share of the largest magnitude A in its block (of 32 elements, of 256 in K-quants), derived from
how ggml-quants.c chooses scales (R is the range of the block with 0, at most 2 A):

- Q8_0: levels -127 to 127 of A / 127: half a level; the scale rounded to f16 moves the largest by A / 2048.
- Q4_0, Q5_0: the largest takes level -8 (-16); its mirror image is cut off one level lower: a whole level, A / 8
  (A / 16).
- Q4_1, Q5_1: half of R / 15 (R / 31); scale and minimum rounded to f16 move it by 3 A / 2048.
- Q4_K, Q5_K: the search for a scale tries up to one level more or less than there are, which cuts off one level:
  2 A / 15 (2 A / 31); scales of 6 bits move it by half a step of the largest scale at the top level,
  2 A / 14 * 15 / 126 (2 A / 30 * 31 / 126), minimums of 6 bits by A / 126; f16 as above.
- Q6_K: the search tries 31.1 to 32.9 levels for 31 on the far side: 1.9 levels of A / 31.1; scales of 8 bits move it by
  A / 255; f16 by A / 2048.

Each was held against random, skewed, sparse and heavy-tailed data: the largest error seen is 57 to 99 % of it (Q6_K:
31 %). They say that nothing was lost, swapped or scaled wrongly; smaller damage shows in the comparison with the bytes
that the quantizer makes of the source.
"""

import ctypes
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
from gguf import GGMLQuantizationType as Type

from convert.gguf.ggml import library, library_file, row_bytes, type_name
from convert.weights.stored import Array

_F16 = 2.0**-11
"""Half of the spacing of f16 numbers, as a share."""
_SMALLEST = 2.0**-25
"""Half of the spacing of the smallest f16 numbers, where scales are tiny."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Largest error of an element: `share` of the largest magnitude in its block of `block` elements, plus `least`."""

    block: int
    share: float
    least: float


BOUNDS: Mapping[int, Bound] = {
    int(kind): bound
    for kind, bound in {
        Type.Q8_0: Bound(32, 0.5 / 127 + _F16, 127 * _SMALLEST),
        Type.Q4_0: Bound(32, 1 / 8 + _F16, 8 * _SMALLEST),
        Type.Q5_0: Bound(32, 1 / 16 + _F16, 16 * _SMALLEST),
        Type.Q4_1: Bound(32, 1 / 15 + 3 * _F16, 16 * _SMALLEST),
        Type.Q5_1: Bound(32, 1 / 31 + 3 * _F16, 32 * _SMALLEST),
        Type.Q4_K: Bound(256, 2 / 15 + 2 / 14 * 15 / 126 + 1 / 126 + 3 * _F16, 63 * 16 * _SMALLEST),
        Type.Q5_K: Bound(256, 2 / 31 + 2 / 30 * 31 / 126 + 1 / 126 + 3 * _F16, 63 * 32 * _SMALLEST),
        Type.Q6_K: Bound(256, 1.9 / 31.1 + 1 / 255 + _F16, 128 * 32 * _SMALLEST),
    }.items()
}

PLAIN = (int(Type.F32), int(Type.F16), int(Type.BF16))


def dequantize(kind: int, data: Array, columns: int) -> Array:
    """Rows of a block type, as bytes, to float32 [n, columns], by ggml's own function."""
    rows = data.size // row_bytes(kind, columns)
    out = np.empty((rows, columns), dtype=np.float32)
    _dequantizer(kind)(data.ctypes.data, out.ctypes.data, out.size)
    return out


def share_of_bound(kind: int, source: Array, found: Array) -> float:
    """The largest error as a share of what the type allows there; both are float32 [n, columns]."""
    bound = BOUNDS[kind]
    error = np.abs(source - found).reshape(-1, bound.block).max(axis=1)
    largest = np.abs(source).reshape(-1, bound.block).max(axis=1)
    share = float((error / (bound.share * largest + bound.least)).max())
    return share if np.isfinite(share) else float("inf")


def rounded(kind: int, source: Array) -> Array:
    """Float32 numbers in a plain type, rounded to the nearest (ties to even), as raw items (bf16 as uint16)."""
    if kind == Type.F32:
        return source
    if kind == Type.F16:
        return source.astype(np.float16)
    bits = source.view(np.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)


@cache
def quantizer() -> str:
    """What tells this build of the quantizer from others: the same one makes the same bytes of the same weights."""
    return f"ggml {hashlib.sha256(library_file().read_bytes()).hexdigest()[:16]}"


@cache
def _dequantizer(kind: int) -> Callable[[int, int, int], None]:
    function = getattr(library(), f"dequantize_row_{type_name(kind)}")
    function.restype = None
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    return cast("Callable[[int, int, int], None]", function)
