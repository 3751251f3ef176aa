"""The two lines at the bottom: what the model does and how full its context is; which keys work now and its name."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from assistant import one_line

_WIDE = 100
"""Columns from which the bar of the context may be twice as long."""


class Status(Vertical):
    """Shows what it is told; `state`, `context`, `keys` and `model` are the last texts, for whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ""
        self.context = ""
        self.keys = ""
        self.model = ""
        self._phase = Static(markup=False, classes="left")
        self._meter = Static(markup=False, classes="right")
        self._keys = Static(markup=False, classes="left")
        self._model = Static(markup=False, classes="right")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._phase
            yield self._meter
        with Horizontal(id="keys"):
            yield self._keys
            yield self._model

    def show_state(self, words: str, *, busy: bool, well: bool) -> None:
        """`busy`: something is running; `well`: the model is there."""
        self.state = words
        dot, style = ("◐", "$primary") if busy else ("●", "$success") if well else ("○", "$foreground 60%")
        self._phase.update(Content.assemble((dot, style), f" {words}"))

    def show_context(self, used: int | None, limit: int, *, exact: bool = True) -> None:
        """Tokens in the context. `used` None: not known; `limit` 0: no model yet; not `exact`: still being written."""
        if not limit:
            self.context = ""
            self._meter.update("")
            return
        cells = 12 if self.size.width >= _WIDE else 6
        filled = 0 if used is None else min(cells, -(-used * cells // limit))
        share = 0.0 if used is None else used / limit
        color = "$error" if share > 0.95 else "$warning" if share > 0.75 else "$primary"
        count = "?" if used is None else f"{'' if exact else '≈'}{used:,}"
        self.context = f"{count} / {limit:,}"
        bar = (("━" * filled, color), ("─" * (cells - filled), "$foreground 30%"))
        self._meter.update(Content.assemble(*bar, f" {self.context}"))

    def show_keys(self, *keys: tuple[str, str]) -> None:
        """Pairs of a key and what it does now."""
        self.keys = "  ".join(f"{key} {does}" for key, does in keys)
        parts = [Content.assemble((key, "bold $foreground 80%"), (f" {does}", "$foreground 60%")) for key, does in keys]
        self._keys.update(Content("  ").join(parts))

    def show_model(self, name: str) -> None:
        """The model's name and quantization; empty: none yet."""
        self.model = one_line(name)
        self._model.update(Content.styled(self.model, "$foreground 60%"))
