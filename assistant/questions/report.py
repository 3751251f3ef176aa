"""A finished answer as JSON, and with its marks and sources in words. Nothing is printed here."""

from assistant.documents.document import Document
from assistant.questions.values import Answer
from assistant.sanitize import one_line
from assistant.summary.report import evidence_json, place_json, place_words


def marked(answer: Answer) -> str:
    """The answer with a mark behind each claim that the document does not have; not yet safe to print."""
    from assistant.checks.marks import mark  # noqa: PLC0415  numpy takes 0.1 s, and a screen opens without it

    return mark(answer.answer, answer.checked.claims)


def source_lines(answer: Answer, width: int) -> list[str]:
    """Of each paragraph or bullet where it stands, and so many characters of it; safe to print."""
    lines = []
    for source, place in zip(answer.checked.sources, answer.places, strict=True):
        text = one_line(source.text)
        short = text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
        lines.append(f"{place_words(place) if place else 'nowhere in particular'}: {short}")
    return lines


def as_json(answer: Answer, document: Document) -> dict[str, object]:
    """What `--json` prints: the names are relied on by other programs. Lines count from 1, offsets are characters."""
    return {
        "question": answer.question,
        "answer": answer.answer,
        "marked": marked(answer),
        "strategy": answer.strategy,
        "language": answer.language,
        "model": answer.model,
        **evidence_json(document, answer.coverage, answer.seconds, answer.checked, answer.places),
        "excerpts": [
            {"start": excerpt.start, "end": excerpt.end, **place_json(excerpt.place)} for excerpt in answer.excerpts
        ],
        "warnings": list(answer.warnings),
    }
