"""`python -m bench`: tables of conversion and engine, and what they were meant to reach.

python -m bench                                          ours alone, on the starter model
python -m bench --peer ~/llama_cpp_python-0.3.36         conversion beside llama.cpp's own two steps, and the engine
                                                         beside llama-bench, which is built the first time
python -m bench engine --llama-bench ~/llama-bench       the engine beside a llama-bench that is there already
python -m bench engine plan readings many -m FILE.gguf   any model; engine: speed, plan: predicted memory and seconds,
                                                         readings: what is not read twice, many: prompts at once
python -m bench documents -m FILE.gguf --tokens 30000    summaries: opened again, edited, in parts; memory
python -m bench screen                                   the screen: start, streaming, long conversations, quitting
python -m bench characters                               dialogues drawn for a turn, of corpora of two sizes
python -m bench convert --shape llama-1.1b --runs 1      a random model of that size (index-1.9b: no peer converts it)
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import (
    accuracy,
    against,
    characters,
    conversion,
    conversion_table,
    documents,
    engine,
    llama_bench,
    many,
    readings,
)
from bench.conversion import LARGE_GOALS, SMALL_GOALS
from bench.starter import STARTER_FILE, starter_folder
from bench.templated import templated
from bench.watched import home, pairs
from convert import convert

PARTS = ("screen", "convert", "engine", "plan", "readings", "many", "documents", "characters")
RATIOS = ("ratio", "read_ratio", "write_ratio", "share", "passes", "speed_up", "growth")
"""Computed figures that the JSON has beside the measured ones."""


@dataclass(frozen=True, slots=True)
class Section:
    """One finished table; `results` are frozen values."""

    name: str
    results: list[Any]
    table: Table
    missed: list[str]


def main() -> int:
    """Measure, print the tables (or one JSON object); 1 where a goal was missed."""
    arguments = _arguments()
    peer = arguments.llama_bench
    if peer is None and arguments.peer is not None and "engine" in arguments.part:
        _say("building llama-bench, unless it is there")
        peer = llama_bench.built(arguments.peer)
    with tempfile.TemporaryDirectory(prefix="luciole-bench-") as name, home(Path(name) / "home"):
        sections = list(_sections(arguments, Path(name), peer))
    missed = [text for section in sections for text in section.missed]
    if arguments.json:
        results = {section.name: [_plain(result) for result in section.results] for section in sections}
        print(json.dumps(results | {"missed": missed}, indent=2))
        return 1 if missed else 0
    console = Console()
    if not console.is_terminal:
        console.width = 120
    for section in sections:
        console.print(section.table)
    for text in missed:
        console.print(f"missed: {text}")
    return 1 if missed else 0


def _sections(arguments: argparse.Namespace, folder: Path, peer: Path | None) -> Iterator[Section]:
    if "screen" in arguments.part:
        yield _screen(arguments, folder)
    if "convert" in arguments.part:
        yield _conversion(arguments, folder)
    if "characters" in arguments.part:
        drawings = list(_each("characters", characters.measure()))
        yield Section("characters", drawings, characters.table(drawings), characters.missed(drawings))
    if set(arguments.part) <= {"convert", "screen", "characters"}:
        return
    models = [(name, templated(path, folder)) for name, path in _models(arguments, folder)]
    if "engine" in arguments.part:
        speeds = [engine.measure(name, model, runs=arguments.runs) for name, model in _told(models, "speed")]
        yield Section("engine", speeds, engine.table(speeds), [])
        if peer is not None:
            found = [
                result
                for name, model in models
                for result in _each(
                    "llama-bench",
                    against.measure(
                        name, model, peer, depths=arguments.depths, kvs=arguments.kv or ["f16/f16"], runs=arguments.runs
                    ),
                )
            ]
            yield Section("against", found, against.table(found), against.missed(found))
    if "plan" in arguments.part:
        kvs, contexts = arguments.kv or accuracy.KVS, arguments.contexts or accuracy.CONTEXTS
        plans = [
            result
            for name, model in models
            for result in _each("plan", accuracy.measure(name, model, contexts=contexts, kvs=kvs))
        ]
        yield Section("plan", plans, accuracy.table(plans), accuracy.missed(plans))
    if "readings" in arguments.part:
        kv = pairs(arguments.kv[0]) if arguments.kv else None
        opened = [
            readings.measure(name, model, tokens=arguments.tokens, kv=kv) for name, model in _told(models, "readings")
        ]
        yield Section("readings", opened, readings.table(opened), readings.missed(opened))
    if "many" in arguments.part:
        several = [many.measure(name, model, runs=arguments.runs) for name, model in _told(models, "many")]
        yield Section("many", several, many.table(several), many.missed(several))
    if "documents" in arguments.part:
        summed = [documents.measure(name, model, tokens=arguments.tokens) for name, model in _told(models, "documents")]
        yield Section("documents", summed, documents.table(summed), documents.missed(summed))


def _screen(arguments: argparse.Namespace, folder: Path) -> Section:
    from bench import screen  # noqa: PLC0415 - pseudo-terminals, which not every system has

    home = folder / "screen"
    home.mkdir()
    figures = list(_each("screen", screen.measure(home, runs=arguments.runs, tokens=arguments.tokens or 2000)))
    return Section("screen", figures, screen.table(figures), screen.missed(figures))


def _conversion(arguments: argparse.Namespace, folder: Path) -> Section:
    checkpoint = arguments.checkpoint or _starter_checkpoint(folder)
    goals = SMALL_GOALS
    if arguments.shape is not None:
        checkpoint, goals = _shaped_checkpoint(arguments.shape, folder, checkpoint), LARGE_GOALS
    results = list(_each("conversion", conversion.measure(checkpoint, goals, peer=arguments.peer, runs=arguments.runs)))
    return Section("conversion", results, conversion_table.table(results), conversion_table.missed(results, goals))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--checkpoint", type=Path, help="a model folder; by default the starter model as a checkpoint")
    parser.add_argument("--shape", choices=("llama-1.1b", "index-1.9b"), help="a random checkpoint of that size")
    parser.add_argument("--peer", type=Path, help="an unpacked source distribution of llama-cpp-python")
    parser.add_argument("--llama-bench", type=Path, help="the finished program, instead of building it")
    parser.add_argument("-m", "--model", type=Path, action="append", help="a GGUF for the engine's tables; may be many")
    parser.add_argument("--depths", type=_numbers, default=[0, 2048], help="depths beside llama-bench, 512 apart")
    parser.add_argument("--contexts", type=_numbers, help="contexts that plans are held against")
    parser.add_argument("--kv", type=lambda text: text.split(","), help="types of keys and values: f16/f16,q8_0/f16")
    parser.add_argument(
        "--tokens", type=int, help="length of the document of readings and documents; default: 30,000, or what fits"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement; medians are printed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    found = parser.parse_args()
    if wrong := set(found.part) - {*PARTS, "all"}:
        parser.error(f"{sorted(wrong)[0]!r} is no part; {', '.join(PARTS)} are")
    if not found.part or "all" in found.part:
        found.part = list(PARTS)
    if found.peer is not None and not (found.peer / "vendor" / "llama.cpp" / "convert_hf_to_gguf.py").is_file():
        parser.error(f"{found.peer} holds no vendor/llama.cpp/convert_hf_to_gguf.py; unpack the source distribution")
    if found.shape == "index-1.9b" and found.peer is not None:
        parser.error("llama.cpp's converter does not know Index; leave --peer out")
    if found.runs < 1:
        parser.error(f"--runs is {found.runs}; at least 1 was expected")
    if any(depth % 512 for depth in found.depths):
        parser.error("--depths are multiples of 512, the tokens read at once")
    for key in ("checkpoint", "peer", "llama_bench"):
        path = getattr(found, key)
        if path is not None:
            setattr(found, key, path.expanduser().resolve())  # children run in folders of their own
    found.model = [path.expanduser().resolve() for path in found.model or ()]
    for path in (*found.model, *(path for path in (found.llama_bench,) if path)):
        if not path.is_file():
            parser.error(f"{path} is no file")
    return found


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _models(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path]]:
    """Those asked for; else the starter file as it is installed, and where it was converted, our own q4_k_m of it."""
    if arguments.model:
        yield from ((path.stem[:24], path) for path in arguments.model)
        return
    yield "starter", starter_folder() / STARTER_FILE
    checkpoint = folder / "smollm2-135m"
    if checkpoint.is_dir():
        target = folder / "converted-q4_k_m.gguf"
        for _ in convert(checkpoint, target, quantization="q4_k_m"):
            pass
        yield "converted q4_k_m", target


def _starter_checkpoint(folder: Path) -> Path:
    from bench.checkpoint import write_checkpoint  # noqa: PLC0415 - torch and transformers, needed only here

    _say("writing the starter model as a checkpoint")
    return write_checkpoint(folder / "smollm2-135m")


def _shaped_checkpoint(shape: str, folder: Path, tokenizer: Path) -> Path:
    from bench.shapes import write_shape  # noqa: PLC0415 - torch, needed only here

    _say(f"writing a random checkpoint {shape}")
    return write_shape(shape, folder / shape, tokenizer)


def _each(what: str, results: Iterator[Any]) -> Iterator[Any]:
    for result in results:
        _say(f"measured {what}: {next(iter(asdict(result).values()))}")
        yield result


def _told(models: list[tuple[str, Path]], what: str) -> Iterator[tuple[str, Path]]:
    for name, model in models:
        _say(f"measuring {what} of {name}")
        yield name, model


def _plain(result: Any) -> dict[str, Any]:
    """A result with its computed figures."""
    return asdict(result) | {name: getattr(result, name) for name in RATIOS if hasattr(result, name)}


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
