"""The bound of each block type holds for whatever weights, is no larger than it must be, and notices damage.

gguf-py, which shares no code with ggml, turns blocks back into numbers beside ggml's own function.
"""

from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType, quants
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convert.gguf.bounds import BOUNDS, PLAIN, dequantize, rounded, share_of_bound
from convert.gguf.ggml import quantize

Floats = NDArray[np.float32]

KINDS = [pytest.param(kind, id=GGMLQuantizationType(kind).name) for kind in BOUNDS]


def shapes_of_data(random: np.random.Generator) -> dict[str, Any]:
    """Weights as they come, and as they should not."""
    size = (400, 256)
    normal = random.normal(size=size)
    spike = 0.01 * normal
    spike[:, 7] = 1.0
    return {
        "normal": normal,
        "uniform": random.uniform(-1, 1, size),
        "positive": random.uniform(0, 1, size),
        "far from zero": normal + 5,
        "negative": -random.uniform(0.9, 1, size),
        "heavy tails": random.standard_cauchy(size).clip(-1e4, 1e4),
        "sparse": normal * (random.random(size) < 0.02),
        "one spike": spike,
        "whole numbers": random.integers(-3, 4, size),
        "scales of their own": normal * np.repeat(np.exp(2 * random.normal(size=(400, 16))), 16, axis=1),
        "tiny": 1e-7 * normal,
        "zero": 0 * normal,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_holds_and_is_tight(kind: int) -> None:
    shares = {}
    for name, data in shapes_of_data(np.random.default_rng(1)).items():
        source = np.ascontiguousarray(data, dtype=np.float32)
        shares[name] = share_of_bound(kind, source, dequantize(kind, quantize(kind, source), 256))
    assert max(shares.values()) <= 1, shares
    assert max(shares.values()) > 0.3, shares


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_bound_holds_for_any_block(kind: int, data: st.DataObject) -> None:
    numbers = st.floats(-100, 100, width=32)
    chosen = data.draw(st.lists(numbers, min_size=1, max_size=6))
    places = data.draw(st.lists(st.sampled_from(chosen), min_size=256, max_size=256))
    source = np.array([places], dtype=np.float32)
    assert share_of_bound(kind, source, dequantize(kind, quantize(kind, source), 256)) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_ggml_and_gguf_py_agree_on_the_numbers(kind: int) -> None:
    source = np.random.default_rng(2).normal(size=(64, 512)).astype(np.float32)
    data = quantize(kind, source)
    theirs = quants.dequantize(data.reshape(64, -1), GGMLQuantizationType(kind))
    ours = dequantize(kind, data, 512)
    assert np.abs(ours - theirs).max() < 1e-6
    assert share_of_bound(kind, source, theirs) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_changed_places_or_signs_break_the_bound(kind: int) -> None:
    source = np.random.default_rng(3).normal(size=(8, 256)).astype(np.float32)
    found = dequantize(kind, quantize(kind, source), 256)
    assert share_of_bound(kind, source, found[::-1]) > 1
    assert share_of_bound(kind, source, -found) > 1
    assert share_of_bound(kind, source, 1.5 * found) > 1
    assert share_of_bound(kind, source, np.where(found > 2, np.nan, found)) > 1


@pytest.mark.parametrize("kind", PLAIN)
@given(bits=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=64))
def test_rounding_is_ggmls(kind: int, bits: list[int]) -> None:
    source = np.array([bits], dtype=np.uint32).view(np.float32)
    source = source[:, np.isfinite(source[0]) & (np.abs(source[0]) < 65000)]
    if source.size:
        theirs = quantize(kind, np.ascontiguousarray(source))
        assert rounded(kind, source).tobytes() == theirs.tobytes()
