"""Tables as rows of cells: as wide as they need, cells wrapped where that is too wide, one under the other at worst."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from tui.markdown.rows import NOTHING, Row
from tui.markdown.wrapping import breaks

Side = Literal["left", "center", "right"]

_BETWEEN = " │ "
_NARROWEST = 5
"""Cells of a column that is still worth wrapping."""
_LINE = "$foreground 30%"


@dataclass(frozen=True, slots=True)
class Table:
    """`cells` by rows; the first row is the head. Every row has as many cells as there are `sides`."""

    cells: tuple[tuple[Content, ...], ...]
    sides: tuple[Side, ...]

    def rows(self, width: int, _marked: int | None) -> Iterator[Row]:
        """A line each, never wider than `width`."""
        widths = self._widths(width)
        if widths is None:
            yield from self._one_under_the_other()
            return
        between = Content.styled(_BETWEEN, _LINE)
        rule = Row(Content.styled("─┼─".join("─" * size for size in widths), _LINE), aside=True)
        drawn = [self._drawn(row, widths, between) for row in self.cells]
        apart = any(len(lines) > 1 for lines in drawn[1:])
        for index, lines in enumerate(drawn):
            if index == 1 or (index and apart):
                yield rule
            yield from (Row(line) for line in lines)

    def _drawn(self, row: Sequence[Content], widths: Sequence[int], between: Content) -> list[Content]:
        columns = [
            [line.rstrip() for line in cell.divide(breaks(cell.plain, width))]
            for cell, width in zip(row, widths, strict=True)
        ]
        height = max(map(len, columns))
        return [
            between.join(
                _aligned(column[line] if line < len(column) else NOTHING, width, side)
                for column, width, side in zip(columns, widths, self.sides, strict=True)
            )
            for line in range(height)
        ]

    def _widths(self, width: int) -> list[int] | None:
        """Of the columns: what they need, or the widest ones cut down alike; None where that is too narrow to read."""
        room = width - len(_BETWEEN) * (len(self.sides) - 1)
        wanted = [max(1, *(cell.cell_length for cell in column)) for column in zip(*self.cells, strict=True)]
        if sum(wanted) <= room:
            return wanted
        if room < _NARROWEST * len(wanted):
            return None
        most = max(wanted)
        while sum(min(size, most) for size in wanted) > room:
            most -= 1
        found = [min(size, most) for size in wanted]
        spare = room - sum(found)
        for index, size in enumerate(wanted):
            if spare and size > found[index]:
                found[index] += 1
                spare -= 1
        return found

    def _one_under_the_other(self) -> Iterator[Row]:
        head = self.cells[0]
        for number, row in enumerate(self.cells[1:] or self.cells):
            if number:
                yield Row(NOTHING)
            for name, cell in zip(head, row, strict=True):
                yield Row(Content.assemble(name, (": ", _LINE), cell) if len(self.cells) > 1 else cell)


def _aligned(content: Content, width: int, side: Side) -> Content:
    missing = max(0, width - content.cell_length)
    left = missing if side == "right" else missing // 2 if side == "center" else 0
    return content.pad(left, missing - left)
