"""The room of models."""

from tui.language import N_
from tui.rooms.room import Room


class ModelsRoom(Room):
    """Nothing is in it yet."""

    NAME = "models"
    TITLE = N_("Models")
    can_focus = True

    def arrive(self) -> None:
        self.focus()
