"""Rearrangements lose nothing, and turn Hugging Face's rotate-half into llama.cpp's adjacent pairs."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from convert.transforms import interleaved, plus_one, separated, unit_rows


@given(heads=st.integers(1, 9), half=st.integers(1, 9))
def test_separated_inverts_interleaved(heads: int, half: int) -> None:
    there, back = interleaved(heads, 2 * half), separated(heads, 2 * half)
    assert np.array_equal(there[back], np.arange(heads * 2 * half))
    assert np.array_equal(back[there], np.arange(heads * 2 * half))


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
        turned = vector[interleaved(heads, 2 * half)].reshape(heads, half, 2)
        turned = turned[..., 0] + 1j * turned[..., 1]
        return turned * np.exp(1j * angles)

    key_halves, key_pairs = key.reshape(heads, -1), key[interleaved(heads, 2 * half)].reshape(heads, half, 2)
    by_halves = (halves(query) * key_halves).sum(axis=1)
    by_pairs = (pairs(query) * (key_pairs[..., 0] - 1j * key_pairs[..., 1])).real.sum(axis=1)
    np.testing.assert_allclose(by_halves, by_pairs, atol=1e-9)


def test_unit_rows_are_those_of_torch() -> None:
    rows = np.random.default_rng(1).standard_normal((5, 64)).astype(np.float32) * np.float32(3)
    rows[2] = 0
    expected = torch.nn.functional.normalize(torch.from_numpy(rows), dim=1).numpy()
    found = unit_rows(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=3e-7)


def test_plus_one_stays_in_float32() -> None:
    assert plus_one(np.array([[0.25, -1]], dtype=np.float32)).tolist() == [[1.25, 0]]
    assert plus_one(np.zeros((1, 1), dtype=np.float32)).dtype == np.float32
