"""Work that waits for a disk, beside the screen: a daemon thread, and what it gives is posted as a message.

No worker of Textual, because those are waited for at exit, and a thread may be deep in a large file then.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Condition, Thread

from textual.message import Message

from tui.jobs import Inbox

Stopped = Callable[[], bool]
"""Whether nobody waits for the result any more."""
Work = Callable[[Stopped], Message | None]
"""Called in the thread; what it returns is posted."""


class Broken(Message):
    """A fault of our own code in the thread; the app raises it, so that it is seen."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


class Aside:
    """One thread, begun with the first work."""

    def __init__(self, inbox: Inbox, name: str, *, leave: Callable[[], None] = lambda: None) -> None:
        """`leave` is called in the thread, at its end."""
        self._inbox = inbox
        self._name = name
        self._leave = leave
        self._waiting: deque[tuple[int, str, Work]] = deque()
        self._changed = Condition()
        self._newest = 0
        self._thread: Thread | None = None
        self._closed = False

    def do(self, work: Work, *, kind: str = "") -> None:
        """Do this after all that was asked for before; of a `kind` only what was asked for last, if it still waits."""
        self._put(work, kind=kind)

    def only(self, work: Work) -> None:
        """Do this, and nothing that was asked for before: its result is not wanted any more."""
        self._put(work, only=True)

    def close(self) -> None:
        """Begin nothing more and post nothing more; does not wait."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()

    def _put(self, work: Work, *, kind: str = "", only: bool = False) -> None:
        with self._changed:
            if only:
                self._waiting.clear()
                self._newest += 1
            if kind:
                self._waiting = deque(waiting for waiting in self._waiting if waiting[1] != kind)
            self._waiting.append((self._newest, kind, work))
            self._changed.notify()
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            while (asked := self._next()) is not None:
                number, work = asked
                try:
                    message = work(partial(self._is_over, number))
                except BaseException as error:  # noqa: BLE001  raised again in the thread of the screen
                    message = Broken(error)
                if message is not None:
                    self._post(message, number)
        finally:
            self._leave()

    def _next(self) -> tuple[int, Work] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            if self._closed:
                return None
            number, _kind, work = self._waiting.popleft()
            return number, work

    def _post(self, message: Message, number: int) -> None:
        with self._changed:
            if not self._closed and number == self._newest:
                self._inbox.post_message(message)

    def _is_over(self, number: int) -> bool:
        return self._closed or number != self._newest
