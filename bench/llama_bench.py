"""llama.cpp's own `llama-bench`: built from llama-cpp-python's source distribution, and asked for its rates.

Built as llama-cpp-python builds llama.cpp (Release, for this very processor), so that both run the same code.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assistant.paths import folder

_LEAVE_OUT = ("LLAMA_CURL", "LLAMA_OPENSSL", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_SERVER")


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens a second."""

    read: float
    write: float


@dataclass(frozen=True, slots=True)
class Way:
    """How both compute."""

    k: str
    v: str
    flash: bool
    batch: int
    threads: int


def built(distribution: Path) -> Path:
    """The program, built into the cache folder the first time (some ten minutes). Raises RuntimeError."""
    target = folder("cache") / "bench" / distribution.name
    program = target / "bin" / "llama-bench"
    if not program.is_file():
        target.mkdir(parents=True, exist_ok=True)
        source = distribution / "vendor" / "llama.cpp"
        options = [f"-D{name}=OFF" for name in _LEAVE_OUT]
        _run(["cmake", "-S", str(source), "-B", str(target), "-DCMAKE_BUILD_TYPE=Release", *options])
        jobs = str(os.cpu_count() or 1)
        _run(["cmake", "--build", str(target), "--config", "Release", "--target", "llama-bench", "-j", jobs])
    return program


def rates(program: Path, model: Path, way: Way, *, depth: int, read: int, write: int) -> Rates:
    """Of reading and of writing so many tokens after `depth` others, each once after a warm-up."""
    done = _run(
        [
            *(str(program), "-m", str(model), "-o", "json", "-r", "1", "-p", str(read), "-n", str(write)),
            *("-d", str(depth), "-t", str(way.threads), "-b", "512", "-ub", str(way.batch)),
            *("-fa", "on" if way.flash else "off", "-ctk", way.k, "-ctv", way.v),
        ]
    )
    found = {bool(entry["n_gen"]): float(entry["avg_ts"]) for entry in json.loads(done)}
    return Rates(found[False], found[True])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
        raise RuntimeError(f"{' '.join(command[:3])} … ended with status {done.returncode}: {last}")
    return done.stdout
