"""The formulas of RoPE scaling as transformers' modeling_rope_utils defines them: numbers in, numbers out.

A divisor divides the frequency `base ** (-2i / dimension)` of pair i; llama.cpp reads such divisors from a tensor.
"""

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]
Ramp = np.ndarray[Any, np.dtype[np.float64]]

BETA_FAST, BETA_SLOW = 32.0, 1.0
"""Turns within the original context above which YaRN keeps a frequency, and below which it stretches it wholly."""


def dynamic_base(base: float, dimension: int, *, factor: float, trained: int, length: int) -> float:
    """The base that dynamic NTK scaling takes for a text of `length` tokens; unchanged up to the trained length."""
    stretch = factor * max(length, trained) / trained - (factor - 1)
    return base * math.pow(stretch, dimension / (dimension - 2))


def llama3_divisors(
    base: float, dimension: int, *, factor: float, low: float, high: float, original: int
) -> tuple[float, ...]:
    """1 for wavelengths under `original / high`, `factor` over `original / low`, a smooth change between (float32)."""
    with np.errstate(all="ignore"):  # what lies outside of "between" is computed too, and thrown away
        wavelengths = np.float32(2 * math.pi) / _frequencies(base, dimension)
        smooth = (np.float32(original) / wavelengths - np.float32(low)) / np.float32(high - low)
        between = np.float32(1) / ((np.float32(1) - smooth) / np.float32(factor) + smooth)
        divisors = np.where(wavelengths < original / high, np.float32(1), between)
        divisors = np.where(wavelengths > original / low, np.float32(factor), divisors)
    return tuple(float(value) for value in divisors)


def yarn_divisors(
    base: float, dimension: int, *, factor: float, original: int, fast: float, slow: float, truncate: bool
) -> tuple[float, ...]:
    """1 for pairs that turn more than `fast` times within the original context, `factor` for those under `slow`."""
    low, high = (_pair_turning(turns, base, dimension, original) for turns in (fast, slow))
    if truncate:
        low, high = math.floor(low), math.ceil(high)
    stretched = _yarn_ramp(low, high, dimension)
    return tuple(float(value) for value in 1 / (stretched / factor + (1 - stretched)))


def llama_cpp_ramps_alike(base: float, dimension: int, original: int) -> bool:
    """llama.cpp, which looks for the ends in float32 and knows no ramp that falls, stretches the same pairs as much."""
    ours, theirs = (
        [math.floor(find(BETA_FAST, base, dimension, original)), math.ceil(find(BETA_SLOW, base, dimension, original))]
        for find in (_pair_turning, _pair_turning_in_float32)
    )
    low, high = max(theirs[0], 0), min(theirs[1], dimension - 1)
    found = np.clip((np.arange(dimension // 2) - low) / max(high - low, 0.001), 0, 1)
    return bool(np.allclose(found, _yarn_ramp(ours[0], ours[1], dimension), rtol=0, atol=1e-6))


def yarn_attention(factor: float, multiplier: float = 1.0) -> float:
    """The factor of queries and keys, each, that makes up for stretched frequencies."""
    return 1.0 if factor <= 1 else 0.1 * multiplier * math.log(factor) + 1.0


def longrope_attention(factor: float, original: int) -> float:
    """The same for longrope."""
    return 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))


def _frequencies(base: float, dimension: int) -> Array:
    exponents = np.arange(0, dimension, 2, dtype=np.float32) / np.float32(dimension)
    found: Array = np.float32(1) / np.power(np.float32(base), exponents, dtype=np.float32)
    return found


def _yarn_ramp(low: float, high: float, dimension: int) -> Ramp:
    """How much each pair is stretched, from 0 at pair `low` to 1 at pair `high`."""
    low, high = max(low, 0), min(high, dimension - 1)
    width = high - low if high != low else 0.001
    ramp: Ramp = np.clip((np.arange(dimension // 2) - low) / width, 0, 1)
    return ramp


def _pair_turning(turns: float, base: float, dimension: int, original: int) -> float:
    """The pair, as a real number, that turns so many times within the original context."""
    return dimension * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))


def _pair_turning_in_float32(turns: float, base: float, dimension: int, original: int) -> float:
    ratio = np.float32(original) / (np.float32(turns) * np.float32(2) * np.float32(math.pi))
    return float(np.float32(dimension) * np.log(ratio) / (np.float32(2) * np.log(np.float32(base))))
