"""The model at the right end of the status line: as much of it as there is room for, its figures before its name."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from assistant import one_line

_LEAST = 8
"""Cells of a name that say anything."""


class ModelName(Static):
    """`text` is what is shown now, for whoever asks. A click goes to the room of models."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        self._called = ""
        self._standing = ""
        self._figures = ""

    def show(self, name: str, standing: str, figures: Sequence[str]) -> None:
        """`standing`: what is proven of it; `figures`: types of keys and values, memory. Empty name: there is none."""
        said = one_line(name), one_line(standing), " · ".join(map(one_line, filter(None, figures)))
        if said != (self._called, self._standing, self._figures):
            self._called, self._standing, self._figures = said
            self.refresh()

    def render(self) -> Content:
        """What fits: the standing goes first, then the end of the name."""
        room = self.size.width - 2  # space to the keys
        whole = " · ".join(filter(None, (self._called, self._standing, self._figures)))
        short = " · ".join(filter(None, (self._called, self._figures)))
        self.text = whole if cell_len(whole) <= room else short
        if cell_len(self.text) > room:
            left = max(room - cell_len(self._figures) - 4, _LEAST)
            name = set_cell_size(self._called, left).rstrip() + "…" if cell_len(self._called) > left else self._called
            self.text = " · ".join(filter(None, (name, self._figures)))
        if not self.text:
            return Content("")
        return Content(self.text).stylize(Style.from_meta({"@click": "screen.go('models')"}))
