"""Plans held against what they predicted: memory and seconds of filled contexts, by model, context and types."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from assistant.gguf.file import read_header
from bench.table import table_of
from bench.watched import pairs

MEMORY_GOAL_SHARE = 0.05
MEMORY_GOAL_BYTES = 64 << 20
KVS = ("f16/f16", "q8_0/f16", "q8_0/q8_0", "q4_0/q4_0")
CONTEXTS = (2048, 8192)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One filled context; sizes in bytes, seconds to the first word (None: speeds were not measured)."""

    model: str
    context: int
    kv: str
    flash: bool
    batch: int
    predicted: int
    taken: int
    predicted_seconds: float | None
    seconds: float

    @property
    def error(self) -> int:
        """In bytes; more than nothing: predicted too much."""
        return self.predicted - self.taken

    @property
    def share(self) -> float:
        return self.error / self.taken

    @property
    def passes(self) -> bool:
        return abs(self.share) <= MEMORY_GOAL_SHARE or abs(self.error) <= MEMORY_GOAL_BYTES


def measure(
    name: str, model: Path, *, contexts: Sequence[int] = CONTEXTS, kvs: Sequence[str] = KVS
) -> Iterator[Accuracy]:
    """Every pair of types in every context that the model was trained for."""
    longest = read_header(model).context or min(contexts)
    for context in contexts:
        if context > longest:
            continue
        for kv in kvs:
            command = [sys.executable, "-m", "bench.filling", str(model), str(context), *pairs(kv), "yes"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{name} in {kv}: {done.stderr.strip().splitlines()[-1:]}")
            yield Accuracy(name, context, kv, **json.loads(done.stdout.strip().splitlines()[-1]))


def table(results: Sequence[Accuracy]) -> Table:
    """One line a context."""
    rows = []
    for result in results:
        seconds = result.predicted_seconds
        rows.append(
            (
                result.model, f"{result.context:,}", result.kv, "on" if result.flash else "off", f"{result.batch}",
                f"{result.predicted / 2**20:,.0f}", f"{result.taken / 2**20:,.0f}",
                f"{result.share:+.1%}", f"{result.error / 2**20:+.0f}", "yes" if result.passes else "no",
                "-" if seconds is None else f"{seconds:.1f}", f"{result.seconds:.1f}",
            )
        )  # fmt: skip
    columns = ("", "context", "K/V", "flash", "batch", "plan, MiB", "taken", "error", "MiB", "good", "plan, s", "taken")
    return table_of("plans and what they took", columns, rows)


def missed(results: Sequence[Accuracy]) -> list[str]:
    """The goals that were not reached."""
    return [
        f"{result.model} with {result.context:,} tokens in {result.kv} took {result.taken / 2**20:,.0f} MiB, "
        f"{result.predicted / 2**20:,.0f} were predicted; within 5 % or 64 MiB was the goal"
        for result in results
        if not result.passes
    ]
