"""How many threads write fastest now, by the seconds that steps took. Arithmetic only: it knows no clock, no llama.cpp.

Threads wait for each other hundreds of times a token, so that one of them which has to share its core holds up all the
others: beside one busy program, two threads on two cores write at less than half the speed of one. No figure of the
system tells this as well as trying does. So now and then a few steps run with one thread more or less, and where that
is clearly faster it stays. On an idle machine one step in hundreds is slower for it.
"""

from collections import deque
from collections.abc import Sequence
from statistics import median

CLEARLY = 1.15
"""So many times faster must another number be to be taken."""
_HOPELESS = 1.25
"""A step that takes so many times what the slowest of the last ones took ends a trial."""
_SLOWED = 1.3
"""Steps that take so many times what was usual are a reason for a trial."""
_TRIED = 4
"""Steps of a trial that is not hopeless."""
_KNOWN = 3
"""Steps in a row before there is anything to compare with."""
_REMEMBERED = 8
_LATELY = 5
"""Of these, those that tell that steps have become slow."""
_SOON = 4
"""Steps to the first trial, and to the next one behind a trial that may be carried further."""
_INTERVALS = (128, 1024)
"""Steps to the next trial while all threads write, at first and at most."""
_INTERVALS_BELOW = (8, 256)
"""The same while fewer do: a machine that has become idle is to be noticed."""
_GROWTH = 4
"""By so much an interval grows with each trial that was in vain."""
_BETWEEN_ALARMS = 16
"""Steps at least from a trial to one that slow steps are the reason for; it doubles with each of them."""


class Pace:
    """Decides before each step, learns from it after: use `threads`, then tell `took`.

    Steps that are compared must be of the same number of tokens: a `Pace` each.
    """

    def __init__(self, most: int, least: int = 1) -> None:
        """Begins with `most` threads; where `least` is as many, it stays with them."""
        self._least, self._most = least, most
        self._settled = most
        self._tried: int | None = None
        """Threads on trial."""
        self._trial: list[float] = []
        self._times: deque[float] = deque(maxlen=_REMEMBERED)
        """Seconds of the last steps with the settled threads."""
        self._usual: float | None = None
        """Seconds that a step took lately; None: nobody has looked."""
        self._upwards = False
        self._left = _SOON
        """Steps until the next trial."""
        self._interval = self._intervals[0]
        self._since, self._alarm = 0, _BETWEEN_ALARMS

    @property
    def threads(self) -> int:
        """For the next step."""
        return self._settled if self._tried is None else self._tried

    def answer(self) -> None:
        """Another answer begins: steps behind another prompt take other times, and the machine may have changed."""
        self._tried, self._alarm = None, _BETWEEN_ALARMS
        self._times.clear()
        if self._settled < self._most:
            self._upwards = True
            self._left, self._interval = min(self._left, _SOON), self._intervals[0]

    def took(self, seconds: float) -> None:
        """A step with `threads` threads took so long."""
        if self._least == self._most:
            return
        if self._tried is not None:
            self._trial.append(seconds)
            if seconds > _HOPELESS * max(self._times) or len(self._trial) == _TRIED:
                self._decide(self._tried, self._trial)
            return
        self._times.append(seconds)
        self._left -= 1
        self._since += 1
        if len(self._times) < _KNOWN:
            return
        lately = list(self._times)[-_LATELY:]
        if self._usual is not None and median(lately) > _SLOWED * self._usual and self._since >= self._alarm:
            self._times = deque(lately, maxlen=_REMEMBERED)
            self._upwards = False
            self._alarm *= 2
            self._try()
        elif self._left <= 0:
            self._try()
        elif self._usual is not None:
            self._usual = min(self._usual, median(self._times))

    def _try(self) -> None:
        if self._settled in {self._least, self._most}:
            self._upwards = self._settled == self._least
        self._tried = self._settled + (1 if self._upwards else -1)
        self._trial = []

    def _decide(self, tried: int, trial: Sequence[float]) -> None:
        """The end of a trial. One that was fruitful goes on in its direction soon."""
        self._tried, self._since = None, 0
        before, found = median(self._times), median(trial)
        if found * CLEARLY < before:
            self._settled, self._usual = tried, found
            self._times = deque(trial, maxlen=_REMEMBERED)
            self._interval, self._alarm = self._intervals[0], _BETWEEN_ALARMS
            self._left = _SOON if self._least < tried < self._most else self._interval
        else:
            self._usual = before
            self._upwards = not self._upwards
            self._left = self._interval
            self._interval = min(_GROWTH * self._interval, self._intervals[1])

    @property
    def _intervals(self) -> tuple[int, int]:
        return _INTERVALS if self._settled == self._most else _INTERVALS_BELOW
