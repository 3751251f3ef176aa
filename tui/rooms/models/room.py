"""The room of models: what is there and what it needs, which one is loaded, and how models come and go."""

from collections.abc import Callable, Generator
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import DataTable

from assistant import (
    Installed,
    freed_by_removing,
    installed,
    make_default,
    one_line,
    remove_model,
    rename_model,
)
from tui.desk import Desk
from tui.figures import size
from tui.jobs import Job
from tui.language import N_, _
from tui.messages import Began, Ended, Failed
from tui.rooms.models.coming import Coming
from tui.rooms.models.detail import Detail
from tui.rooms.models.errand import Errand, Events
from tui.rooms.models.model_table import ModelTable
from tui.rooms.models.telling import fail, tell
from tui.rooms.room import Room
from tui.screens.confirm import ConfirmScreen
from tui.screens.entry import EntryScreen

_SIDE_BY_SIDE = 150
"""Columns from which list and details stand beside each other."""

Take = Callable[[Any], None]


class ModelsRoom(Room):
    """Nothing here waits: the disk, the planner and the converter are asked in threads, the engine by the desk."""

    NAME = "models"
    TITLE = N_("Models")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pull", N_("pull"), id="models.pull"),
        Binding("c", "convert", N_("convert"), id="models.convert"),
        Binding("i", "bring", N_("import"), id="models.import"),
        Binding("d", "default", N_("default"), id="models.default"),
        Binding("r", "rename", N_("rename"), id="models.rename"),
        Binding("delete", "remove", N_("remove"), id="models.remove"),
        Binding("a", "all_settings", N_("all settings"), id="models.all_settings"),
        Binding("x", "stop_work", N_("stop what comes"), id="models.stop"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._table = ModelTable()
        self._detail = Detail()
        self._coming = Coming()
        self._models: tuple[Installed, ...] = ()
        self._takers: dict[Errand, Take] = {}
        self._listing: Errand | None = None
        self._loading: dict[Job, Installed] = {}
        self._shown = ("", "")
        self._wanted = ""

    def compose(self) -> ComposeResult:
        with Container(id="shelf"):
            yield self._table
            yield self._detail
        yield self._coming

    def on_unmount(self) -> None:
        for errand in list(self._takers):
            errand.close()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _SIDE_BY_SIDE, "-wide")

    def arrive(self) -> None:
        self._table.focus()
        self._detail.forget()
        self.look()

    def show_progress(self, _fraction: float | None) -> None:
        if self._marks[0] != self._shown[0]:  # another model is loaded: it was used just now, and has its memory
            self._detail.forget()
            self.look()
        if self._marks != self._shown:
            self._draw()

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        return self._coming.can_stop if action == "stop_work" else True

    @property
    def _marks(self) -> tuple[str, str]:
        """Paths of the loaded model, and of the one that is being loaded."""
        info, running = self.desk.holder.info, self.desk.running
        loading = self._loading.get(running) if running is not None else None
        return (info.path if info is not None else "", str(loading.path) if loading is not None else "")

    # What is there

    def look(self, highlight: str = "") -> None:
        """Look again what is there; `highlight`: the path of the model one will want to see."""
        if self._listing is not None:
            self._listing.close()
            self._takers.pop(self._listing, None)
        self._wanted = highlight or self._wanted
        loaded = self._marks[0]
        self._listing = self._start(once(lambda: installed([loaded] if loaded else [])), self._listed)

    def _listed(self, models: tuple[Installed, ...]) -> None:
        if not self._models and not self._wanted:
            loaded = [str(model.path) for model in models if str(model.path) == self._marks[0]]
            self._wanted = next(iter([*loaded, *(str(model.path) for model in models if model.is_default)]), "")
        self._models = models
        self._draw()
        self._table.highlight(self._wanted)
        self._wanted = ""
        self._show_detail()

    def _draw(self) -> None:
        self._shown = loaded, loading = self._marks
        self._table.show(self._models, loaded=loaded, loading=loading)
        self._show_detail()

    @on(DataTable.RowHighlighted)
    def _show_detail(self) -> None:
        model = self._table.model
        info = self.desk.holder.info
        loaded = info is not None and model is not None and str(model.path) == info.path
        self._detail.show(model, running=info if loaded else None, held=self._held())

    def _held(self) -> int:
        """Bytes that the loaded model would give back: all that it takes but the weights, which are its file's."""
        info = self.desk.holder.info
        if info is None or info.gpu_layers:
            return 0
        weights = next((model.bytes for model in self._models if str(model.path) == info.path), info.memory)
        return max(0, info.memory - weights)

    def action_all_settings(self) -> None:
        """All ways to keep keys and values, or only the one that is taken by itself."""
        self._detail.every_setting = not self._detail.every_setting
        self._detail.show_words()

    # Loading

    @on(DataTable.RowSelected)
    def _selected(self) -> None:
        self.action_load()

    def action_load(self) -> None:
        """Load the highlighted model in place of the one there is; what is typed in the chat stays."""
        model = self._table.model
        if model is None:
            return
        if model.problem:
            tell(self, model.problem, "warning")
        elif str(model.path) in self._marks:
            tell(self, _("{name} is loaded already.").format(name=one_line(model.name)))
        else:
            label = _("loading {name}").format(name=one_line(model.name))
            job = Job(self, lambda: self.desk.holder.use(str(model.path)), label=label)
            self._loading[job] = model
            if self.desk.busy:
                tell(
                    self, _("{name} comes when what runs now is done; Esc stops it.").format(name=one_line(model.name))
                )
            self.desk.submit(job)

    @on(Began)
    def _began(self) -> None:
        self._draw()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        model = self._loading.pop(message.job, None)
        if model is not None and not message.stopped:
            tell(self, _("{name} is loaded.").format(name=one_line(model.name)))
        self.look()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self._loading.pop(message.job, None)
        fail(self, message.error)
        self.look()

    # Coming

    def action_convert(self, folder: str = "") -> None:
        """Convert a folder."""
        self._coming.convert(folder)

    def action_bring(self, path: str = "") -> None:
        """Import a file."""
        self._coming.bring(path)

    def action_pull(self, name: str = "", absent: str = "") -> None:
        """Pull a model from the hub; `absent`: one that was asked for as if it were here."""
        self._coming.pull(name or absent, absent=bool(absent), held=self._held())

    def action_stop_work(self) -> None:
        """Stop what is on its way."""
        self._coming.stop()

    @on(Coming.Come)
    def _come(self, message: Coming.Come) -> None:
        self.look(message.path)

    # Changing

    def action_default(self) -> None:
        """Make the highlighted model the one that Luciole starts with."""
        if (model := self._table.model) is None or model.problem:
            return

        def done(_none: object) -> None:
            tell(self, _("Luciole starts with {name} from now on.").format(name=one_line(model.name)))
            self.look()

        self._start(once(lambda: make_default(model)), done)

    def action_rename(self) -> None:
        """Give the highlighted model another name."""
        if (model := self._changeable()) is None:
            return

        def rename(name: str | None) -> None:
            if name and name != model.stem:
                self._start(once(lambda: rename_model(model, name)), lambda found: self.look(str(found.path)))

        self.app.push_screen(EntryScreen(_("Rename {name}").format(name=one_line(model.name)), model.stem), rename)

    def action_remove(self) -> None:
        """Remove the highlighted model from the disk, after a question that says what is freed."""
        if (model := self._changeable()) is None:
            return
        self._start(once(lambda: freed_by_removing(model)), lambda freed: self._ask_to_remove(model, freed))

    def _ask_to_remove(self, model: Installed, freed: int) -> None:
        name = one_line(model.name)
        if freed:
            text = _("{size} will be free again. It cannot be undone.").format(size=size(freed))
        else:
            text = _("The same file has another place on this disk and stays there, so nothing is freed.")
        if model.origin is not None and freed > model.bytes:
            text += "\n" + _("{size} of that is in the cache of the hub.").format(size=size(freed - model.bytes))
        elif model.origin is not None and model.origin.brought and freed:
            text += "\n" + _("The same file goes from the cache of the hub too.")
        if model.is_default:
            text += "\n" + _("It is the default; the starter model will be.")

        def remove(yes: bool | None) -> None:
            if yes:
                self._start(once(lambda: remove_model(model)), removed)

        def removed(bytes_: int) -> None:
            tell(self, _("{name} is removed, {size} are free again.").format(name=name, size=size(bytes_)))
            self.look()

        self.app.push_screen(ConfirmScreen(_("Remove {name}?").format(name=name), text, yes=_("Remove")), remove)

    def _changeable(self) -> Installed | None:
        """The highlighted model, if its files are ours to change; says why not."""
        model = self._table.model
        if model is not None and str(model.path) in self._marks:
            tell(self, _("{name} is in use; load another model first.").format(name=one_line(model.name)), "warning")
            return None
        if model is not None and model.place != "folder":
            said = _("{name} does not lie in the model folder; only models there can be changed. I imports it.")
            tell(self, said.format(name=one_line(model.name)), "warning")
            return None
        return model

    # Threads

    def _start(self, work: Events, take: Take) -> Errand:
        errand = Errand(self, work)
        self._takers[errand] = take
        return errand.start()

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        if (take := self._takers.get(message.errand)) is not None:
            take(message.event)

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        if self._takers.pop(message.errand, None) is not None and message.error is not None:
            fail(self, message.error)


def once(action: Callable[[], Any]) -> Events:
    """The one thing that comes of an action, as an errand plays it."""

    def events(_stopped: Callable[[], bool]) -> Generator[Any, None, None]:
        yield action()

    return events
