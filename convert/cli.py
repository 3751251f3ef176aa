"""The `convert` command: arguments in, progress on stderr, the table (or one JSON object) on stdout. No decisions."""

import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from convert.report import Event, Preview, Report

RECIPE_NAMES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_k_s", "q4_k_m", "q5_k_m", "q6_k")

EPILOG = """\b
Examples:
  luciole convert ~/models/SmolLM2-135M-Instruct -q q4_k_m -o smollm2.gguf
  luciole convert ~/models/Index-1.9B-32K --dry-run
  luciole convert ~/models/Qwen2.5-7B-Instruct --rope-scaling yarn:4 --context 131072
"""


@click.command(epilog=EPILOG)
@click.argument("source", metavar="SRC", type=click.Path(path_type=Path))
@click.option("-o", "--output", metavar="OUT", type=click.Path(path_type=Path), help="Target file or folder.")
@click.option(
    "-q",
    "--quantization",
    default="q4_k_m",
    show_default=True,
    type=click.Choice(RECIPE_NAMES, case_sensitive=False),
    help="Type of the weights.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written and what it costs; write nothing.")
@click.option("--template", metavar="NAME|FILE", help="Prompt format, in place of the checkpoint's.")
@click.option("--context", metavar="TOKENS", type=click.IntRange(1, 2**31 - 1), help="Context length the file states.")
@click.option(
    "--rope-base", metavar="BASE", type=click.FloatRange(1.0, 1e12), help="RoPE base, in place of the checkpoint's."
)
@click.option(
    "--rope-scaling", metavar="SCALING", help="TYPE:FACTOR[:ORIGINAL], none, or JSON as in config.json's rope_scaling."
)
@click.option("--pretokenizer", metavar="NAME", help="llama.cpp's name of how text is cut, where none is found.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists; convert what is refused for being doubtful.")
@click.option("--verbose", is_flag=True, help="List unread keys of config.json, and each tensor of a dry run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--events", is_flag=True, hidden=True, help="Print each event as a line of JSON; end with stdin.")
@click.option("--recognise", is_flag=True, hidden=True, help="Of SRC, a config.json: say whether its family is known.")
def convert(
    source: Path,
    output: Path | None,
    quantization: str,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
    events: bool,
    recognise: bool,
    **chosen: Any,
) -> None:
    """Convert a Hugging Face model folder SRC to one GGUF file.

    SRC is a folder, or the name of a model in the local hub cache (owner/name). Nothing is guessed: each value is
    printed with the place it came from, and a model that cannot be written exactly is refused.
    """
    from convert.choices import Choices
    from convert.pipeline import convert as run
    from convert.pipeline import recognise as recognised

    conversion = run(source, output, quantization=quantization, choices=Choices(**chosen), dry_run=dry_run)
    if recognise:
        conversion = recognised(source)
    if events or recognise:
        from convert.events import report_events

        report_events(conversion, sys.stdout.buffer)
        return
    with closing(conversion):
        last = _follow(conversion)
    if as_json:
        click.echo(json.dumps(_json(last), ensure_ascii=False, indent=2))
    else:
        _print_table(last, verbose=verbose)


def _follow(events: "Iterator[Event]") -> "Report | Preview":
    """Show how far it is while stderr is a terminal; give what the last event says."""
    from convert.report import Converted, Preview

    for event in _with_progress(events) if sys.stderr.isatty() else events:
        if isinstance(event, Converted):
            return event.report
        if isinstance(event, Preview):
            return event
    raise AssertionError("the conversion ended without a result")


def _with_progress(events: "Iterator[Event]") -> "Iterator[Event]":
    """The same events beside a bar with bytes per second and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from convert.report import Step

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)
        for event in events:
            if isinstance(event, Step):
                name = visible(event.name)
                progress.update(task, description=name, completed=event.done, total=event.total or None)
            yield event


def _print_table(report: "Report | Preview", *, verbose: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from convert.report import Preview

    console = Console(highlight=False)
    console.print(_table(("", "value", "where it came from"), ((f.name, f.value, f.source) for f in report.facts)))
    if verbose:
        console.print(Text(f"\nkeys of config.json not needed: {visible(', '.join(report.unread)) or 'none'}"))
    if isinstance(report, Preview):
        _print_preview(console, report, verbose=verbose)
    else:
        size, rate = report.bytes / 2**20, report.bytes / 2**20 / max(report.seconds, 1e-9)
        done = f"{visible(str(report.output))}: {size:,.1f} MiB in {report.seconds:.1f} s ({rate:,.0f} MiB/s)"
        console.print(Text(f"\n{done}"), soft_wrap=True)
    for warning in report.warnings:
        click.echo(f"warning: {visible(warning)}", err=True)


def _print_preview(console: "Console", preview: "Preview", *, verbose: bool) -> None:
    from collections import Counter

    kinds = Counter(tensor.type for tensor in preview.tensors)
    sizes = {kind: sum(t.bytes for t in preview.tensors if t.type == kind) for kind in kinds}
    rows = ((kind, f"{count:,} tensors", f"{sizes[kind] / 2**20:,.1f} MiB") for kind, count in kinds.most_common())
    console.print()
    if verbose:
        rows = ((t.name, t.type, " × ".join(str(size) for size in t.shape)) for t in preview.tensors)
    console.print(_table(("tensors", "", ""), rows))
    mib = 2**20
    lines = (
        f"would write {visible(str(preview.output))}: {preview.bytes / mib:,.1f} MiB "
        f"({preview.free_bytes / mib:,.0f} MiB free there)",
        f"memory at the worst moment: about {preview.peak_memory_bytes / mib:,.0f} MiB",
        f"time: about {preview.seconds:,.1f} s of work, and what the disk takes to read "
        f"{preview.source_bytes / mib:,.0f} MiB and to write the file",
    )
    for line in ("", *lines):
        console.print(line, soft_wrap=True, markup=False)


def _table(titles: "Sequence[str]", rows: "Iterable[Sequence[str]]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(part)) for part in row))
    return table


def _json(report: "Report | Preview") -> dict[str, object]:
    """The fields of the report, with `unread` and timings kept: more may be added, none renamed."""
    return {**asdict(report), "output": str(report.output)}


def visible(text: str) -> str:
    """A text of the checkpoint for a terminal: what cannot be printed is shown as its escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
