"""The first page: what this machine can do, which model there is, a document to try, and where files lie.

It is a page and no question: whoever begins to type is in the chat, with every letter.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from assistant import Hardware, Installed, installed, locations, one_line, this_machine
from tui.aside import Aside
from tui.figures import size
from tui.language import LANGUAGES, N_, _, spoken
from tui.preferences import preferences
from tui.said import said
from tui.screens.help import LOCATIONS
from tui.widgets.rows import Row, Rows

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE, BEGIN = "sample", "begin"
"""Results: the sample is to be read, or nothing in particular. Any other is the name of a command."""
_OTHER = "other"
"""The button that changes the language."""
_STARTER = "pip install 'luciole[starter]'"


class FirstRunScreen(ModalScreen[str]):
    """`written` gets the keys and pastes of whoever begins to write; the page goes away with the first of them."""

    AUTO_FOCUS = f"#{SAMPLE}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2", f"leave('{BEGIN}')", N_("To the chat"), show=False),
        Binding("f1", "leave('help')", N_("help"), show=False),
        Binding("f3", "leave('documents')", N_("Documents"), show=False),
        Binding("f4", "leave('models')", N_("Models"), show=False),
        Binding("f5", "leave('history')", N_("History"), show=False),
        Binding("f6", "leave('settings')", N_("Settings"), show=False),
        Binding("left,up", "app.focus_previous", N_("Previous"), show=False),
        Binding("right,down", "app.focus_next", N_("Next"), show=False),
    ]

    class Known(Message):
        """What takes a moment to find out: the machine with llama.cpp's answer, and the models that are there."""

        def __init__(self, machine: Hardware, models: tuple[Installed, ...]) -> None:
            super().__init__()
            self.machine = machine
            self.models = models

    def __init__(self, written: Callable[[events.Event], object]) -> None:
        super().__init__()
        self._written = written
        self._left = False
        self._machine = this_machine(ask=False)
        self._models: tuple[Installed, ...] | None = None
        self._looking = Aside(self, "luciole-machine")

    def compose(self) -> ComposeResult:
        with Vertical():
            with VerticalScroll(can_focus=False):
                yield Static(markup=False)
                yield Rows("", self._rows())
            with Horizontal():
                yield Button(id=SAMPLE, compact=True)
                yield Button(id=BEGIN, compact=True)
                yield Button(id=_OTHER, compact=True)

    def on_mount(self) -> None:
        self.show_words()
        self._looking.only(lambda _stopped: self.Known(this_machine(), installed()))

    def on_unmount(self) -> None:
        self._looking.close()

    def show_words(self) -> None:
        """Draw them all."""
        box = self.query_one(Vertical)
        box.border_title = Content("✦ luciole")
        box.border_subtitle = Content(_("Enter: choose   Esc: to the chat   or just begin to write"))
        self.query_one(VerticalScroll).query_one(Static).update(
            _("Language models on this machine, and nothing that leaves it.")
        )
        self.query_one(Rows).show(self._rows())
        labels = {
            SAMPLE: _("Read the sample document"),
            BEGIN: _("To the chat"),
            _OTHER: LANGUAGES["en" if spoken() == "zh" else "zh"],
        }
        for identity, label in labels.items():
            self.query_one(f"#{identity}", Button).label = Content(label)

    def action_leave(self, result: str) -> None:
        """Close the page, once."""
        if not self._left:
            self._left = True
            self.dismiss(result)

    def on_key(self, event: events.Key) -> None:
        if self._left or (event.is_printable and event.key != "space"):
            self._take(event, events.Key(event.key, event.character))

    def on_paste(self, event: events.Paste) -> None:
        self._take(event, events.Paste(event.text))

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        if message.button.id == _OTHER:
            preferences(self.app).change("screen", "language", value="en" if spoken() == "zh" else "zh")
        else:
            self.action_leave(message.button.id or BEGIN)

    @on(Known)
    def _known(self, message: Known) -> None:
        self._machine, self._models = message.machine, message.models
        self.query_one(Rows).show(self._rows())

    def _take(self, event: events.Event, written: events.Event) -> None:
        """Hand on what is written; bindings come after this, so that no key reaches a button any more."""
        event.stop()
        event.prevent_default()
        self._written(written)
        self.action_leave(BEGIN)

    def _rows(self) -> list[Row]:
        sample = _("{name}, an invented survey of fireflies").format(name=sample_path().name)
        rows = [
            (_("This machine"), self._processor()),
            ("", self._graphics()),
            (_("Model"), self._model()),
            ("", _("F4 pulls, converts and imports others, and shows which fit")),
            (_("Document"), sample),
            ("", _("/open reads others: PDF, Word, Markdown, web pages, mail")),
        ]
        lying = [one_line(str(path)) for kept, path in locations().items() if kept in ("models", "conversations")]
        names = [_(LOCATIONS["models"]), _(LOCATIONS["conversations"])]
        return rows + [
            (_("Files") if number == 0 else "", _("{name}: {path}").format(name=name, path=path))
            for number, (name, path) in enumerate(zip(names, lying, strict=True))
        ]

    def _processor(self) -> str:
        machine = self._machine
        words = _("{cores} cores, {free} of {total} GiB memory free")
        return words.format(
            cores=machine.cores,
            free=f"{machine.memory_free / 2**30:,.1f}",
            total=f"{machine.memory_total / 2**30:,.1f}",
        )

    def _graphics(self) -> str:
        llama = self._machine.llama
        if self._machine.problem:
            return one_line(said(self._machine.problem))
        if llama is None:
            return _("looking for a graphics card …")
        cards = [device for device in llama.devices if device.kind != "cpu"]
        if not cards:
            return _("no graphics card for llama.cpp: the processor does the work")
        words = _("graphics card: {name}, {total} GiB")
        return words.format(name=one_line(cards[0].description), total=f"{cards[0].memory_total / 2**30:,.1f}")

    def _model(self) -> str:
        if self._models is None:
            return _("looking for models …")
        usable = [model for model in self._models if not model.problem]
        found = next((model for model in usable if model.is_default), usable[0] if usable else None)
        if found is None:
            return _("none yet; a small one to begin with: {command}").format(command=_STARTER)
        name = one_line(found.path.stem if found.place == "starter" else found.name)
        parts = [name, size(found.bytes)]
        if found.quantization.lower() not in name.lower():
            parts.insert(1, one_line(found.quantization))
        if found.context:
            parts.append(_("{count} tokens of context").format(count=f"{found.context:,}"))
        if found.place == "starter":
            parts.append(_("small, to begin with"))
        return " · ".join(parts)


def sample_path() -> Path:
    """The document to try, in the language of the screen."""
    return SAMPLES / f"firefly-survey.{spoken()}.md"
