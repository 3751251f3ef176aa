"""What all rooms have: a name, the desk, and a place where the focus goes when one comes in."""

from typing import ClassVar

from textual.containers import Vertical

from tui.desk import Desk


class Room(Vertical):
    """Shown in the middle of the house, one at a time; made with the house, put on the screen when it is first entered.

    Commands of the table call `action_<name>` of their room, with the argument where they take one.
    """

    NAME: ClassVar[str]
    """As commands and messages call it."""
    TITLE: ClassVar[str]
    """In the bar of the house; marked for translation."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id=self.NAME)
        self.desk = desk

    def arrive(self) -> None:
        """The room is on the screen now: put the focus where its work begins."""

    def back(self) -> None:
        """Esc, while nothing runs: close what is open, else the focus goes where it begins."""
        self.arrive()

    def show_progress(self, fraction: float | None) -> None:
        """How much of the loading or reading is done, 0 to 1; None: neither is done now. Called while it is shown."""

    def show_words(self) -> None:
        """The language has changed: draw everything of ours anew. Widgets inside are asked by themselves."""
