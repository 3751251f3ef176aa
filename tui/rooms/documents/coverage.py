"""A picture of the document from its first character to its last: what was read, what was known, what is a source.

The height of a column says it, so that it can be told without colours. A click goes to that place.
"""

from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.language import _
from tui.rooms.documents.spans import Span, Spans

USED, READ, KEPT, UNREAD = "█", "▄", "▂", "·"
_LOOKS = {USED: "$primary", READ: "$foreground 55%", KEPT: "$secondary", UNREAD: "$foreground 40%"}
_LEGEND = 78
"""Columns from which there is room for the words."""


class CoverageStrip(Widget):
    """One row: the picture, and what its columns mean."""

    @dataclass
    class Pointed(Message):
        """The reader clicked at this character of the document."""

        offset: int

    def __init__(self) -> None:
        super().__init__()
        self._length = 0
        self._read: list[Span] = []
        self._kept: list[Span] = []
        self._unread = Spans()
        self._used = Spans()
        self._by_parts = False

    def clear(self, length: int) -> None:
        """A document of so many characters, of which nothing is read."""
        self._length, self._read, self._kept = length, [], []
        self._unread, self._used, self._by_parts = Spans(), Spans(), False
        self.refresh()

    def progress(self, done: int, total: int, reused: int) -> None:
        """So many of its tokens are read, the first ones; `reused` of them were known."""
        if self._by_parts or not total:
            return
        known = self._length * min(reused, total) // total
        self._kept = [(0, known)]
        self._read = [(known, max(self._length * min(done, total) // total, known))]
        self.refresh()

    def part(self, span: Span, *, reused: bool) -> None:
        """This part is read, or was."""
        if not self._by_parts:
            self._by_parts, self._read, self._kept = True, [], []
        (self._kept if reused else self._read).append(span)
        self.refresh()

    def finish(self, unread: Spans, *, kept_all: bool = False) -> None:
        """It is read, but for this."""
        if not self._by_parts:
            known = self._kept[0][1] if self._kept else self._length if kept_all else 0
            self._kept, self._read = [(0, known)], [(known, self._length)]
        self._unread = unread
        self.refresh()

    def use(self, used: Spans) -> None:
        """On these lines something rests that is said of it."""
        self._used = used
        self.refresh()

    @property
    def columns(self) -> str:
        """The picture alone."""
        width = self._columns
        if not self._length or width <= 0:
            return ""
        read, kept = Spans(self._read), Spans(self._kept)
        return "".join(
            self._sign(self._length * at // width, max(self._length * (at + 1) // width, 1), read, kept)
            for at in range(width)
        )

    def show_words(self) -> None:
        """Draw the legend anew."""
        self.refresh()

    def render(self) -> Content:
        columns = self.columns
        parts: list[str | tuple[str, str]] = [("".join(same), _LOOKS[sign]) for sign, same in groupby(columns)]
        for sign, words in self._legend if columns else ():
            parts += ["  ", (sign, _LOOKS[sign]), (f" {words}", "$foreground 60%")]
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and self._length and offset.x < self._columns:
            self.post_message(self.Pointed(self._length * offset.x // self._columns))

    @property
    def _legend(self) -> tuple[tuple[str, str], ...]:
        if self.size.width < _LEGEND:
            return ()
        return ((USED, _("source")), (READ, _("read")), (KEPT, _("reused")), (UNREAD, _("not read")))

    @property
    def _columns(self) -> int:
        return self.size.width - sum(cell_len(words) + 4 for _sign, words in self._legend)

    def _sign(self, start: int, end: int, read: Spans, kept: Spans) -> str:
        if self._used.touches(start, end):
            return USED
        if self._unread.touches(start, end):
            return UNREAD
        if read.touches(start, end):
            return READ
        return KEPT if kept.touches(start, end) else UNREAD
