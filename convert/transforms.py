"""Pure rearrangements and row-wise steps of weights.

A rearrangement is an order of rows: `weight[order]` is what GGUF wants. A step works on float32 rows, each by itself.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Order = np.ndarray[Any, np.dtype[np.int64]]

_SMALLEST_NORM = np.float32(1e-12)
"""Divisor of a row of zeros, as torch.nn.functional.normalize takes it."""


def interleaved(heads: int, head_dim: int) -> Order:
    """From Hugging Face's order (first halves of a head, then second halves) to adjacent pairs, [heads * head_dim].

    Row 2k of a head is row k of its first half, row 2k + 1 is row k of its second. llama.cpp's rope type NORM, which
    the architecture `llama` uses, rotates adjacent pairs.
    """
    return np.arange(heads * head_dim).reshape(heads, 2, head_dim // 2).swapaxes(1, 2).reshape(-1)


def separated(heads: int, head_dim: int) -> Order:
    """The inverse of `interleaved`."""
    return np.arange(heads * head_dim).reshape(heads, head_dim // 2, 2).swapaxes(1, 2).reshape(-1)


def by_part(heads: int, head_dim: int) -> Order:
    """From a query, a key and a value block for each head in turn to all queries, all keys, all values.

    BLOOM and GPT-NeoX fuse the three that way; [3 * heads * head_dim].
    """
    return np.arange(heads * 3 * head_dim).reshape(heads, 3, head_dim).swapaxes(0, 1).reshape(-1)


def unit_rows(rows: Array) -> Array:
    """Each row over its L2 norm, in float32: the head of models with a NormHead. `rows`: [n, hidden]."""
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float32))
    divided: Array = rows / np.maximum(norms, _SMALLEST_NORM)[:, None]
    return divided


def plus_one(rows: Array) -> Array:
    """Norm weights that are stored as their difference from one."""
    return rows + np.float32(1)
