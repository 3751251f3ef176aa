"""What kind of summary is wanted: length, style, language, focus, and how the document is read."""

from collections.abc import Sequence
from typing import ClassVar, Literal, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Button, Input, Static

from assistant import InvalidSetting, Request, length_of, one_line, tongue_of
from tui.language import N_, _

STYLES = (("prose", N_("prose")), ("bullets", N_("bullets")), ("outline", N_("outline")))
STRATEGIES = (
    ("auto", N_("as it fits")),
    ("whole", N_("in one reading")),
    ("parts", N_("in parts")),
    ("head-tail", N_("beginning and end only")),
)


class Choice(Static, can_focus=True):
    """One of a few, side by side: the arrow keys or a click choose."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", N_("The one before"), show=False),
        Binding("right,space", "step(1)", N_("The next one"), show=False),
    ]

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, *, name: str) -> None:
        """`choices`: value and words marked for translation."""
        super().__init__(markup=False, name=name)
        self._choices = choices
        self.value = value

    def on_mount(self) -> None:
        self.show_words()

    def on_focus(self) -> None:
        self.show_words()

    def on_blur(self) -> None:
        self.show_words()

    def action_step(self, step: int) -> None:
        """Choose the next one, or the one before."""
        values = [value for value, _words in self._choices]
        self.value = values[(values.index(self.value) + step) % len(values)]
        self.show_words()

    def on_click(self, event: events.Click) -> None:
        value = event.style.meta.get("choice")
        if isinstance(value, str):
            self.value = value
            self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        parts = []
        for value, words in self._choices:
            chosen = value == self.value
            look = "bold reverse" if chosen and self.has_focus else "bold $primary" if chosen else "$foreground 60%"
            content = Content.styled(f"[{_(words)}]" if chosen else f" {_(words)} ", look)
            parts.append(content.stylize(Style.from_meta({"choice": value})))
        self.update(Content(" ").join(parts))


class RequestScreen(ModalScreen[Request | None]):
    """Gives what is wanted, or None where it was left with Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("ctrl+s", "done", N_("Summarize"), show=False),
        Binding("down", "app.focus_next", N_("Next"), show=False),
        Binding("up", "app.focus_previous", N_("Previous"), show=False),
    ]

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request
        length = str(request.length)
        self._length = Input(length, placeholder=_("short, medium, long, or words as 120"), name="length")
        self._style = Choice(STYLES, request.style, name="style")
        self._language = Input(request.language, placeholder=_("auto, zh, en, French, …"), name="language")
        self._focus = Input(request.focus, placeholder=_("deadlines and penalties"), name="focus")
        self._strategy = Choice(STRATEGIES, request.strategy, name="strategy")
        self._problem = Static(markup=False, classes="problem")

    def compose(self) -> ComposeResult:
        rows = (
            (_("Length"), self._length),
            (_("Style"), self._style),
            (_("Language"), self._language),
            (_("Focus on"), self._focus),
            (_("Read it"), self._strategy),
        )
        with Vertical() as box:
            box.border_title = _("What kind of summary")
            box.border_subtitle = _("Enter: summarize   Esc: cancel")
            for words, field in rows:
                with Horizontal(classes="row"):
                    yield Static(words, markup=False, classes="label")
                    yield field
            yield self._problem
            with Horizontal(classes="buttons"):
                yield Button(_("Summarize"), id="yes", variant="primary")
                yield Button(_("Cancel"), id="no")

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter" and isinstance(self.focused, Choice):
            event.stop()
            self.action_done()

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def action_done(self) -> None:
        """Give it back, if it can be read."""
        try:
            length, language = length_of(self._length.value or "medium"), tongue_of(self._language.value or "auto")
        except InvalidSetting as error:
            self._problem.update(one_line(str(error)))
            return
        style = cast("Literal['prose', 'bullets', 'outline']", self._style.value)
        strategy = cast("Literal['auto', 'whole', 'parts', 'head-tail']", self._strategy.value)
        self.dismiss(Request(length, style, language, one_line(self._focus.value), strategy))

    @on(Button.Pressed, "#no")
    def _cancel(self) -> None:
        self.dismiss(None)
