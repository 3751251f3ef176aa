"""An engine as users get it, opened in a home of its own, and what it does with the time when."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from assistant import Finished, Message, Reading, Sampling, Text, Usage
from assistant.engine import Engine, EngineSettings
from assistant.gguf.file import read_header
from assistant.models import open_engine
from assistant.paths import engine_log

_FLASH = re.compile(r"llama_context: flash_attn += +(\w+)")
_BATCH = re.compile(r"llama_context: n_ubatch += +(\d+)")
FORBIDDEN = -100.0


@dataclass(frozen=True, slots=True)
class Watched:
    """One answer, seconds counted by this process from the moment it asked."""

    first_word: float
    end: float
    readings: tuple[tuple[float, int], ...]
    """When so many tokens of the prompt were in memory."""
    usage: Usage

    @property
    def reading_done(self) -> float:
        return self.readings[-1][0]

    @property
    def write_per_second(self) -> float:
        """Tokens after the first one: nothing is computed after the last."""
        return (self.usage.answer_tokens - 1) / (self.end - self.reading_done)


def ask(engine: Engine, content: str, sampling: Sampling) -> Watched:
    """Ask one question, alone."""
    started = perf_counter()
    first = 0.0
    readings: list[tuple[float, int]] = []
    with closing(engine.stream([Message("user", content)], sampling)) as events:
        for event in events:
            now = perf_counter() - started
            match event:
                case Reading(done=done):
                    readings.append((now, done))
                case Text() if not first:
                    first = now
                case Finished(usage=usage):
                    return Watched(first or now, now, tuple(readings), usage)
    raise RuntimeError("the answer ended without its usage")


def endless(model: Path, tokens: int) -> Sampling:
    """Greedy, for exactly so many tokens: the model may not end its answer, nor be stopped for saying the same."""
    header = read_header(model)
    names = (
        "</s>",
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<end_of_turn>",
        "<eos>",
        "<|end|>",
        "<|end_of_text|>",
    )
    ends = {token.id for token in header.special_tokens if token.role in {"eos", "eot", "eom"}}
    ends |= {index for index, text in enumerate(header.tokens) if text in names}
    return Sampling(
        temperature=0.0,
        max_tokens=tokens,
        loop_guard=False,
        logit_bias=tuple((index, FORBIDDEN) for index in sorted(ends)),
    )


@contextmanager
def opened(model: Path, settings: EngineSettings) -> Iterator[Engine]:
    """An engine with the model in memory, closed in the end."""
    engine = open_engine(str(model), settings)
    with closing(engine):
        for _ in engine.load():
            pass
        yield engine


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Everything that engines keep goes to this folder meanwhile."""
    before = os.environ.get("LUCIOLE_HOME")
    os.environ["LUCIOLE_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["LUCIOLE_HOME"]
        else:
            os.environ["LUCIOLE_HOME"] = before


def last_context() -> tuple[bool, int]:
    """Flash attention and batch of the context made last, as llama.cpp said them."""
    lines = engine_log().read_text(encoding="utf-8", errors="replace")
    flash, batch = _FLASH.findall(lines), _BATCH.findall(lines)
    if not flash or not batch:
        raise RuntimeError("llama.cpp did not say how it made the context")
    return flash[-1] == "enabled", int(batch[-1])


def pairs(kv: str) -> tuple[str, str]:
    """`q8_0/f16` as `EngineSettings` takes it."""
    k, _, v = kv.partition("/")
    return k, v or k


def plain(sampling: Sampling, contents: Sequence[str]) -> tuple[list[list[Message]], Sampling]:
    """Questions as `stream_many` takes them."""
    return [[Message("user", content)] for content in contents], sampling
