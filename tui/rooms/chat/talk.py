"""One conversation, and summaries, as jobs for the worker thread.

Every conversation is kept as it happens; a new one begins after `forget`. The generators run in the worker thread, one
at a time; `forget`, `interrupt` and `close` may be used from any. The module knows nothing of widgets.
"""

import os
from collections.abc import Generator

from assistant import (
    Cancelled,
    Changed,
    Conversation,
    Decided,
    Discarded,
    Document,
    Event,
    Forgot,
    Keeper,
    KeptPieces,
    Notice,
    PieceDone,
    Request,
    Result,
    Summary,
    Trouble,
    Version,
    Waiting,
    Watcher,
    follow,
    info_sampling,
    info_summary_sampling,
    read_documents,
    read_settings,
    summarize,
)
from assistant import Noted as WatchingNoted
from tui.holder import EngineHolder

Said = Event | Forgot | Notice
"""What comes of a message."""
Told = Event | Decided | PieceDone | Discarded | Result | Changed | Cancelled | Waiting | Trouble | WatchingNoted
"""What comes of a document."""


class Talk:
    """With the engine that the holder has when a job begins."""

    def __init__(self, holder: EngineHolder) -> None:
        self._holder = holder
        self._conversation: Conversation | None = None
        self._keeper = Keeper()
        self._watcher: Watcher | None = None

    def say(self, text: str) -> Generator[Said, None, None]:
        """The answer to `text`, as the next turn of the conversation."""
        engine = self._holder.ready()
        if self._conversation is not None and self._conversation.engine is not engine:
            saved = self._conversation.heading, self._conversation.tree
            sampling, full = self._conversation.sampling, self._conversation.when_full
            self._conversation = Conversation(engine, sampling, when_full=full, keeper=self._keeper, saved=saved)
        if self._conversation is None:
            yield from engine.load()  # what it is says how it wants to be sampled
            sampling = info_sampling(engine.info)
            self._conversation = Conversation(
                engine, sampling, when_full=read_settings().when_full, keeper=self._keeper
            )
        yield from self._conversation.say(text)

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

    def used(self) -> int | None:
        """Tokens that the conversation takes in the context; 0 for none."""
        conversation = self._conversation
        if conversation is None or not conversation.messages:
            return 0
        return self._holder.ready().count(conversation.messages)

    def forget(self) -> None:
        """Start an empty conversation with the next message."""
        self._conversation = None

    def interrupt(self) -> None:
        """Stop waiting for a change."""
        if self._watcher is not None:
            self._watcher.close()

    def close(self) -> None:
        """Write the last words. Waits for the disk, and no longer than four tenths of a second."""
        self.interrupt()
        self._keeper.close()
