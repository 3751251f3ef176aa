"""Documents that were worked on before, the last one first: to go on with one while none is open."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from assistant import HistoryFailed, Store, one_line
from tui.aside import Stopped
from tui.language import N_

MOST = 8


@dataclass(frozen=True, slots=True)
class Recent:
    """A document, and the last conversation about it."""

    path: str
    conversation: str
    title: str


class RecentFound(Message):
    """What is kept was looked through."""

    def __init__(self, found: tuple[Recent, ...]) -> None:
        super().__init__()
        self.found = found


def find_recent(_stopped: Stopped) -> RecentFound:
    """For a thread beside the screen. Nothing where nothing is kept, or it cannot be read: the history says why."""
    try:
        with Store() as store:
            entries = store.entries()
    except HistoryFailed:
        return RecentFound(())
    found: dict[str, Recent] = {}
    for entry in entries:
        path = entry.heading.document
        if path and path not in found and PurePath(path).is_absolute() and "\n" not in path and Path(path).exists():
            found[path] = Recent(path, entry.heading.id, entry.title)
        if len(found) == MOST:
            break
    return RecentFound(tuple(found.values()))


class RecentList(OptionList):
    """Enter or a click opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", N_("next"), show=False, id="documents.recent_next"),
        Binding("k", "cursor_up", N_("before"), show=False, id="documents.recent_previous"),
    ]

    @dataclass
    class Opened(Message):
        """The reader wants this one."""

        recent: Recent

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._found: tuple[Recent, ...] = ()

    def offer(self, found: tuple[Recent, ...]) -> None:
        """Show these."""
        self._found = found
        self.display = bool(found)
        self.set_options([Option(_drawn(recent)) for recent in found])
        self.highlighted = 0 if found else None

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.post_message(self.Opened(self._found[message.option_index]))


def _drawn(recent: Recent) -> Content:
    path = PurePath(recent.path)
    return Content.assemble(
        (one_line(path.name), "bold"),
        (f"  {one_line(recent.title)}", "italic $foreground 70%"),
        (f"  {one_line(str(path.parent))}", "$foreground 50%"),
    )
