"""A summary that keeps up: edits at every moment of its making, errors, growth, and a script of random edits."""

import random
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import sleep

import pytest

from assistant.documents.read import read_document
from assistant.engine import EngineSettings
from assistant.errors import AssistantError, EngineFailed, InvalidDocument, PromptTooLong, TemplateFailed
from assistant.events import Finished, Loading, Reading, Text, Usage
from assistant.fake import FakeEngine
from assistant.messages import Message
from assistant.process.engine import EngineProcess
from assistant.summary.summarize import summarize
from assistant.summary.values import SUMMARY_SAMPLING
from assistant.watch.changes import Again, Changes
from assistant.watch.follow import Cancelled, Changed, Followed, Noted, Read, Trouble, Version, Waiting, follow
from assistant.watch.watcher import Watcher
from tests.assistant.watch.support import (
    LIMIT,
    await_true,
    await_version,
    read_text,
    summarizes,
    watcher,
    watching_threads,
)

FIRST = "One.\n\nTwo.\n\nThree.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(FIRST)
    return path


@contextmanager
def followed(
    path: Path, engine: FakeEngine | None = None, *, events: bool = True, read: Read | None = None
) -> Iterator[tuple[Watcher, Generator[Followed, None, None]]]:
    """A watcher and what is told; whatever goes wrong, it ends."""
    engine = engine or FakeEngine(["A summary of some words."])
    with watcher(path, events=events) as watching:
        limit = threading.Timer(LIMIT, watching.close)
        limit.start()
        try:
            with closing(follow(watching, read or read_text(path), summarizes(engine), engine)) as told:
                yield watching, told
        finally:
            limit.cancel()
            limit.join()


def until(told: Iterator[Followed], kind: type[Followed]) -> list[Followed]:
    """All up to the first of this kind."""
    found = []
    for event in told:
        found.append(event)
        if isinstance(event, kind):
            return found
    raise AssertionError(f"it ended without {kind.__name__}: {found}")


def version(told: Iterator[Followed]) -> Version:
    last = until(told, Version)[-1]
    assert isinstance(last, Version)
    return last


def kinds(events: list[Followed]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_each_version_and_what_changed(file: Path) -> None:
    with followed(file) as (_, told):
        first = until(told, Version)
        assert kinds(first) == ["Loading"] * 5 + ["Decided", "Reading", "Reading", *["Text"] * 5, "Finished", "Version"]
        assert first[-1] == Version(1, read_text(file)(), first[-1].summary)
        assert first[-1].summary.summary == FIRST
        file.write_text(FIRST.replace("Two", "2") + "\nFour.\n")
        second = until(told, Version)
        assert kinds(second) == ["Decided", "Changed", "Reading", "Reading", *["Text"] * 5, "Finished", "Version"]
        assert second[1] == second[-1].changed
        assert second[1].sentence == "1 paragraph changed, 1 added, 4 of 4 tokens to read again, about 1 s"
        assert second[-1].difference == ("  One.", "- Two.", "+ 2.", "  Three.", "+ Four.")
        assert second[-1].current


def test_what_is_reused_and_how_fast_it_was(file: Path) -> None:
    """The figures are the engine's own, and the pace is that of the reading before."""
    usage = Usage(prompt_tokens=1000)

    def answer(messages: tuple[Message, ...]) -> Iterator[Reading | Text | Finished]:
        yield Reading(done := 900 if "2" in messages[0].content else 0, 1000, done)
        sleep(0.05)
        yield Reading(1000, 1000, done)
        yield Text("Words.")
        yield Finished("stop", usage)

    with followed(file, FakeEngine([answer])) as (_, told):
        version(told)
        file.write_text(FIRST.replace("Two", "2"))
        changed = version(told).changed
        assert changed is not None
        assert changed.changes == Changes(1, 0, 0, 6)
        assert changed.again == Again(100, 1000, changed.again.seconds)
        assert changed.again.seconds > 0


@pytest.mark.parametrize("moment", range(10))
def test_an_edit_at_any_moment_of_the_summary(file: Path, moment: int) -> None:
    """While it is counted, read, written, finished: the old version's summary is never given."""
    last = "One.\n\nTwo, edited.\n\nThree.\n"
    with followed(file, events=bool(moment % 2)) as (_, told):
        until(told, Loading)
        for _ in range(4 + moment):
            assert not isinstance(next(told), Version)
        file.write_text(last)
        rest = until(told, Version)
        assert rest[-1].document.text == last
        assert rest[-1].summary.summary == last
        # Nothing was shown yet that it could be compared with, but for what was broken off.
        assert "Cancelled" in kinds(rest)
        assert rest[-1].number == 2


def test_an_edit_while_the_model_loads_does_not_load_it_twice(file: Path) -> None:
    engine = FakeEngine(["Words."])
    with followed(file, engine) as (watching, told):
        next(told)
        file.write_text("Edited.\n")
        await_version(watching, 2)
        rest = until(told, Version)
        assert kinds(rest).count("Loading") == 4
        assert "Cancelled" not in kinds(rest)
        assert rest[-1].document.text == "Edited.\n"


def test_a_summary_in_the_middle_of_a_long_batch_is_interrupted(file: Path) -> None:
    """The thread that follows hangs in the engine; the watcher's thread gets it out."""
    engine = FakeEngine(["Words."])
    interrupted = threading.Event()
    engine.interrupt = interrupted.set  # type: ignore[method-assign]  # it is to be seen that it was called

    def hang(messages: tuple[Message, ...]) -> Iterator[Reading | Text | Finished]:
        yield Reading(0, 1000)
        if len(engine.received) == 1:
            file.write_text("Edited.\n")
            assert interrupted.wait(LIMIT)
            return
        yield Finished("stop", Usage())

    engine._scripts = [hang]
    with followed(file, engine) as (_, told):
        rest = until(told, Version)
        assert kinds(rest).count("Cancelled") == 1
        assert rest[-1].document.text == "Edited.\n"


def test_an_error_of_interrupted_work_is_none(file: Path) -> None:
    engine = FakeEngine(["Words."])

    def fail(messages: tuple[Message, ...]) -> Iterator[Reading | AssistantError | Finished]:
        yield Reading(0, 1000)
        if len(engine.received) == 1:
            file.write_text("Edited.\n")
            await_true(lambda: engine._interrupted)
            engine._interrupted = False
            raise EngineFailed("the engine gave no count")
        yield Finished("stop", Usage())

    engine._scripts = [fail]
    with followed(file, engine) as (_, told):
        rest = until(told, Version)
        assert "Trouble" not in kinds(rest)
        assert rest[-1].document.text == "Edited.\n"


@pytest.mark.parametrize(
    "error",
    [
        EngineFailed("the engine died"),
        PromptTooLong("it is too long", tokens=9, limit=8),
        InvalidDocument("it says nothing"),
    ],
)
def test_an_error_is_told_and_the_next_version_is_tried(file: Path, error: AssistantError) -> None:
    with followed(file, FakeEngine(["Words.", [Reading(0, 9), error], "Words."])) as (_, told):
        version(told)
        file.write_text("Edited.\n")
        assert until(told, Trouble)[-1] == Trouble(str(error))
        file.write_text("Edited again.\n")
        last = version(told)
        assert last.document.text == "Edited again.\n"
        assert last.changed is not None  # since the one that was shown


def test_an_error_that_no_edit_will_mend_ends_it(file: Path) -> None:
    with followed(file, FakeEngine([[TemplateFailed("no template")]])) as (_, told), pytest.raises(TemplateFailed):
        version(told)


def test_no_document_any_more_is_told_and_waited_out(file: Path) -> None:
    with followed(file, read=lambda: read_document(file)) as (_, told):
        version(told)
        file.write_bytes(bytes(range(256)) * 10)
        trouble = until(told, Trouble)[-1]
        assert trouble.message.startswith(f"{file} is not a text")
        file.write_text("A text again.\n")
        assert version(told).document.text == "A text again.\n"


def test_half_of_a_document_is_no_trouble_if_the_other_half_comes(file: Path) -> None:
    with followed(file, read=lambda: read_document(file)) as (watching, told):
        version(told)
        file.write_bytes(b"\x00\x01\x02\x03" * 10)

        def complete() -> None:
            await_version(watching, 2)
            file.write_text("The whole.\n")

        completing = threading.Thread(target=complete)
        completing.start()
        rest = until(told, Version)
        completing.join()
        assert "Trouble" not in kinds(rest)


def test_gone_is_told_while_waiting_and_while_summarizing(file: Path) -> None:
    with followed(file) as (_, told):
        version(told)
        file.unlink()
        assert until(told, Waiting)[-1] == Waiting(f"{file} is gone")
        file.write_text("Back.\n")
        assert version(told).document.text == "Back.\n"
        file.write_text("Once more.\n")
        until(told, Changed)
        file.unlink()
        rest = until(told, Version)
        assert Waiting(f"{file} is gone") in rest
        assert rest[-1].document.text == "Once more.\n"  # the newest there is
        file.write_text("Once more.\n")
        assert until(told, Waiting) == [Waiting("")]


def test_saved_with_the_same_text_the_summary_stands(file: Path) -> None:
    engine = FakeEngine(["Words."])
    with followed(file, engine, read=lambda: read_document(file)) as (_, told):
        version(told)
        file.write_bytes(b"\xef\xbb\xbf" + FIRST.encode())
        assert until(told, Changed)[-1].sentence == "the text is the same"
        assert len(engine.received) == 1
        file.write_bytes(b"Another text.\n")
        assert version(told).document.text == "Another text.\n"


def test_back_to_what_was_shown_while_another_is_made_is_made_again(file: Path) -> None:
    with followed(file) as (_, told):
        version(told)
        file.write_text("Edited.\n")
        until(told, Changed)
        file.write_text(FIRST)
        rest = until(told, Version)
        assert "Cancelled" in kinds(rest)
        assert (rest[-1].document.text, rest[-1].number) == (FIRST, 3)


def test_a_file_that_grows_faster_than_it_is_summarized(file: Path) -> None:
    """Broken off three times; then one is finished, and told to be of the file as it was."""
    engine = FakeEngine(["Words."])
    lines = iter(range(10**6))

    def grow(messages: tuple[Message, ...]) -> Iterator[Reading | Text | Finished]:
        yield Reading(0, 10)
        if len(engine.received) <= 5:
            before = watching.state.version
            with file.open("a") as stream:
                stream.write(f"Line {next(lines)}.\n")
            await_true(lambda: watching.state.version > before)
        yield Finished("stop", Usage())

    engine._scripts = [grow]
    with followed(file, engine) as (watching, told):
        rest = until(told, Version)
        assert kinds(rest).count("Cancelled") == 3
        assert not rest[-1].current
        assert rest[-1].document.text.endswith("Line 2.\n")
        assert file.read_text().endswith("Line 3.\n")
        assert not version(told).current
        last = version(told)
        assert last.current
        assert last.document.text == file.read_text()


def test_a_growing_file_that_is_rewritten_breaks_off_even_the_patient(file: Path) -> None:
    engine = FakeEngine(["Words."])

    def grow(messages: tuple[Message, ...]) -> Iterator[Reading | Text | Finished]:
        yield Reading(0, 10)
        before = watching.state.version
        if len(engine.received) <= 3:
            file.write_text(f"{file.read_text()}More.\n")
            await_true(lambda: watching.state.version > before)
        elif len(engine.received) == 4:
            file.write_text("Something else.\n")
            await_true(lambda: watching.state.version > before)
        yield Text("Words.")
        yield Finished("stop", Usage())

    engine._scripts = [grow]
    with followed(file, engine) as (watching, told):
        rest = until(told, Version)
        assert kinds(rest).count("Cancelled") == 4
        assert (rest[-1].document.text, rest[-1].current) == ("Something else.\n", True)


def test_stopped_by_another_it_waits_for_the_next_edit(file: Path) -> None:
    engine = FakeEngine(["Words of some length."])
    with followed(file, engine) as (_, told):
        until(told, Text)
        engine.interrupt()
        assert until(told, Cancelled)[-1] == Cancelled("it was stopped")
        file.write_text("Edited.\n")
        assert version(told).document.text == "Edited.\n"


def test_what_the_watcher_notes_is_told_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(24, "inotify instance limit reached")

    monkeypatch.setattr("watchdog.observers.inotify_c.InotifyFD._create_inotify_fd", refuse)
    with followed(file) as (_, told):
        first = until(told, Version)
        file.write_text("Edited.\n")
        rest = until(told, Version)
        assert kinds([*first, *rest]).count("Noted") == 1
        noted = next(event for event in first if isinstance(event, Noted))
        assert "inotify instance limit reached" in noted.message


def test_closing_the_watcher_ends_it_in_the_middle(file: Path) -> None:
    engine = FakeEngine([[Reading(0, 9), *[Text("word ")] * 1000, Finished("stop", Usage())]], delay=0.01)
    with followed(file, engine) as (watching, told):
        until(told, Text)
        watching.close()
        rest = list(told)
        assert "Version" not in kinds(rest)
        assert len(rest) < 1000
    await_true(lambda: not watching_threads())


def test_closing_it_leaves_no_call(file: Path) -> None:
    engine = FakeEngine(["Words of some length."])
    with followed(file, engine) as (watching, told):
        until(told, Text)
        told.close()
        assert watching._alarm is None


def edits(path: Path, seed: int) -> str:
    """A person at work: gives what the file holds in the end."""
    at_random = random.Random(seed)
    text = path.read_text()
    for number in range(at_random.randint(4, 10)):
        paragraphs = text.split("\n\n")
        paragraphs[at_random.randrange(len(paragraphs))] = f"Edit {number} of {seed}.\n"
        text = "\n\n".join(paragraphs)
        match at_random.randrange(6):
            case 0:
                path.write_text(text)
            case 1:
                path.with_name("new").write_text(text)
                path.with_name("new").replace(path)
            case 2:
                path.unlink()
                sleep(at_random.choice((0, 0.01, 0.1)))
                path.write_text(text)
            case 3:
                with path.open("w") as stream:
                    for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
                        sleep(at_random.choice((0, 0.02, 0.1)))
                        stream.write(piece)
                        stream.flush()
            case 4:
                text = path.read_text() + f"\nAppended by edit {number}.\n"
                with path.open("a") as stream:
                    stream.write(f"\nAppended by edit {number}.\n")
            case 5:
                for step in range(5):
                    path.write_text(text + "x" * step)
                path.write_text(text)
        sleep(at_random.choice((0, 0, 0.02, 0.1, 0.3)))
    return text


def run_edits(folder: Path, seed: int, *, events: bool) -> None:
    """The last version is summarized, and no older one is given out behind it."""
    file = folder / f"{seed}.md"
    file.write_text(FIRST)
    engine = FakeEngine(["A summary of some words that take their time."], delay=0.004)
    versions: list[Version] = []
    current: list[bool] = []
    with followed(file, engine, events=events) as (watching, told):

        def work() -> None:
            last = edits(file, seed)
            await_true(lambda: bool(versions) and versions[-1].document.text == last)
            current.append(watching.is_current(versions[-1].number))
            watching.close()

        person = threading.Thread(target=work)
        person.start()
        versions += (event for event in told if isinstance(event, Version))
        person.join()
    assert current == [True]
    assert versions[-1].summary.summary == file.read_text()
    numbers = [each.number for each in versions]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("seed", range(5))
def test_edits_end_with_the_last_version(tmp_path: Path, seed: int) -> None:
    run_edits(tmp_path, seed, events=bool(seed % 2))


@pytest.mark.slow
@pytest.mark.parametrize("events", [True, False], ids=["events", "looking"])
@pytest.mark.parametrize("seed", range(50))
def test_edits_end_with_the_last_version_every_time_out_of_fifty(tmp_path: Path, seed: int, events: bool) -> None:
    run_edits(tmp_path, seed, events=events)


def test_with_a_model_of_its_own_process(file: Path, starter_gguf: Path) -> None:
    """Broken off in the middle of a reading, then read from the first changed token on."""
    sentences = [f"On day {day} the committee spoke about bridge number {day * 7}." for day in range(1, 31)]
    file.write_text("\n\n".join(sentences))
    sampling = replace(SUMMARY_SAMPLING, max_tokens=12)
    with closing(EngineProcess(starter_gguf, EngineSettings(context=2048))) as engine, Watcher([file]) as watching:
        made = partial(summarize, engine=engine, sampling=sampling)
        with closing(follow(watching, lambda: read_document(file), made, engine)) as told:
            until(told, Reading)
            sentences[10] = "On day 11 nobody spoke."
            file.write_text("\n\n".join(sentences))
            first = until(told, Version)
            assert "Cancelled" in kinds(first)
            sentences[26] = "On day 27 a bridge of 1,234 metres was opened."
            file.write_text("\n\n".join(sentences))
            second = version(told)
    assert second.document.text == "\n\n".join(sentences)
    assert second.summary.coverage.tokens_read == second.summary.coverage.tokens_total
    assert second.changed is not None
    assert second.changed.changes == Changes(1, 0, 0, second.document.text.index("a bridge of 1,234"))
    again = second.changed.again
    assert again is not None
    assert again.tokens < again.total / 3
    assert again.seconds is not None
    assert second.summary.coverage.reused_tokens == again.total - again.tokens
