"""The line at the top: the rooms, and which of them one is in."""

from collections.abc import Sequence

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui.key_names import key_words
from tui.language import _


class RoomBar(Static):
    """`rooms`: name, and title marked for translation, of each. Its key is shown; a click on one goes there."""

    def __init__(self, rooms: Sequence[tuple[str, str]]) -> None:
        super().__init__(markup=False)
        self._rooms = rooms
        self._current = ""

    def show(self, room: str) -> None:
        """This room is the one on the screen."""
        self._current = room
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        parts = [Content.styled("✦ luciole", "bold $primary")]
        keys = {
            active.binding.action: key_words(key)
            for key, active in reversed(self.screen.active_bindings.items())  # of several keys the first
        }
        for name, title in self._rooms:
            here = name == self._current
            label = Content(f" {keys.get(f'go({name!r})', '')} {_(title)} ")
            if here:
                parts.append(label.stylize("bold reverse $primary"))
            else:
                parts.append(label.stylize(Style.from_meta({"@click": f"screen.go({name!r})"})))
        self.update(Content(" ").join(parts))
