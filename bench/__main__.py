"""`python -m bench`: two small tables, conversion and engine, and what they were meant to reach.

python -m bench                                        ours alone, on the starter model
python -m bench --peer ~/llama_cpp_python-0.3.36       beside llama.cpp's own two steps
python -m bench convert --shape llama-1.1b --runs 1    a random model of that size (index-1.9b: no peer converts it)
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import conversion, engine
from bench.conversion import LARGE_GOALS, MEMORY_GOAL_MIB, QUANTIZER_GOAL, SMALL_GOALS, Conversion, beside_allowance
from bench.engine import Speed
from bench.starter import STARTER_FILE, starter_folder
from convert import convert


def main() -> int:
    """Measure, print the tables (or one JSON object); 1 where a goal was missed."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="luciole-bench-") as name:
        checkpoint = arguments.checkpoint or _starter_checkpoint(Path(name))
        goals = SMALL_GOALS
        if arguments.shape is not None:
            checkpoint, goals = _shaped_checkpoint(arguments.shape, Path(name), checkpoint), LARGE_GOALS
        conversions: list[Conversion] = []
        if arguments.part in {"all", "convert"}:
            for result in conversion.measure(checkpoint, goals, peer=arguments.peer, runs=arguments.runs):
                _say(f"measured {result.quantization}")
                conversions.append(result)
        speeds: list[Speed] = []
        if arguments.part in {"all", "engine"}:
            for label, model in _models(checkpoint, Path(name)):
                speeds.append(engine.measure(label, model, runs=arguments.runs))
                _say(f"measured {label}")
    missed = [text for result in conversions for text in _missed(result, goals)]
    if arguments.json:
        results = {"conversion": [asdict(c) | {"ratio": c.ratio} for c in conversions]}
        print(json.dumps(results | {"engine": [asdict(speed) for speed in speeds], "missed": missed}, indent=2))
        return 1 if missed else 0
    console = Console()
    if conversions:
        console.print(_conversion_table(conversions))
    if speeds:
        console.print(_speed_table(speeds))
    for text in missed:
        console.print(f"missed: {text}")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", nargs="?", choices=("all", "convert", "engine"), default="all")
    parser.add_argument("--checkpoint", type=Path, help="a model folder; by default the starter model as a checkpoint")
    parser.add_argument("--shape", choices=("llama-1.1b", "index-1.9b"), help="a random checkpoint of that size")
    parser.add_argument("--peer", type=Path, help="an unpacked source distribution of llama-cpp-python")
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement; medians are printed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    found = parser.parse_args()
    if found.peer is not None and not (found.peer / "vendor" / "llama.cpp" / "convert_hf_to_gguf.py").is_file():
        parser.error(f"{found.peer} holds no vendor/llama.cpp/convert_hf_to_gguf.py; unpack the source distribution")
    if found.shape == "index-1.9b" and found.peer is not None:
        parser.error("llama.cpp's converter does not know Index; leave --peer out")
    if found.runs < 1:
        parser.error(f"--runs is {found.runs}; at least 1 was expected")
    for key in ("checkpoint", "peer"):
        path = getattr(found, key)
        if path is not None:
            setattr(found, key, path.expanduser().resolve())  # children run in folders of their own
    return found


def _starter_checkpoint(folder: Path) -> Path:
    from bench.checkpoint import write_checkpoint  # noqa: PLC0415 - torch and transformers, needed only here

    _say("writing the starter model as a checkpoint")
    return write_checkpoint(folder / "smollm2-135m")


def _shaped_checkpoint(shape: str, folder: Path, tokenizer: Path) -> Path:
    from bench.shapes import write_shape  # noqa: PLC0415 - torch, needed only here

    _say(f"writing a random checkpoint {shape}")
    return write_shape(shape, folder / shape, tokenizer)


def _models(checkpoint: Path, folder: Path) -> Iterable[tuple[str, Path]]:
    """The starter file as it is installed, and our own q4_k_m file of the checkpoint."""
    yield "starter", starter_folder() / STARTER_FILE
    target = folder / "converted-q4_k_m.gguf"
    for _ in convert(checkpoint, target, quantization="q4_k_m"):
        pass
    yield "converted q4_k_m", target


def _missed(result: Conversion, goals: Mapping[str, float]) -> list[str]:
    found = []
    goal = goals[result.quantization]
    if goals is LARGE_GOALS and result.quantization == "q4_k_m" and result.quantizer_share < QUANTIZER_GOAL:
        found.append(f"q4_k_m spent {result.quantizer_share:.0%} in the quantizer; {QUANTIZER_GOAL:.0%} was the goal")
    if result.ratio is not None and result.ratio < goal:
        found.append(f"{result.quantization} is {result.ratio:.1f} times faster than the peer; {goal:g} was the goal")
    if result.peak_private_mib > MEMORY_GOAL_MIB:
        found.append(
            f"{result.quantization} took {result.peak_private_mib:.0f} MiB; {MEMORY_GOAL_MIB:.0f} was the goal"
        )
    if result.beside_bytes > beside_allowance(result.output_bytes):
        found.append(f"{result.quantization} wrote {result.beside_bytes:,} bytes beside the output; none was the goal")
    return found


def _conversion_table(results: Sequence[Conversion]) -> Table:
    table = Table(
        title=f"conversion, median of {results[0].runs} (sizes in MiB, beside the output in bytes)",
        title_justify="left",
        box=None,
        min_width=72,
    )
    for column in ("", "s", "quantizer", "private", "output", "beside", "peer, s", "ratio"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for result in results:
        steps = " + ".join(f"{seconds:.2f}" for seconds in result.peer_seconds)
        table.add_row(
            result.quantization,
            f"{result.seconds:.2f}",
            f"{result.quantizer_share:.0%}",
            f"{result.peak_private_mib:.0f}",
            f"{result.output_bytes / 2**20:.0f}",
            f"{result.beside_bytes:,}",
            steps or "-",
            f"{result.ratio:.1f}" if result.ratio else "",
        )
    return table


def _speed_table(results: Sequence[Speed]) -> Table:
    table = Table(
        title=f"engine, median of {results[0].runs} (tokens of the prompt, read and written a second)",
        title_justify="left",
        box=None,
        min_width=72,
    )
    for column in ("", "load, s", "tokens", "read/s", "written/s", "first word, s"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for result in results:
        table.add_row(
            result.model,
            f"{result.load_seconds:.2f}",
            f"{result.prompt_tokens:,}",
            f"{result.read_per_second:.0f}",
            f"{result.write_per_second:.0f}",
            f"{result.first_word_seconds:.2f}",
        )
    return table


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
