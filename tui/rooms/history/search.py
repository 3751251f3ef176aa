"""The line above the list: what is searched for, and what the list is of; what is said where it is empty."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static

from assistant import one_line, printable
from tui.language import N_


class SearchField(Input):
    """What is searched for; from here one goes down into the list, or opens what is chosen in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", N_("open"), id="history.open_found"),
        Binding("down", "down", N_("list"), id="history.list"),
    ]

    class Down(Message):
        """To the list."""

    def validate_value(self, value: str) -> str:
        """What would act on a terminal never stands in it, not even for one frame."""
        return value if printable(value) == value else one_line(value)

    def action_down(self) -> None:
        """To the list."""
        self.post_message(self.Down())


class ViewName(Static):
    """Says what the list is of; a click asks for the next one."""

    class Clicked(Message):
        """The next list, please."""

    def on_click(self) -> None:
        self.post_message(self.Clicked())


class Nothing(Static, can_focus=True):
    """Stands in place of a list that is empty; the keys of the list work here too."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("up,k", "app.focus_previous", N_("Back"), show=False)]
