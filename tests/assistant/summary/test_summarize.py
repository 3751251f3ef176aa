"""What is decided and told, in which order, and what is refused; each strategy has a file of its own."""

from contextlib import closing
from dataclasses import replace
from itertools import groupby

import pytest

from assistant.checks.checker import Checker
from assistant.documents.document import Document
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Finished, Loading, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Sampling
from assistant.summary.summarize import summarize
from assistant.summary.values import SUMMARY_SAMPLING, Decided, Discarded, PieceDone, Request, Summary
from tests.assistant.summary.support import (
    CHINESE,
    ENGLISH,
    FRENCH,
    SMALL,
    contents,
    long_document,
    note,
    noting,
    result,
    small_engine,
)

LOST = EngineFailed("the engine died while reading (killed, probably for want of memory); ...", offer="--context 4096")


def kinds(events: list[object]) -> list[type]:
    """The order of events, repeats left out."""
    return [kind for kind, _ in groupby(type(event) for event in events)]


def decisions(events: list[object]) -> list[Decided]:
    return [event for event in events if isinstance(event, Decided)]


def test_a_document_that_fits_is_read_whole() -> None:
    events = list(summarize(ENGLISH, FakeEngine(["The plan is agreed to."])))
    assert kinds(events) == [Loading, Decided, Reading, Text, Finished, Summary]
    assert decisions(events) == [Decided("whole", "16 tokens fit the context of 8,192 in one reading", 16)]
    summary = result(events)
    assert (summary.summary, summary.strategy, summary.language) == ("The plan is agreed to.", "whole", "en")
    assert summary.model == "fake"
    coverage = summary.coverage
    assert (coverage.tokens_total, coverage.tokens_read, coverage.reused_tokens, coverage.readings) == (16, 16, 0, 1)
    assert coverage.unread == ()
    assert (summary.seconds.read, summary.seconds.write) == (0.5, 1.0)
    assert 0 <= summary.seconds.load < 1
    assert summary.warnings == ()


def test_a_document_that_does_not_fit_is_read_in_parts() -> None:
    document = long_document()
    events = list(summarize(document, small_engine()))
    assert kinds(events)[:3] == [Loading, Decided, Reading]
    assert kinds(events)[-3:] == [Text, Finished, Summary]
    assert set(kinds(events)) == {Loading, Decided, Reading, PieceDone, Text, Finished, Summary}
    (decided,) = decisions(events)
    assert decided.strategy == "parts"
    assert decided.pieces > 7
    assert decided.reason == f"4,000 tokens do not fit the context of 2,048: {decided.pieces} parts"
    assert result(events).strategy == "parts"


def test_what_hardly_does_not_fit_says_why() -> None:
    document = long_document(32)
    (decided,) = decisions(list(summarize(document, small_engine(), Sampling(max_tokens=600))))
    assert decided.reason.startswith("1,600 tokens with instruction and answer do not fit the context of 2,048: ")


class Narrow(FakeEngine):
    """Free memory has room for a thousand tokens."""

    def longest_prompt(self, answer: int) -> int:
        return 1000 - answer


def test_what_does_not_fit_the_memory_is_read_in_parts() -> None:
    (decided,) = decisions(list(summarize(long_document(30), Narrow([noting]))))
    assert decided.strategy == "parts"
    assert decided.reason.startswith("1,500 tokens do not fit the free memory, which has room for 1,000: ")


def test_one_reading_that_was_asked_for_and_does_not_fit_is_refused_with_both_counts() -> None:
    engine = small_engine()
    document = replace(long_document(), name="long\x1b.md")
    with pytest.raises(PromptTooLong) as refused:
        list(summarize(document, engine, request=Request(strategy="whole")))
    assert refused.value.tokens == 4000
    assert 1000 < refused.value.limit < 2048
    assert str(refused.value).startswith(f"long.md has 4,000 tokens; {refused.value.limit:,} fit in one reading")
    assert "--strategy parts" in str(refused.value)
    assert engine.received == []


def test_what_the_refusal_calls_fitting_does_fit() -> None:
    with pytest.raises(PromptTooLong) as refused:
        list(summarize(long_document(), small_engine(), request=Request(strategy="whole")))
    words = long_document().text.split()
    just = replace(ENGLISH, text=" ".join(words[: refused.value.limit]))
    whole = Request(strategy="whole")
    assert result(list(summarize(just, small_engine(), request=whole))).coverage.tokens_read == refused.value.limit
    with pytest.raises(PromptTooLong):
        list(summarize(replace(just, text=just.text + " and"), small_engine(), request=whole))


def test_memory_that_fails_when_it_is_tried_leads_to_parts() -> None:
    reads = iter([[Reading(10, 3000), LOST]])
    engine = FakeEngine([lambda messages: next(reads, None) or noting(messages)])
    events = list(summarize(long_document(60), engine))
    first, second = decisions(events)
    assert (first.strategy, second.strategy) == ("whole", "parts")
    assert second.reason.startswith("one reading of 3,000 tokens failed for want of memory: ")
    assert not any(isinstance(event, Discarded) for event in events)
    summary = result(events)
    assert summary.strategy == "parts"
    assert (
        summary.warnings[0] == "one reading of 3,000 tokens failed for want of memory: the document was read in parts"
    )


def test_words_that_came_before_memory_failed_are_void() -> None:
    answers = iter([[Reading(10, 3000), Text("It is"), LOST]])
    engine = FakeEngine([lambda messages: next(answers, None) or noting(messages)])
    events = list(summarize(long_document(60), engine))
    at = next(index for index, event in enumerate(events) if isinstance(event, Discarded))
    assert isinstance(events[at - 1], Text)
    assert any(isinstance(event, Decided) for event in events[at:])
    after = "".join(event.text for event in events[at:] if isinstance(event, Text))
    assert after == result(events).summary


def test_another_failure_and_one_that_was_asked_for_pass_through() -> None:
    with pytest.raises(EngineFailed, match="died"):
        list(summarize(ENGLISH, FakeEngine([[Text("a"), EngineFailed("died")]])))
    failing = iter([[Text("a"), LOST]])
    engine = FakeEngine([lambda messages: next(failing, None) or noting(messages)])
    with pytest.raises(EngineFailed, match="want of memory"):
        list(summarize(ENGLISH, engine, request=Request(strategy="whole")))
    assert len(engine.received) == 1


def test_parts_of_what_is_a_single_part_are_the_whole() -> None:
    events = list(summarize(ENGLISH, FakeEngine(["The plan is agreed to."]), request=Request(strategy="parts")))
    (decided,) = decisions(events)
    assert (decided.strategy, decided.reason) == ("whole", "16 tokens are a single part, read whole")


def test_parts_that_were_asked_for_are_made_although_all_would_fit() -> None:
    engine = FakeEngine([noting])
    events = list(summarize(long_document(), engine, request=Request(strategy="parts")))
    (decided,) = decisions(events)
    assert decided.strategy == "parts"
    assert decided.reason == f"in parts, as asked: {decided.pieces} parts"


def test_nothing_of_the_middle_is_left_out_where_all_fits() -> None:
    events = list(summarize(ENGLISH, FakeEngine(["It is agreed."]), request=Request(strategy="head-tail")))
    (decided,) = decisions(events)
    assert decided.strategy == "whole"
    assert decided.reason.endswith("in one reading, and nothing is left out")
    assert result(events).coverage.unread == ()


def test_too_small_a_context_is_refused() -> None:
    engine = FakeEngine([noting], info=replace(FAKE_INFO, context=150))
    with pytest.raises(PromptTooLong, match="reading it in parts takes") as refused:
        list(summarize(long_document(), engine))
    assert refused.value.limit == 150
    assert refused.value.tokens > 150


def test_a_summary_longer_than_the_context_is_refused() -> None:
    engine = FakeEngine([noting])
    with pytest.raises(PromptTooLong, match="ask for a shorter summary") as refused:
        list(summarize(ENGLISH, engine, request=Request(length=5000)))
    assert (refused.value.tokens > 15_000, refused.value.limit, engine.received) == (True, 8192, [])


@pytest.mark.parametrize("kind", [Loading, Decided, Reading, Text])
@pytest.mark.parametrize("paragraphs", [2, 80])
def test_closing_stops_the_engine_and_gives_no_summary(kind: type, paragraphs: int) -> None:
    closed = []

    class Watched(FakeEngine):
        def stream(self, messages, sampling):  # type: ignore[no-untyped-def]
            try:
                yield from super().stream(messages, sampling)
            finally:
                closed.append("stream")

        def stream_many(self, prompts, sampling):  # type: ignore[no-untyped-def]
            try:
                yield from super().stream_many(prompts, sampling)
            finally:
                closed.append("stream_many")

    seen: list[object] = []
    with closing(summarize(long_document(paragraphs), Watched([noting], info=SMALL))) as events:
        for event in events:
            seen.append(event)
            if isinstance(event, kind) and event != Reading(0, 4000):
                break
        before = list(closed)
    assert not any(isinstance(event, Summary) for event in seen)
    if kind is Reading:
        assert before == []
        assert closed == ["stream_many" if paragraphs == 80 else "stream"]


@pytest.mark.parametrize("paragraphs", [2, 80])
@pytest.mark.parametrize("after", [Reading, Text])
def test_an_interrupted_engine_ends_without_a_summary(paragraphs: int, after: type) -> None:
    engine = small_engine()
    seen: list[object] = []
    for event in summarize(long_document(paragraphs), engine):
        seen.append(event)
        if isinstance(event, after):
            engine.interrupt()
    assert not any(isinstance(event, Finished | Summary) for event in seen)


def test_it_is_checked_and_placed() -> None:
    text = "# Report\n\nThe committee met on 3 May 2024 in Lyon.\n\nIt agreed to spend 4,500 euros on the river.\n"
    document = Document("report.md", text, "utf-8")
    answer = "The committee agreed to spend 4,500 euros on the river, and the mill gets 9,999 euros."
    summary = result(list(summarize(document, FakeEngine([answer]))))
    assert summary.checked == Checker(document).check(answer)
    assert len(summary.places) == len(summary.checked.sources)
    supported = {claim.text: claim.supported for claim in summary.checked.claims}
    assert any("4,500" in claim and found for claim, found in supported.items())
    assert any("9,999" in claim and not found for claim, found in supported.items())
    (place,) = summary.places
    assert place is not None
    assert place.lines[1] == 5


def test_warnings_of_the_document_are_among_them() -> None:
    document = replace(CHINESE, notes=("2 pages hold no text: 3, 4",))
    warnings = result(list(summarize(document, FakeEngine(["本次会议讨论了第三季度的销售计划。"])))).warnings
    assert warnings == ("the encoding is a guess: read as gb18030", "2 pages hold no text: 3, 4")


def test_the_language_is_the_documents_or_the_one_asked_for() -> None:
    engine = FakeEngine(["本次会议讨论了第三季度的销售计划。"])
    assert result(list(summarize(CHINESE, engine))).language == "zh"
    asked = FakeEngine(["The meeting was about the plan for the sale of the third quarter of the year."])
    summary = result(list(summarize(CHINESE, asked, request=Request(language="en"))))
    assert summary.language == "en"
    assert len(asked.received) == 1
    assert not any("not in" in warning for warning in summary.warnings)


CHINESE_ANSWER = "会议讨论了河流的新计划，委员会一致同意在春天开始施工，并且批准了全部预算。" * 3
ENGLISH_ANSWER = "The committee agreed to a new plan for the river, and it is to be built in the spring."


def test_a_wrong_language_is_stopped_and_asked_for_again() -> None:
    slow = [Text(piece) for piece in CHINESE_ANSWER] + [Finished("stop", Usage(prompt_tokens=99))]
    engine = FakeEngine([[Reading(90, 99, 7), *slow], ENGLISH_ANSWER])
    events = list(summarize(ENGLISH, engine))
    assert kinds(events) == [Loading, Decided, Reading, Text, Discarded, Reading, Text, Finished, Summary]
    void, first, second = next(event for event in events if isinstance(event, Discarded)), *contents(engine)
    assert "English" in void.reason
    assert first != second
    shown = "".join(event.text for event in events[: events.index(void)] if isinstance(event, Text))
    assert len(shown) < len(CHINESE_ANSWER)
    summary = result(events)
    assert (summary.summary, summary.language) == (ENGLISH_ANSWER, "en")
    assert summary.warnings == ()
    assert (summary.coverage.readings, summary.coverage.reused_tokens) == (2, 7)
    assert summary.seconds.write >= 1.0


def test_a_wrong_language_that_persists_is_kept_and_told() -> None:
    engine = FakeEngine([CHINESE_ANSWER])
    events = list(summarize(ENGLISH, engine))
    assert len(engine.received) == 2
    summary = result(events)
    assert (summary.summary, summary.language) == (CHINESE_ANSWER, "zh")
    assert summary.warnings == (
        "the summary is not in English but in Chinese, although that was asked for twice; try another model",
    )
    assert sum(isinstance(event, Discarded) for event in events) == 1


def test_an_unknown_language_is_never_wrong() -> None:
    engine = FakeEngine([ENGLISH_ANSWER])
    summary = result(list(summarize(replace(ENGLISH, text="12 34 56"), engine)))
    assert len(engine.received) == 1
    assert summary.warnings == ()


def test_a_cut_summary_is_told() -> None:
    summary = result(list(summarize(ENGLISH, FakeEngine([" ".join(["word"] * 5000)]))))
    (warning,) = [found for found in summary.warnings if "cut" in found]
    tokens = len(summary.summary.split())
    assert warning == f"the summary was cut at {tokens:,} tokens; allow more with --length or --max-tokens"


def test_a_looped_summary_is_told() -> None:
    script = [Text("It is, it is,"), Finished("repetition", Usage(prompt_tokens=99))]
    assert result(list(summarize(ENGLISH, FakeEngine([script])))).warnings == (
        "the summary was stopped: it repeated itself without end; try another model",
    )


def test_an_empty_summary_is_told() -> None:
    script = [Reading(20, 20), Finished("stop", Usage(prompt_tokens=20))]
    summary = result(list(summarize(ENGLISH, FakeEngine([script]))))
    assert summary.warnings == ("the model wrote nothing; try another model",)
    assert (summary.summary, summary.language) == ("", "und")


def test_an_engine_that_read_less_is_not_covered_up() -> None:
    script = [Text("Short."), Finished("stop", Usage(prompt_tokens=10, reused_tokens=4))]
    summary = result(list(summarize(ENGLISH, FakeEngine([script]))))
    assert (summary.coverage.tokens_total, summary.coverage.tokens_read, summary.coverage.reused_tokens) == (16, 10, 4)
    assert summary.warnings == ("6 of 16 tokens were not read: the engine took less than the document",)


def test_the_focus_reaches_the_model() -> None:
    engine = small_engine(lambda messages: note(messages[-1].content, 80))
    events = list(summarize(long_document(300), engine, request=Request(focus="the weir at Ashby")))
    assert any(isinstance(event, PieceDone) and event.level == 2 for event in events)
    assert all("the weir at Ashby" in content for content in contents(engine))


def test_braces_in_a_document_stay_what_they_are() -> None:
    engine = FakeEngine(["It is agreed."])
    list(summarize(replace(ENGLISH, text="{document} {0} {x!r} %s"), engine))
    assert contents(engine)[0].startswith("{document} {0} {x!r} %s\n")


def test_the_same_document_gives_the_same_summary() -> None:
    assert SUMMARY_SAMPLING.temperature == 0


def test_french_is_not_taken_for_english() -> None:
    summary = result(list(summarize(replace(ENGLISH, text=note("", 60)), FakeEngine([FRENCH]))))
    assert any("the summary is not in English" in warning for warning in summary.warnings)
