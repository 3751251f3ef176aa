"""A summary while it is made: on a terminal the words as they come, marked; on stderr what happens besides; the result.

Where the result goes to a file, a pipe or a program, nothing of it is shown before it is finished.
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from assistant.checks.checker import Checker
from assistant.commands.marked_line import MarkedLine
from assistant.console import note
from assistant.documents.document import Document
from assistant.errors import OutputFailed
from assistant.events import Text
from assistant.output import write_file
from assistant.sanitize import printable, printable_json
from assistant.summary.kept import KeptPieces
from assistant.summary.report import Result, as_json, evidence, report
from assistant.summary.values import Decided, Discarded, PieceDone, Request, Summary


@dataclass(frozen=True, slots=True)
class Output:
    """Where a summary goes, and in which form."""

    request: Request
    path: Path | None = None
    """None: stdout."""
    json: bool = False
    sources: bool = False
    """Whether what the text rests on is written below it."""

    @property
    def live(self) -> bool:
        """Somebody looks on while it is written."""
        return self.path is None and not self.json and sys.stdout.isatty()

    def begin(self, document: Document) -> "Telling":
        """For the summary of this document (or of this version of it)."""
        return Telling(self, document)

    def finish(self, told: Result) -> None:
        """Write what was not shown yet, and the report on stderr. Raises OutputFailed."""
        text = printable_json(as_json(told)) if self.json else self._text(told)
        if self.path is not None:
            write_file(self.path, text + "\n")
            note(f"the summary is in {self.path}")
        elif text:
            click.echo(text)
        if self.live:
            click.echo(err=True)
        for line in report(told, sources=not self.sources):
            click.echo(line, err=True)

    def _text(self, told: Result) -> str:
        """What of the text and its sources is not on the terminal yet."""
        below = evidence(told) if self.sources else ""
        text = "" if self.live else printable(told.marked)
        return "\n\n".join(part for part in (text, below) if part) if not self.live else f"\n{below}" if below else ""


class Telling:
    """Takes the events of one summary, in their order; `told` is there at the end."""

    def __init__(self, output: Output, document: Document) -> None:
        self._output = output
        self._document = document
        self._line = MarkedLine(lambda: Checker(document))
        self._decided: Decided | None = None
        self._done: tuple[int, int] = (0, 0)
        self.told: Result | None = None

    def see(self, event: object) -> None:
        """What the event means for who looks on; events that mean nothing pass."""
        match event:
            case Decided():
                self._decided = event
            case PieceDone(done, total, level=1):
                self._done = (done, total)
            case Text(text) if self._output.live:
                self._line.write(text)
            case Discarded(reason):
                self._line.void()
                note(f"what was written is void: {reason}")
            case Summary():
                self.end()
                if self._decided is None:
                    raise AssertionError("a summary says first how the document will be read")
                self.told = Result(self._document, self._output.request, self._decided, event)

    def end(self) -> None:
        """Show what was held back, and end the line; the summary was finished, discarded or interrupted."""
        self._line.end()

    def interrupted(self, kept: KeptPieces) -> None:
        """The user stopped it: end the line, and say what of the work stays."""
        self.end()
        done, total = self._done
        done = min(done, kept.held)  # the disk, or the user's settings, may keep none
        if done:
            note(f"{done:,} of {total:,} parts are finished and kept; the same command goes on from there")


def expect_writable(
    output: Path,
    documents: Sequence[str],
    files: Callable[[], Sequence[Path]],
    *,
    force: bool,
    watched: bool,
) -> None:
    """Told before minutes of reading, not after. `files`: those that are read of the documents. Raises OutputFailed."""
    if output.is_dir() or not output.parent.is_dir():
        raise OutputFailed(f"{output} is no place for a file; a file in an existing folder was expected; name one")
    if output.exists():
        for file in files():
            with suppress(OSError):
                if output.samefile(file):
                    raise OutputFailed(f"{output} is the document itself; another file was expected; name one")
        if not force:
            raise OutputFailed(f"{output} exists; a new file was expected; name another, or add --force")
    parents = output.resolve().parents
    for document in documents if watched else ():
        if Path(document).is_dir() and Path(document).resolve() in parents:
            raise OutputFailed(
                f"{output} is in the watched folder {document}, and would be summarized itself; a file elsewhere was "
                "expected; name one"
            )
