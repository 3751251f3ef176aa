"""`luciole summarize`: a document in, its summary out, and on stderr how much of it was read."""

import os
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.options import engine_options, settings
from assistant.commands.sampling_options import sampling_options
from assistant.engine import KvTypes
from assistant.errors import OutputFailed
from assistant.summary.values import SUMMARY_SAMPLING

if TYPE_CHECKING:
    from assistant.summary.whole import Summary

EPILOG = """\b
Examples:
  luciole summarize report.md
  luciole summarize minutes.txt -m smollm2.gguf --json -o minutes.json
"""


@click.command(epilog=EPILOG)
@click.argument("document", metavar="DOC")
@engine_options
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE, not to stdout.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@sampling_options(SUMMARY_SAMPLING)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def summarize(
    document: str,
    model: str | None,
    context: int | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    threads: int | None,
    output: Path | None,
    force: bool,
    chosen: dict[str, object],
    as_json: bool,
) -> None:
    """Summarize the document DOC, read whole.

    DOC is a text or Markdown file, or - for standard input. The whole document is read in one prompt; one that does not
    fit the model's context is refused with both token counts, never cut.
    """
    from assistant.console import Answer, follow, note
    from assistant.documents.read import read_document
    from assistant.models import open_engine
    from assistant.sampling_defaults import model_summary_sampling
    from assistant.sanitize import printable, printable_json
    from assistant.summary.whole import Summary
    from assistant.summary.whole import summarize as run

    if output is not None:
        _expect_writable(output, document, force=force)
    read = read_document(document)
    if read.encoding != "utf-8":
        note(f"{read.name} is in {read.encoding}" + (" (a guess from its bytes)" if read.guessed else ""))
    sampling = model_summary_sampling(model, **chosen)
    quiet = as_json or output is not None
    with closing(open_engine(model, settings(context, gpu_layers, threads, kv))) as engine, Answer() as answer:
        last = follow(run(read, engine, sampling), (lambda _: None) if quiet else answer.write)
    if not isinstance(last, Summary):
        raise AssertionError("a summary ends with its result")
    text = printable_json(asdict(last)) if as_json else printable(last.summary)
    if output is not None:
        _write(output, text + "\n")
        note(f"the summary is in {output}")
    elif as_json:
        click.echo(text)
    _report(last)


def _report(summary: "Summary") -> None:
    from assistant.console import note

    for warning in summary.warnings:
        note(warning, kind="warning")
    seconds = summary.seconds
    reused = ""
    if summary.reused_tokens:
        all_of_them = summary.reused_tokens >= summary.tokens_read  # it counts the instruction's tokens too
        reused = f", {'all' if all_of_them else f'{summary.reused_tokens:,}'} of them from an earlier reading"
    click.echo(
        f"{summary.tokens_read:,} of {summary.tokens_total:,} tokens read{reused} in {seconds.read:.1f} s, "
        f"written in {seconds.write:.1f} s",
        err=True,
    )


def _expect_writable(output: Path, document: str, *, force: bool) -> None:
    """Told before minutes of reading, not after. Raises OutputFailed."""
    if output.is_dir() or not output.parent.is_dir():
        raise OutputFailed(f"{output} is no place for a file; a file in an existing folder was expected; name one")
    with suppress(OSError):
        if output.samefile(document):
            raise OutputFailed(f"{output} is the document itself; another file was expected; name one")
    if output.exists() and not force:
        raise OutputFailed(f"{output} exists; a new file was expected; name another, or add --force")


def _write(output: Path, text: str) -> None:
    """Whole or not at all: a file beside it, then a rename. Raises OutputFailed."""
    partial = output.with_name(f"{output.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputFailed(
            f"{output} cannot be written ({error.strerror}); a writable place was expected; name another"
        ) from None
