"""The memory bars: what a model takes in each setting, of what is free. A picture and the figures beside it."""

from collections.abc import Sequence

from textual.content import Content

from assistant import MemoryRow, one_line
from tui.figures import duration
from tui.language import _
from tui.rooms.models.words import of_free, tokens

_WEIGHTS, _WORK, _FREE = "█", "▒", "·"
"""Different shapes, because colours alone tell nothing to everybody."""
_LEAST_BAR, _MOST_BAR = 10, 60
_WORDY = 90
"""Columns from which there is room for whole words beside the figures."""


def chosen_rows(rows: Sequence[MemoryRow]) -> list[MemoryRow]:
    """Of each context the setting that is taken by itself; where none fits, the smallest."""
    found: dict[int, MemoryRow] = {}
    for row in rows:
        if row.chosen or row.context not in found or not found[row.context].chosen:
            found[row.context] = row
    return list(found.values())


def memory_bars(rows: Sequence[MemoryRow], width: int) -> Content:
    """A line for each setting, as wide as `width`: `▸ 32K q8_0  ████▒▒▒▒······  6.0 of 15.4 GiB`."""
    labels = _aligned([f"{tokens(row.context)} {one_line(row.kv)}" for row in rows])
    figures = _aligned([of_free(row) for row in rows], right=True)
    notes = [_note(row, wordy=width >= _WORDY) for row in rows]
    taken = max(
        (Content(f"{one}{other}{note}").cell_length for one, other, note in zip(labels, figures, notes, strict=True)),
        default=0,
    )
    bar = max(_LEAST_BAR, min(_MOST_BAR, width - taken - 7))
    lines = []
    for row, label, figure, note in zip(rows, labels, figures, notes, strict=True):
        mark = ("▸ ", "bold $primary") if row.chosen else ("  ", "")
        style = "bold" if row.chosen else ""
        told = (f"{figure}{note}", style if row.fits else "$error")
        cells = _bar(row, bar, "$primary" if row.fits else "$error")
        lines.append(Content.assemble(mark, (label, style), "  ", *cells, "  ", told))
    return Content("\n").join(lines)


def legend(width: int) -> Content:
    """What the parts of a bar are; where it is too long, without the last of it."""
    parts = [
        Content.assemble((_WEIGHTS, "$secondary"), f" {_('weights')}"),
        Content.assemble((_WORK, "$primary"), f" {_('context and buffers')}"),
        Content.assemble((_FREE, "$foreground 50%"), f" {_('free')}"),
        Content.assemble(("▸", "bold $primary"), " ", _("Luciole's choice")),
    ]
    while len(parts) > 1 and Content("   ").join(parts).cell_length > width:
        parts.pop()
    return Content("   ").join(parts)


def _bar(row: MemoryRow, cells: int, color: str) -> list[tuple[str, str]]:
    most = max(row.free, 1)
    weights = min(cells, round(cells * row.weights / most))
    taken = min(cells, max(weights + 1, -(-cells * row.bytes // most)))
    return [
        (_WEIGHTS * weights, "$secondary"),
        (_WORK * (taken - weights), color),
        (_FREE * (cells - taken), "$foreground 50%"),
    ]


def _note(row: MemoryRow, *, wordy: bool) -> str:
    if not row.fits:
        return f" · {_('does not fit')}"
    if row.first_word is None:
        return ""
    words = _("full context read in {time}") if wordy else _("full in {time}")
    return f" · {words.format(time=duration(row.first_word))}"


def _aligned(texts: Sequence[str], *, right: bool = False) -> list[str]:
    """All as wide as the widest."""
    widths = [Content(text).cell_length for text in texts]
    most = max(widths, default=0)
    spaces = [" " * (most - width) for width in widths]
    return [space + text if right else text + space for text, space in zip(texts, spaces, strict=True)]
