"""The thread that holds the kept conversations: what the room wants of them is done here and told by messages.

One thread, because a store is for one, and because opening it reads the whole file.
"""

from collections.abc import Callable

from textual.message import Message

from assistant import AssistantError, Store
from tui.aside import Aside
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
        self._store: Store | None = None
        self._aside = Aside(inbox, "luciole-history", leave=self._leave)

    def ask(self, work: Work, *, kind: str = "") -> None:
        """Have it done; what it returns is posted. Of a `kind` only what was asked last is done: typing asks often."""
        self._aside.do(lambda _stopped: self._done(work), kind=kind)

    def close(self) -> None:
        """Do nothing more, and post nothing; does not wait."""
        self._aside.close()

    # In the thread

    def _done(self, work: Work) -> Message | None:
        try:
            if self._store is None:
                self._store = self._opened()
                if self._store.notice:
                    self._inbox.post_message(Noticed(self._store.notice))
            return work(self._store)
        except AssistantError as error:
            return Refused(error)

    def _leave(self) -> None:
        if self._store is not None:
            self._store.close()
