"""Everything about one model, and the memory it needs, which is counted when one stays on it; scrolls."""

from collections.abc import Callable, Generator, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from assistant import AssistantError, Installed, MemoryRow, ModelInfo, Origin, memory_rows, one_line
from tui.figures import size
from tui.language import _
from tui.rooms.models.errand import Errand
from tui.rooms.models.facts import two_columns
from tui.rooms.models.memory import chosen_rows, legend, memory_bars
from tui.rooms.models.words import PROOF, ago, count_of, place, rope_long, running
from tui.said import said

_REST = 0.3
"""Seconds that one stays on a model before its memory is counted."""


class Detail(VerticalScroll):
    """Shows the model it is told; `text` is what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.every_setting = False
        """Show all ways to keep keys and values, and not only the one that is taken by itself."""
        self.text = ""
        self._model: Installed | None = None
        self._info: ModelInfo | None = None
        self._held = 0
        self._known: dict[str, Sequence[MemoryRow]] = {}
        self._error: AssistantError | None = None
        self._errand: Errand | None = None
        self._rest: Timer | None = None
        self._facts = Static(markup=False)
        self._memory = Static(markup=False)

    def compose(self) -> ComposeResult:
        yield self._memory
        yield self._facts

    def on_resize(self, _event: events.Resize) -> None:
        self.show_words()

    def on_unmount(self) -> None:
        self._leave()

    def show(self, model: Installed | None, *, running: ModelInfo | None, held: int = 0) -> None:
        """This model; `running`: how, where it is the loaded one. `held`: bytes that the loaded one would give back."""
        if model is None or self._model is None or model.path != self._model.path:
            self._leave()
            self.scroll_home(animate=False)
        self._model, self._info, self._held = model, running, held
        self._want()
        self.show_words()

    def forget(self) -> None:
        """What is free may be another amount by now: count anew."""
        self._leave()
        self._known.clear()
        self._want()

    def _want(self) -> None:
        model = self._model
        busy = self._errand is not None or self._rest is not None or self._error is not None
        if model is not None and not model.problem and str(model.path) not in self._known and not busy:
            self._rest = self.set_timer(_REST, self._count)

    def _leave(self) -> None:
        if self._rest is not None:
            self._rest.stop()
        if self._errand is not None:
            self._errand.close()
        self._rest = self._errand = self._error = None

    def _count(self) -> None:
        self._rest = None
        if (model := self._model) is None:
            return
        path, held = model.path, self._held

        def counted(stopped: Callable[[], bool]) -> Generator[object, None, None]:
            yield memory_rows(path, held=held, interrupted=stopped)

        self._errand = Errand(self, counted).start()

    @on(Errand.Came)
    def _came(self, message: Errand.Came) -> None:
        message.stop()
        if message.errand is self._errand and self._model is not None and isinstance(message.event, tuple):
            self._known[str(self._model.path)] = message.event
            self.show_words()

    @on(Errand.Over)
    def _over(self, message: Errand.Over) -> None:
        message.stop()
        if message.errand is self._errand:
            self._errand, self._error = None, message.error
            self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        model = self._model
        if model is None:
            words = _("No model is here yet. P pulls one from the hub, I imports a GGUF file, C converts a folder.")
            memory = Content(words)
            facts = Content()
        else:
            title = Content.styled(one_line(model.name), "bold $primary")
            memory = title if model.problem else Content("\n").join([title, *self._counted(model)])
            facts = Content("\n").join(two_columns(self._told(model), self._width))
        self._memory.update(memory)
        self._facts.update(facts)
        self.text = f"{memory.plain}\n{facts.plain}"

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _told(self, model: Installed) -> list[tuple[str, Content]]:
        rows: list[tuple[str, str]] = []
        if model.problem:
            rows.append((_("problem"), said(model.problem)))
        else:
            proof, word = PROOF[model.proof]
            kind = f"{model.architecture} · {_('{count} parameters').format(count=count_of(model.parameters))}"
            if model.layers is not None:
                kind += f" · {_('{count} layers').format(count=model.layers)}"
            context = "–" if model.context is None else _("{count} tokens").format(count=f"{model.context:,}")
            rows += [
                (_("kind"), kind),
                (_("type"), f"{model.quantization} · {size(model.bytes)}"),
                (_("context"), context),
                (_("RoPE"), rope_long(model.rope) if model.rope is not None else "–"),
                (_("proof"), f"{proof} {_(word)} · {said(model.why)}"),
            ]
            if not model.chats:
                rows.append((_("chat"), _("no chat template: it only continues texts")))
        if licence := _licence(model):
            rows.append((_("licence"), licence))
        if model.origin is not None:
            rows.append((_("from"), _from(model.origin)))
        if self._info is not None:
            rows.append((_("running"), running(self._info)))
        rows += [(_("last used"), self._used(model)), (_("file"), f"{model.path} · {place(model)}")]
        return [(name, Content(one_line(value))) for name, value in rows]

    def _used(self, model: Installed) -> str:
        parts = [_("loaded now") if self._info is not None else ago(model.last_used)]
        if model.is_default:
            parts.append(_("★ the default: what Luciole starts with"))
        return " · ".join(parts)

    def _counted(self, model: Installed) -> list[Content]:
        if self._error is not None:
            return [Content.styled(one_line(str(self._error)), "$error")]
        known = self._known.get(str(model.path))
        if known is None:
            return [Content.styled(_("counting what it takes of the memory …"), "$foreground 60%")]
        return [memory_bars(known if self.every_setting else chosen_rows(known), self._width), legend(self._width)]


def _licence(model: Installed) -> str:
    """As its repository names it, with the place where it can be read; else as its file does."""
    origin = model.origin
    named = (origin.licence if origin is not None else "") or model.licence
    return " · ".join(filter(None, (named, origin.link if origin is not None else "")))


def _from(origin: Origin) -> str:
    """The repository, the commit, and when it was pulled."""
    words = _("{name} of the hub, revision {revision}, pulled on {day}")
    return words.format(name=origin.repository, revision=origin.revision, day=f"{origin.pulled:%Y-%m-%d}")
