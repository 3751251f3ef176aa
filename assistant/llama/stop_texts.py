"""Stop texts in a stream: holds back what may be the beginning of one, ends at the first."""

from collections.abc import Sequence


class StopTexts:
    """Feed the answer piece by piece; what comes back is safe to show. `reached` says that a stop text came."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        """The text that is certainly part of the answer now."""
        if not self._stops:
            return text
        self._held += text
        # The one that is whole first; of several that end together the longest. So it makes no difference how the
        # answer was cut into pieces.
        places = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            self.reached = True
            answer, self._held = self._held[: min(places)[1]], ""
            return answer
        longest = max(self._overlap(stop) for stop in self._stops)
        safe = len(self._held) - longest
        answer, self._held = self._held[:safe], self._held[safe:]
        return answer

    def rest(self) -> str:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return held

    def _overlap(self, stop: str) -> int:
        """Length of the longest end of the held text that begins the stop text."""
        return next((n for n in range(min(len(stop) - 1, len(self._held)), 0, -1) if self._held.endswith(stop[:n])), 0)
