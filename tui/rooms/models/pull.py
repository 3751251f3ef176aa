"""What is to be pulled from the hub, and what it would take: the files, the room on the disk, the licence.

The hub is asked when Enter says so, and only for what is there; no file is fetched from here. The screen gives back a
wish, and the room carries it out.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Select, Static

from assistant import AssistantError, HubFailed, hub_name, one_line, printable, this_machine
from tui.figures import duration
from tui.language import N_, _
from tui.paths import unquoted
from tui.rooms.models.errand import Errand
from tui.rooms.models.planned import Memory, Offered, choices, offered, told
from tui.said import said
from tui.widgets.option_lines import OptionLines

if TYPE_CHECKING:
    from assistant import HubName, HubWaiting, PullPlan

_AROUND = 11
"""Rows of the screen that everything takes beside the plan and the list."""
_SHORT = 30
"""Rows under which nothing is left empty between them."""


@dataclass(frozen=True, slots=True)
class PullWish:
    """A pull that was decided on."""

    plan: "PullPlan"
    keep_source: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hub was asked for. `choice`: the type of the weights; empty: as the name says, or the usual one.

    `converts`: it is written by a conversion, even where a GGUF is there.
    """

    name: "HubName"
    called: str
    choice: str = ""
    converts: bool = False


class PullScreen(ModalScreen[PullWish | None]):
    """Looks first, and pulls only what was looked at; None where it was left."""

    AUTO_FOCUS = "#repository"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("down", "app.focus_next", N_("The next field"), show=False),
        Binding("up", "app.focus_previous", N_("The field before"), show=False),
    ]

    class Waits(Message):
        """The hub does not answer at once."""

        def __init__(self, waiting: "HubWaiting") -> None:
            super().__init__()
            self.waiting = waiting

    def __init__(self, name: str = "", *, look: bool = False, absent: bool = False, held: int = 0) -> None:
        """`look`: ask the hub at once. `absent`: a model was asked for that is not here.

        `held`: bytes of memory that the loaded model would give back.
        """
        super().__init__()
        self._given = name
        self._look_at_once = look
        self._absent = absent
        self._held = held
        self._errand: Errand | None = None
        self._asked: Asked | None = None
        self._plan: PullPlan | None = None
        self._seen: PullPlan | None = None
        """The plan that another name for the model was given to, and that is pulled if it is still the same."""
        self._offered = Offered()
        self._memory = Memory(0, 0)
        self.text = ""
        """What is said of the pull, for whoever asks."""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = _("Pull a model from the hub")
            yield Static(_("owner/name, owner/name:q4_k_m, or the address of its page"), classes="label")
            yield Input(printable(self._given), id="repository", compact=True)
            with Vertical(id="offered"):
                yield Static(classes="label", markup=False)
                yield OptionLines(markup=False, compact=True)
            with Horizontal(id="naming"):
                yield Static(_("Name of the new model"), classes="label")
                yield Input(id="called", placeholder=_("by itself: as its file is called"), compact=True)
            with Horizontal(id="source"):
                yield Static(_("Source, once it is converted"), classes="label")
                kept = [(_("stays in the hub's cache"), "keep"), (_("is removed"), "remove")]
                yield Select(kept, value="keep", allow_blank=False, compact=True)
            with VerticalScroll(id="plan"):
                yield Static(markup=False)
            with Horizontal(id="buttons"):
                yield Button(_("Look first"), id="look", variant="primary", compact=True)
                yield Button(_("Pull"), id="pull", disabled=True, compact=True)
                yield Button(_("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self._show_parts()
        words = _("Enter asks the hub what there is. Nothing is fetched before you have seen how much it is.")
        if self._absent:
            words = _("{name} is not here.").format(name=one_line(self._given)) + "\n" + words
        self._say(Content.styled(words, "$foreground 60%"))
        if self._look_at_once:
            self._look()

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.height)

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.close()

    # Asking

    @on(Input.Submitted, "#repository")
    @on(Button.Pressed, "#look")
    def _look(self) -> None:
        text = unquoted(self._field.value.strip())
        name = hub_name(text)
        if name is None:
            self._forget()
            words = _("owner/name was expected, as on the page of the model") if text else _("nothing is typed yet")
            self._say(Content.styled(words, "$error"))
            self._field.focus()
            return
        self._ask(Asked(name, self._called))

    def _ask(self, asked: Asked, *, seen: "PullPlan | None" = None) -> None:
        if self._errand is not None:
            self._errand.close()
        self._plan, self._asked, self._seen = None, asked, seen
        self.query_one("#pull", Button).disabled = True
        self._say(Content(_("asking the hub …")))
        convert = asked.choice if asked.converts else None
        name = replace(asked.name, quantization=asked.choice) if asked.choice and not asked.converts else asked.name
        held = self._held

        def looked(stopped: Callable[[], bool]) -> Generator["Memory | PullPlan", None, None]:
            from assistant import plan_pull  # noqa: PLC0415  the hub's client is large: it comes in this thread

            def told_of(waiting: "HubWaiting") -> None:
                self.post_message(self.Waits(waiting))

            machine = this_machine(ask=False)
            yield Memory(machine.memory_free + held, machine.memory_total)
            yield plan_pull(name, convert=convert, called=asked.called or None, told=told_of, interrupted=stopped)

        self._errand = Errand(self, looked).start()

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        message.stop()
        if message.errand is not self._errand:
            return
        event: Any = message.event
        if isinstance(event, Memory):
            self._memory = event
        else:
            self._show(event)

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        message.stop()
        if message.errand is self._errand:
            self._errand = None
            if message.error is not None:
                self._refused(message.error)

    @on(Waits)
    def _waits(self, message: Waits) -> None:
        if self._errand is not None:
            waiting = message.waiting
            words = _("asking the hub …") + "\n" + one_line(said(waiting.reason))
            if waiting.seconds:
                words += " · " + _("once more in {time}").format(time=duration(waiting.seconds))
            self._say(Content.styled(words, "$warning"))

    # Choosing

    @on(OptionList.OptionSelected)
    def _choose(self, message: OptionList.OptionSelected) -> None:
        """Another type of the weights: what it would take is asked for anew."""
        message.stop()
        if self._asked is None:
            return
        if self._plan is not None and message.option_index == self._offered.own:
            self._go_on()
        else:
            choice, _bytes = self._offered.rows[message.option_index]
            converts = self._offered.is_converted(message.option_index)
            self._ask(replace(self._asked, choice=choice, converts=converts, called=self._called))

    @on(Input.Changed, "#repository")
    def _other(self) -> None:
        """What was looked at is something else now."""
        if self._asked is not None and hub_name(unquoted(self._field.value.strip())) != self._asked.name:
            self._forget()
            self._say(Content.styled(_("Look again: something else would be pulled now."), "$foreground 60%"))

    @on(Select.Changed)
    def _kept(self) -> None:
        self._tell()

    @on(Input.Submitted, "#called")
    @on(Button.Pressed, "#pull")
    def _pull(self) -> None:
        if self._asked is None:
            self._look()
        elif self._plan is None:
            self._ask(replace(self._asked, called=self._called))
        elif self._called not in ("", self._plan.model):  # whether the name is free is another question
            self._ask(replace(self._asked, called=self._called), seen=self._plan)
        elif self._plan.fits:
            self.dismiss(PullWish(self._plan, self._keeps))

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.dismiss(None)

    # Showing

    @property
    def _field(self) -> Input:
        return self.query_one("#repository", Input)

    @property
    def _called(self) -> str:
        """The name that is wanted; empty: as its file is called."""
        return " ".join(self.query_one("#called", Input).value.split())

    @property
    def _keeps(self) -> bool:
        return self.query_one(Select).value == "keep"

    def _forget(self) -> None:
        if self._errand is not None:
            self._errand.close()
        self._errand = self._plan = self._asked = self._seen = None
        self._offered = Offered()
        button = self.query_one("#pull", Button)
        button.disabled = True
        self.query_one("#look", Button).variant, button.variant = "primary", "default"
        self._show_parts()

    def _show(self, plan: "PullPlan") -> None:
        self._plan, self._offered = plan, offered(plan)
        button = self.query_one("#pull", Button)
        button.disabled = not plan.fits
        self.query_one("#look", Button).variant, button.variant = "default", "primary"
        if self._seen is not None and (self._seen.files, self._seen.fits) == (plan.files, plan.fits):
            self._pull()
            return
        self._show_parts()
        self._tell()
        self._go_on()

    def _refused(self, error: AssistantError) -> None:
        """Say why; where the hub has others than what was asked for, offer them."""
        there = error.there if isinstance(error, HubFailed) else ()
        if there:
            self._offered = Offered(there)
        self._say(Content.styled(one_line(said(str(error))), "$error"))
        self._show_parts()
        if there or self.focused is None or self.focused.disabled:
            (self.query_one(OptionLines) if there else self._field).focus()

    def _go_on(self) -> None:
        """To what comes next: the button, or where it would not fit, the list of what is smaller."""
        button = self.query_one("#pull", Button)
        (self.query_one(OptionLines) if button.disabled else button).focus()

    def _show_parts(self) -> None:
        """Show what there is to choose."""
        converts = bool(self._offered.converted)
        self.query_one("#source").display = self._plan is not None and self._plan.kind == "checkpoint"
        self.query_one("#offered").display = bool(self._offered.rows)
        title = _("It would be converted to") if converts else _("The repository has")
        self.query_one("#offered Static", Static).update(title)
        found = self.query_one(OptionLines)
        found.set_options(choices(self._offered, self._memory))
        found.highlighted = self._offered.own
        self._fit(self.size.height)

    def _tell(self) -> None:
        if self._plan is not None:
            width = self.query_one("#plan").scrollable_content_region.width
            self._say(told(self._plan, keeps=self._keeps, width=width))

    def _fit(self, height: int) -> None:
        """Share the rows between the list and the plan."""
        short, found = height < _SHORT, self.query_one(OptionLines)
        self.set_class(short, "-short")
        rows = height - _AROUND + (3 if short else 0) - int(bool(self.query_one("#source").display))
        listed = max(1, min(found.option_count, round(rows * 0.4)))
        found.styles.height = listed
        self.query_one("#plan").styles.max_height = max(1, rows - (listed if self._offered.rows else 0))

    def _say(self, content: Content) -> None:
        self.text = content.plain
        self.query_one("#plan Static", Static).update(content)
