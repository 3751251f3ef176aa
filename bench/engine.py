"""How fast a GGUF is loaded, read with and written with, through the engine that users get.

Reading speed is that of one long prompt never read before; writing speed and the time to the first word are those of a
short question with the model in memory. Greedy, so every run writes the same words; medians are kept.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.table import Table

from assistant import Engine, Finished, Message, Sampling, Text, Usage
from assistant.engine import EngineSettings
from assistant.models import open_engine
from bench.table import table_of

_QUESTION = "What does a firefly do at night? Tell me in a few sentences."
_SENTENCE = "Paragraph {number} of the report says that lamp {number} of room {other} was lit at {hour}. "
_READ_SENTENCES = 60
_WRITE_TOKENS = 96


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians for one file."""

    model: str
    load_seconds: float
    prompt_tokens: int
    read_per_second: float
    write_per_second: float
    first_word_seconds: float
    runs: int


def measure(name: str, model: Path, *, runs: int) -> Speed:
    """Load the file `runs` times, each time read a long prompt and answer a short question."""
    loads, reads, writes, firsts = [], [], [], []
    prompt_tokens = 0
    for number in range(runs):
        engine = open_engine(str(model), EngineSettings(saved_readings=False))
        with closing(engine):
            started = perf_counter()
            for _ in engine.load():
                pass
            loads.append(perf_counter() - started)
            usage, _ = _ask(engine, _long_prompt(number), max_tokens=1)
            prompt_tokens = usage.prompt_tokens - usage.reused_tokens
            reads.append(prompt_tokens / usage.read_seconds)
            usage, first = _ask(engine, _QUESTION, max_tokens=_WRITE_TOKENS)
            writes.append(usage.answer_tokens / usage.write_seconds)
            firsts.append(first)
    return Speed(name, median(loads), prompt_tokens, median(reads), median(writes), median(firsts), runs)


def table(results: Sequence[Speed]) -> Table:
    """One line a model."""
    return table_of(
        f"engine, median of {results[0].runs} (tokens of the prompt, read and written a second)",
        ("", "load, s", "tokens", "read/s", "written/s", "first word, s"),
        [
            (
                result.model,
                f"{result.load_seconds:.2f}",
                f"{result.prompt_tokens:,}",
                f"{result.read_per_second:.0f}",
                f"{result.write_per_second:.0f}",
                f"{result.first_word_seconds:.2f}",
            )
            for result in results
        ],
    )


def _ask(engine: Engine, content: str, *, max_tokens: int) -> tuple[Usage, float]:
    """The usage of an answer, and the seconds until its first text."""
    started = perf_counter()
    first = 0.0
    with closing(engine.stream([Message("user", content)], Sampling(temperature=0.0, max_tokens=max_tokens))) as events:
        for event in events:
            match event:
                case Text() if not first:
                    first = perf_counter() - started
                case Finished(usage=usage):
                    return usage, first
    raise RuntimeError("the answer ended without its usage")


def _long_prompt(number: int) -> str:
    """About 1,500 tokens, different for each number from the first words on."""
    sentences = (
        _SENTENCE.format(number=number * 1000 + line, other=line * 7 % 90, hour=line % 24)
        for line in range(_READ_SENTENCES)
    )
    return "".join(sentences) + "How many lamps are there?"
