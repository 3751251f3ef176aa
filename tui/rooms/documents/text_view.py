"""The text of a document with line numbers, wrapped to the width; only the rows in view are ever drawn.

What it is told of the text it marks: the lines that something rests on, the figures in them, what was not read. The
module knows nothing of files, models and summaries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, work
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.worker import get_current_worker

from assistant import Document, Place, Places, printable
from tui.language import N_
from tui.rooms.documents.rows import Rows, cells_of, drawn
from tui.rooms.documents.spans import Span, Spans

_AT_ONCE = 100_000
"""Characters whose rows are found before anything is drawn; the others in a thread."""
_EMPTY = Document("", "", "utf-8")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in the text, in characters of it."""

    used: Spans = field(default_factory=Spans)
    """What the words beside the text rest on: a thin line in the margin."""
    unread: Spans = field(default_factory=Spans)
    """What no model has read."""
    shown: Span | None = None
    """What is looked at now: whole lines, told by a thick line and their background."""
    figures: tuple[Span, ...] = ()
    """Places of the figure that is looked at now; `figure` is the one of them."""
    figure: int = 0
    found: Spans = field(default_factory=Spans)
    """What was searched for."""


class TextView(ScrollView, can_focus=True):
    """Scrolls by rows. `show` gives it a document, `mark` what is marked in it, `go_to` brings a stretch into view."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "text-view--number",
        "text-view--used",
        "text-view--shown",
        "text-view--shown-mark",
        "text-view--figure",
        "text-view--figure-now",
        "text-view--heading",
        "text-view--unread",
        "text-view--found",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", N_("a line down"), show=False, id="documents.text_down"),
        Binding("up,k", "move(-1)", N_("a line up"), show=False, id="documents.text_up"),
        Binding("pagedown,space", "page(1)", N_("a page down"), show=False, id="documents.text_page_down"),
        Binding("pageup", "page(-1)", N_("a page up"), show=False, id="documents.text_page_up"),
        Binding("home,g,ctrl+home", "start", N_("start of the text"), show=False, id="documents.text_start"),
        Binding("end,G,ctrl+end", "end", N_("end of the text"), show=False, id="documents.text_end"),
        Binding("enter", "point", N_("what rests on this"), show=False, id="documents.text_point"),
    ]

    @dataclass
    class Moved(Message):
        """Another row is the first in view."""

        view: "TextView"

    @dataclass
    class Pointed(Message):
        """The reader pointed at this character: with a click, or with Enter at the middle of what is in view."""

        offset: int

    @dataclass
    class _Made(Message, bubble=False):
        rows: Rows

    def __init__(self) -> None:
        super().__init__()
        self._document = _EMPTY
        self._places = Places(_EMPTY)
        self._headings = Spans()
        self._marks = Marks()
        self._rows = Rows("", 2)
        self._wanted: int | None = None
        """The character to be brought to the top when its row is known."""
        self._number_width = 1

    # What is shown

    @property
    def document(self) -> Document:
        return self._document

    @property
    def places(self) -> Places:
        """Of the document's stretches."""
        return self._places

    def show(self, document: Document, *, at: int = 0) -> None:
        """This document from now on, with this character in the first row."""
        self._document, self._places = document, Places(document)
        text = document.text
        self._headings = Spans((heading.start, _line_end(text, heading.start)) for heading in document.headings)
        self._marks = Marks()
        self._number_width = max(len(str(text.count("\n") + 1)), 3)
        self._lay_out(at)

    def mark(self, marks: Marks) -> None:
        """Mark this and nothing else."""
        self._marks = marks
        self.refresh()
        self.post_message(self.Moved(self))

    @property
    def marks(self) -> Marks:
        return self._marks

    def go_to(self, span: Span) -> None:
        """Scroll so that the stretch is in view, a third from the top; as it is where all of it is."""
        if span[0] > len(self._rows.text) * self._rows.share and not self._rows.whole:
            self._wanted = span[0]
            return
        first, last = self._rows.row_of(span[0]), self._rows.row_of(max(span[0], span[1] - 1))
        height = self.scrollable_content_region.height
        if not (self.scroll_offset.y <= first and last < self.scroll_offset.y + height):
            self.scroll_to(y=max(first - height // 3, 0), animate=False, immediate=True)

    @property
    def top(self) -> int:
        """The first character in view."""
        return self._rows.span(min(self.scroll_offset.y, len(self._rows) - 1))[0] if len(self._rows) else 0

    @property
    def middle(self) -> int:
        """A character in the middle of what is in view."""
        row = self.scroll_offset.y + self.scrollable_content_region.height // 2
        return self._rows.span(min(row, len(self._rows) - 1))[0] if len(self._rows) else 0

    @property
    def in_view(self) -> Span:
        """The characters between the first and the last row in view."""
        row = min(self.scroll_offset.y + self.scrollable_content_region.height, len(self._rows)) - 1
        return self.top, self._rows.span(max(row, 0))[1] if len(self._rows) else 0

    # Where the rows begin

    def on_resize(self) -> None:
        if self._width != self._rows.width:
            self._lay_out(self.top)

    @property
    def _width(self) -> int:
        return max(self.scrollable_content_region.width - self._margin, 2)

    @property
    def _margin(self) -> int:
        """Cells before the text: the number, the mark, and a space around each."""
        return self._number_width + 3

    def _lay_out(self, at: int) -> None:
        rows = Rows(self._document.text, self._width)
        rows.make(max(_AT_ONCE, at + _AT_ONCE if at < 10 * _AT_ONCE else 0))
        self._rows = rows
        self._wanted = at
        self._adopt()
        if rows.whole:
            self.workers.cancel_group(self, "rows")
        else:
            self._lay_out_rest(rows.text, rows.width)

    @work(thread=True, exclusive=True, group="rows")
    def _lay_out_rest(self, text: str, width: int) -> None:
        rows, worker = Rows(text, width), get_current_worker()
        while not rows.whole:
            if worker.is_cancelled:
                return
            rows.make(_AT_ONCE)
        self.post_message(self._Made(rows))

    def _on_text_view__made(self, message: _Made) -> None:
        if message.rows.text is self._rows.text and message.rows.width == self._rows.width:
            self._rows = message.rows
            self._adopt()

    def _adopt(self) -> None:
        rows = self._rows
        # Until all rows are known, the scroll bar stands where it will stand by then.
        height = len(rows) if rows.whole else round(len(rows) / max(rows.share, 0.01))
        self.virtual_size = Size(rows.width + self._margin, height)
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            self.scroll_to(y=min(self.scroll_offset.y, max(height - 1, 0)), animate=False, immediate=True)
        elif rows.whole or wanted <= len(rows.text) * rows.share:
            self.scroll_to(y=rows.row_of(wanted), animate=False, immediate=True)
        else:
            self._wanted = wanted
        self.refresh()
        self.post_message(self.Moved(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Moved(self))

    @property
    def is_laid_out(self) -> bool:
        """All rows are known."""
        return self._rows.whole

    # What the reader does

    # Without the gliding of Textual's own: a reader of a long text wants to be there.

    def action_move(self, rows: int) -> None:
        """So many rows down."""
        self.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """So many pages down, less one row each."""
        self.scroll_relative(y=pages * max(self.scrollable_content_region.height - 1, 1), animate=False)

    def action_start(self) -> None:
        """To the first row."""
        self.scroll_home(animate=False)

    def action_end(self) -> None:
        """To the last row."""
        self.scroll_end(animate=False)

    def action_point(self) -> None:
        """Ask what rests on the place that is looked at."""
        shown = self._marks.shown
        start, end = self.in_view
        inside = shown is not None and start <= shown[0] < end
        self.post_message(self.Pointed(shown[0] if shown and inside else self.middle))

    def on_click(self, event: events.Click) -> None:
        at = event.get_content_offset(self)
        offset = None if at is None else self.offset_at(at.x, at.y)
        if offset is not None and not self.text_selection:
            self.post_message(self.Pointed(offset))

    def offset_at(self, x: int, y: int) -> int | None:
        """The character in this cell of what is drawn; None below the text."""
        row = self.scroll_offset.y + y
        if row >= len(self._rows):
            return None
        start, end = self._rows.span(row)
        at = self._margin
        for offset in range(start, end):
            at += cells_of(self._rows.text[offset])
            if at > x:
                return offset
        return end

    # Selecting with the mouse copies the text as it is, whatever its rows are

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        if not len(self._rows):
            return None
        last = len(self._rows) - 1
        start = self._selected(selection.start or Offset(0, 0), last)
        end = self._selected(selection.end, last) if selection.end is not None else len(self._rows.text)
        return printable(self._rows.text[start:end]), "\n"

    def _selected(self, at: Offset, last: int) -> int:
        """The character of the text at this character of what is drawn."""
        start, end = self._rows.span(min(at.y, last))
        shown = 0
        for offset in range(start, end):
            if shown >= at.x:
                return offset
            shown += len(drawn(self._rows.text[offset]))
        return end

    # How a row is drawn

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        row, width = self.scroll_offset.y + y, self.scrollable_content_region.width
        if row >= len(self._rows):
            return Strip.blank(width, base)
        span = self._rows.span(row)
        shown = self._marks.shown
        if shown is not None and shown[0] <= span[0] < shown[1]:
            base += self._style("shown")
        margin = self._margin_of(row, span, base)
        text = Strip(self._segments(row, span, base)).apply_offsets(0, row)
        return Strip.join([margin, text]).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"text-view--{name}", partial=True)

    def _margin_of(self, row: int, span: Span, base: Style) -> Strip:
        """The line's number, and what is to be said of the row."""
        number = self._number_of(span) if self._rows.begins_line(row) else ""
        marks, shown = self._marks, self._marks.shown
        sign, style = " ", base
        if shown is not None and shown[0] <= span[0] < shown[1]:
            sign, style = "▌", base + self._style("shown-mark")
        elif marks.unread.touches(*span):
            sign, style = "░", base + self._style("unread")
        elif marks.used.touches(*span):
            sign, style = "│", base + self._style("used")
        return Strip(
            [
                Segment(f"{number:>{self._number_width}} ", base + self._style("number")),
                Segment(f"{sign} ", style),
            ]
        )

    def _number_of(self, span: Span) -> str:
        number = self._places.of(span[0], span[0]).lines[0]
        if self._document.files and span[1] + 1 < len(self._document.text):
            # The line that names a file, and those around it, are none of the file's own.
            following = self._places.of(span[1] + 1, span[1] + 1).lines[0]
            return "" if number == following and self._rows.text[span[1]] == "\n" else str(number)
        return str(number)

    def _segments(self, row: int, span: Span, base: Style) -> Iterator[Segment]:
        """The row's words, in as many pieces as there are looks."""
        text, (start, end) = self._rows.text, span
        layers: list[tuple[Sequence[Span], Style]] = [
            (self._headings.within(start, end), self._style("heading")),
            (self._marks.unread.within(start, end), self._style("unread")),
            (self._marks.found.within(start, end), self._style("found")),
            ([_cut(figure, span) for figure in self._marks.figures], self._style("figure")),
        ]
        if self._marks.figures:
            now = self._marks.figures[self._marks.figure]
            layers.append(([_cut(now, span)], self._style("figure-now")))
        selected = self.text_selection.get_span(row) if self.text_selection else None
        if selected is not None:
            last = self._selected(Offset(selected[1], row), row) if selected[1] >= 0 else end
            place = (self._selected(Offset(selected[0], row), row), last)
            layers.append(([place], self.screen.get_component_rich_style("screen--selection")))
        cuts = {start, end, *(at for places, _ in layers for place in places for at in place if start <= at <= end)}
        edges = sorted(cuts)
        for first, last in pairwise(edges):
            style = base
            for places, look in layers:
                if any(begin <= first < stop for begin, stop in places):
                    style += look
            yield Segment(drawn(text[first:last]), style)

    # What it says of itself

    @property
    def place(self) -> Place:
        """Of what is looked at, as far as it is in view; else of the first row in view."""
        start, end = self.in_view
        shown = self._marks.shown
        at = shown[0] if shown is not None and start <= shown[0] < end else start
        return self._places.of(at, at)


def _cut(span: Span, to: Span) -> Span:
    return max(span[0], to[0]), min(span[1], to[1])


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
