"""Choosing a file, or a folder, by a few letters of its name or step by step, over whatever is on the screen."""

import os
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from assistant import one_line, printable
from tui.aside import Aside
from tui.figures import size
from tui.files import Found, find_files
from tui.language import N_, _
from tui.paths import place_of
from tui.widgets.option_lines import OptionLines

_HERE = "."


class PickFileScreen(ModalScreen[str | None]):
    """Gives a path as it was typed or chosen, or None where it was left with Esc.

    `folders`: a folder is wanted; `ending`: a file with this ending, and no document.
    """

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("down", "move('cursor_down')", N_("Next"), show=False),
        Binding("up", "move('cursor_up')", N_("Previous"), show=False),
        Binding("pagedown", "move('page_down')", N_("Further down"), show=False),
        Binding("pageup", "move('page_up')", N_("Further up"), show=False),
        Binding("tab", "complete", N_("Complete"), show=False, priority=True),
    ]

    @dataclass
    class Listed(Message):
        """The files that were looked for."""

        start: str
        found: tuple[Found, ...]

    @dataclass
    class Entered(Message):
        """Enter was pressed behind this; `whole`: it is what is wanted, without a choice from the list."""

        start: str
        whole: bool

    def __init__(self, title: str, start: str = "", *, folders: bool = False, ending: str = "") -> None:
        super().__init__()
        self._title = title
        self._start = start
        self._folders = folders
        self._ending = ending
        self._found: tuple[Found, ...] = ()
        self._looking = Aside(self, "luciole-pick")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = _("Enter: choose   Tab: complete   Esc: cancel")
            yield Input(printable(self._start), placeholder=_("letters of its name, or a path"), select_on_focus=False)
            yield OptionLines(markup=False)
            yield Static(_("nothing here is called so"), markup=False, classes="none")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._look(self._start)

    def on_unmount(self) -> None:
        self._looking.close()

    def _look(self, start: str) -> None:
        self._looking.only(lambda stopped: self.Listed(start, find_files(start, stopped, ending=self._ending)))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        if message.start != self._field.value:
            return
        self._found = tuple(each for each in message.found if not self._folders or each.bytes is None)
        options = [Option(_drawn(each), id=each.path) for each in self._found]
        if self._folders:
            here = self._field.value or "./"
            options.insert(0, Option(Content.assemble((_("this folder"), "bold"), f"  {one_line(here)}"), id=_HERE))
        found = self.query_one(OptionList)
        found.set_options(options)
        found.highlighted = 0 if options else None
        self.query_one(".none").display = not options

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        self._look(message.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        start, is_one = self._field.value, os.path.isdir if self._folders else os.path.isfile  # pathlib's may raise
        self._looking.do(lambda _stopped: self.Entered(start, bool(start) and is_one(place_of(start))))

    @on(Entered)
    def _entered(self, message: Entered) -> None:
        if message.start != self._field.value:
            return
        if message.whole:
            self.dismiss(message.start)
        else:
            self._choose()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self._choose()

    def action_move(self, step: str) -> None:
        """Another one in the list."""
        getattr(self.query_one(OptionList), f"action_{step}")()

    def action_complete(self) -> None:
        """The marked one in place of what is typed."""
        path = self._marked
        if path not in (None, _HERE):
            self._type(path)

    def _choose(self) -> None:
        path = self._marked
        if path is None:
            return
        if path == _HERE:
            self.dismiss(self._field.value or ".")
        elif path.endswith("/"):
            self._type(path)
        else:
            self.dismiss(path)

    def _type(self, path: str | None) -> None:
        self._field.value = path or ""
        self._field.cursor_position = len(self._field.value)
        self._field.focus()

    @property
    def _field(self) -> Input:
        return self.query_one(Input)

    @property
    def _marked(self) -> str | None:
        found = self.query_one(OptionList)
        return None if found.highlighted is None else found.get_option_at_index(found.highlighted).id


def _drawn(found: Found) -> Content:
    """The path with the letters that were typed, and the size."""
    content = Content(one_line(found.path))
    for place in found.places:
        content = content.stylize("bold $primary", place, place + 1)
    return content if found.bytes is None else Content.assemble(content, (f"  {size(found.bytes)}", "$foreground 50%"))
