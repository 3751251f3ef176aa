"""Rearrangements lose nothing, and turn Hugging Face's rotate-half into llama.cpp's adjacent pairs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convert.transforms import interleave, separate


@given(heads=st.integers(1, 9), half=st.integers(1, 9), columns=st.integers(1, 5))
def test_separate_inverts_interleave(heads: int, half: int, columns: int) -> None:
    weight = np.arange(heads * 2 * half * columns, dtype=np.uint16).reshape(heads * 2 * half, columns)
    assert np.array_equal(separate(interleave(weight, heads), heads), weight)
    assert np.array_equal(interleave(separate(weight, heads), heads), weight)


@given(heads=st.integers(1, 4), half=st.integers(1, 8), position=st.integers(0, 5000), seed=st.integers(0, 99))
def test_rotated_scores_are_the_same_in_both_orders(heads: int, half: int, position: int, seed: int) -> None:
    """Query times key after rotation: halves apart (transformers) and adjacent pairs (llama.cpp) agree."""
    random = np.random.default_rng(seed)
    query, key = random.standard_normal((2, heads * 2 * half, 1))
    angles = position * 10000.0 ** (-np.arange(half) / half)

    def halves(vector: np.ndarray) -> np.ndarray:
        first, second = np.split(vector.reshape(heads, 2 * half), 2, axis=1)
        cos, sin = np.cos(angles), np.sin(angles)
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=1)

    def pairs(vector: np.ndarray) -> np.ndarray:
        turned = interleave(vector, heads).reshape(heads, half, 2)
        turned = turned[..., 0] + 1j * turned[..., 1]
        return turned * np.exp(1j * angles)

    key_halves, key_pairs = key.reshape(heads, -1), interleave(key, heads).reshape(heads, half, 2)
    by_halves = (halves(query) * key_halves).sum(axis=1)
    by_pairs = (pairs(query) * (key_pairs[..., 0] - 1j * key_pairs[..., 1])).real.sum(axis=1)
    np.testing.assert_allclose(by_halves, by_pairs, atol=1e-9)
