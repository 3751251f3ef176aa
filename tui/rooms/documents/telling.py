"""What is to be known of a summary or an answer, in the user's words: what is wrong with it first, then what was read.

Safe to show. The module knows nothing of widgets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant import Answer, Changes, Claim, Coverage, Result, one_line
from tui.figures import duration
from tui.language import _, plural
from tui.said import said

_NAMED = 8
"""Claims that are not found and named; the marks in the words have all of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """`bad`: something the reader must know before he relies on the words."""

    text: str
    bad: bool = False

    @property
    def sign(self) -> str:
        """What tells a bad line without its colour."""
        return "! " if self.bad and not self.text.startswith("✗") else ""


def summary_lines(result: Result) -> Iterator[Line]:
    """Below a summary."""
    summary = result.summary
    yield checked_line(summary.checked.claims)
    yield from (Line(one_line(said(warning)), bad=True) for warning in summary.warnings)
    yield Line(f"{read_words(summary.coverage)} · {_way(result.decided.strategy, result.decided.pieces)}")
    seconds = summary.seconds
    yield Line(_time(seconds.load, seconds.read, seconds.write))


def answer_lines(answer: Answer) -> Iterator[Line]:
    """Below an answer."""
    yield checked_line(answer.checked.claims)
    yield from (Line(one_line(said(warning)), bad=True) for warning in answer.warnings)
    way = _("the whole document") if answer.strategy == "whole" else _passages(len(answer.excerpts))
    yield Line(f"{read_words(answer.coverage)} · {way}")


def checked_line(claims: Sequence[Claim]) -> Line:
    """Whether its figures and names are in the document; those that are not by name."""
    if not claims:
        return Line(_("no figures, quotations or names to check"))
    missing = [claim for claim in claims if not claim.supported]
    if not missing:
        words = plural(
            "{count} figure or name, in the document", "all {count} figures and names are in the document", len(claims)
        )
        return Line(f"✓ {words}")
    named = list(dict.fromkeys(one_line(claim.text) for claim in missing))
    words = _("{missing} of {total} figures and names are not in the document: {names}").format(
        missing=f"{len(missing):,}", total=f"{len(claims):,}", names=", ".join(named[:_NAMED])
    )
    more = len(named) - _NAMED
    return Line(f"✗ {words}{', …' if more > 0 else ''}", bad=True)


def read_words(coverage: Coverage) -> str:
    """How much was read, and how much of that anew."""
    total, read = coverage.tokens_total, coverage.tokens_read
    share = read * 100 // total if total else 100  # down: what is not all of it never is 100 %
    words = _("read {read} of {total} tokens ({share} %)").format(read=f"{read:,}", total=f"{total:,}", share=share)
    if coverage.reused_tokens:
        words += " · " + _("{count} reused").format(count=f"{coverage.reused_tokens:,}")
    return words


def changes_words(changes: Changes) -> str:
    """As `3 paragraphs changed, 1 added`."""
    if changes.first is None:
        return _("the text is the same")
    if changes.unit == "line":
        told = [
            plural("{count} line changed", "{count} lines changed", changes.changed),
            plural("{count} line added", "{count} lines added", changes.added),
            plural("{count} line removed", "{count} lines removed", changes.removed),
        ]
    else:
        told = [
            plural("{count} paragraph changed", "{count} paragraphs changed", changes.changed),
            plural("{count} paragraph added", "{count} paragraphs added", changes.added),
            plural("{count} paragraph removed", "{count} paragraphs removed", changes.removed),
        ]
    counts = (changes.changed, changes.added, changes.removed)
    found = [words for words, count in zip(told, counts, strict=True) if count]
    return ", ".join(found) or _("only blank lines and line ends changed")


def ago(seconds: float) -> str:
    """How long ago something was."""
    return _("just now") if seconds < 2 else _("{time} ago").format(time=duration(seconds))


def _way(strategy: str, pieces: int) -> str:
    match strategy:
        case "parts":
            return plural("in {count} part", "in {count} parts", pieces)
        case "head-tail":
            return _("only the beginning and the end")
        case _:
            return _("in one reading")


def _passages(count: int) -> str:
    return plural("{count} passage that fits the question", "{count} passages that fit the question", count)


def _time(load: float, read: float, write: float) -> str:
    words = _("reading {read} s, writing {write} s").format(read=f"{read:.1f}", write=f"{write:.1f}")
    return f"{_('loading {load} s').format(load=f'{load:.1f}')}, {words}" if load >= 0.05 else words
