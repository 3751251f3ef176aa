"""How far one model's next-token distributions lie from another's: Kullback-Leibler divergence and agreement, in numpy.

Logits come row by row, so that memory holds a float per position and never all logits of a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from convert.weights.stored import Array


@dataclass(frozen=True, slots=True)
class Divergence:
    """Over the positions of a text: nats by which the file's distribution is off the source's, and agreement."""

    positions: int
    mean: float
    median: float
    ninety_nine: float
    """99 of 100 positions lie below."""
    largest: float
    top: float
    """Share of positions where both have the same likeliest token."""

    def json(self) -> dict[str, float | int]:
        """The figures under their names in the report."""
        return {
            "positions": self.positions,
            "mean": self.mean,
            "median": self.median,
            "p99": self.ninety_nine,
            "max": self.largest,
            "top1_agreement": self.top,
        }


def divergence(source: Array, found: Array) -> float:
    """KL(source || found) in nats of two rows of logits, computed in float64; infinite where one holds no numbers."""
    logs = _log_probabilities(source), _log_probabilities(found)
    if not all(np.isfinite(row).all() for row in logs):
        return float("inf")
    return max(0.0, float(np.dot(np.exp(logs[0]), logs[0] - logs[1])))


def collected(divergences: Sequence[float], agreements: Sequence[bool]) -> Divergence:
    """The summary of at least one position."""
    values = np.array(divergences, dtype=np.float64)
    return Divergence(
        positions=len(values),
        mean=float(values.mean()),
        median=float(np.median(values)),
        ninety_nine=float(np.sort(values)[min(len(values) - 1, int(0.99 * len(values)))]),
        largest=float(values.max()),
        top=float(np.mean(agreements)),
    )


def distance(source: Array, found: Array) -> float:
    """Root mean square of the difference of two rows of logits, as a share of the source's standard deviation.

    A constant added to all logits changes no distribution; its share counts all the same, since no file should have it.
    """
    spread = float(np.std(source, dtype=np.float64))
    error = float(np.sqrt(np.mean(np.square(np.subtract(source, found, dtype=np.float64)))))
    return error / spread if spread else (0.0 if error == 0.0 else float("inf"))


def _log_probabilities(logits: Array) -> Array:
    shifted = logits.astype(np.float64) - float(logits.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))
