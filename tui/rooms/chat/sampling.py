"""How the answers of one chat are written: a form over the screen."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from assistant import InvalidSetting, Sampling, printable
from tui.language import N_, _
from tui.words import clauses

_FIELDS = (
    ("temperature", N_("temperature"), N_("0: always the likeliest word")),
    ("top_k", N_("top-k"), N_("only the so many likeliest; 0: all")),
    ("top_p", N_("top-p"), N_("only the likeliest that together have this share; 1: all")),
    ("min_p", N_("min-p"), N_("only those at least so likely beside the likeliest; 0: all")),
    ("repeat_penalty", N_("repeat penalty"), N_("1: none")),
    ("seed", N_("seed"), N_("the same number gives the same answer; empty: another one each time")),
    ("max_tokens", N_("longest answer"), N_("in tokens")),
)
_WHOLE = {"top_k", "seed", "max_tokens"}


@dataclass(frozen=True, slots=True)
class AsTheModel:
    """The chat has no way of its own: its answers are written as the model and the settings say."""


class SamplingScreen(ModalScreen[Sampling | AsTheModel | None]):
    """Gives what was chosen, or None where it was left with Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("ctrl+s,enter", "done", N_("Done"), show=False),
        Binding("down", "app.focus_next", N_("Next"), show=False),
        Binding("up", "app.focus_previous", N_("Previous"), show=False),
    ]

    def __init__(self, sampling: Sampling, *, own: bool) -> None:
        """`own`: it is this chat's, and not the model's."""
        super().__init__()
        self._sampling = sampling
        self._own = own

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = _("How answers are written in this chat")
            box.border_subtitle = _("Enter: done   ↑↓: next   Esc: cancel")
            for name, title, does in _FIELDS:
                value = getattr(self._sampling, name)
                with Horizontal():
                    yield Label(_(title), markup=False, classes="name")
                    yield Input(
                        "" if value is None else f"{value:g}" if isinstance(value, float) else str(value),
                        id=name,
                        compact=True,
                    )
                    yield Label(_(does), markup=False, classes="does")
            yield Static(markup=False, id="wrong")
            with Horizontal(classes="buttons"):
                yield Button(_("Done"), id="done", variant="primary", compact=True)
                yield Button(_("As the model says"), id="model", disabled=not self._own, compact=True)
                yield Button(_("Cancel"), id="cancel", compact=True)

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        match message.button.id:
            case "done":
                self.action_done()
            case "model":
                self.dismiss(AsTheModel())
            case _:
                self.dismiss(None)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_done()

    def action_done(self) -> None:
        """Give back what is there, or say what is wrong with it."""
        values: dict[str, Any] = {}
        try:
            for name, title, _does in _FIELDS:
                values[name] = _read(name, _(title), self.query_one(f"#{name}", Input).value.strip())
            self.dismiss(replace(self._sampling, **values))
        except (InvalidSetting, ValueError) as error:
            self.query_one("#wrong", Static).update(clauses(printable(str(error))))


def _read(name: str, title: str, text: str) -> float | int | None:
    """Raises ValueError, saying what was found and what was expected."""
    if name == "seed" and not text:
        return None
    try:
        return int(text) if name in _WHOLE else float(text)
    except ValueError:
        expected = _("a whole number") if name in _WHOLE else _("a number")
        words = _("{name} is {found}; {expected} was expected")
        raise ValueError(words.format(name=title, found=text or _("empty"), expected=expected)) from None
