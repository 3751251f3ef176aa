"""Waiting and summarizing apart: nobody has the engine while a file is waited for, and each half may end by itself."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from assistant.documents.document import Document
from assistant.events import Reading
from assistant.fake import FakeEngine
from assistant.watch.follow import Cancelled, Changed, Followed, Following, Told, Trouble, Version, Waiting
from assistant.watch.watcher import Watcher
from tests.assistant.watch.support import LIMIT, await_version, read_text, summarizes, watcher

FIRST = "One.\n\nTwo.\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(FIRST)
    return path


@contextmanager
def following(path: Path, engine: FakeEngine, shown: Version | None = None) -> Iterator[tuple[Watcher, Following]]:
    """A watcher and its two halves; whatever goes wrong, it ends."""
    with watcher(path) as watching:
        limit = threading.Timer(LIMIT, watching.close)
        limit.start()
        try:
            yield watching, Following(watching, read_text(path), summarizes(engine), engine.interrupt, shown)
        finally:
            limit.cancel()
            limit.join()


def waited(half: Following) -> tuple[list[Followed], bool]:
    """All that was told while waiting, and whether there is something to be summarized."""
    told, events = [], half.wait()
    while True:
        try:
            told.append(next(events))
        except StopIteration as end:
            return told, end.value


def shown_of(path: Path, engine: FakeEngine) -> Version:
    with following(path, engine) as (_, half):
        waited(half)
        found = list(half.attempt())[-1]
        assert isinstance(found, Version)
        return found


def test_waiting_reads_the_document_and_asks_nothing_of_the_engine(file: Path) -> None:
    engine = FakeEngine(["Words."])
    with following(file, engine) as (_, half):
        assert half.document is None
        assert waited(half) == ([], True)
        assert half.document is not None
        assert half.document.text == FIRST
        assert engine.info is None
        found = list(half.attempt())
        assert engine.info is not None
        assert isinstance(found[-1], Version)
        assert list(half.attempt()) == []


def test_one_after_the_other_is_what_follow_tells(file: Path) -> None:
    with following(file, FakeEngine(["Words."])) as (_, half):
        waited(half)
        assert isinstance(list(half.attempt())[-1], Version)
        file.write_text("One.\n\n2.\n")
        assert half.changes is None
        assert waited(half) == ([], True)
        assert half.changes is not None
        assert half.changes.words == "1 paragraph changed"
        found = list(half.attempt())
        assert [type(event) for event in found if isinstance(event, Changed)] == [Changed]
        last = found[-1]
        assert isinstance(last, Version)
        assert last.difference == ("  One.", "- Two.", "+ 2.")


def test_a_version_that_is_old_before_its_turn_comes_costs_the_engine_nothing(file: Path) -> None:
    """Others may have the engine for long: what was waiting for it meanwhile is not begun."""
    begun: list[str] = []

    def summarize(document: Document) -> Generator[Told, None, None]:
        begun.append(document.text)
        yield Reading(1, 1)

    with watcher(file) as watching:
        half = Following(watching, read_text(file), summarize, lambda: None)
        waited(half)
        file.write_text("Edited.\n")
        await_version(watching, 2)
        assert list(half.attempt()) == [Cancelled("the document changed")]
        assert begun == []
        assert waited(half) == ([], True)
        list(half.attempt())
        assert begun == ["Edited.\n"]


def test_an_attempt_that_is_closed_leaves_its_version_alone(file: Path) -> None:
    """The user stopped it: the same text is not begun again, the next one is."""
    with following(file, FakeEngine(["Words."])) as (watching, half):
        waited(half)
        with closing(half.attempt()) as events:
            next(events)
        threading.Timer(0.05, file.write_text, ["Edited.\n"]).start()
        assert waited(half) == ([], True)
        assert watching.state.version == 2
        assert isinstance(list(half.attempt())[-1], Version)


def test_a_summary_that_was_there_before_the_watching(file: Path) -> None:
    """The first version is the one that it is of: said at once, and nothing is summarized."""
    engine = FakeEngine(["Words."])
    shown = shown_of(file, engine)
    with following(file, engine, shown) as (_, half):
        events = half.wait()
        told = next(events)
        assert isinstance(told, Changed)
        assert told.changes.first is None
        file.write_text("One.\n\nTwo.\n\nThree.\n")
        with pytest.raises(StopIteration) as end:
            next(events)
        assert end.value.value is True
        last = list(half.attempt())[-1]
        assert isinstance(last, Version)
        assert last.changed is not None
        assert last.changed.changes.words == "1 paragraph added"
        assert last.difference == ("  One.", "  Two.", "+ Three.")


def test_waiting_ends_when_the_watcher_is_closed(file: Path) -> None:
    with following(file, FakeEngine([])) as (watching, half):
        waited(half)
        threading.Timer(0.05, watching.close).start()
        assert waited(half) == ([], False)


def test_what_cannot_be_read_is_told_while_waiting(file: Path) -> None:
    with following(file, FakeEngine([])) as (_, half):
        file.unlink()
        events = half.wait()
        found: list[Followed] = []
        while not isinstance(found[-1] if found else None, Waiting):
            found.append(next(events))
        file.write_bytes(b"%PDF-1.7 and no more")
        while not isinstance(found[-1], Trouble):
            found.append(next(events))
        assert "PDF" in found[-1].message


def test_an_error_of_the_summary_is_told_by_the_attempt(file: Path) -> None:
    from assistant.errors import EngineFailed

    def fails(document: Document) -> Generator[Told, None, None]:
        raise EngineFailed(f"died of {document.name}")
        yield

    with watcher(file) as watching:
        half = Following(watching, read_text(file), fails, lambda: None)
        waited(half)
        assert list(half.attempt()) == [Trouble(f"died of {file}")]
