"""How models come into the room: converted from a folder, or imported from a file. One at a time, on a line of its own.

What is done is asked for on a screen first. Knows nothing of the list: whoever shows it is told what has come.
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from assistant import Converted, Imported, convert_folder, import_file, one_line
from tui.figures import size
from tui.language import _
from tui.paths import place_of, unquoted
from tui.rooms.models.conversion import ConversionScreen, Wish
from tui.rooms.models.errand import Events
from tui.rooms.models.telling import fail, tell
from tui.rooms.models.words import PROOF
from tui.rooms.models.work import WorkLine
from tui.screens.pick_file import PickFileScreen


@dataclass(frozen=True, slots=True)
class Folder:
    """What was to be imported is a folder, whose model is to be converted."""

    path: str


class Coming(Vertical):
    """Tells with `Come` of each model that is there now."""

    class Come(Message):
        """A new model lies at this path."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self) -> None:
        super().__init__()
        self.line = WorkLine()

    def compose(self) -> ComposeResult:
        yield self.line

    @property
    def busy(self) -> bool:
        """Something is on its way."""
        return self.line.busy

    def convert(self, folder: str = "") -> None:
        """Choose what to convert, see what would come of it, and convert it."""
        if self._is_free():
            self.app.push_screen(ConversionScreen(folder), self._convert)

    def bring(self, path: str = "") -> None:
        """Bring a GGUF into the model folder; of a folder, convert what is in it."""
        if path:
            self._import(path)
        elif self._is_free():
            self.app.push_screen(PickFileScreen(_("Import a GGUF file"), ending=".gguf"), self._import)

    def stop(self) -> None:
        """Stop it; nothing of it is left behind."""
        self.line.stop()

    def _convert(self, wish: Wish | None) -> None:
        if wish is None or not self._is_free():
            return
        title = _("converting {name}").format(name=one_line(wish.name))
        self._work(
            title,
            lambda stopped: convert_folder(
                wish.source, quantization=wish.quantization, name=wish.name, interrupted=stopped
            ),
        )

    def _import(self, path: str | None) -> None:
        if not path or not self._is_free():
            return
        place = place_of(unquoted(path))

        def brought(_stopped: Callable[[], bool]) -> Generator[Any, None, None]:
            if os.path.isdir(place):  # noqa: PTH112  pathlib's raises for folders it may not enter
                yield Folder(place)
            else:
                yield from import_file(place)

        self._work(_("importing {name}").format(name=one_line(os.path.basename(place))), brought)  # noqa: PTH119

    def _work(self, title: str, work: Events) -> None:
        self.line.begin(title, work)
        self.refresh_bindings()

    @on(WorkLine.Done)
    def _done(self, message: WorkLine.Done) -> None:
        match message.result:
            case Converted(model):
                said = _("{name} is converted: {size}, {proof}.")
                proof = _(PROOF[model.proof][1])
                tell(self, said.format(name=one_line(model.name), size=size(model.bytes), proof=proof))
                self.post_message(Coming.Come(str(model.path)))
            case Imported(model, linked):
                said = _("{name} is imported; it takes no further room.") if linked else _("{name} is imported.")
                tell(self, said.format(name=one_line(model.name)))
                self.post_message(Coming.Come(str(model.path)))
            case Folder(path):
                self.app.push_screen(ConversionScreen(path), self._convert)

    @on(WorkLine.Over)
    def _over(self, message: WorkLine.Over) -> None:
        self.refresh_bindings()
        if message.error is not None:
            fail(self, message.error)

    def _is_free(self) -> bool:
        """Whether nothing is being converted or imported; says so where something is."""
        if self.busy:
            tell(self, _("One at a time: X stops what is being converted or imported."), "warning")
        return not self.busy
