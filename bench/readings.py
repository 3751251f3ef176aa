"""What is not read twice: a document opened again, the next question about it, two conversations in turns.

Times are those to the first word, the model being in memory already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from bench.table import table_of
from bench.texts import text_of
from bench.watched import Watched, ask, endless, opened

GOAL = 50.0
GOAL_TOKENS = 28_000
"""The goal is that of a document of 30,000 tokens; a shorter one is read too soon to win so much."""
_LONGEST = 30_000
_ROOM = 512
_LEAST_REUSE = 0.9
"""Of a prompt that differs in its question only."""


@dataclass(frozen=True, slots=True)
class Step:
    """One question: tokens of its prompt, those that were known, seconds to the first word."""

    what: str
    tokens: int
    reused: int
    seconds: float

    @property
    def share(self) -> float:
        return self.reused / self.tokens


@dataclass(frozen=True, slots=True)
class Readings:
    """In this order: first opening, next question, second opening; two conversations, and each of them again."""

    model: str
    steps: tuple[Step, ...]

    @property
    def speed_up(self) -> float:
        """First opening against second opening."""
        return self.steps[0].seconds / self.steps[2].seconds


def measure(name: str, model: Path, *, tokens: int | None = None, kv: tuple[str, str] | None = None) -> Readings:
    """With a document of so many tokens, or of as many as the model's context takes (at most 30,000)."""
    context = read_header(model).context or _ROOM * 2
    length = min(tokens or _LONGEST, context - _ROOM)
    steps: list[Step] = []
    sampling = endless(model, 8)

    def note(what: str, watched: Watched) -> None:
        steps.append(Step(what, watched.usage.prompt_tokens, watched.usage.reused_tokens, watched.first_word))

    settings = EngineSettings(kv=kv)
    with opened(model, settings) as engine:
        document = text_of(length, engine.count)
        note("first opening", ask(engine, f"{document}\n\nWhat was lit?", sampling))
        note("next question", ask(engine, f"{document}\n\nWho counted the fireflies?", sampling))
    with opened(model, settings) as engine:
        note("second opening", ask(engine, f"{document}\n\nHow many members agreed?", sampling))
    with opened(model, EngineSettings(kv=kv, saved_readings=False)) as engine:
        halves = [text_of(min(length // 4, 3000), engine.count, seed=seed) for seed in (3, 4)]
        for what in ("two conversations", "the same again"):
            for half in halves:
                note(what, ask(engine, f"{half}\n\nContinue {what}.", sampling))
    return Readings(name, tuple(steps))


def table(results: Sequence[Readings]) -> Table:
    """One line a step."""
    rows = []
    for result in results:
        for index, step in enumerate(result.steps):
            faster = f"{result.steps[0].seconds / step.seconds:.1f}" if index in {1, 2} else ""
            rows.append(
                (result.model, step.what, f"{step.tokens:,}", f"{step.share:.0%}", f"{step.seconds:.2f}", faster)
            )
    return table_of("what is not read twice", ("", "", "tokens", "known", "first word, s", "times"), rows)


def missed(results: Sequence[Readings]) -> list[str]:
    """The goals that were not reached."""
    found = []
    for result in results:
        first = result.steps[0]
        if first.tokens >= GOAL_TOKENS and result.speed_up < GOAL:
            found.append(
                f"{result.model} opens {first.tokens:,} tokens {result.speed_up:.0f} times sooner the second time; "
                f"{GOAL:.0f} was the goal"
            )
        for step in (*result.steps[1:3], *result.steps[5:]):
            if step.share < _LEAST_REUSE:
                found.append(
                    f"{result.model}, {step.what}: {step.share:.0%} of the prompt was known; "
                    f"{_LEAST_REUSE:.0%} was the goal"
                )
    return found
