"""An answer about a document while it is made and when it is finished, in words.

On a terminal the words come as they are written, what the document does not say marked; elsewhere the answer is shown
when it is finished, because until then it may have to be asked for again.
"""

import sys
from collections.abc import Iterator

import click

from assistant.commands.marked_line import MarkedLine
from assistant.console import note
from assistant.conversation.turns import Forgot, Notice
from assistant.events import Text
from assistant.questions.ask import Questions
from assistant.questions.report import marked, source_lines
from assistant.questions.values import Answer
from assistant.sanitize import one_line, printable
from assistant.summary.report import place_words
from assistant.summary.values import Discarded

_NAMED = 12
"""Claims that are not found and named one by one; the marks and the JSON have all of them."""
_WIDTH = 72


class Telling:
    """Takes the events of one answer in their order; `answer` is there at the end."""

    def __init__(self, questions: Questions, *, quiet: bool = False) -> None:
        """`quiet`: nothing goes to stdout."""
        self._quiet = quiet
        self._live = not quiet and sys.stdout.isatty()
        self._line = MarkedLine(lambda: questions.checker)
        self.answer: Answer | None = None

    def see(self, event: object) -> None:
        """What the event means for who looks on; events that mean nothing pass."""
        match event:
            case Text(text) if self._live:
                self._line.write(text)
            case Forgot() | Notice():
                note(event.text)
            case Discarded(reason):
                self._line.void()
                note(f"what was written is void: {reason}")
            case Answer():
                self.end()
                if self._live:
                    click.echo(err=True)
                self.answer = event
                if not self._live and not self._quiet:
                    click.echo(printable(marked(event)))

    def end(self) -> None:
        """Show what was held back, and end the line; the answer was finished, discarded or interrupted."""
        self._line.end()


def report(answer: Answer, *, brief: bool = False) -> Iterator[str]:
    """The lines below an answer, safe to print. `brief`: what is wrong with it and where it stands, no figures."""
    yield from (f"warning: {one_line(warning)}" for warning in answer.warnings)
    claims = answer.checked.claims
    missing = list(dict.fromkeys(one_line(claim.text) for claim in claims if not claim.supported))
    if missing:
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        yield f"not in the document and marked: {', '.join(missing[:_NAMED])}{more}"
    elif claims and not brief:
        yield (
            f"checked: {len(claims):,} figures and names, all in the document"
            if len(claims) > 1
            else ("checked: 1 figure or name, in the document")
        )
    found = [place for place in answer.places if place is not None]
    if len(found) == 1 or brief:
        places = "; ".join(dict.fromkeys(place_words(place) for place in found))
        yield f"source: {places}" if places else "source: nowhere in particular"
    else:
        yield from (f"source: {line}" for line in source_lines(answer, _WIDTH))
    if brief:
        return
    coverage, seconds = answer.coverage, answer.seconds
    share = coverage.tokens_read * 100 // max(coverage.tokens_total, 1)
    reused = f"; {coverage.reused_tokens:,} tokens were read before and not again" if coverage.reused_tokens else ""
    yield f"read: {coverage.tokens_read:,} of {coverage.tokens_total:,} tokens ({share} %){reused}"
    loading = f"loading {seconds.load:.1f} s, " if seconds.load >= 0.05 else ""
    yield f"time: {loading}reading {seconds.read:.1f} s, writing {seconds.write:.1f} s"
