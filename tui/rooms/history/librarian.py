"""The thread that holds the kept conversations: what the room wants of them is done here and told by messages.

One thread, because a store is for one, and because opening it reads the whole file. It is a daemon: nobody who leaves
waits for a disk. Widgets are never touched from it.
"""

from collections.abc import Callable
from threading import Condition, Thread

from textual.message import Message

from assistant import AssistantError, Store
from tui.jobs import Inbox

Work = Callable[[Store], Message | None]


class Refused(Message):
    """What was wanted could not be done."""

    def __init__(self, error: AssistantError) -> None:
        super().__init__()
        self.error = error


class Noticed(Message):
    """Something about the file that the user should know."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Librarian:
    """Does what it is asked in order; `opened` opens the store with the first of it."""

    def __init__(self, inbox: Inbox, opened: Callable[[], Store] = Store) -> None:
        self._inbox = inbox
        self._opened = opened
        self._changed = Condition()
        self._waiting: list[tuple[str, Work]] = []
        self._closed = False
        self._thread: Thread | None = None

    def ask(self, work: Work, *, kind: str = "") -> None:
        """Have it done; what it returns is posted. Of a `kind` only what was asked last is done: typing asks often."""
        with self._changed:
            if kind:
                self._waiting = [waiting for waiting in self._waiting if waiting[0] != kind]
            self._waiting.append((kind, work))
            if self._thread is None:
                self._thread = Thread(target=self._work, name="luciole-history", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Do nothing more, and post nothing; does not wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the thread after `close`; False where it is still busy after so long."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def _next(self) -> Work | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            return None if self._closed else self._waiting.pop(0)[1]

    def _work(self) -> None:
        store: Store | None = None
        try:
            while (work := self._next()) is not None:
                try:
                    if store is None:
                        store = self._opened()
                        if store.notice:
                            self._post(Noticed(store.notice))
                    self._post(work(store))
                except AssistantError as error:
                    self._post(Refused(error))
        finally:
            if store is not None:
                store.close()

    def _post(self, message: Message | None) -> None:
        with self._changed:
            if message is not None and not self._closed:
                self._inbox.post_message(message)
