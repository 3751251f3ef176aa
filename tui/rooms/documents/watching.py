"""A file that is kept up with: a thread waits for its changes without the engine, and the room has each summarized.

The thread only posts; it and the jobs take turns. Closing ends it soon, and nobody waits for it.
"""

from collections.abc import Callable, Generator
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from textual.message import Message

from assistant import AssistantError, Changed, Changes, Document, Following, Noted, Trouble, Version, Waiting, Watcher
from tui.aside import Broken
from tui.jobs import Inbox
from tui.rooms.documents.study import Told, places_of, read

News = Waiting | Trouble | Noted | Changed


class WatchNews(Message):
    """While it waited: the file is gone or back, cannot be read, or is as it was after all."""

    def __init__(self, watching: "Watching", news: News) -> None:
        super().__init__()
        self.watching = watching
        self.news = news


class WatchReady(Message):
    """The file has changed and was read; its summary may be made."""

    def __init__(self, watching: "Watching", document: Document, changes: Changes | None) -> None:
        super().__init__()
        self.watching = watching
        self.document = document
        self.changes = changes


class Watching:
    """From `start` to `close`. `attempt` is the job for a version; when that is over, whatever came of it, `go_on`."""

    def __init__(
        self,
        room: Inbox,
        path: str,
        summarize: Callable[[Document], Generator[Told, None, None]],
        interrupt: Callable[[], None],
        shown: Version | None,
    ) -> None:
        """`shown`: the summary that is there already."""
        self._room = room
        self._path = path
        self._shown = shown
        self._summarize = summarize
        self._interrupt = interrupt
        self._watcher: Watcher | None = None
        self._following: Following | None = None
        self._closed = False
        self._opening = Lock()
        self._turn = Flag()

    def start(self) -> None:
        """Begin to wait."""
        Thread(target=self._wait, name="luciole-watch", daemon=True).start()

    def close(self) -> None:
        """Watch no more; no message comes after this."""
        with self._opening:
            self._closed = True
            watcher = self._watcher
        self._turn.set()
        if watcher is not None:
            Thread(target=watcher.close, daemon=True).start()  # it may take a moment, and the screen has none

    def attempt(self) -> Generator[Any, None, None]:
        """In the worker thread: the summary of the version that was found."""
        if self._following is not None and not self._closed:
            yield from self._following.attempt()

    def go_on(self) -> None:
        """Wait for the next version."""
        self._turn.set()

    def _wait(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # noqa: BLE001  raised again in the thread of the screen
            self._post(Broken(error))

    def _watch(self) -> None:
        watcher = Watcher(places_of(self._path))
        with self._opening:
            if self._closed:
                return
            self._watcher = watcher
        with watcher:
            self._following = Following(
                watcher, lambda: read(self._path), self._summarize, self._interrupt, self._shown
            )
            while not self._closed and self._news(self._following):
                self._turn.wait()
                self._turn.clear()

    def _news(self, following: Following) -> bool:
        """Post what there is until there is a version to be summarized; False: it is over."""
        events = following.wait()
        while True:
            try:
                self._post(WatchNews(self, next(events)))
            except StopIteration as end:
                if end.value and following.document is not None:
                    self._post(WatchReady(self, following.document, following.changes))
                return bool(end.value)
            except AssistantError as error:
                self._post(WatchNews(self, Trouble(str(error))))
                return False

    def _post(self, message: Message) -> None:
        if not self._closed:
            self._room.post_message(message)
