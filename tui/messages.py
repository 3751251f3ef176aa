"""What the worker thread tells the screen. Facts only; nothing here knows how they are drawn."""

from textual.message import Message

from assistant import AssistantError, Event
from tui.session import Told


class Heard(Message):
    """The engine said something. `pieces`: how many `Text`s were joined into this one; 0 for other events."""

    def __init__(self, event: Event, pieces: int) -> None:
        super().__init__()
        self.event = event
        self.pieces = pieces


class Reported(Message):
    """Work on a document has come somewhere: how it is read, a part is done, its file changed, its summary is there."""

    def __init__(self, event: Told) -> None:
        super().__init__()
        self.event = event


class Ended(Message):
    """The job is over without an error, and the engine is free for the next one.

    `stopped`: by us, before the end. `used`: tokens the conversation now takes in the context; None: not counted.
    """

    def __init__(self, *, stopped: bool, used: int | None) -> None:
        super().__init__()
        self.stopped = stopped
        self.used = used


class Noted(Message):
    """The conversation has something to say itself: what the model no longer sees, or that nothing is being kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Failed(Message):
    """The job ended with an error, and the engine is free for the next one."""

    def __init__(self, error: AssistantError) -> None:
        super().__init__()
        self.error = error


class Broke(Message):
    """A fault of our own code in the worker thread; the screen raises it, so that it is seen."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error
