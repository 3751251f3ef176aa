"""The list of models: one row each, as many facts as the width has room for."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from assistant import Installed, one_line
from tui.figures import size
from tui.language import N_, _
from tui.rooms.models.words import PROOF, ago, rope_short, tokens

_WORDY = 100
"""Columns from which the proof is told in words."""
_ROPE = 88
"""Columns from which there is room for the RoPE."""
_LEAST_NAME = 12
_AIR = 8
"""Columns of emptiness behind the longest name, where there is room: rows stay readable on a wide screen."""


class ModelTable(DataTable[Text]):
    """Shows what it is told; Enter and a click on the highlighted row select it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select_cursor", N_("load"), id="models.load")]

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._models: Sequence[Installed] = ()
        self._loaded = ""
        self._loading = ""

    @property
    def model(self) -> Installed | None:
        """The highlighted one."""
        return self._models[self.cursor_row] if 0 <= self.cursor_row < len(self._models) else None

    def show(self, models: Sequence[Installed], *, loaded: str, loading: str) -> None:
        """These models, the one of the path `loaded` marked; the highlight stays on the model it was on."""
        self._models, self._loaded, self._loading = models, loaded, loading
        self.show_words()

    def highlight(self, path: str) -> None:
        """Put the highlight on the model of this path, if it is there."""
        for row, model in enumerate(self._models):
            if str(model.path) == path:
                self.move_cursor(row=row)

    def on_resize(self, _event: events.Resize) -> None:
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        before, row = self.model, self.cursor_row
        with self.prevent(DataTable.RowHighlighted):
            self._fill()
            places = [str(model.path) for model in self._models]
            if before is not None and str(before.path) in places:
                row = places.index(str(before.path))
            self.move_cursor(row=max(0, min(row, len(places) - 1)))

    def _fill(self) -> None:
        self.clear(columns=True)
        rows = [self._cells(model) for model in self._models]
        titles = self._titles()
        widths = [max(cell_len(cell) for cell in column) for column in zip(titles, *rows, strict=True)]
        room = self.size.width - 2 * len(titles) - sum(widths[:1] + widths[2:]) - 1
        widths[1] = max(_LEAST_NAME, min(room, widths[1] + _AIR))
        for title, width in zip(titles, widths, strict=True):
            self.add_column(Text(title), width=width)
        for model, cells in zip(self._models, rows, strict=True):
            self.add_row(*self._drawn(model, cells, widths), key=str(model.path))

    def _titles(self) -> list[str]:
        shown = [N_("model"), N_("size"), N_("type"), N_("context"), N_("RoPE"), N_("proof"), N_("last used")]
        if self.size.width < _ROPE:
            shown.remove("RoPE")
        return ["  ", *(_(title) for title in shown)]

    def _cells(self, model: Installed) -> list[str]:
        marks = ("◐" if self._is(self._loading, model) else "●" if self._is(self._loaded, model) else " ") + (
            "★" if model.is_default else " "
        )
        name = one_line(model.name)
        if model.problem:
            short = ["", "", *([""] if self.size.width >= _ROPE else []), ""]
            return [marks, name, size(model.bytes), *short, _("unusable")]
        sign, words = PROOF[model.proof]
        rope = [one_line(rope_short(model.rope))] if self.size.width >= _ROPE else []
        proof = f"{sign} {_(words)}" if self.size.width >= _WORDY else sign
        kind = one_line(model.quantization)
        return [marks, name, size(model.bytes), kind, tokens(model.context), *rope, proof, ago(model.last_used)]

    def _drawn(self, model: Installed, cells: Sequence[str], widths: Sequence[int]) -> list[Text]:
        style = "dim" if model.problem else "bold" if self._is(self._loaded, model) else ""
        drawn = [Text(cell, style=style, no_wrap=True, overflow="ellipsis") for cell in cells]
        drawn[1].truncate(widths[1], overflow="ellipsis")
        drawn[2].justify = "right"
        return drawn

    @staticmethod
    def _is(path: str, model: Installed) -> bool:
        return bool(path) and str(model.path) == path
