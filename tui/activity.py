"""What the model is doing, in figures: folded from events and a clock, without a widget in sight.

The rates are measured here, on this very job; the figures of a finished answer are the engine's own.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal

from assistant import Event, Finished, Loading, PieceDone, Reading, Text, Usage
from tui.figures import duration, speed
from tui.language import N_, _, plural

_NAMES = {
    "absent": N_("no model loaded"),
    "opening": N_("starting"),
    "loading": N_("loading"),
    "reading": N_("reading"),
    "writing": N_("writing"),
    "stopping": N_("stopping"),
    "ready": N_("ready"),
    "watching": N_("watching"),
}
_SAMPLE_SECONDS = 0.5
_SAMPLES = 16
_BARS = "▁▂▃▄▅▆▇█"

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
        self._part = ""
        self._rates: deque[float] = deque(maxlen=_SAMPLES)
        self._sampled = (0.0, 0)

    @property
    def words(self) -> str:
        """The state in a few words: `reading 37 % · 210 tok/s · 9 s left · 1,204 reused`."""
        name = _(_NAMES[self.phase])
        percent = f"{name} {self.fraction:.0%}".replace("%", " %") if self.fraction is not None else name
        return " · ".join((percent, *filter(None, (self._part,)), *self._details))

    @property
    def rates(self) -> tuple[float, ...]:
        """Tokens per second of reading or writing, half a second each, the latest last; empty while neither is done."""
        return tuple(self._rates)

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
        words = _("part {done} of {total} done, merging") if part.level > 1 else _("part {done} of {total} done")
        self._part = words.format(done=f"{part.done:,}", total=f"{part.total:,}")

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
        self._rates.clear()

    def _read(self, done: int, total: int, reused: int) -> None:
        now = self._clock()
        if self.phase != "reading" or done < self._first:
            self._enter("reading")
            self._since, self._first = now, done
            self._sampled = now, done
        self._sample(now, done)
        self.fraction = done / total if total else 1.0
        details = []
        elapsed = now - self._since
        if done > self._first and elapsed > 0:
            rate = (done - self._first) / elapsed
            details.append(speed(rate))
            if done < total:
                details.append(_("{time} left").format(time=duration((total - done) / rate)))
        if reused:
            details.append(_("{count} reused").format(count=f"{reused:,}"))
        self._details = tuple(details)

    def _write(self, pieces: int) -> None:
        now = self._clock()
        if self.phase != "writing":
            self._enter("writing")
            self._since, self._count = now, 0
            self._sampled = now, 0
            return
        self._count += pieces
        self._sample(now, self._count)
        if now > self._since:
            self._details = (speed(self._count / (now - self._since)),)

    def _sample(self, now: float, count: int) -> None:
        since, before = self._sampled
        if now - since >= _SAMPLE_SECONDS:
            self._rates.append(max(count - before, 0) / (now - since))
            self._sampled = now, count


def sparkline(values: Sequence[float]) -> str:
    """A small picture of the values, one character each, from the lowest bar for 0 to the highest for the most."""
    most = max(values, default=0.0)
    return "".join(_BARS[round(value / most * (len(_BARS) - 1))] if most > 0 else _BARS[0] for value in values)


def bill(usage: Usage) -> str:
    """What an answer took, in one line: `24 tokens · 31 tok/s · read 106 · 1,204 reused`."""
    parts = [plural("{count} token", "{count} tokens", usage.answer_tokens)]
    if usage.write_seconds > 0 and usage.answer_tokens > 1:
        parts.append(speed(usage.answer_tokens / usage.write_seconds))
    fresh = usage.prompt_tokens - usage.reused_tokens
    read = _("read {count}").format(count=f"{fresh:,}")
    if usage.read_seconds >= 1:
        read = _("read {count} in {time}").format(count=f"{fresh:,}", time=duration(usage.read_seconds))
    parts.append(read)
    if usage.reused_tokens:
        parts.append(_("{count} reused").format(count=f"{usage.reused_tokens:,}"))
    return " · ".join(parts)
