"""Divergence and distance of logits, against torch's own."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convert.proof.divergence import collected, distance, divergence


@given(seed=st.integers(0, 10**6), spread=st.floats(0.01, 30), noise=st.floats(0, 3))
def test_divergence_is_torchs(seed: int, spread: float, noise: float) -> None:
    random = np.random.default_rng(seed)
    source = (spread * random.normal(size=300)).astype(np.float32)
    found = (source + noise * random.normal(size=300)).astype(np.float32)
    logs = [torch.log_softmax(torch.from_numpy(row).double(), 0) for row in (source, found)]
    expected = torch.nn.functional.kl_div(logs[1], logs[0], log_target=True, reduction="sum").item()
    assert divergence(source, found) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_equal_rows_and_rows_that_differ_by_a_constant() -> None:
    row = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    assert divergence(row, row) == 0
    assert divergence(row, row + np.float32(8)) == pytest.approx(0, abs=1e-6)
    assert distance(row, row) == 0
    assert distance(row, row + np.float32(1)) == pytest.approx(1 / row.std(), rel=1e-4)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_number_is_infinitely_far() -> None:
    row = np.zeros(4, dtype=np.float32)
    assert divergence(row, np.array([0, np.nan, 0, 0], dtype=np.float32)) == np.inf
    assert divergence(row, np.array([0, -np.inf, 0, 0], dtype=np.float32)) == np.inf
    assert distance(row, row) == 0
    assert distance(row, row + 1) == np.inf


def test_the_summary() -> None:
    found = collected([i / 1000 for i in range(1000)], [i % 4 != 0 for i in range(1000)])
    assert (found.positions, found.top) == (1000, 0.75)
    assert found.mean == pytest.approx(0.4995)
    assert found.median == pytest.approx(0.4995)
    assert (found.ninety_nine, found.largest) == (0.99, 0.999)
    assert collected([0.5], [True]).ninety_nine == 0.5
    assert found.json()["top1_agreement"] == 0.75
