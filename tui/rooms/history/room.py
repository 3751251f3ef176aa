"""The room of history."""

from tui.language import N_
from tui.rooms.room import Room


class HistoryRoom(Room):
    """Nothing is in it yet."""

    NAME = "history"
    TITLE = N_("History")
    can_focus = True

    def arrive(self) -> None:
        self.focus()
