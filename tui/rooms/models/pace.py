"""How fast something comes, by what came in the last seconds. Knows nothing of what it is; asks no clock."""

from collections import deque

_SECONDS = 10.0
"""What is looked back on: long enough for a steady figure, short enough to follow a line that gets slow."""
_LEAST = 1.0
"""Seconds before anything is said of it."""


class Pace:
    """Bytes by moments; moments in seconds of any one clock."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, done: int, now: float) -> None:
        """So much is there by now."""
        if self._noted and done < self._noted[-1][1]:
            self._noted.clear()  # begun anew: what was there does not count
        self._noted.append((now, done))
        while len(self._noted) > 2 and self._noted[1][0] <= now - _SECONDS:
            self._noted.popleft()

    def rate(self, now: float) -> float | None:
        """Bytes per second until `now`; None while nobody can know."""
        if not self._noted or now - self._noted[0][0] < _LEAST:
            return None
        begin, before = next(
            ((moment, done) for moment, done in reversed(self._noted) if moment <= now - _SECONDS), self._noted[0]
        )
        return (self._noted[-1][1] - before) / (now - begin)

    def left(self, total: int, now: float) -> float | None:
        """Seconds until `total` is there; None while nobody can know."""
        rate = self.rate(now)
        return (total - self._noted[-1][1]) / rate if rate else None
