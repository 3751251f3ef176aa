"""A finished summary in words and as JSON: the text with its marks, where it stands in the document, what was read.

Nothing is printed here. Texts are not yet safe for a terminal, except where it says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.checks.values import Checked, Claim
from assistant.documents.document import Document, Place, Places
from assistant.languages import name_of
from assistant.sanitize import one_line
from assistant.summary.values import Coverage, Decided, Request, Seconds, Summary

_WIDTH = 50
"""Characters of a paragraph that stand for it beside its lines."""
_NAMED = 12
"""Claims that are not found and named one by one in the report; the marks and the JSON have all of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """A finished summary, and what it is of."""

    document: Document
    request: Request
    decided: Decided
    summary: Summary

    @property
    def marked(self) -> str:
        """The text, with a mark behind each claim that the document does not have."""
        from assistant.checks.marks import mark  # noqa: PLC0415  numpy takes 0.1 s to load, and --help needs none

        return mark(self.summary.summary, self.summary.checked.claims)


def as_json(told: Result) -> dict[str, object]:
    """What `--json` prints: the names are relied on by other programs. Lines count from 1, offsets are characters."""
    summary, document, decided = told.summary, told.document, told.decided
    places = Places(document)
    return {
        "summary": summary.summary,
        "marked": told.marked,
        "strategy": summary.strategy,
        "reason": decided.reason,
        "language": summary.language,
        "language_asked": told.request.language,
        "model": summary.model,
        "pieces": decided.pieces,
        "pieces_kept": decided.kept,
        "unread": [place_json(places.of(*stretch)) for stretch in summary.coverage.unread],
        **evidence_json(document, summary.coverage, summary.seconds, summary.checked, summary.places),
        "warnings": list(summary.warnings),
    }


def evidence_json(
    document: Document, coverage: Coverage, seconds: Seconds, checked: Checked, rests_on: Sequence[Place | None]
) -> dict[str, object]:
    """What the JSON of summaries and of answers has alike: what was read, and where each claim and paragraph stands."""
    places = Places(document)
    return {
        "kind": document.kind,
        "encoding": document.encoding,
        "tokens_total": coverage.tokens_total,
        "tokens_read": coverage.tokens_read,
        "reused_tokens": coverage.reused_tokens,
        "readings": coverage.readings,
        "seconds": {
            "load": round(seconds.load, 3),
            "read": round(seconds.read, 3),
            "write": round(seconds.write, 3),
        },
        "claims": {
            "checked": len(checked.claims),
            "supported": checked.supported,
            "unsupported": len(checked.claims) - checked.supported,
            "items": [
                {
                    "text": claim.text,
                    "kind": claim.kind,
                    "start": claim.start,
                    "end": claim.end,
                    "supported": claim.supported,
                    "places": [place_json(places.of(*found)) for found in claim.found],
                }
                for claim in checked.claims
            ],
        },
        "sources": [
            {"text": source.text, **place_json(place)} for source, place in zip(checked.sources, rests_on, strict=True)
        ],
    }


def place_json(place: Place | None) -> dict[str, object]:
    """What a document has not (pages, files, headings), and a place that is not known, is null."""
    return {
        "lines": list(place.lines) if place else None,
        "page": (place.page or None) if place else None,
        "file": (place.file or None) if place else None,
        "heading": (place.heading or None) if place else None,
    }


def report(told: Result, *, sources: bool = True) -> Iterator[str]:
    """The lines below a summary, safe to print: what is wrong with it first, then where it stands, how it was read.

    `sources`: whether the lines that each paragraph rests on are among them.
    """
    yield from (f"warning: {one_line(warning)}" for warning in told.summary.warnings)
    yield f"checked: {_checked(told.summary.checked.claims)}"
    if sources:
        found = source_lines(told)
        yield from (
            ["sources:", *(f"  {line}" for line in found)] if len(found) > 1 else [f"sources: {line}" for line in found]
        )
    yield f"read: {_read(told)}"
    yield f"language: {_language(told)}"
    seconds = told.summary.seconds
    loading = f"loading {seconds.load:.1f} s, " if seconds.load >= 0.05 else ""
    yield f"time: {loading}reading {seconds.read:.1f} s, writing {seconds.write:.1f} s"


def evidence(told: Result) -> str:
    """What `--sources` puts below the text, safe to print: the lines of each paragraph, the places of each claim."""
    lines = ["Sources:", *(f"- {line}" for line in source_lines(told))] if told.summary.checked.sources else []
    claims = told.summary.checked.claims
    if claims:
        places = Places(told.document)
        lines += ["", "Figures and names:"] if lines else ["Figures and names:"]
        # The same claim may stand in several sentences; its places are the same.
        lines += dict.fromkeys(f"- {one_line(claim.text)}: {_found(claim, places)}" for claim in claims)
    return "\n".join(lines)


def source_lines(told: Result) -> list[str]:
    """Of each paragraph or bullet where it stands, and how it begins; safe to print."""
    summary = told.summary
    return [
        f"{place_words(place) if place else 'nowhere in particular'}: {_excerpt(source.text)}"
        for source, place in zip(summary.checked.sources, summary.places, strict=True)
    ]


def place_words(place: Place) -> str:
    """As `lines 12-18, page 3 (The bridge)`, before it the file where there are several; safe to print."""
    first, last = place.lines
    words = f"line {first:,}" if first == last else f"lines {first:,}-{last:,}"
    words = f"{place.file}, {words}" if place.file else words
    words += f", page {place.page}" if place.page else ""
    return one_line(words + (f" ({_excerpt(place.heading)})" if place.heading else ""))


def _checked(claims: Sequence[Claim]) -> str:
    if not claims:
        return "there are no figures, quotations or names in it"
    missing = [claim for claim in claims if not claim.supported]
    found = f"{len(claims):,} figures and names: " if len(claims) > 1 else "1 figure or name: "
    if not missing:
        return f"{found}{'all' if len(claims) > 1 else 'it is'} in the document"
    if len(claims) == 1:
        return f"{found}it is not in the document, and marked: {one_line(claims[0].text)}"
    named = list(dict.fromkeys(one_line(claim.text) for claim in missing))
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    return (
        f"{found}{len(claims) - len(missing):,} found, {len(missing):,} not found and marked: "
        f"{', '.join(named[:_NAMED])}{more}"
    )


def _found(claim: Claim, places: Places) -> str:
    if not claim.supported:
        return "not in the document"
    return "; ".join(dict.fromkeys(place_words(places.of(*found)) for found in claim.found))


def _read(told: Result) -> str:
    coverage, decided = told.summary.coverage, told.decided
    total, read = coverage.tokens_total, coverage.tokens_read
    share = f"{read * 100 // total} %" if total else "100 %"  # down: what is not all of it never is 100 %
    words = f"{read:,} of {total:,} tokens ({share}), {one_line(decided.reason)}"
    if coverage.readings > 1:
        words += f"; {coverage.readings:,} readings"
    if coverage.reused_tokens:
        words += f"; {coverage.reused_tokens:,} tokens were read before and not again"
    return words


def _language(told: Result) -> str:
    found = told.summary.language
    name = "not recognized" if found == "und" else name_of(found)
    asked = told.request.language
    return f"{name}, {'as the document' if asked == 'auto' else f'{name_of(asked)} was asked for'}"


def _excerpt(text: str) -> str:
    line = one_line(text).removeprefix("- ").removeprefix("* ")
    if len(line) <= _WIDTH:
        return line
    cut = line[: _WIDTH - 1]
    words, space, _ = cut.rpartition(" ")
    return f"{words if space and len(words) > _WIDTH // 2 else cut}…"  # Chinese has no words to cut between
