"""The `verify` command: arguments in, progress and the ladder on stderr, one JSON object on stdout if asked for."""

import json
import sys
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.cli import visible
from convert.errors import VerificationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.proof.verify import Verified
    from convert.proof_report import Climbing, Proof

EPILOG = """\b
Example:
  luciole verify smollm2.gguf --against ~/models/SmolLM2-135M-Instruct
"""

_STYLES = {"passed": "green", "failed": "bold red", "not climbed": "yellow", "does not apply": "dim"}


@click.command(epilog=EPILOG)
@click.argument("file", metavar="FILE.gguf", type=click.Path(path_type=Path))
@click.option(
    "--against", metavar="SRC", required=True, type=click.Path(path_type=Path), help="The folder FILE was made of."
)
@click.option(
    "--text", metavar="FILE", type=click.Path(path_type=Path), help="Text for the comparison, instead of our own."
)
@click.option(
    "--context",
    metavar="N",
    type=click.IntRange(min=2),
    help="Compare logits up to position N. [default: 4096, or the model's context]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--attended", is_flag=True, hidden=True, help="End with stdin.")
def verify(file: Path, against: Path, text: Path | None, context: int | None, as_json: bool, attended: bool) -> None:
    """Prove FILE.gguf against the model folder it was made of.

    Five rungs: header, tensors, tokens, logits (against transformers, if it is installed), and the divergence from the
    source on a text. What was found is kept in FILE.gguf.report.json, where inspect and the screen see it.
    """
    from convert.events import stopped_by
    from convert.proof.verify import verify as run
    from convert.proof_report import write_report

    ended_by = stopped_by(sys.stdin.buffer) if attended else nullcontext()
    with ended_by, closing(run(file, against, text=text, reach=context)) as events:
        proof = _follow(events)
    warning = write_report(proof)
    if as_json:
        click.echo(json.dumps(proof.json(), ensure_ascii=False, indent=2))
    _print_ladder(proof)
    for line in (*proof.warnings, *([warning] if warning else [])):
        click.echo(f"warning: {visible(line)}", err=True)
    if proof.verdict == "failed":
        name, rung = next((name, rung) for name, rung in proof.rungs.items() if rung.state == "failed")
        raise VerificationFailed(
            f"{file.name} is not what {proof.against} gives: {name}: {rung.says}; convert the model again"
        )


def _follow(events: "Iterator[Climbing | Verified]") -> "Proof":
    """Show how far it is while stderr is a terminal; give the proof."""
    from convert.proof.verify import Verified

    for event in _with_progress(events) if sys.stderr.isatty() else events:
        if isinstance(event, Verified):
            return event.proof
    raise AssertionError("the proof ended without a verdict")


def _with_progress(events: "Iterator[Climbing | Verified]") -> "Iterator[Climbing | Verified]":
    """The same events beside a bar for the rung that is being climbed."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from convert.proof.verify import Verified

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        rung = ""
        for event in events:
            if not isinstance(event, Verified):
                if event.rung != rung:
                    rung = event.rung
                    progress.reset(task, description=rung)
                progress.update(task, completed=event.done, total=event.total or None)
            yield event


def _print_ladder(proof: "Proof") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, rung in proof.rungs.items():
        table.add_row(Text(name), Text(rung.state, style=_STYLES[rung.state]), Text(visible(rung.says)))
    console.print(table)
    console.print(Text(f"\n{visible(proof.file.name)}: {proof.verdict} against {visible(proof.against)}"))
