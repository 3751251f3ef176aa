"""Summaries of documents within the chat, as jobs for the worker thread; they are no part of the conversation."""

import os
from collections.abc import Generator

from assistant import (
    Cancelled,
    Changed,
    Decided,
    Discarded,
    Document,
    Event,
    KeptPieces,
    PieceDone,
    Request,
    Result,
    Summary,
    Trouble,
    Version,
    Waiting,
    Watcher,
    follow,
    info_summary_sampling,
    read_documents,
    summarize,
)
from assistant import Noted as WatchingNoted
from tui.holder import EngineHolder

Told = Event | Decided | PieceDone | Discarded | Result | Changed | Cancelled | Waiting | Trouble | WatchingNoted
"""What comes of a document."""


class Summaries:
    """With the engine that the holder has when a job begins."""

    def __init__(self, holder: EngineHolder) -> None:
        self._holder = holder
        self._watcher: Watcher | None = None

    def summarize(self, path: str) -> Generator[Told, None, None]:
        """The summary of a whole document, which is no part of the conversation."""
        document = read_documents([os.path.expanduser(path)])  # noqa: PTH111  pathlib's raises where there is no home
        engine = self._holder.ready()
        yield from engine.load()
        decided: Decided | None = None
        for event in self._summary(document):
            if isinstance(event, Decided):
                decided = event
            if not isinstance(event, Summary):
                yield event
            elif decided is not None:
                yield Result(document, Request(), decided, event)

    def watch(self, path: str) -> Generator[Told, None, None]:
        """The summary of a document, and again whenever its file changes, until it is interrupted."""
        place = os.path.expanduser(path)  # noqa: PTH111  likewise
        read_documents([place])  # what is wrong with it is an error now, and a change later
        engine = self._holder.ready()
        decided: Decided | None = None
        with Watcher([place]) as self._watcher:
            for event in follow(self._watcher, lambda: read_documents([place]), self._summary, engine):
                if isinstance(event, Decided):
                    decided = event
                if not isinstance(event, Version):
                    yield event
                elif decided is not None:
                    yield Result(event.document, Request(), decided, event.summary)

    def _summary(self, document: Document) -> Generator[Event | Decided | PieceDone | Discarded | Summary, None, None]:
        engine = self._holder.ready()
        return summarize(document, engine, info_summary_sampling(engine.info), kept=KeptPieces())

    def interrupt(self) -> None:
        """Stop waiting for a change."""
        if self._watcher is not None:
            self._watcher.close()
