"""What earlier readings taught of one model on this machine: by how much sizes and seconds were mispredicted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Correction:
    """Factors on what is predicted; 1: as predicted."""

    memory: float = 1.0
    seconds: float = 1.0
