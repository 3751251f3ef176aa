"""The room of documents."""

from tui.language import N_
from tui.rooms.room import Room


class DocumentsRoom(Room):
    """Nothing is in it yet."""

    NAME = "documents"
    TITLE = N_("Documents")
    can_focus = True

    def arrive(self) -> None:
        self.focus()

    async def open(self, path: str, *, summarize: bool = False, watch: bool = False) -> None:
        """Show a file."""
        self.notify(f"{path} {summarize} {watch}", markup=False)
