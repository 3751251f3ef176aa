"""In parts: everything is read once, kept when it is done, and an edit costs its own piece and the merges above it."""

import errno
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from assistant.documents.document import Document
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Finished, Reading, Settled, Text, Usage
from assistant.fake import FakeEngine, Played
from assistant.messages import Message, Sampling
from assistant.summary.kept import KeptPieces
from assistant.summary.summarize import summarize
from assistant.summary.values import Decided, Discarded, PieceDone, Request, Summary
from tests.assistant.summary.support import (
    FRENCH,
    SMALL,
    Memory,
    contents,
    document_of,
    long_document,
    marks,
    note,
    noting,
    paragraph,
    result,
    small_engine,
)

PARTS = Request(strategy="parts")


def is_merge(content: str) -> bool:
    return "It is said of" in content


def run(document: Document, engine: FakeEngine, kept: Memory | KeptPieces | None = None) -> list[object]:
    return list(summarize(document, engine, request=PARTS, kept=kept))


def decided(events: Sequence[object]) -> Decided:
    (found,) = (event for event in events if isinstance(event, Decided))
    return found


def done(events: Sequence[object], level: int = 1) -> list[PieceDone]:
    return [event for event in events if isinstance(event, PieceDone) and event.level == level]


def instead(matches: Callable[[str], bool], played: Played) -> FakeEngine:
    """A model that answers prompts like this so, and all others as always."""
    return small_engine(lambda messages: played if matches(messages[-1].content) else noting(messages))


def words(*texts: str, reason: str = "stop", prompt: int = 600) -> Played:
    return [*map(Text, texts), Finished(reason, Usage(prompt_tokens=prompt, answer_tokens=9))]  # type: ignore[arg-type]


def test_every_paragraph_is_read_once_and_in_order() -> None:
    engine = small_engine()
    events = run(long_document(80), engine)
    pieces = [content for content in contents(engine) if not is_merge(content)]
    assert len(pieces) == decided(events).pieces
    assert [mark for content in pieces for mark in marks(content)] == list(range(80))


def test_coverage_is_exact() -> None:
    engine = small_engine()
    summary = result(run(long_document(80), engine))
    assert summary.coverage.tokens_total == summary.coverage.tokens_read == 4000
    assert summary.coverage.readings == len(engine.received)
    assert summary.coverage.reused_tokens == 0
    assert summary.coverage.unread == ()
    assert summary.warnings == ()


def test_reading_counts_over_the_whole_document() -> None:
    events = run(long_document(80), small_engine())
    readings = [event for event in events if isinstance(event, Reading)]
    assert {event.total for event in readings} == {4000}
    assert [event.done for event in readings] == sorted(event.done for event in readings)
    assert (readings[0].done, readings[-1].done) == (0, 4000)


def test_the_text_is_the_last_summarys_only() -> None:
    events = run(long_document(80), small_engine())
    assert "".join(event.text for event in events if isinstance(event, Text)) == result(events).summary
    first = next(index for index, event in enumerate(events) if isinstance(event, Text))
    assert not any(isinstance(event, Text | PieceDone) for event in events[: first - 1] if isinstance(event, Text))
    assert all(isinstance(event, Text | Finished | Summary) for event in events[first:])


def test_pieces_are_told_as_they_are_done() -> None:
    events = run(long_document(80), small_engine())
    found = done(events)
    total = decided(events).pieces
    assert [(event.done, event.total, event.reused) for event in found] == [
        (n, total, False) for n in range(1, total + 1)
    ]
    assert all(event.summary.startswith("It is said of p") for event in found)
    spans = sorted(event.span for event in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert all(event.summary.split()[4] in long_document(80).text[slice(*event.span)] for event in found)


def test_the_summaries_are_merged_in_their_order() -> None:
    engine = small_engine()
    run(long_document(80), engine)
    last = marks(contents(engine)[-1])
    assert last == sorted(last)
    assert (last[0], last[-1]) == (0, 79)


def test_many_pieces_are_merged_in_levels() -> None:
    engine = small_engine(lambda messages: note(messages[-1].content, 80))
    events = run(long_document(700), engine)
    levels = {event.level for event in events if isinstance(event, PieceDone)}
    assert levels >= {1, 2, 3}
    for level in levels:
        found = done(events, level)
        assert [event.done for event in found] == list(range(1, found[0].total + 1))
    last = marks(contents(engine)[-1])
    assert (last[0], last[-1]) == (0, 699)
    assert len(last) > 2
    assert all(len(content.split()) <= 2048 - 80 for content in contents(engine))
    assert result(events).coverage.readings == len(engine.received)


@pytest.mark.parametrize("context", range(200, 1300, 100))
def test_any_context_that_is_taken_is_large_enough(context: int) -> None:
    engine = FakeEngine([lambda messages: note(messages[-1].content, 200)], info=replace(SMALL, context=context))
    made = summarize(long_document(80), engine, Sampling(max_tokens=200), PARTS)
    if context < 400:
        with pytest.raises(PromptTooLong) as refused:
            list(made)
        assert refused.value.tokens > refused.value.limit == context
        assert engine.received == []
    else:
        assert result(list(made)).coverage.tokens_read == 4000
        longest = max(len(content.split()) for content in contents(engine)[:-1])
        assert longest + 64 <= context
        assert len(contents(engine)[-1].split()) + 200 <= context


def test_a_second_run_reads_no_piece_again() -> None:
    kept = Memory()
    first = result(run(long_document(80), small_engine(), kept))
    engine = small_engine()
    events = run(long_document(80), engine, kept)
    assert len(engine.received) == 1  # the last merge
    total = decided(events).pieces
    assert decided(events).kept == total
    assert decided(events).reason == f"in parts, as asked: {total} parts, {total} of them kept"
    assert all(event.reused for event in done(events))
    summary = result(events)
    assert summary.summary == first.summary
    assert (summary.coverage.tokens_read, summary.coverage.readings) == (4000, 1)
    assert 3900 <= summary.coverage.reused_tokens <= 4000
    (reading,) = {event for event in events if isinstance(event, Reading)}
    assert (reading.done, reading.total, reading.reused) == (4000, 4000, 4000)


def test_nothing_is_kept_where_nobody_keeps() -> None:
    run(long_document(80), small_engine())
    engine = small_engine()
    run(long_document(80), engine)
    assert len(engine.received) > 8


@pytest.mark.parametrize("broken", range(0, 24, 5))
def test_a_failure_loses_only_the_pieces_in_progress(broken: int) -> None:
    document, kept = long_document(240), Memory()
    at = f"of p{broken * 10} "
    engine = instead(lambda content: at in content, [Reading(0, 9), EngineFailed("the engine died")])
    with pytest.raises(EngineFailed):
        run(document, engine, kept)
    finished = len(kept.texts)
    whole = run(document, small_engine())
    order = [marks(content) for content in contents(engine)]
    failed = next(index for index, found in enumerate(order) if broken * 10 in found)
    assert finished >= failed - 3  # four at a time
    again = small_engine()
    events = run(document, again, kept)
    assert decided(events).kept == finished
    made = [content for content in contents(again) if not is_merge(content)]
    assert len(made) == decided(events).pieces - finished
    assert result(events).summary == result(whole).summary


def test_leaving_in_the_middle_loses_only_the_pieces_in_progress() -> None:
    """Closing the iterator is what Ctrl-C and a changed document come to."""
    document, kept = long_document(240), KeptPieces()
    seen = 0
    for event in (events := summarize(document, small_engine(), request=PARTS, kept=kept)):
        seen += isinstance(event, PieceDone)
        if seen == 7:
            events.close()
    found = decided(run(document, small_engine(), KeptPieces()))
    assert found.kept == 7
    assert found.pieces > 20


def test_a_merge_that_was_finished_is_not_made_again() -> None:
    document, kept = long_document(300), Memory()
    script = instead(lambda content: "It is said of" in content and "p299" in content, [EngineFailed("died")])
    with pytest.raises(EngineFailed):
        run(document, script, kept)
    pieces = decided(run(document, small_engine(), kept)).pieces
    events = run(document, engine := small_engine(), kept)
    assert len(engine.received) == 1
    assert all(event.reused for event in events if isinstance(event, PieceDone))
    assert len(kept.texts) > pieces


EDITS = {
    "changed": lambda paragraphs, at: [*paragraphs[:at], paragraph(9000 + at, 43), *paragraphs[at + 1 :]],
    "added": lambda paragraphs, at: [*paragraphs[:at], paragraph(9000 + at, 61), *paragraphs[at:]],
    "removed": lambda paragraphs, at: [*paragraphs[:at], *paragraphs[at + 1 :]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_costs_its_piece_and_the_merges_above_it(edit: str) -> None:
    paragraphs = [paragraph(number, 40 + number * 7 % 20) for number in range(400)]
    kept = Memory()
    engine = small_engine()
    fresh = run(document_of(paragraphs), engine, kept)
    pieces, prompts = decided(fresh).pieces, len(engine.received)
    depth = max(event.level for event in fresh if isinstance(event, PieceDone))
    assert pieces > 30
    assert depth >= 2
    costs = []
    for at in range(7, 400, 28):
        engine = small_engine()
        copy = Memory()
        copy.texts = dict(kept.texts)
        events = run(document_of(EDITS[edit](paragraphs, at)), engine, copy)
        made = [content for content in contents(engine) if not is_merge(content)]
        assert decided(events).pieces - decided(events).kept == len(made)
        assert 1 <= len(made) <= 4
        costs.append(len(engine.received))
        assert result(events).coverage.tokens_read == result(events).coverage.tokens_total
    # A piece, a merge a level and the last one; now and then a cut beside it moves.
    assert sorted(costs)[len(costs) // 2] <= 1 + depth + 1
    assert max(costs) * 4 <= prompts


def test_words_that_do_not_concern_the_pieces_leave_them_kept() -> None:
    document, kept = long_document(80), Memory()
    run(document, small_engine(), kept)

    def made(request: Request, sampling: Sampling | None = None, document: Document = document) -> int:
        engine = small_engine()
        arguments = [sampling] if sampling else []
        copy = Memory()
        copy.texts = dict(kept.texts)
        list(summarize(document, engine, *arguments, request=request, kept=copy))
        return sum(not is_merge(content) for content in contents(engine))

    assert made(PARTS) == 0
    assert made(Request(strategy="parts", style="bullets", length="short")) == 0
    assert made(Request(strategy="parts", focus="the mill")) > 7
    assert made(Request(strategy="parts", language="fr")) > 7
    assert made(PARTS, Sampling(temperature=0.0, repeat_penalty=1.2)) > 7


def test_another_model_makes_its_own() -> None:
    document, kept = long_document(80), Memory()
    run(document, small_engine(), kept)
    engine = FakeEngine([noting], info=replace(SMALL, name="other"))
    assert decided(run(document, engine, kept)).kept == 0


def test_a_piece_in_a_wrong_language_is_asked_for_again() -> None:
    tries: list[str] = []

    def script(messages: Sequence[Message]) -> str:
        content = messages[-1].content
        if not is_merge(content) and 0 in marks(content):
            tries.append(content)
            return FRENCH if len(tries) == 1 else note(content)
        return note(content)

    engine = small_engine(script)
    kept = Memory()
    events = run(long_document(80), engine, kept)
    assert len(tries) == 2
    assert tries[1] != tries[0]
    read = [event.done for event in events if isinstance(event, Reading)]
    assert read == sorted(read)
    assert not any(isinstance(event, Discarded) for event in events)
    assert len(done(events)) == decided(events).pieces
    assert result(events).warnings == ()
    assert result(events).coverage.readings == len(engine.received)
    assert decided(run(long_document(80), small_engine(), kept)).kept == decided(events).pieces


def test_a_piece_that_stays_in_a_wrong_language_is_told_each_time() -> None:
    kept = Memory()
    first = run(long_document(80), instead(lambda content: not is_merge(content) and 0 in marks(content), FRENCH), kept)
    again = run(long_document(80), small_engine(), kept)
    for events in (first, again):
        (warning,) = result(events).warnings
        assert warning.startswith(
            "not in English, although that was asked for firmly, is the summary of one part: lines 1-"
        )


def test_a_model_that_goes_astray_in_most_pieces_is_not_asked_twice_for_all_of_them() -> None:
    engine = instead(lambda content: bool(marks(content)), FRENCH)
    events = run(long_document(500), engine)
    pieces = decided(events).pieces
    assert pieces > 40
    asked = sum(bool(marks(content)) for content in contents(engine))
    assert asked == pieces + 32  # the first ones that were handed over together
    (warning,) = result(events).warnings
    assert warning.startswith(f"not in English, although that was asked for firmly, is the summary of {pieces} parts: ")


def test_cut_looped_and_empty_pieces_are_told_by_their_lines_each_time() -> None:
    def script(messages: Sequence[Message]) -> Played:
        content = messages[-1].content
        found = [] if is_merge(content) else marks(content)
        if 0 in found:
            return words("It is said of p0 that it is. And of p", reason="length")
        if 40 in found:
            return words("It is said of p40 and it is", reason="repetition")
        if 79 in found:
            return words(" \n")
        return note(content)

    kept = Memory()
    engines = [small_engine(script), small_engine(script)]
    first, again = (result(run(long_document(80), engine, kept)) for engine in engines)
    assert first.warnings == again.warnings
    empty, looped, cut = first.warnings
    assert empty.startswith("the model wrote nothing about one part: lines 1")
    assert empty.endswith("-159")
    assert looped.startswith("stopped, because it repeated itself without end, was the summary of one part: lines ")
    assert cut.startswith("cut at 128 tokens was the summary of one part: lines 1-")
    assert 79 not in marks(first.summary)
    assert "It is said of p0 that it is.\n" in contents(engines[0])[-1]  # half a sentence is left out


def test_where_every_piece_is_cut_the_warning_stays_short() -> None:
    engine = instead(lambda content: not is_merge(content), words("It is said of p1", reason="length"))
    (warning,) = result(run(long_document(400), engine)).warnings
    assert " parts: lines 1-" in warning
    assert warning.endswith(" more")
    assert len(warning) < 300


def test_where_nothing_is_said_of_anything_there_is_no_summary() -> None:
    events = run(long_document(80), small_engine(words("\n")))
    assert isinstance(events[-2], Finished)
    summary = result(events)
    assert summary.summary == ""
    assert summary.warnings[-1] == "the model wrote nothing; try another model"


def test_an_engine_that_read_less_of_a_piece_is_not_covered_up() -> None:
    short = instead(
        lambda content: 0 in marks(content) and not is_merge(content), words("It is said of p0.", prompt=100)
    )
    kept = Memory()
    events = run(long_document(80), short, kept)
    coverage = result(events).coverage
    assert coverage.tokens_total == 4000
    assert 3500 < coverage.tokens_read < 4000
    missing = 4000 - coverage.tokens_read
    assert f"{missing} of 4,000 tokens were not read" in result(events).warnings[0]
    assert decided(run(long_document(80), small_engine(), kept)).kept == decided(events).pieces - 1


def test_a_full_disk_is_said_once_and_is_no_failure() -> None:
    class Full(Memory):
        tries = 0

        def put(self, key: str, text: str) -> None:
            self.tries += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    kept = Full()
    assert result(list(summarize(long_document(80), small_engine(), request=PARTS, kept=kept))).warnings == (
        "summaries of parts cannot be kept (No space left on device): what is interrupted from here on begins again",
    )
    assert kept.tries == 1


@pytest.mark.parametrize(
    "value", ["", "{", "null", "[]", '{"summary": 3}', '{"summary": "a", "reason": "b", "wrong": 0}']
)
def test_what_is_kept_but_makes_no_sense_is_made_again(value: str) -> None:
    class Odd(Memory):
        def get(self, key: str) -> str | None:
            return value

    assert decided(run(long_document(80), small_engine(), Odd())).kept == 0


def test_settling_passes_and_seconds_add_up() -> None:
    settled = Settled(2048, "f16/f16", 0, 1, "reason")
    usage = Usage(prompt_tokens=600, reused_tokens=11, load_seconds=0.0, read_seconds=3.0, write_seconds=1.0)
    script: Played = [settled, Reading(11, 600, 11), Text("It is said of p0."), Finished("stop", usage)]
    events = run(long_document(80), instead(lambda content: not is_merge(content), script))
    assert settled in events
    summary = result(events)
    pieces = decided(events).pieces
    assert summary.coverage.reused_tokens == 11 * pieces
    # Pieces overlap: theirs are seconds of the clock, of which these took hardly any; the last merge has the fake's.
    assert 0.5 <= summary.seconds.read < 1.5
    assert 1.0 <= summary.seconds.write < 2.0


def test_one_stretch_without_any_break_is_read_too() -> None:
    text = "的河流计划在春天由委员会通过" * 600
    document = Document("wall.txt", text, "utf-8")

    class Letters(FakeEngine):
        def count(self, content: str | Sequence[Message]) -> int:
            if isinstance(content, str):
                return len(content)
            return sum(len(message.content) for message in content)

    engine = Letters(["委员会在春天通过了河流计划。"], info=SMALL)
    summary = result(list(summarize(document, engine)))
    assert summary.strategy == "parts"
    assert summary.coverage.tokens_read == len(text)
    assert summary.language == "zh"


KILLED = """
import os, signal
from assistant.summary.kept import KeptPieces
from assistant.summary.summarize import summarize
from assistant.summary.values import PieceDone, Request
from tests.assistant.summary.support import long_document, small_engine

done = 0
for event in summarize(long_document(240), small_engine(), request=Request(strategy="parts"), kept=KeptPieces()):
    done += isinstance(event, PieceDone)
    if done == 7:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif("sys.platform == 'win32'", reason="there is no such signal")
def test_a_kill_loses_only_the_pieces_in_progress() -> None:
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=root, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    engine = small_engine()
    found = decided(run(long_document(240), engine, KeptPieces()))
    assert found.kept == 7
    assert sum(not is_merge(content) for content in contents(engine)) == found.pieces - 7
