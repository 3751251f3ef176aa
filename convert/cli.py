"""The `convert` command: arguments in, progress on stderr, the table (or one JSON object) on stdout. No decisions."""

import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.report import Converted, Event, Report

RECIPE_NAMES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_k_s", "q4_k_m", "q5_k_m", "q6_k")

EPILOG = """\b
Example:
  luciole convert ~/models/SmolLM2-135M-Instruct -q q4_k_m -o smollm2.gguf
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
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--verbose", is_flag=True, help="List the keys of config.json that nothing asked for.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def convert(source: Path, output: Path | None, quantization: str, force: bool, verbose: bool, as_json: bool) -> None:
    """Convert a Hugging Face model folder SRC to one GGUF file.

    Nothing is guessed: each value is printed with the place it came from, and a model that cannot be written exactly
    is refused.
    """
    from convert.pipeline import convert as run

    with closing(run(source, output, quantization=quantization, force=force)) as events:
        report = _follow(events).report
    if as_json:
        click.echo(json.dumps(_json(report), ensure_ascii=False, indent=2))
    else:
        _print_table(report, verbose=verbose)


def _follow(events: "Iterator[Event]") -> "Converted":
    """Show how far it is while stderr is a terminal; give the last event."""
    from convert.report import Converted

    for event in _with_progress(events) if sys.stderr.isatty() else events:
        if isinstance(event, Converted):
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


def _print_table(report: "Report", *, verbose: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("", "value", "where it came from"):
        table.add_column(title, overflow="fold")
    for fact in report.facts:
        table.add_row(*(Text(visible(part)) for part in (fact.name, fact.value, fact.source)))
    console = Console(highlight=False)
    console.print(table)
    if verbose:
        console.print(Text(f"\nkeys of config.json not needed: {visible(', '.join(report.unread)) or 'none'}"))
    size, rate = report.bytes / 2**20, report.bytes / 2**20 / max(report.seconds, 1e-9)
    done = f"{visible(str(report.output))}: {size:,.1f} MiB in {report.seconds:.1f} s ({rate:,.0f} MiB/s)"
    console.print(Text(f"\n{done}"), soft_wrap=True)
    for warning in report.warnings:
        click.echo(f"warning: {visible(warning)}", err=True)


def _json(report: "Report") -> dict[str, object]:
    """The fields of the report, with `unread` and timings kept: more may be added, none renamed."""
    return {**asdict(report), "output": str(report.output)}


def visible(text: str) -> str:
    """A text of the checkpoint for a terminal: what cannot be printed is shown as its escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
