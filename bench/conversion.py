"""How long a conversion takes and what it needs, beside llama.cpp's own two steps on the same checkpoint.

Ours is `python -m convert`; theirs is the `convert_hf_to_gguf.py` that llama-cpp-python's source distribution carries,
writing bf16, and then llama_model_quantize. For bf16 and f16 the first step alone is theirs. Every figure is of whole
processes, start of the interpreter included; runs alternate (ours, theirs, ours, theirs), and medians are kept.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.child import Run, on_disk, run

SMALL_GOALS = {"q4_k_m": 3.0, "q8_0": 5.0, "bf16": 5.0}
LARGE_GOALS = {"q4_k_m": 1.7, "q8_0": 4.0, "f16": 4.0, "bf16": 4.0}
"""Quantization -> how many times faster than llama.cpp's steps the conversion is meant to be: of the starter model, and
of models so large that starting up no longer counts."""

QUANTIZER_GOAL = 0.85
"""Part of the time of a large q4_k_m that is meant to pass inside the quantizer: the rest is our own doing."""

MEMORY_GOAL_MIB = 400.0

FOLDER_PAGES = 64 * 1024
"""Bytes that the file system itself writes for new names, the report of a page or two, and a page written twice."""

MAPPED_BYTES = 64 * 1024 * 1024
"""Bytes of a file for which the file system writes a page about where they lie."""


def beside_allowance(output_bytes: int) -> int:
    """Bytes that are written for a file of this size though no second file is; the smallest model is far larger."""
    return FOLDER_PAGES + 4096 * (output_bytes // MAPPED_BYTES)


@dataclass(frozen=True, slots=True)
class Conversion:
    """Medians of one quantization."""

    quantization: str
    seconds: float
    quantizer_share: float
    """Part of the time of all threads that passed inside llama.cpp's quantizer, 0 to 1."""
    peak_private_mib: float
    output_bytes: int
    beside_bytes: int
    """Written to anything but the output."""
    peer_seconds: tuple[float, ...]
    """Convert and quantize; empty where no peer was given."""
    peer_private_mib: float
    runs: int

    @property
    def ratio(self) -> float | None:
        """Times faster than the peer's steps together."""
        return sum(self.peer_seconds) / self.seconds if self.peer_seconds else None


def measure(checkpoint: Path, quantizations: Iterable[str], *, peer: Path | None, runs: int) -> Iterator[Conversion]:
    """One `Conversion` a quantization. `peer`: an unpacked source distribution of llama-cpp-python."""
    with tempfile.TemporaryDirectory(prefix="luciole-bench-") as name:
        folder = Path(name)
        for quantization in quantizations:
            ours: list[tuple[Run, dict[str, float], int]] = []
            theirs: list[list[Run]] = []
            for _ in range(runs):
                ours.append(_ours(checkpoint, folder, quantization))
                if peer is not None:
                    theirs.append(_theirs(checkpoint, folder, quantization, peer))
            yield _summary(quantization, ours, theirs)


def _ours(checkpoint: Path, folder: Path, quantization: str) -> tuple[Run, dict[str, float], int]:
    target = folder / "ours.gguf"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-m", "convert", str(checkpoint), "-o", str(target), "-q", quantization, "--json"]
    done = run(command, cwd=folder)
    size = target.stat().st_size
    target.unlink()
    return done, json.loads(done.output), size


def _theirs(checkpoint: Path, folder: Path, quantization: str, peer: Path) -> list[Run]:
    script = peer / "vendor" / "llama.cpp" / "convert_hf_to_gguf.py"
    plain, target = folder / "theirs-plain.gguf", folder / "theirs.gguf"
    direct = quantization in {"f16", "bf16"}
    kind = quantization if direct else "bf16"
    command = [sys.executable, str(script), str(checkpoint), "--outtype", kind, "--outfile", str(plain)]
    steps = [run(command, cwd=folder)]
    if not direct:
        command = [sys.executable, "-m", "bench.requantize", str(plain), str(target), quantization]
        steps.append(run(command, cwd=folder))
        target.unlink()
    plain.unlink()
    return steps


def _summary(quantization: str, ours: list[tuple[Run, dict[str, float], int]], theirs: list[list[Run]]) -> Conversion:
    shares = [report["quantizer_seconds"] / (report["threads"] * report["seconds"]) for _, report, _ in ours]
    return Conversion(
        quantization=quantization,
        seconds=median(done.seconds for done, _, _ in ours),
        quantizer_share=median(shares),
        peak_private_mib=max(done.peak_private_mib for done, _, _ in ours),
        output_bytes=ours[0][2],
        beside_bytes=max(done.written - on_disk(size) for done, _, size in ours),
        peer_seconds=tuple(median(step.seconds for step in steps) for steps in zip(*theirs, strict=True)),
        peer_private_mib=max((step.peak_private_mib for steps in theirs for step in steps), default=0.0),
        runs=len(ours),
    )
