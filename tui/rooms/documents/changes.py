"""What changed: in the document place by place, and in its summary sentence by sentence. A place chosen is gone to."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant import Document, Hunk, Places, difference, hunks, printable
from tui.aside import Aside, Stopped
from tui.language import N_, _
from tui.rooms.documents.spans import Span
from tui.rooms.documents.words import place_label
from tui.widgets.option_lines import OptionLines

_LONGEST = 1200
"""Characters of one stretch that are shown; the text has all of them."""
_MOST = 500
"""Stretches that are shown."""
_WHOLE = 1 << 20
"""A width that wraps no sentence: here the screen does."""
_LOOKS = {"-": "$error", "+": "$success"}


class ChangesScreen(ModalScreen[Span | None]):
    """Gives the stretch of the new text that was chosen; None: none was."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,d", "dismiss(None)", N_("Close"), show=False),
        Binding("j", "move('cursor_down')", N_("Next"), show=False),
        Binding("k", "move('cursor_up')", N_("Previous"), show=False),
    ]

    @dataclass
    class Compared(Message):
        """The two texts were."""

        hunks: tuple[Hunk, ...]
        places: tuple[str, ...]

    def __init__(self, old: Document, new: Document, summaries: tuple[str, str] | None) -> None:
        """`summaries`: the old one and the new one; None: they are not both there."""
        super().__init__()
        self._old = old
        self._new = new
        self._summaries = summaries
        self._hunks: tuple[Hunk, ...] = ()
        self._aside = Aside(self, "luciole-changes")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = _("What changed")
            box.border_subtitle = _("Enter: to that place   Esc: close")
            with VerticalScroll(can_focus=False):
                yield Static(self._of_summary(), markup=False)
            yield OptionLines(markup=False)

    def on_mount(self) -> None:
        self._aside.only(self._compare)

    def action_move(self, step: str) -> None:
        """Another one in the list."""
        getattr(self.query_one(OptionList), f"action_{step}")()

    def on_unmount(self) -> None:
        self._aside.close()

    def _compare(self, _stopped: Stopped) -> Message:
        found, places = hunks(self._old, self._new), Places(self._new)
        return self.Compared(found, tuple(place_label(places.of(*hunk.new)) for hunk in found))

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        self._hunks = message.hunks[:_MOST]
        options = [
            Option(self._drawn(hunk, place), id=str(number))
            for number, (hunk, place) in enumerate(zip(self._hunks, message.places, strict=False))
        ]
        if not options:
            options = [Option(_("the text is the same"), disabled=True)]
        self.query_one(OptionList).set_options(options)
        self.query_one(OptionList).highlighted = 0

    @on(OptionList.OptionSelected)
    def _selected(self, message: OptionList.OptionSelected) -> None:
        if message.option_id is not None:
            self.dismiss(self._hunks[int(message.option_id)].new)

    def _of_summary(self) -> Content:
        title = Content.styled(_("In the summary"), "bold")
        if self._summaries is None:
            return Content.assemble(title, "\n", (_("not made yet"), "italic"))
        changed = [line for line in difference(*self._summaries, width=_WHOLE) if line[:1] in _LOOKS]
        if not changed:
            return Content.assemble(title, "\n", (_("nothing"), "italic"))
        return Content("\n").join([title, *(Content.styled(printable(line), _LOOKS[line[0]]) for line in changed)])

    def _drawn(self, hunk: Hunk, place: str) -> Content:
        lines = [Content.styled(_("line {lines}").format(lines=place), "bold $primary")]
        for sign, text in (("-", self._old.text[slice(*hunk.old)]), ("+", self._new.text[slice(*hunk.new)])):
            cut = printable(text[:_LONGEST]) + ("…" if len(text) > _LONGEST else "")
            lines += [Content.styled(f"{sign} {line}", _LOOKS[sign]) for line in cut.split("\n") if line.strip()]
        return Content("\n").join(lines)
