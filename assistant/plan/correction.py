"""What earlier readings taught of one model on this machine: by how much sizes and seconds were mispredicted."""

from dataclasses import dataclass

LARGEST_FACTORS = {"memory": (0.8, 1.5), "seconds": (0.2, 10.0)}
"""A reading that is off by more was disturbed: another program, a paused laptop. Memory is predicted too low rather
than too high only where llama.cpp does something new."""
_WEIGHT = 0.5
"""Of the last reading against all before it."""
_FILLED = 0.75
"""A context filled less has not touched all it asked for: it may only show that more is taken, not less."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Factors on what is predicted; 1: as predicted."""

    memory: float = 1.0
    seconds: float = 1.0

    def bounded(self) -> "Correction":
        """Within what is believed."""
        (least, most), (shortest, longest) = LARGEST_FACTORS["memory"], LARGEST_FACTORS["seconds"]
        return Correction(min(max(self.memory, least), most), min(max(self.seconds, shortest), longest))

    def after_memory(self, predicted: int, taken: int, filled: float) -> "Correction":
        """After a reading that filled that share of its context; `predicted` without this correction, in bytes."""
        if predicted <= 0 or taken <= 0:
            return self
        ratio = taken / predicted
        if ratio < self.memory and filled < _FILLED:
            return self
        return Correction(_mixed(self.memory, ratio), self.seconds).bounded()

    def after_seconds(self, predicted: float, taken: float) -> "Correction":
        """After a reading; `predicted` without this correction."""
        if predicted <= 0 or taken <= 0:
            return self
        return Correction(self.memory, _mixed(self.seconds, taken / predicted)).bounded()


def _mixed(before: float, now: float) -> float:
    return before * (1 - _WEIGHT) + now * _WEIGHT
