"""`luciole summarize --watch`: each version of the documents summarized, until Ctrl-C.

On a terminal the words come as they are written, under a line with the time and what changed; a pipe gets each summary
when it is finished and still current, `--json` one object a line, and a file is replaced as a whole. Being interrupted
is how it ends: exit code 130, as everywhere.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import datetime

import click

from assistant.commands.summary_telling import Output, Telling
from assistant.console import narrate, note
from assistant.documents.document import Document
from assistant.documents.read import read_documents
from assistant.engine import Engine
from assistant.events import Text
from assistant.output import write_file
from assistant.sanitize import one_line, printable, printable_json
from assistant.summary.kept import KeptPieces
from assistant.summary.report import as_json, report
from assistant.summary.values import Summary
from assistant.watch.follow import (
    Cancelled,
    Changed,
    Followed,
    Noted,
    Summarize,
    Told,
    Trouble,
    Version,
    Waiting,
    follow,
)
from assistant.watch.watcher import Watcher


def expect_watchable(documents: Sequence[str], *, watched: bool, changes: bool) -> None:
    """Raises click.UsageError for standard input, which has no second version, and for changes without watching."""
    if changes and not watched:
        raise click.UsageError("--changes goes with --watch: of one summary nothing changes")
    if watched and "-" in documents:
        raise click.UsageError("--watch needs files or folders: standard input (-) does not change")


def watch(
    documents: Sequence[str],
    engine: Engine,
    summarize: Summarize,
    output: Output,
    kept: KeptPieces,
    *,
    encoding: str | None = None,
    changes: bool = False,
) -> None:
    """Summarize each version of the documents; does not return by itself.

    They can be read now: a name that was mistyped would be waited for without end. `summarize` makes one summary with
    the engine, and keeps parts in `kept`; `changes`: what changed in the summary is shown below it. Raises
    KeyboardInterrupt, OutputFailed, and errors of the engine that no edit will mend.
    """
    shown = _Shown(output, summarize, changes=changes)
    with Watcher(documents) as watching:
        note(f"watching {', '.join(documents)}; Ctrl-C ends it")
        events = follow(watching, lambda: read_documents(documents, encoding=encoding), shown.begin, engine)
        try:
            with closing(narrate(events)) as narrated:
                for event in narrated:
                    shown.see(event)
        except KeyboardInterrupt:
            shown.interrupted(kept)
            raise


class _Shown:
    """What is on the terminal, of version after version."""

    def __init__(self, output: Output, summarize: Summarize, *, changes: bool) -> None:
        self._output = output
        self._summarize = summarize
        self._changes = changes
        self._telling: Telling | None = None
        self._document: Document | None = None
        self._headed = False
        """There is a line above what is being written."""
        self._blank = False
        """Something stands above on stdout."""

    def begin(self, document: Document) -> Generator[Told | Summary, None, None]:
        """Its summary, which is told from here on."""
        self._telling = self._output.begin(document)
        self._document, self._headed = document, False
        return self._summarize(document)

    def see(self, event: Followed) -> None:
        match event:
            case Changed():
                self._changed(event)
            case Cancelled(reason):
                self._end()
                note(f"what was written of this version is void: {reason}" if self._headed else reason)
            case Waiting(message):
                self._end()
                note(f"{message}; it is waited for" if message else "it is back")
            case Trouble(message):
                self._end()
                note(message, kind="error")
                note("the next version is waited for")
            case Noted(message):
                self._end()
                note(message)
            case Version():
                self._finish(event)
            case _:
                if isinstance(event, Text) and self._output.live and not self._blank:
                    self._head(self._name())  # of the first version, and only now that the progress bar is gone
                if self._telling is not None:
                    self._telling.see(event)

    def interrupted(self, kept: KeptPieces) -> None:
        if self._telling is not None:
            self._telling.interrupted(kept)

    def _changed(self, changed: Changed) -> None:
        if changed.changes.first is None:
            note(f"{changed.sentence}; the summary stands")
        elif self._output.live:
            self._head(changed.sentence)
        else:
            note(changed.sentence)

    def _finish(self, version: Version) -> None:
        telling = self._telling
        if telling is None:
            raise AssertionError("a version has begun before it ends")
        telling.see(version.summary)
        if telling.told is None:
            raise AssertionError("a finished summary is told")
        if self._output.json:
            value = as_json(telling.told) | _of(version)
            if self._output.path is None:
                click.echo(printable_json(value, indent=None))
            else:
                write_file(self._output.path, printable_json(value) + "\n")
                note(f"the summary is in {self._output.path}")
            for line in report(telling.told):
                click.echo(line, err=True)
        else:
            if self._output.path is None and not self._output.live:
                self._head(version.changed.sentence if version.changed else self._name())
            self._output.finish(telling.told)
            if self._changes and version.changed:
                below = "\n".join(["What changed in the summary:", *version.difference])
                if not version.difference:
                    below = "Nothing changed in the summary."
                click.echo(f"\n{printable(below)}", err=self._output.path is not None)
        if not version.current:
            note("the file has grown since: this is the summary of how it was when its reading began", kind="warning")

    def _head(self, words: str) -> None:
        """The line above a summary."""
        if self._blank:
            click.echo()
        click.echo(f"[{_now():%H:%M:%S}] {one_line(words)}")
        self._headed = self._blank = True

    def _name(self) -> str:
        return self._document.name if self._document else ""

    def _end(self) -> None:
        if self._telling is not None:
            self._telling.end()


def _of(version: Version) -> dict[str, object]:
    """What `--json` has of a version beside its summary."""
    changed = version.changed
    again = changed.again if changed else None
    return {
        "version": version.number,
        "time": _now().isoformat(timespec="seconds"),
        "current": version.current,
        "changed": changed
        and {
            "sentence": changed.sentence,
            "unit": changed.changes.unit,
            "changed": changed.changes.changed,
            "added": changed.changes.added,
            "removed": changed.changes.removed,
            "first": changed.changes.first,
            "tokens_to_read": again and again.tokens,
            "seconds": again and again.seconds and round(again.seconds, 1),
        },
        "difference": list(version.difference),
    }


def _now() -> datetime:
    return datetime.now().astimezone()
