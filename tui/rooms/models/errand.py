"""Work beside the engine (a conversion, a look at the disk, a count of memory): threads that turn events into messages.

Daemons of ours and no workers of Textual, which would be waited for when the user quits. The thread never touches a
widget; posting to the room is the only way out, and after `close` nothing comes out any more.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from textual.message import Message
from textual.widget import Widget

from assistant import AssistantError
from tui.aside import Broken

Events = Callable[[Callable[[], bool]], Generator[Any, None, None]]
"""What is played: it gets a question to ask, whether anybody still wants it."""


class Errand:
    """Plays one generator; `room` gets `Came` for each of its events, and `Over` at the end."""

    class Came(Message):
        """The errand has come somewhere."""

        def __init__(self, errand: "Errand", event: object) -> None:
            super().__init__()
            self.errand = errand
            self.event = event

    class Over(Message):
        """The errand has ended: well, stopped by us before the end, or with an error."""

        def __init__(self, errand: "Errand", *, stopped: bool, error: AssistantError | None) -> None:
            super().__init__()
            self.errand = errand
            self.stopped = stopped
            self.error = error

    def __init__(self, room: Widget, events: Events) -> None:
        self._room = room
        self._events = events
        self._stopped = Flag()
        self._closed = False
        self._posting = Lock()
        self._thread = Thread(target=self._work, name="luciole-errand", daemon=True)

    def start(self) -> "Errand":
        """Begin; the errand itself."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End it at its next event; `Over` follows."""
        self._stopped.set()

    def close(self) -> None:
        """End it and post nothing from now on; does not wait for it."""
        with self._posting:
            self._closed = True
        self._stopped.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread after `stop` or `close`; False if it is still busy after `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _post(self, message: Message) -> None:
        with self._posting:
            if not self._closed:
                self._room.post_message(message)

    def _work(self) -> None:
        error: AssistantError | None = None
        try:
            with closing(self._events(self._stopped.is_set)) as events:
                for event in events:
                    if self._stopped.is_set():
                        break
                    self._post(Errand.Came(self, event))
        except AssistantError as found:
            error = found
        except BaseException as found:  # noqa: BLE001  raised again in the thread of the screen
            self._post(Broken(found))
            return
        self._post(Errand.Over(self, stopped=self._stopped.is_set(), error=error))
