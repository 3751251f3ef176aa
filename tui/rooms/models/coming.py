"""How models come into the room: pulled from the hub, converted, or imported. One at a time, on a line of its own.

What is done is asked for on a screen first. Knows nothing of the list: whoever shows it is told what has come.
"""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from tui.rooms.models.pull import PullScreen, PullWish
from tui.rooms.models.telling import fail, tell
from tui.rooms.models.words import PROOF
from tui.rooms.models.work import Progress, WorkLine
from tui.said import said
from tui.screens.pick_file import PickFileScreen

if TYPE_CHECKING:
    from tui.rooms.models.pulling import Pulling


@dataclass(frozen=True, slots=True)
class Folder:
    """What was to be imported is a folder, whose model is to be converted."""

    path: str


class Coming(Vertical):
    """Tells with `Come` of each model that is there now."""

    class Come(Message):
        """A new model lies at this path; empty: it may be any."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self) -> None:
        super().__init__()
        self.line = WorkLine()
        self._pulling: Pulling | None = None
        self._unfinished = ""
        """As it was asked for: what was pulled last, and did not come."""

    def compose(self) -> ComposeResult:
        yield self.line

    @property
    def busy(self) -> bool:
        """Something is on its way."""
        return self.line.busy

    @property
    def can_stop(self) -> bool:
        """`stop` has something to do."""
        return self.line.busy or self.line.failed

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

    def pull(self, name: str = "", *, absent: bool = False, held: int = 0) -> None:
        """Choose what to pull from the hub, see what it would take, and pull it.

        A `name` is looked at at once, unless it is `absent`: only asked for as a model that is here. `held`: bytes of
        memory that the loaded model would give back.
        """
        if self._is_free():
            look = bool(name) and not absent
            screen = PullScreen(name or self._unfinished, look=look, absent=absent, held=held)
            self.app.push_screen(screen, self._pull)

    def stop(self) -> None:
        """Stop it: nothing of it is left behind, but what was fetched. Or take away why it did not come."""
        self.line.stop()
        self.refresh_bindings()

    def _convert(self, wish: Wish | None) -> None:
        if wish is None or not self._is_free():
            return
        self._work(
            lambda: _("converting {name}").format(name=one_line(wish.name)),
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

        name = one_line(os.path.basename(place))  # noqa: PTH119
        self._work(lambda: _("importing {name}").format(name=name), brought)

    def _pull(self, wish: PullWish | None) -> None:
        if wish is None or not self._is_free():
            return
        from assistant import pull  # noqa: PLC0415  it was imported in the thread that made the plan
        from tui.rooms.models.pulling import Pulling  # noqa: PLC0415  likewise

        self._pulling = pulling = Pulling(wish.plan)
        self._unfinished = str(wish.plan.name)
        self._work(
            lambda: pulling.title,
            lambda stopped: pull(wish.plan, keep_source=wish.keep_source, interrupted=stopped),
            pulling,
        )

    def _work(self, title: Callable[[], str], work: Events, progress: Progress | None = None) -> None:
        self.line.begin(title, work, progress)
        self.refresh_bindings()

    @on(WorkLine.Done)
    def _done(self, message: WorkLine.Done) -> None:
        match message.result:
            case _ if self._pulling is not None:
                self._pulled(message.result)
            case Converted(model):
                words = _("{name} is converted: {size}, {proof}.")
                proof = _(PROOF[model.proof][1])
                tell(self, words.format(name=one_line(model.name), size=size(model.bytes), proof=proof))
                self.post_message(Coming.Come(str(model.path)))
            case Imported(model, linked):
                words = _("{name} is imported; it takes no further room.") if linked else _("{name} is imported.")
                tell(self, words.format(name=one_line(model.name)))
                self.post_message(Coming.Come(str(model.path)))
            case Folder(path):
                self.app.push_screen(ConversionScreen(path), self._convert)

    @on(WorkLine.Over)
    def _over(self, message: WorkLine.Over) -> None:
        self.refresh_bindings()
        pulling, self._pulling = self._pulling, None
        if message.error is not None:
            fail(self, message.error)
        if pulling is not None and (message.stopped or message.error is not None):
            if words := pulling.left_off():
                tell(self, words, "warning")
            self.post_message(Coming.Come(""))  # it may have come in the moment it was stopped

    def _pulled(self, result: object) -> None:
        from assistant import Pulled  # noqa: PLC0415  as above
        from tui.rooms.models.pulling import come  # noqa: PLC0415  likewise

        if isinstance(result, Pulled):
            self._unfinished = ""
            tell(self, come(result))
            for warning in result.warnings:
                tell(self, f"{result.model.name}: {said(warning)}", "warning")
            self.post_message(Coming.Come(str(result.model.path)))

    def _is_free(self) -> bool:
        """Whether nothing is on its way; says so where something is."""
        if self.busy:
            tell(self, _("One at a time: X stops what is on its way."), "warning")
        return not self.busy
