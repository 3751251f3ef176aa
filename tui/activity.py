"""What the model is doing, in figures: folded from events and a clock, without a widget in sight.

The rates are measured here, on this very job; the figures of a finished answer are the engine's own.
"""

from collections.abc import Callable
from typing import Literal

from assistant import Event, Finished, Loading, PieceDone, Reading, Text, Usage

Phase = Literal["absent", "opening", "loading", "reading", "writing", "stopping", "ready", "watching"]


class Activity:
    """The state of one engine. `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.phase: Phase = "absent"
        self.fraction: float | None = None
        """How much of loading or reading is done, 0 to 1; None while there is nothing to measure."""
        self._details: tuple[str, ...] = ()
        self._since = 0.0
        self._first = 0
        self._count = 0
        self._rate: float | None = None
        self._part = ""

    @property
    def words(self) -> str:
        """The state in a few words: `reading 37 % · 210 tok/s · 9 s left · 1,204 reused`."""
        name = {
            "absent": "no model loaded",
            "opening": "starting",
            "stopping": "stopping",
        }.get(self.phase, self.phase)
        percent = f"{name} {self.fraction:.0%}".replace("%", " %") if self.fraction is not None else name
        return " · ".join((percent, *filter(None, (self._part,)), *self._details))

    def rest(self, phase: Literal["absent", "ready", "watching"]) -> None:
        """Nothing is running, or it waits for a file to change."""
        self._part = ""
        self._enter(phase)

    def begin(self) -> None:
        """A job was handed to the engine, which has not said anything yet."""
        self._part = ""
        self._enter("opening")

    def stop(self) -> None:
        """A stop was asked for; the engine has not let go yet."""
        self._enter("stopping")

    def done(self, part: PieceDone) -> None:
        """One of the parts of a document is summarized."""
        self._part = f"part {part.done:,} of {part.total:,} done" + (", merging" if part.level > 1 else "")

    def heard(self, event: Event, pieces: int = 0) -> None:
        """Take in one event. `pieces` of text count as tokens until the engine says how many there were."""
        if self.phase == "stopping":
            return
        match event:
            case Loading(fraction):
                self._enter("loading")
                self.fraction = fraction
            case Reading(done, total, reused):
                self._read(done, total, reused)
            case Text():
                self._write(pieces)
            case Finished():
                self._enter("ready")

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.fraction = None
        self._details = ()

    def _read(self, done: int, total: int, reused: int) -> None:
        now = self._clock()
        if self.phase != "reading" or done < self._first:
            self._enter("reading")
            self._since, self._first = now, done
        self.fraction = done / total if total else 1.0
        details = []
        elapsed = now - self._since
        if done > self._first and elapsed > 0:
            rate = (done - self._first) / elapsed
            details.append(speed(rate))
            if done < total:
                details.append(f"{duration((total - done) / rate)} left")
        if reused:
            details.append(f"{reused:,} reused")
        self._details = tuple(details)

    def _write(self, pieces: int) -> None:
        now = self._clock()
        if self.phase != "writing":
            self._enter("writing")
            self._since, self._count = now, 0
            return
        self._count += pieces
        if now > self._since:
            self._details = (speed(self._count / (now - self._since)),)


def duration(seconds: float) -> str:
    """A time a person can use: `9 s`, `2 min 05 s`, `1 h 02 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def speed(rate: float) -> str:
    """Tokens per second: `210 tok/s`, or `4.2 tok/s` where the fraction matters."""
    return f"{rate:,.0f} tok/s" if rate >= 10 else f"{rate:.1f} tok/s"


def bill(usage: Usage) -> str:
    """What an answer took, in one line: `24 tokens · 31 tok/s · read 1,310, 1,204 of them reused`."""
    parts = [f"{usage.answer_tokens:,} token{'s' if usage.answer_tokens != 1 else ''}"]
    if usage.write_seconds > 0 and usage.answer_tokens > 1:
        parts.append(speed(usage.answer_tokens / usage.write_seconds))
    fresh = usage.prompt_tokens - usage.reused_tokens
    read = f"read {fresh:,}"
    if usage.read_seconds >= 1:
        read += f" in {duration(usage.read_seconds)}"
    if usage.reused_tokens:
        read += f", {usage.reused_tokens:,} reused"
    parts.append(read)
    return " · ".join(parts)
