"""What was found out about a document, as a file of its own: the summary, its sources, and the answers to questions."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.output import write_new
from assistant.questions.report import as_json, marked, source_lines
from assistant.questions.values import Answer
from assistant.sanitize import one_line, printable, printable_json
from assistant.summary.report import Result, evidence, report
from assistant.summary.report import as_json as summary_json

_WIDTH = 72


def export_findings(result: Result, answers: Sequence[Answer], path: Path) -> None:
    """Write a new file: JSON where its name ends in `.json`, else Markdown.

    Raises OutputFailed, also where there is a file of that name.
    """
    if path.suffix.lower() == ".json":
        questions = [as_json(answer, result.document) for answer in answers]
        value = summary_json(result) | {"document": result.document.name, "questions": questions}
        write_new(path, printable_json(value) + "\n")
    else:
        write_new(path, findings_markdown(result, answers))


def findings_markdown(result: Result, answers: Sequence[Answer] = ()) -> str:
    """The same to read and to print, ending in a newline; what a terminal would obey is made visible."""
    return "\n\n".join(_parts(result, answers)) + "\n"


def _parts(result: Result, answers: Sequence[Answer]) -> Iterator[str]:
    yield f"# Summary of {one_line(result.document.name)}"
    yield printable(result.marked).strip()
    if below := evidence(result):
        yield "\n\n".join(_titled(block) for block in below.split("\n\n"))
    yield "## How it was made"
    model = [f"model: {one_line(result.summary.model)}"] if result.summary.model else []
    yield "\n".join(f"- {line}" for line in (*report(result, sources=False), *model))
    for answer in answers:
        yield f"## {one_line(answer.question)}"
        yield printable(marked(answer)).strip()
        if sources := source_lines(answer, _WIDTH):
            yield "\n".join(["Sources:", "", *(f"- {line}" for line in sources)])


def _titled(block: str) -> str:
    """`Sources:` and its lines, as a heading and a list."""
    title, _, lines = block.partition("\n")
    return f"## {title.removesuffix(':')}\n\n{lines}"
