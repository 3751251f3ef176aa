"""Words a second of several prompts answered at once, beside those of one alone."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.table import Table

from assistant import Finished, Text
from assistant.engine import Engine, EngineSettings
from bench.table import table_of
from bench.watched import endless, opened, plain

GOAL = 1.5
_AT_ONCE = 4
_WRITE = 64
_QUESTIONS = tuple(f"Tell me a long story about {what}." for what in ("a firefly", "a lamp", "a keeper", "the night"))


@dataclass(frozen=True, slots=True)
class Many:
    """Medians; tokens written a second, all answers together."""

    model: str
    one: float
    four: float
    runs: int

    @property
    def ratio(self) -> float:
        return self.four / self.one


def measure(name: str, model: Path, *, runs: int) -> Many:
    """One and four, in turns, by one engine."""
    one, four = [], []
    with opened(model, EngineSettings(saved_readings=False)) as engine:
        _written(engine, model, _QUESTIONS)  # makes the context that both use
        for _ in range(runs):
            one.append(_written(engine, model, _QUESTIONS[:1]))
            four.append(_written(engine, model, _QUESTIONS[:_AT_ONCE]))
    return Many(name, median(one), median(four), runs)


def _written(engine: Engine, model: Path, questions: Sequence[str]) -> float:
    """Tokens a second from the first word of any to the end of all."""
    prompts, sampling = plain(endless(model, _WRITE), questions)
    first = 0.0
    tokens = 0
    with closing(engine.stream_many(prompts, sampling)) as events:
        for _, event in events:
            match event:
                case Text() if not first:
                    first = perf_counter()
                case Finished(usage=usage):
                    tokens += usage.answer_tokens
    return (tokens - len(questions)) / (perf_counter() - first)


def table(results: Sequence[Many]) -> Table:
    """One line a model."""
    return table_of(
        f"several prompts at once, median of {results[0].runs} (tokens written a second)",
        ("", "one", "four at once", "ratio"),
        [(result.model, f"{result.one:.1f}", f"{result.four:.1f}", f"{result.ratio:.2f}") for result in results],
    )


def missed(results: Sequence[Many]) -> list[str]:
    """The goals that were not reached."""
    return [
        f"{result.model} writes {result.ratio:.2f} times as much for four prompts as for one; {GOAL} was the goal"
        for result in results
        if result.ratio < GOAL
    ]
