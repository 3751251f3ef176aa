"""Textual's text area for text as people see it: its rows, its cursor and its mouse by whole characters.

Textual counts code points: a cursor could stand within a letter and its accent, a family of emoji was broken over two
rows, a click behind one landed elsewhere. The three classes here are put in place of its own by `Prompt`.
"""

from collections.abc import Callable

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.document._document import DocumentBase, Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.geometry import Offset

from tui.prompt import graphemes
from tui.prompt.graphemes import Stops

StopsOf = Callable[[str], Stops]
"""The stretches of a line that are passed as a whole."""


class Rows(WrappedDocument):
    """The rows of a document. All are looked at again after each edit: `graphemes.breaks` remembers those of a line."""

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        self._width = width
        self._tab_width = tab_width or self._tab_width
        self._wrap_offsets = []
        self._offset_to_line_info = []
        self._line_index_to_offsets = []
        self._tab_width_cache = []
        for number, line in enumerate(self.document.lines):
            starts = list(graphemes.breaks(line, width, self._tab_width))
            top = len(self._offset_to_line_info)
            self._wrap_offsets.append(starts)
            self._line_index_to_offsets.append(list(range(top, top + len(starts) + 1)))
            self._offset_to_line_info += [(number, row) for row in range(len(starts) + 1)]
            self._tab_width_cache.append(_tab_widths(line, starts, self._tab_width))

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:  # noqa: ARG002  all rows, not these
        self.wrap(self._width)

    def location_to_offset(self, location: Location) -> Offset:
        # When undo makes the text shorter, Textual asks for the cursor before it has moved it.
        row = min(location[0], len(self._wrap_offsets) - 1)
        return super().location_to_offset((row, min(location[1], len(self.document.get_line(row)))))

    def get_target_document_column(self, line_index: int, x_offset: int, y_offset: int) -> int:
        sections = self.get_sections(line_index)
        row = y_offset % len(sections)
        column = graphemes.column_at(sections[row], x_offset, self._tab_width)
        if column == len(sections[row]) and row + 1 < len(sections) and column:
            column = graphemes.before(sections[row], column)  # the place behind it is in the next row
        return sum(map(len, sections[:row])) + column


class Steps(DocumentNavigator):
    """Left and right by whole characters, and over whole stretches."""

    def __init__(self, rows: WrappedDocument, stops: StopsOf) -> None:
        super().__init__(rows)
        self._lines: DocumentBase = rows.document
        self._stops = stops

    def get_location_left(self, location: Location) -> Location:
        row, column = location
        if column == 0:
            return super().get_location_left(location)
        line = self._lines.get_line(row)
        return row, graphemes.before(line, column, self._stops(line))

    def get_location_right(self, location: Location) -> Location:
        row, column = location
        line = self._lines.get_line(row)
        if column >= len(line):
            return super().get_location_right(location)
        return row, graphemes.after(line, column, self._stops(line))


class Line(Text):
    """A line whose styles, the cursor's too, reach to the ends of characters: half a character cannot be drawn."""

    def stylize(self, style: str | Style, start: int = 0, end: int | None = None) -> None:
        if end is not None and 0 <= start < end < len(self):
            start = graphemes.snap(self.plain, start)
            end = graphemes.after(self.plain, end - 1)
        super().stylize(style, start, end)


def _tab_widths(line: str, starts: list[int], tab: int) -> list[int]:
    """Cells of each tab, counted from the beginning of its row."""
    widths = []
    for start, end in zip([0, *starts], [*starts, len(line)], strict=True):
        at = 0
        for part in line[start:end].split("\t")[:-1]:
            at += cell_len(part)
            widths.append(tab - at % tab)
            at += widths[-1]
    return widths
