"""What a strategy wrote becomes a `Summary`: checked against the document, placed in it, with all warnings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.checks.values import Checked, Source
from assistant.documents.document import Document, Places
from assistant.languages import language_of, name_of
from assistant.summary.task import Outcome, Record, Task, Written
from assistant.summary.values import Coverage, Seconds, Strategy, Summary


def conclude(task: Task, record: Record, strategy: Strategy, outcome: Outcome) -> Summary:
    """The result. Takes as long as checking does; nothing is asked of the engine."""
    from assistant.checks.checker import Checker  # noqa: PLC0415  numpy takes 0.1 s to load, and --help needs none

    document, info = task.document, task.engine.info
    text = outcome.written.text.strip()
    checked, places = _of_read(Checker(document).check(text), outcome.unread), Places(document)
    return Summary(
        summary=text,
        strategy=strategy,
        language=language_of(text),
        model=info.name if info else "",
        coverage=Coverage(task.tokens, outcome.tokens_read, record.reused, record.readings, outcome.unread),
        seconds=Seconds(record.load, record.read, record.write),
        checked=checked,
        places=tuple(source.rests_on and places.of(*source.rests_on) for source in checked.sources),
        warnings=tuple(_warnings(task, record, outcome)),
    )


def _of_read(checked: Checked, unread: Sequence[tuple[int, int]]) -> Checked:
    """Nothing rests on what was not read. (A figure that stands there is right all the same.)"""

    def read(source: Source) -> Source:
        rests = source.rests_on
        if rests is None or not any(rests[0] < end and start < rests[1] for start, end in unread):
            return source
        return replace(source, rests_on=None)

    return replace(checked, sources=tuple(map(read, checked.sources)))


def lines_of(places: Places, start: int, end: int) -> str:
    """`line 7`, `lines 12-40`, with the file where there are several."""
    first, last = places.of(start, max(start, end - 1)), places.of(max(start, end - 1), end)
    if first.file != last.file:
        return f"from line {first.lines[0]:,} of {first.file} to line {last.lines[1]:,} of {last.file}"
    low, high = first.lines[0], last.lines[1]
    lines = f"line {low:,}" if low == high else f"lines {low:,}-{high:,}"
    return f"{lines} of {first.file}" if first.file else lines


def _warnings(task: Task, record: Record, outcome: Outcome) -> Iterator[str]:
    document = task.document
    if document.guessed and document.encoding:  # of several files the notes say which
        yield f"the encoding is a guess: read as {document.encoding}"
    yield from document.notes
    yield from record.warnings
    yield from _unread(document, task.tokens, outcome)
    yield from _of_answer(task, outcome.written)


def _unread(document: Document, total: int, outcome: Outcome) -> Iterator[str]:
    left = total - outcome.tokens_read
    if outcome.unread:
        where = " and ".join(lines_of(Places(document), *stretch) for stretch in outcome.unread)
        yield f"{left:,} of {total:,} tokens were not read: {where}"
    elif left > 0:
        yield f"{left:,} of {total:,} tokens were not read: the engine took less than the document"


def _of_answer(task: Task, written: Written) -> Iterator[str]:
    found = language_of(written.text)
    if not written.text.strip():
        yield "the model wrote nothing; try another model"
    elif written.wrong or (task.language != "und" and found not in {task.language, "und"}):
        asked = " although that was asked for twice" if written.wrong else ""
        is_in = f" but in {name_of(found)}" if found not in {task.language, "und"} else ""
        yield f"the summary is not in {name_of(task.language)}{is_in}{',' if asked else ''}{asked}; try another model"
    if written.reason == "repetition":
        yield "the summary was stopped: it repeated itself without end; try another model"
    if written.reason == "length":
        yield f"the summary was cut at {written.answer_tokens:,} tokens; allow more with --length or --max-tokens"
