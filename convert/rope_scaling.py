"""The formulas of RoPE scaling as transformers' modeling_rope_utils defines them: numbers in, numbers out.

A divisor divides the frequency `base ** (-2i / dimension)` of pair i; llama.cpp reads such divisors from a tensor.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]

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
    low, high = max(low, 0), min(high, dimension - 1)
    width = high - low if high != low else 0.001
    stretched = np.clip((np.arange(dimension // 2) - low) / width, 0, 1)
    return tuple(float(value) for value in 1 / (stretched / factor + (1 - stretched)))


def llama_cpp_cuts_alike(base: float, dimension: int, original: int) -> bool:
    """llama.cpp, which counts in float32, finds the same first and last pair of the default YaRN ramp."""
    return all(
        rounded(_pair_turning(turns, base, dimension, original))
        == rounded(_pair_turning_in_float32(turns, base, dimension, original))
        for turns, rounded in _RAMP
    )


def yarn_attention(factor: float, multiplier: float = 1.0) -> float:
    """The factor of queries and keys, each, that makes up for stretched frequencies."""
    return 1.0 if factor <= 1 else 0.1 * multiplier * math.log(factor) + 1.0


def longrope_attention(factor: float, original: int) -> float:
    """The same for longrope."""
    return 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))


_RAMP: tuple[tuple[float, Callable[[float], int]], ...] = ((BETA_FAST, math.floor), (BETA_SLOW, math.ceil))


def _frequencies(base: float, dimension: int) -> Array:
    exponents = np.arange(0, dimension, 2, dtype=np.float32) / np.float32(dimension)
    found: Array = np.float32(1) / np.power(np.float32(base), exponents, dtype=np.float32)
    return found


def _pair_turning(turns: float, base: float, dimension: int, original: int) -> float:
    """The pair, as a real number, that turns so many times within the original context."""
    return dimension * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(base))


def _pair_turning_in_float32(turns: float, base: float, dimension: int, original: int) -> float:
    ratio = np.float32(original) / (np.float32(turns) * np.float32(2) * np.float32(math.pi))
    return float(np.float32(dimension) * np.log(ratio) / (np.float32(2) * np.log(np.float32(base))))
