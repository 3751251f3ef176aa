"""Head and tail: as much as fits of both ends, cut where sentences end, and the middle plainly said to be unread."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.documents.document import Document, File
from assistant.errors import PromptTooLong
from assistant.events import Finished, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message
from assistant.summary.summarize import summarize
from assistant.summary.values import Decided, Request, Summary
from tests.assistant.summary.support import (
    SMALL,
    contents,
    document_of,
    long_document,
    marks,
    noting,
    paragraph,
    result,
    small_engine,
)

ENDS = Request(strategy="head-tail")


def run(document: Document, engine: FakeEngine) -> tuple[Summary, Decided]:
    events = list(summarize(document, engine, request=ENDS))
    (decided,) = (event for event in events if isinstance(event, Decided))
    return result(events), decided


def test_both_ends_are_read_and_the_middle_is_said_not_to_be() -> None:
    document, engine = long_document(), small_engine()
    summary, decided = run(document, engine)
    assert (summary.strategy, decided.strategy) == ("head-tail", "head-tail")
    ((start, end),) = summary.coverage.unread
    (content,) = contents(engine)
    found = marks(content)
    assert found[0] == 0
    assert found[-1] == 79
    assert 40 not in found
    assert document.text[:start].strip() in content
    assert document.text[end:].strip() in content
    coverage = summary.coverage
    assert coverage.tokens_total == 4000
    assert coverage.tokens_read == len(document.text[:start].split()) + len(document.text[end:].split())
    middle = 4000 - coverage.tokens_read
    lines = document.text[:start].count("\n") + 1, document.text[: end - 1].count("\n") + 1
    assert summary.warnings == (f"{middle:,} of 4,000 tokens were not read: lines {lines[0]}-{lines[1]}",)
    assert decided.reason == f"as asked: {coverage.tokens_read:,} tokens of the two ends fit the context of 2,048"


def test_nothing_rests_on_the_unread_middle() -> None:
    odd = "Volunteers painted the lighthouse of Ashby red and white for 4,500 euros."
    paragraphs = [paragraph(number) for number in range(80)]
    document = document_of([*paragraphs[:40], odd, *paragraphs[40:]])
    summary, _ = run(document, small_engine(odd))
    assert [source.rests_on for source in summary.checked.sources] == [None]
    assert summary.places == (None,)
    assert all(claim.supported for claim in summary.checked.claims)  # it says so, read or not
    read, _ = run(document_of([*paragraphs[:3], odd, *paragraphs[3:]]), small_engine(odd))
    assert read.places[0] is not None
    assert read.places[0].lines == (7, 7)


def test_the_window_is_used_and_both_halves_are_alike() -> None:
    document = long_document(400, 20)
    engine = small_engine()
    summary, _ = run(document, engine)
    ((start, end),) = summary.coverage.unread
    head, tail = len(document.text[:start].split()), len(document.text[end:].split())
    assert abs(head - tail) <= 40
    answer = len(contents(engine)[0].split())
    assert 2048 - 400 - 100 < answer <= 2048 - 400


def test_it_is_cut_at_the_ends_of_sentences() -> None:
    sentence = "The committee met in the spring and agreed to the plan. "
    document = Document("one line.txt", sentence * 500, "utf-8")
    ((start, end),) = run(document, small_engine())[0].coverage.unread
    assert document.text[:start].endswith(".")
    assert document.text[end:].lstrip().startswith("The committee")


def test_chinese_sentences_too() -> None:
    class Letters(FakeEngine):
        def count(self, content):  # type: ignore[no-untyped-def]
            return len(content) if isinstance(content, str) else sum(len(message.content) for message in content)

    document = Document("长文.txt", "委员会在春天通过了新的河流计划。" * 500, "utf-8")
    summary, _ = run(document, Letters(["委员会在春天通过了河流计划。"], info=SMALL))
    ((start, end),) = summary.coverage.unread
    assert document.text[:start].endswith("。")
    assert document.text[end:].startswith("委员会")
    assert summary.coverage.tokens_read == start + len(document.text) - end


def test_a_stretch_without_any_end_is_cut_anywhere() -> None:
    document = Document("wall.txt", "word " * 5000, "utf-8")
    summary, _ = run(document, small_engine())
    assert 1400 < summary.coverage.tokens_read < 1648
    ((start, end),) = summary.coverage.unread
    assert 0 < start < end < len(document.text)


def test_a_short_title_before_such_a_stretch_does_not_waste_the_room() -> None:
    document = Document("wall.txt", "A title.\n" + "word " * 5000 + "\nThe end.\n", "utf-8")
    assert 1400 < run(document, small_engine())[0].coverage.tokens_read < 1648


def test_a_prompt_that_has_more_tokens_than_its_parts_still_fits() -> None:
    class Joining(FakeEngine):
        def count(self, content: str | Sequence[Message]) -> int:
            if isinstance(content, str):
                return len(content.split())
            words = sum(len(message.content.split()) for message in content)
            return words + words // 20

    engine = Joining([noting], info=SMALL)
    run(long_document(400, 20), engine)
    assert 1400 < engine.count(engine.received[0]) <= 2048 - 400


def test_lines_of_several_files_are_named_with_them() -> None:
    document = long_document()
    half = len(document.text) // 2
    half = document.text.index("\n\n", half) + 2
    files = (File(0, "a.md"), File(half, "b.md"))
    (warning,) = run(replace(document, files=files, kind="files"), small_engine())[0].warnings
    assert " tokens were not read: from line " in warning
    assert " of a.md to line " in warning
    assert warning.endswith(" of b.md")


def test_an_engine_that_read_less_is_not_covered_up() -> None:
    script = [Text("It is."), Finished("stop", Usage(prompt_tokens=700))]
    assert run(long_document(), small_engine(script))[0].coverage.tokens_read == 700


def test_no_room_for_two_ends_is_refused() -> None:
    engine = FakeEngine([noting], info=replace(FAKE_INFO, context=480))
    with pytest.raises(PromptTooLong, match="too few for a beginning and an end") as refused:
        list(summarize(long_document(), engine, request=ENDS))
    assert refused.value.tokens == 4000
    assert refused.value.limit < 64
