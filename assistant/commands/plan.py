"""`luciole plan`: the settings a model may run with on this machine, what each takes, and the one that is chosen."""

from typing import TYPE_CHECKING, Any

import click

from assistant.commands.options import GPU_LAYERS, KV, THREADS, fetched_first
from assistant.engine import KvTypes
from assistant.errors import EngineFailed

if TYPE_CHECKING:
    from rich.console import Console

_PATIENCE_SECONDS = 600
"""Measuring takes some 20 seconds; on a machine that swaps, many times that."""

EPILOG = """\b
Examples:
  luciole plan starter
  luciole plan index-1.9b-32k.gguf --document report.md
  luciole plan index-1.9b-32k.gguf --context 32768 --kv q8_0/f16 --json
"""


@click.command(epilog=EPILOG)
@click.argument("model", metavar="[MODEL]", required=False)
@click.option("--context", type=click.IntRange(1), metavar="N", help="Tokens of context; default: the most that fits.")
@click.option("--document", metavar="FILE", help="As much context as this document and an answer need.")
@KV
@GPU_LAYERS
@THREADS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@fetched_first
def plan(
    model: str | None,
    context: int | None,
    document: str | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Show how MODEL may run on this machine, and what is fastest.

    Memory is counted by llama.cpp itself in a dry run, and held against what is free now. Seconds come from a short
    measurement, made once for each kind of model and kept. Nothing is loaded.
    """
    from assistant.documents.read import read_document
    from assistant.gguf.file import read_header
    from assistant.models import find_model
    from assistant.plan.asking import ask
    from assistant.sanitize import printable_json
    from assistant.summary.values import SUMMARY_SAMPLING

    path = find_model(model)
    read_header(path)
    request = {
        "path": str(path.absolute()),
        "context": context,
        "text": read_document(document).text if document is not None else None,
        "answer": SUMMARY_SAMPLING.max_tokens,
        "gpu_layers": gpu_layers,
        "kv": kv,
        "threads": threads,
    }
    found = ask("assistant.llama.planner", request, seconds=_PATIENCE_SECONDS)
    if found is None:
        raise AssertionError("nobody interrupts this question")
    if as_json:
        click.echo(printable_json({"model": path.stem, **found}))
    else:
        _print(path.stem, found)
    if found["chosen"] is None:
        raise EngineFailed(found["reason"])


def _print(name: str, found: dict[str, Any]) -> None:
    from rich.text import Text

    from assistant.console import Output
    from assistant.sanitize import one_line

    console = Output(highlight=False)
    if not console.is_terminal:
        console.width = 240  # lines of a pipe are for `grep`: no wrapping at 80
    free = ", ".join(f"{device['free_mib']:,.0f} MiB on {name}" for name, device in found["devices"].items())
    tokens = f"; the document has {found['tokens']:,} tokens" if found["tokens"] is not None else ""
    console.print(Text(one_line(f"{name}: free {free}, a reserve left aside{tokens}")))
    _print_table(console, found)
    if found["chosen"] is not None:
        console.print(Text(one_line(found["reason"])))


def _print_table(console: "Console", found: dict[str, Any]) -> None:
    """Those of the chosen context; where nothing fits, those of the wanted one and those that would."""
    from rich.table import Table

    options, chosen = found["options"], found["chosen"]
    contexts = {chosen["context"]} if chosen else {option["context"] for option in options[:1]}
    shown = [option for option in options if option["context"] in contexts or (chosen is None and option["fits"])]
    offloads = any(option["gpu_layers"] for option in shown)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    columns = ["context", "K/V", "flash", "batch", *(["layers"] if offloads else [])]
    columns += ["weights", "KV", "compute", "MiB", "first word, s", "answer, s", "fits"]
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="left" if column in {"K/V", "flash", "fits"} else "right", no_wrap=True)
    for option in shown:
        mib, seconds = option["mib"], option["seconds"]
        cells = [f"{option['context']:,}", option["kv"], "on" if option["flash"] else "off", str(option["batch"])]
        cells += [str(option["gpu_layers"])] if offloads else []
        cells += [f"{mib[part]:,.0f}" for part in ("weights", "kv", "compute", "total")]
        cells += [f"{seconds[part]:,.1f}" if seconds else "-" for part in ("first_word", "answer")]
        cells += ["yes" if option["fits"] else "no"]
        is_chosen = option == chosen
        table.add_row(">" if is_chosen else "", *cells, style="bold" if is_chosen else None)
    console.print(table)
