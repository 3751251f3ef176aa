"""How fast the engine reads and writes beside `llama-bench`: the same file, depth, types, threads and batch.

Ours is measured by the parent, through the child process that users get. Runs alternate (ours, theirs, ours, theirs),
and medians are kept: another program takes from both.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from assistant.engine import EngineSettings
from bench.llama_bench import Rates, Way, rates
from bench.table import table_of
from bench.texts import text_of
from bench.watched import ask, endless, last_context, opened, pairs

READ_GOAL, WRITE_GOAL = 0.97, 0.95
_READ, _WRITE = 512, 64


@dataclass(frozen=True, slots=True)
class Against:
    """Medians for one model at one depth; rates in tokens a second."""

    model: str
    depth: int
    kv: str
    flash: bool
    read: float
    write: float
    peer_read: float
    peer_write: float
    runs: int

    @property
    def read_ratio(self) -> float:
        return self.read / self.peer_read

    @property
    def write_ratio(self) -> float:
        return self.write / self.peer_write


def measure(
    name: str, model: Path, program: Path, *, depths: Sequence[int], kvs: Sequence[str], runs: int
) -> Iterator[Against]:
    """One line for each depth (a multiple of 512) and pair of types."""
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for kv in kvs:
        for depth in depths:
            ours: list[Rates] = []
            theirs: list[Rates] = []
            for _ in range(runs):
                found, flash, batch = _ours(model, depth, kv, threads)
                ours.append(found)
                way = Way(*pairs(kv), flash, batch, threads)
                theirs.append(rates(program, model, way, depth=depth, read=_READ, write=_WRITE))
            yield Against(
                name,
                depth,
                kv,
                flash,
                median(rate.read for rate in ours),
                median(rate.write for rate in ours),
                median(rate.read for rate in theirs),
                median(rate.write for rate in theirs),
                runs,
            )


def _ours(model: Path, depth: int, kv: str, threads: int) -> tuple[Rates, bool, int]:
    """Rates, flash attention and batch."""
    room = depth + _READ + 256
    settings = EngineSettings(context=max(room + _WRITE, 1024), kv=pairs(kv), threads=threads, saved_readings=False)
    with opened(model, settings) as engine:
        ask(engine, "Warm up.", endless(model, 2))
        longer = ask(engine, text_of(depth + _READ + 64, engine.count, seed=1), endless(model, 1))
        read = _rate(longer.readings, depth)
        # Nearly the same tokens again, and then words: what is read of it does not count.
        shorter = ask(engine, text_of(max(depth - 48, 8), engine.count, seed=1), endless(model, _WRITE))
    return Rates(read, shorter.write_per_second), *last_context()


def _rate(readings: Sequence[tuple[float, int]], depth: int) -> float:
    """Tokens a second of the first batch behind that depth; the few tokens that are always known come before it."""
    (start, before), (end, after) = [reading for reading in readings if reading[1] >= depth][:2]
    return (after - before) / (end - start)


def table(results: Sequence[Against]) -> Table:
    """Ours, theirs and the ratios."""
    return table_of(
        f"reading and writing beside llama-bench, median of {results[0].runs} (tokens a second)",
        ("", "depth", "K/V", "flash", "read", "peer", "ratio", "write", "peer", "ratio"),
        [
            (
                result.model, f"{result.depth:,}", result.kv, "on" if result.flash else "off",
                f"{result.read:.0f}", f"{result.peer_read:.0f}", f"{result.read_ratio:.2f}",
                f"{result.write:.1f}", f"{result.peer_write:.1f}", f"{result.write_ratio:.2f}",
            )
            for result in results
        ],
    )  # fmt: skip


def missed(results: Sequence[Against]) -> list[str]:
    """The goals that were not reached."""
    found = []
    for result in results:
        where = f"{result.model} at depth {result.depth:,} in {result.kv}"
        for verb, ratio, goal in (("reads", result.read_ratio, READ_GOAL), ("writes", result.write_ratio, WRITE_GOAL)):
            if ratio < goal:
                found.append(f"{where} {verb} at {ratio:.2f} of llama-bench's speed; {goal:.2f} was the goal")
    return found
