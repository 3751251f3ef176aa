"""The list of conversations, or of places in them: two lines each, under the days they are of.

It draws what it is given, only the lines in view, and says what is chosen; it knows nothing of the store.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.language import N_

Spans = tuple[tuple[int, int], ...]
"""First and past last characters of what stands out in a text."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a row says, safe to show."""

    title: str
    moment: str
    line: str
    title_marks: Spans = ()
    line_marks: Spans = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Something that can be chosen. Its texts are asked for when it is drawn: a list may have thousands of rows."""

    key: str
    """Names it among all others, also when the list is made anew."""
    texts: Callable[[], Texts]


@dataclass(frozen=True, slots=True)
class Heading:
    """Stands above rows."""

    text: str


Item = Row | Heading


class Shelf(ScrollView, can_focus=True):
    """`show` gives it its items; `row` is the one that is chosen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "shelf--heading",
        "shelf--title",
        "shelf--line",
        "shelf--found",
        "shelf--chosen",
        "shelf--sign",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", N_("next"), show=False, id="list.down"),
        Binding("up,k", "move(-1)", N_("previous"), show=False, id="list.up"),
        Binding("pagedown,space", "page(1)", N_("a page down"), show=False, id="list.page_down"),
        Binding("pageup", "page(-1)", N_("a page up"), show=False, id="list.page_up"),
        Binding("home,g", "first", N_("the first"), show=False, id="list.first"),
        Binding("end,G", "last", N_("the last"), show=False, id="list.last"),
    ]

    class Moved(Message):
        """Another row is chosen, or none."""

    class Opened(Message):
        """The chosen row was clicked twice."""

    class Left(Message):
        """Up from the first row: to what stands above the list."""

    def __init__(self) -> None:
        super().__init__()
        self.items: tuple[Item, ...] = ()
        self._starts: list[int] = []
        """The first line of each item."""
        self._chosen: int | None = None

    @property
    def row(self) -> Row | None:
        """The one that is chosen."""
        item = self.items[self._chosen] if self._chosen is not None else None
        return item if isinstance(item, Row) else None

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(item for item in self.items if isinstance(item, Row))

    def show(self, items: Sequence[Item], *, keep: bool = True) -> None:
        """These from now on. `keep`: the same row stays chosen, or the one that takes its place; else the first is."""
        before, place = self.row, self._place
        self.items = tuple(items)
        self._starts, line = [], 0
        for number, item in enumerate(self.items):
            line += number > 0 and isinstance(item, Heading)  # an empty line before each but the first
            self._starts.append(line)
            line += 2 if isinstance(item, Row) else 1
        self.virtual_size = Size(0, line)
        places = [number for number, item in enumerate(self.items) if isinstance(item, Row)]
        same = [number for number in places if before is not None and self._key(number) == before.key]
        if not keep or not places:
            chosen = places[0] if places else None
        else:
            chosen = same[0] if same else places[min(place, len(places) - 1)]
        self._choose(chosen, tell=not (same and keep))
        if not keep:
            self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    @property
    def _place(self) -> int:
        """How many rows stand before the chosen one."""
        return sum(isinstance(item, Row) for item in self.items[: self._chosen or 0])

    def _key(self, number: int) -> str:
        item = self.items[number]
        return item.key if isinstance(item, Row) else ""

    def _choose(self, number: int | None, *, tell: bool = True) -> None:
        self._chosen = number
        if number is not None:
            # The heading above the first row of a day is brought into view with it.
            above = number - 1 if number and isinstance(self.items[number - 1], Heading) else number
            first = self._starts[above] if above else 0
            region = Region(0, first, 1, self._starts[number] + 2 - first)
            self.scroll_to_region(region, animate=False, force=True, immediate=True)
        self.refresh()
        if tell:
            self.post_message(self.Moved())

    # What the user does

    def action_move(self, rows: int) -> None:
        """So many rows down."""
        places = [number for number, item in enumerate(self.items) if isinstance(item, Row)]
        if not places or self._chosen is None:
            self.post_message(self.Left())
            return
        place = places.index(self._chosen) + rows
        if place < 0 and rows == -1:
            self.post_message(self.Left())
        else:
            self._choose(places[min(max(place, 0), len(places) - 1)])

    def action_page(self, pages: int) -> None:
        """As many rows as are in view."""
        rows = max(self.scrollable_content_region.height // 2 - 1, 1) * pages
        self.action_move(rows if rows != -1 else -2)

    def action_first(self) -> None:
        """The first row."""
        self.action_move(-len(self.items) - 1)

    def action_last(self) -> None:
        """The last row."""
        self.action_move(len(self.items))

    def on_click(self, event: events.Click) -> None:
        number = self._at(self.scroll_offset.y + event.y)[0]
        if number is not None and isinstance(self.items[number], Row):
            self._choose(number)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    # How a line is drawn

    def _at(self, line: int) -> tuple[int | None, int]:
        """The item at this line, and which of its lines; None on an empty one."""
        number = bisect_right(self._starts, line) - 1
        if number < 0:
            return None, 0
        within = line - self._starts[number]
        return (number, within) if within < (2 if isinstance(self.items[number], Row) else 1) else (None, 0)

    def render_line(self, y: int) -> Strip:
        base, width = self.rich_style, self.scrollable_content_region.width
        number, within = self._at(self.scroll_offset.y + y)
        if number is None:
            return Strip.blank(width, base)
        item, chosen = self.items[number], number == self._chosen
        if isinstance(item, Heading):
            segments = [Segment(_fit(item.text, width), self._style("heading", base))]
            return Strip(segments).adjust_cell_length(width, base)
        if chosen:
            base += self.get_component_rich_style("shelf--chosen", partial=True)
        # The sign tells without colour which row is chosen, and whether keys go to it.
        sign = ("▌" if self.has_focus else "│") if chosen else " "
        segments = [Segment(f"{sign} ", self._style("sign", base))]
        texts = item.texts()
        if within == 0:
            room = width - 3 - cell_len(texts.moment)
            title, marks = _around(texts.title, texts.title_marks, room)
            segments += self._text(title, marks, self._style("title", base))
            segments.append(Segment(" " * (room - cell_len(title) + 1), base))
            segments.append(Segment(texts.moment, self._style("line", base)))
        else:
            segments += self._text(*_around(texts.line, texts.line_marks, width - 2), self._style("line", base))
        return Strip(segments).adjust_cell_length(width, base)

    def _text(self, text: str, marks: Spans, style: Style) -> Iterator[Segment]:
        found, at = self._style("found", style), 0
        for start, end in marks:
            if start < len(text):
                yield Segment(text[at:start], style)
                yield Segment(text[start:end], found)
                at = min(end, len(text))
        yield Segment(text[at:], style)

    def _style(self, name: str, base: Style) -> Style:
        """On the background of the row; a partial style would forget how faint a colour is."""
        return self.get_component_rich_style(f"shelf--{name}") + Style(bgcolor=base.bgcolor)


def _around(text: str, marks: Spans, width: int) -> tuple[str, Spans]:
    """The text in so many cells, without its beginning where what stands out would be out of view."""
    if marks and cell_len(text[: marks[0][1]]) > width - 1:
        cut = marks[0][0]
        while cut and cell_len(text[cut - 1 : marks[0][0]]) < width // 3:
            cut -= 1
        text = "…" + text[cut:]
        marks = tuple((max(start - cut, 0) + 1, end - cut + 1) for start, end in marks)
    return _fit(text, width), marks


def _fit(text: str, width: int) -> str:
    """The text in at most so many cells."""
    return Content(text).truncate(max(width, 0), ellipsis=True).plain
