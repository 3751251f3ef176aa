"""Two columns under a title: a key or a name, and what there is to say of it, wrapped beside it and not under it."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widgets import Static

from tui.columns import padded, widest

Row = tuple[str, str]
"""What is looked for, and the words on it; both safe to show."""


class Rows(Static):
    """`width`: cells of the left column, where several such tables stand in line; 0: as wide as it must be."""

    def __init__(self, title: str, rows: Sequence[Row], width: int = 0, *, classes: str = "") -> None:
        super().__init__(markup=False, classes=classes)
        self._title = title
        self._rows = rows
        self._left = width or widest((left for left, _words in rows), 40)
        self.update(self._drawn(80))

    def show(self, rows: Sequence[Row]) -> None:
        """Other rows under the same title."""
        self._rows = rows
        self.update(self._drawn(self.content_size.width or 80))

    def on_resize(self, event: events.Resize) -> None:
        self.update(self._drawn(event.size.width))

    def _drawn(self, width: int) -> Content:
        lines = [Content.styled(self._title, "bold $primary")] if self._title else []
        room = max(10, width - self._left - 2)
        for left, words in self._rows:
            first, *rest = Content(words).wrap(room) if words else [Content("")]
            lines.append(Content.assemble((padded(left, self._left), "bold"), "  ", first))
            lines += [Content.assemble(" " * (self._left + 2), line) for line in rest]
        return Content("\n").join(lines)
