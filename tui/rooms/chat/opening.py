"""A kept conversation on its way into the chat: read beside the screen, told to the room."""

from dataclasses import dataclass

from textual.message import Message

from assistant import AssistantError
from tui.rooms.chat.talk import Kept


@dataclass(frozen=True, slots=True)
class Counted:
    """Reported by a quiet job: tokens that the conversation of this id takes."""

    conversation: str
    used: int | None


class Opened(Message):
    """It is there. `turn` is to be seen."""

    def __init__(self, kept: Kept, turn: str | None) -> None:
        super().__init__()
        self.kept = kept
        self.turn = turn


class NotOpened(Message):
    """It cannot be read."""

    def __init__(self, error: AssistantError) -> None:
        super().__init__()
        self.error = error
