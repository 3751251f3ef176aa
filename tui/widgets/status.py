"""The two lines at the bottom: what the model does and how full its context is; the live keys, the model's name."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from assistant import one_line
from tui.language import _, plural
from tui.widgets.keys_line import KeysLine
from tui.widgets.model_name import ModelName

_WIDE = 100
"""Columns from which the bar of the context may be twice as long."""
_LONG, _SHORT = 12, 6


class Status(Vertical):
    """Shows what it is told; `state`, `context` and `who` are the last texts, for whoever asks."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ""
        self.context = ""
        self.who = ""
        self._shown: dict[Static, Content] = {}
        self._phase = Static(markup=False, classes="left")
        self._meter = Static(markup=False, classes="right")
        self._keys = KeysLine()
        self._model = ModelName()

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._phase
            yield self._meter
        with Horizontal(id="keys"):
            yield self._keys
            yield self._model

    def on_resize(self) -> None:
        self._keys.fit()  # its own size follows its words, not the screen

    @property
    def model(self) -> str:
        """As much of the model as is shown."""
        return self._model.text

    @property
    def keys(self) -> str:
        """The keys that are offered."""
        return self._keys.text

    def show_state(self, words: str, *, busy: bool, well: bool, waiting: int = 0, rates: str = "") -> None:
        """`busy`: something is running; `well`: the model is there; `waiting`: what begins after it.

        `rates`: a small picture of the speed, shown where there is room for it.
        """
        if waiting:
            words += " · " + plural("{count} waiting", "{count} waiting", waiting)
        self.state = words
        dot, style = ("◐", "$primary") if busy else ("●", "$success") if well else ("○", "$foreground 60%")
        taken = len(self.context) + cell_len(self.who) + (_LONG if self.size.width >= _WIDE else _SHORT)
        room = self.size.width - len(words) - taken - 10
        picture = (f"  {rates}", "$primary 70%") if rates and len(rates) <= room else ""
        self._put(self._phase, Content.assemble((dot, style), f" {words}", picture))

    def show_context(self, used: int | None, limit: int, *, exact: bool = True, coming: int = 0, who: str = "") -> None:
        """Tokens in the context. `used` None: not known; `limit` 0: no model yet; not `exact`: still being written.

        `coming`: tokens that are typed and not sent; where they do not fit, that is said before they are. `who`: who
        answers, if it is not the model as itself.
        """
        self.who = one_line(who)
        name = (f"{self.who}  ", "bold $secondary") if self.who else ""
        if not limit:
            self.context = ""
            self._put(self._meter, Content.assemble(name))
            return
        cells = _LONG if self.size.width >= _WIDE else _SHORT
        taken = used or 0
        filled = min(cells, -(-taken * cells // limit))
        more = min(cells, -(-(taken + coming) * cells // limit)) - filled
        share = (taken + coming) / limit
        color = "$error" if share > 0.95 else "$warning" if share > 0.75 else "$primary"
        count = "?" if used is None else f"{'' if exact else '≈'}{used:,}"
        self.context = f"{count}{f' + {coming:,}' if coming else ''} / {limit:,}"
        if share > 1:
            self.context += " · " + _("does not fit")
        bar = (("━" * filled, color), ("╍" * more, color), ("─" * (cells - filled - more), "$foreground 30%"))
        self._put(self._meter, Content.assemble(name, *bar, " ", (self.context, "bold $error" if share > 1 else "")))

    def show_model(self, name: str, standing: str, figures: Sequence[str]) -> None:
        """The model's name and quantization, what is proven of it, and how it runs; empty: there is none yet."""
        self._model.show(name, standing, figures)

    def _put(self, part: Static, content: Content) -> None:
        """Draw only what is another than before, and lay out anew only where its width is: it comes with each word."""
        before = self._shown.get(part, Content(""))
        if content != before or content.spans != before.spans:
            self._shown[part] = content
            part.update(content, layout=content.cell_length != before.cell_length and part is not self._phase)
