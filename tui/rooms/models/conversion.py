"""What is to be converted, and what would come of it: source, type and name, then each value and where it is from.

Nothing is written from here: the screen gives back a wish, and the room carries it out.
"""

import asyncio
import os
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Button, Input, Select, Static

from assistant import QUANTIZATIONS, Preview, Step, one_line, preview_conversion, printable
from tui.figures import duration, size
from tui.language import N_, _, plural
from tui.paths import place_of, unquoted
from tui.rooms.models.errand import Errand
from tui.rooms.models.facts import two_columns
from tui.rooms.models.words import FACTS, step_words
from tui.rooms.models.words import QUANTIZATIONS as DESCRIBED
from tui.said import said
from tui.screens.pick_file import PickFileScreen

_AROUND = 13
"""Rows of the screen that everything else takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A conversion that was decided on."""

    source: str
    quantization: str
    name: str


class ConversionScreen(ModalScreen[Wish | None]):
    """Looks first, and converts only what was looked at; None where it was left."""

    AUTO_FOCUS = "#source"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("ctrl+o", "choose", N_("Choose a folder"), show=False),
        Binding("down", "app.focus_next", N_("The next field"), show=False),
        Binding("up", "app.focus_previous", N_("The field before"), show=False),
    ]

    def __init__(self, source: str = "") -> None:
        super().__init__()
        self._source = source
        self._errand: Errand | None = None
        self._preview: Preview | None = None
        self._looked: tuple[str, str] | None = None
        self._default_name = ""
        self.text = ""
        """What is said of the conversion, for whoever asks."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = _("Convert a model folder")
            label = _("A folder with config.json, or owner/name of the local hub cache; Ctrl+O chooses one")
            yield Static(label, classes="label")
            yield Input(self._source, id="source", suggester=Folders(), compact=True)
            with Horizontal(id="choices"):
                with Vertical():
                    yield Static(_("Type of the weights"), classes="label")
                    choices = [(f"{name}  {_(DESCRIBED[name])}", name) for name in QUANTIZATIONS]
                    yield Select(choices, value=QUANTIZATIONS[0], allow_blank=False, id="quantization", compact=True)
                with Vertical(id="naming"):
                    yield Static(_("Name of the new model"), classes="label")
                    yield Input(id="name", compact=True)
            with VerticalScroll(id="preview"):
                yield Static(markup=False)
            with Horizontal(id="buttons"):
                yield Button(_("Look first"), id="look", variant="primary", compact=True)
                yield Button(_("Convert"), id="convert", disabled=True, compact=True)
                yield Button(_("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self._say(
            Content.styled(_("Nothing is written before you have seen what would come of it."), "$foreground 60%")
        )
        if self._source:
            self._look()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#preview").styles.max_height = max(3, event.size.height - _AROUND)

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.close()

    @on(Input.Submitted, "#source")
    @on(Button.Pressed, "#look")
    def _look(self) -> None:
        source, quantization = self._wanted
        if not source:
            self.action_choose()
            return
        self._forget()
        self._looked = source, quantization
        self._say(Content(_("starting")))
        self._errand = Errand(
            self, lambda stopped: preview_conversion(source, quantization=quantization, interrupted=stopped)
        ).start()

    def action_choose(self) -> None:
        """Choose a folder on the disk, and look at it."""

        def chosen(folder: str | None) -> None:
            if folder is not None:
                self.query_one("#source", Input).value = folder
                self._look()

        start = self._wanted[0] or "~/"
        self.app.push_screen(PickFileScreen(_("The folder of the model"), start, folders=True), chosen)

    @on(Input.Changed, "#source")
    @on(Select.Changed)
    def _other(self) -> None:
        """What was looked at is something else now, unless it was changed back meanwhile."""
        if self._looked not in (None, self._wanted):
            self._forget()
            self._say(Content.styled(_("Look again: something else would be converted now."), "$foreground 60%"))

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        message.stop()
        if message.errand is not self._errand:
            return
        match message.event:
            case Step() as step:
                self._say(Content(f"{one_line(step_words(step))} …"))
            case Preview() as preview:
                self._show(preview)

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        message.stop()
        if message.errand is self._errand:
            self._errand = None
            if message.error is not None:
                self._say(Content.styled(one_line(said(str(message.error))), "$error"))

    @on(Input.Submitted, "#name")
    @on(Button.Pressed, "#convert")
    def _convert(self) -> None:
        if self._preview is not None:
            name = " ".join(self.query_one("#name", Input).value.split())
            self.dismiss(Wish(*self._wanted, name or self._default_name))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    @property
    def _wanted(self) -> tuple[str, str]:
        """The source, without the quotes that terminals put around a dropped path, and the type."""
        return unquoted(self.query_one("#source", Input).value.strip()), str(self.query_one(Select).value)

    def _forget(self) -> None:
        if self._errand is not None:
            self._errand.close()
        self._errand = self._preview = self._looked = None
        self.query_one("#convert", Button).disabled = True

    def _show(self, preview: Preview) -> None:
        self._preview = preview
        field = self.query_one("#name", Input)
        default = printable(preview.path.stem)
        if field.value in ("", self._default_name):
            field.value = default
        self._default_name = default
        self._say(told(preview, self.query_one("#preview").scrollable_content_region.width))
        button = self.query_one("#convert", Button)
        button.disabled = False
        button.focus()

    def _say(self, content: Content) -> None:
        self.text = content.plain
        self.query_one("#preview Static", Static).update(content)


class Folders(Suggester):
    """The first folder that begins with what is typed; → takes it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(first_folder, value)


def first_folder(start: str) -> str | None:
    """The first folder on the disk whose path begins so, written in the same way and with a slash behind it."""
    head, slash, prefix = start.rpartition("/")
    if not slash:
        return None
    try:
        names = sorted(
            entry.name
            for entry in os.scandir(place_of(head + slash))
            if entry.is_dir() and entry.name.startswith(prefix) and printable(entry.name) == entry.name
        )
    except OSError:
        return None
    shown = [name for name in names if prefix.startswith(".") or not name.startswith(".")]
    return f"{head}{slash}{shown[0]}/" if shown else None


def told(preview: Preview, width: int) -> Content:
    """What would be written and what it costs, each value with the place it is from, and what is doubtful."""
    room = _("{size} of {free} free").format(size=size(preview.bytes), free=size(preview.free_bytes))
    cost = _("memory {memory} · about {time} of work").format(
        memory=size(preview.peak_memory_bytes), time=duration(preview.seconds)
    )
    lines = [Content.styled(one_line(preview.path.name), "bold $primary"), Content(f"{room} · {cost}")]
    lines += [Content.styled(f"! {one_line(warning)}", "$warning") for warning in preview.warnings]
    rows = [
        (
            _(fact.name) if fact.name in FACTS else one_line(fact.name),
            Content.assemble((one_line(fact.value), "bold"), (f"  ‹ {one_line(fact.source)}", "$foreground 60%")),
        )
        for fact in preview.facts
    ]
    lines += two_columns(rows, width)
    if preview.unread:
        count = plural("{count} key of config.json was not needed", "{count} keys of config.json were not needed",
                       len(preview.unread))  # fmt: skip
        lines.append(Content.styled(count, "$foreground 60%"))
    return Content("\n").join(lines)
