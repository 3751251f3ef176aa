"""Pure rearrangements of a weight's raw items. No value is changed, so they hold for f32, f16 and bf16 bits alike."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def interleave(weight: Array, heads: int) -> Array:
    """Rows of each head from Hugging Face's order (first halves, then second halves) to adjacent pairs.

    `weight`: [heads * d, ...] -> the same shape; row `k` of the first half goes to `2k`, of the second to `2k + 1`.
    llama.cpp's architecture `llama` rotates adjacent pairs (its rope type NORM).
    """
    half = weight.shape[0] // heads // 2
    split = weight.reshape(heads, 2, half, *weight.shape[1:])
    return split.swapaxes(1, 2).reshape(weight.shape)


def separate(weight: Array, heads: int) -> Array:
    """The inverse of `interleave`."""
    half = weight.shape[0] // heads // 2
    pairs = weight.reshape(heads, half, 2, *weight.shape[1:])
    return pairs.swapaxes(1, 2).reshape(weight.shape)
