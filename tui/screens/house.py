"""The main screen: the bar of rooms above, the room one is in, the status line below. Hands out what rooms ask for."""

from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from assistant import EngineFailed, PieceDone, one_line
from tui.activity import sparkline
from tui.aside import Aside
from tui.commands import Unknown
from tui.commands import named as command_named
from tui.desk import Desk
from tui.jobs import Job
from tui.language import N_, _
from tui.later import load_aside
from tui.messages import (
    Began,
    Broke,
    ContextUsed,
    ConversationGone,
    Do,
    Ended,
    Failed,
    Go,
    Heard,
    OpenConversation,
    OpenDocument,
    Reported,
    UseModel,
    Withdrawn,
)
from tui.rooms import TITLES
from tui.rooms.chat.room import ChatRoom
from tui.rooms.room import Room
from tui.screens.looks import Looks
from tui.sought import Sought, sought
from tui.widgets.prompt import Prompt
from tui.widgets.room_bar import RoomBar
from tui.widgets.status import Status
from tui.words import named, running

if TYPE_CHECKING:
    from tui.rooms.documents.room import DocumentsRoom
    from tui.rooms.history.room import HistoryRoom
    from tui.rooms.models.room import ModelsRoom

KEYS = {"chat": "F2", "documents": "F3", "models": "F4", "history": "F5"}
_LATER = 0.4
"""Seconds from the first frame until what it did without is imported: the first keys come before."""
_PAUSE = 0.1
"""Seconds between two drawings of figures."""


class House(Looks):
    """Rooms are put on the screen when they are first entered, so that the first frame waits for the chat alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", N_("stop"), id="stop"),
        Binding("escape", "back", N_("Back"), show=False, id="back"),
        Binding("f1", "help", N_("help"), id="help"),
        Binding("f2", "go('chat')", N_("Chat"), show=False, id="go.chat"),
        Binding("f3", "go('documents')", N_("Documents"), show=False, id="go.documents"),
        Binding("f4", "go('models')", N_("Models"), show=False, id="go.models"),
        Binding("f5,ctrl+s", "go('history')", N_("History"), show=False, id="go.history"),
        Binding("f6", "settings", N_("Settings"), show=False, priority=True, id="settings"),
        Binding("ctrl+q", "quit", N_("quit"), priority=True, id="quit"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.chat = ChatRoom(desk)
        self._looking = Aside(self, "luciole-models")
        self._used: dict[str, ContextUsed] = {}
        self._soon = False
        self._was_busy = False

    def on_unmount(self) -> None:
        self._looking.close()

    def compose(self) -> ComposeResult:
        yield RoomBar(list(TITLES.items()))
        with ContentSwitcher(initial=self.chat.NAME):
            yield self.chat
        yield Status()

    def on_mount(self) -> None:
        self.query_one(RoomBar).show(self.chat.NAME)
        self.chat.arrive()
        self._show()
        self.set_timer(_LATER, load_aside)

    @cached_property
    def documents(self) -> "DocumentsRoom":
        """Made, as the two below, when it is first asked for."""
        from tui.rooms.documents.room import DocumentsRoom  # noqa: PLC0415  see `tui.later`

        return DocumentsRoom(self.desk)

    @cached_property
    def models(self) -> "ModelsRoom":
        from tui.rooms.models.room import ModelsRoom  # noqa: PLC0415  likewise

        return ModelsRoom(self.desk)

    @cached_property
    def history(self) -> "HistoryRoom":
        from tui.rooms.history.room import HistoryRoom  # noqa: PLC0415  likewise

        return HistoryRoom(self.desk)

    def room_named(self, name: str) -> Room:
        """One of `TITLES`."""
        match name:
            case "documents":
                return self.documents
            case "models":
                return self.models
            case "history":
                return self.history
            case _:
                return self.chat

    @property
    def room(self) -> Room:
        """The one on the screen."""
        return self.room_named(self.query_one(ContentSwitcher).current or self.chat.NAME)

    def show_words(self) -> None:
        """The language has changed: everything on the screen is drawn in it."""
        for widget in self.walk_children():
            redraw = getattr(widget, "show_words", None)
            if callable(redraw):
                redraw()
        self._show()

    # What the user and the rooms ask for

    async def action_go(self, name: str) -> None:
        """Enter a room."""
        switcher, room = self.query_one(ContentSwitcher), self.room_named(name)
        if not room.is_attached:
            await switcher.mount(room)
        switcher.current = name
        self.query_one(RoomBar).show(name)
        room.arrive()
        self._show()

    async def action_go_chat(self) -> None:
        """To the chat."""
        await self.action_go("chat")

    async def action_go_documents(self) -> None:
        """To the documents."""
        await self.action_go("documents")

    async def action_go_models(self) -> None:
        """To the models."""
        await self.action_go("models")

    async def action_go_history(self) -> None:
        """To the kept conversations."""
        await self.action_go("history")

    async def action_model(self, name: str = "") -> None:
        """Load the model of this name and stay here; without a name, go where all of them are."""
        if name:
            self.post_message(UseModel(name))
        else:
            await self.action_go("models")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  Textual's
        """Stopping is offered while something runs; then Esc means nothing else."""
        return self.desk.busy == (action == "stop") if action in {"stop", "back"} else True

    def action_export(self, name: str) -> None:
        """Write to a file what is open in this room: a document's summary and answers, what is chosen, or the chat."""
        if self.room is self.documents:
            self.documents.action_export(name)
        elif self.room is self.history:
            self.history.action_export()
        else:
            self.chat.action_export(name)

    def action_stop(self) -> None:
        """Stop what runs and take back what waits."""
        self.desk.stop()
        self._show()

    def action_back(self) -> None:
        """Leave what is open in the room."""
        self.room.back()

    def action_help(self) -> None:
        """Keys and commands."""
        from tui.screens.help import HelpScreen  # noqa: PLC0415  likewise

        self.app.push_screen(HelpScreen(self, self.room.TITLE), self._chosen)

    def _chosen(self, command: str | None) -> None:
        """In the help."""
        if command is not None:
            self.begin(command)

    def action_welcome(self) -> None:
        """The first page; whatever is written over it goes to the chat."""
        from tui.screens.first_run import FirstRunScreen  # noqa: PLC0415  likewise

        self.app.push_screen(FirstRunScreen(self.chat.query_one(Prompt).post_message), self._welcomed)

    async def _welcomed(self, result: str | None) -> None:
        from tui.screens.first_run import BEGIN, SAMPLE, sample_path  # noqa: PLC0415  likewise

        await self.action_go(self.chat.NAME)
        if result == SAMPLE:
            self.post_message(OpenDocument(str(sample_path()), summarize=True))
        elif result is not None and result != BEGIN:
            self.begin(result)

    def action_settings(self) -> None:
        """Looks, language, limits, keys."""
        from tui.screens.settings import SettingsScreen  # noqa: PLC0415  likewise

        self.app.push_screen(SettingsScreen())

    def action_quit(self) -> None:
        """Leave at once."""
        self.app.exit()

    async def obey(self, name: str, argument: str = "") -> None:
        """Do what the command of this name does, in its room. Raises Unknown."""
        command = command_named(name)
        target: House | Room = self
        if command.room:
            target = self.room_named(command.room)
            await self.action_go(command.room)
        done = getattr(target, f"action_{command.action}")
        result = done(argument) if command.argument else done()
        if hasattr(result, "__await__"):
            await result

    def begin(self, name: str) -> None:
        """As chosen in the palette: do it, or where it needs something to go with, begin it in the prompt."""
        command = command_named(name)
        if command.needs_argument:
            self.post_message(Go(self.chat.NAME))
            self.chat.begin(command)
        else:
            self.post_message(Do(name))

    @on(Go)
    async def _go(self, message: Go) -> None:
        await self.action_go(message.room)

    @on(Do)
    async def _do(self, message: Do) -> None:
        try:
            await self.obey(message.command, message.argument)
        except Unknown as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)

    @on(OpenDocument)
    async def _open_document(self, message: OpenDocument) -> None:
        await self.action_go("documents")
        await self.documents.open(
            message.path,
            summarize=message.summarize,
            watch=message.watch,
            conversation=message.conversation,
            turn=message.turn,
        )

    @on(OpenConversation)
    async def _open_conversation(self, message: OpenConversation) -> None:
        await self.action_go(self.chat.NAME)
        await self.chat.open(message.identity, message.turn)

    @on(ConversationGone)
    async def _conversation_gone(self, message: ConversationGone) -> None:
        await self.chat.let_go(message.identity)

    @on(UseModel)
    def _use_model(self, message: UseModel) -> None:
        self._looking.only(lambda _stopped: sought(message.model))

    @on(Sought)
    async def _sought(self, message: Sought) -> None:
        if message.absent:
            await self.action_go("models")
            self.models.action_pull(absent=message.model)
        else:
            use = partial(self.desk.holder.use, message.model)
            self.desk.submit(Job(self.chat, use, label=_("loading the model")))

    # What becomes of jobs

    @on(Began)
    @on(Withdrawn)
    def _changed(self) -> None:
        self._show()

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        if message.job is self.desk.running:
            self.desk.activity.heard(message.event, message.pieces)
            self._show_soon()

    @on(Reported)
    def _reported(self, message: Reported) -> None:
        if isinstance(message.event, PieceDone):
            self.desk.activity.done(message.event)
        self._show()

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        self.desk.over(message.job, well=self.desk.holder.info is not None)
        self._show()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        loaded = self.desk.holder.info is not None and not isinstance(message.error, EngineFailed)
        self.desk.over(message.job, well=loaded)
        self._show()

    @on(Broke)
    def _broke(self, message: Broke) -> None:
        raise message.error

    @on(ContextUsed)
    def _context_used(self, message: ContextUsed) -> None:
        self._used[message.room] = message
        if self.desk.busy:
            self._show_soon()
        else:
            self._show()

    # What is drawn

    def _show_soon(self) -> None:
        """While words stream, ten times a second are enough for figures; a screen must not take the model's cores."""
        if not self._soon:
            self._soon = True
            self.set_timer(_PAUSE, self._show)

    def _show(self) -> None:
        self._soon = False
        status, activity, info = self.query_one(Status), self.desk.activity, self.desk.holder.info
        waiting = len(self.desk.waiting)
        status.show_state(
            activity.words,
            busy=self.desk.busy,
            well=activity.phase in ("ready", "watching"),
            waiting=waiting,
            rates=sparkline(activity.rates),
        )
        if self.room.is_mounted:
            self.room.show_progress(activity.fraction)
        used = self._used.get(self.room.NAME)
        if used is None:
            status.show_context(None, 0)
        else:
            limit = used.limit or (info.context if info is not None else 0)
            status.show_context(used.used, limit, exact=used.exact, coming=used.coming, who=used.who)
        if info is None:
            status.show_model("", "", ())
        else:
            status.show_model(named(info), _(info.proof), running(info))
        if self.desk.busy != self._was_busy:
            self._was_busy = self.desk.busy
            self.refresh_bindings()
