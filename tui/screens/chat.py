"""The chat: prompt in, turns out. Decides what is sent when; the session works, the widgets draw."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static, TextArea

from assistant import (
    Cancelled,
    Changed,
    Decided,
    Discarded,
    EngineFailed,
    Finished,
    PieceDone,
    Reading,
    Result,
    Settled,
    Text,
    Trouble,
    Waiting,
    one_line,
    report,
)
from assistant import Noted as WatchingNoted
from tui.activity import Activity
from tui.commands import Unknown, completions, parse
from tui.messages import Broke, Ended, Failed, Heard, Noted, Reported
from tui.screens.help import HelpScreen
from tui.session import Session
from tui.stream import Events, Job, Streamer
from tui.widgets.completion import Completion
from tui.widgets.progress import ProgressRule
from tui.widgets.prompt import Prompt
from tui.widgets.status import Status
from tui.widgets.transcript import Transcript
from tui.widgets.turns import AnswerTurn, ErrorTurn, Note, UserTurn, Welcome
from tui.words import described, ended, named, title

WELCOME = """\
Write a message, or /summarize FILE to have a whole document read.
Nothing leaves this machine. F1 shows all keys."""


@dataclass(slots=True)
class Turn:
    """One thing the user asked for. `typed` is what goes back to the prompt if it comes to nothing."""

    typed: str
    user: UserTurn
    events: Callable[[], Events]
    answer: AnswerTurn | None = None


class ChatScreen(Screen[None]):
    """Owns the queue of turns; at most one of them is with the streamer."""

    AUTO_FOCUS = "Prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", show=False),
        Binding("ctrl+n", "new_chat", "New chat", show=False),
        Binding("f1", "help", "Help", show=False),
        Binding("pageup", "scroll(-1)", "Scroll up", show=False, priority=True),
        Binding("pagedown", "scroll(1)", "Scroll down", show=False, priority=True),
        Binding("ctrl+home", "top", "Start of the chat", show=False, priority=True),
        Binding("ctrl+end", "end", "End of the chat", show=False, priority=True),
    ]

    def __init__(self, session: Session, clock: Callable[[], float]) -> None:
        super().__init__()
        self._session = session
        self._activity = Activity(clock)
        self._streamer: Streamer | None = None
        self._queue: deque[Turn] = deque()
        self._turn: Turn | None = None
        self._busy = False
        self._used: int | None = 0
        self._settled: int | None = 0
        self._exact = True
        self._prompted = 0
        self._pieces = 0
        self._mark = ""
        self._partial = False

    # What it is made of

    def compose(self) -> ComposeResult:
        with Vertical(id="column"):
            yield Transcript()
            yield ProgressRule()
            yield Completion()
            with Horizontal(id="ask"):
                yield Static("❯", markup=False)
                yield Prompt()
            yield Status()

    def on_mount(self) -> None:
        self._transcript = self.query_one(Transcript)
        self._rule = self.query_one(ProgressRule)
        self._completion = self.query_one(Completion)
        self._prompt = self.query_one(Prompt)
        self._status = self.query_one(Status)
        self.call_later(self._transcript.add, Welcome("luciole", WELCOME))
        self._show()
        # The first frame is on the screen before the model library is touched.
        self.call_after_refresh(self._start)

    def on_unmount(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the model, whatever it is doing; nothing arrives afterwards."""
        if self._streamer is not None:
            self._streamer.close()
        self._session.close()

    def _start(self) -> None:
        self._streamer = Streamer(self.post_message)
        self._run(self._session.load)

    # What the user does

    @on(Prompt.Sent)
    async def _sent(self, message: Prompt.Sent) -> None:
        self._completion.offer([])
        try:
            called = parse(message.text)
        except Unknown as error:
            self._prompt.give_back(message.text)
            self.notify(one_line(str(error)), severity="warning", markup=False)
            return
        if called is None:
            text = message.text.strip()
            await self._ask(message.text, text, lambda: self._session.say(text))
            return
        command, argument = called
        if command.argument:
            work = self._session.watch if command.name == "watch" else self._session.summarize
            await self._ask(message.text, f"{command.name.capitalize()} {argument}", lambda: work(argument))
        else:
            await self.run_action(command.action)

    async def _ask(self, typed: str, shown: str, events: Callable[[], Events]) -> None:
        self.query(Welcome).remove()
        turn = Turn(typed, UserTurn(shown, queued=self._busy), events)
        await self._transcript.add(turn.user)
        self._queue.append(turn)
        if self._busy:
            self._show()
        else:
            await self._next()

    async def _next(self) -> None:
        """Hand the oldest waiting turn to the streamer, if there is one and it is free."""
        if self._busy or not self._queue:
            return
        turn = self._queue.popleft()
        turn.user.sent()
        turn.answer = AnswerTurn()
        self._turn = turn
        await self._transcript.add(turn.answer, after=turn.user)
        self._run(turn.events)

    def _run(self, events: Callable[[], Events]) -> None:
        if self._streamer is None:
            return
        self._busy = True
        self._prompted = self._pieces = 0
        self._mark, self._partial = "", False
        self._activity.begin()
        self._streamer.run(Job(events, self._session.used))
        self._show()

    def action_stop(self) -> None:
        """Stop what runs, and take back what waits."""
        if self._busy and self._streamer is not None:
            self._streamer.stop()
            self._session.interrupt()
            self._activity.stop()
            self._take_back()
            self._show()
        else:
            self._completion.offer([])
            self._prompt.completing = False

    def _take_back(self) -> None:
        """Waiting turns return to the prompt: nothing is sent that the user may no longer want."""
        while self._queue:
            turn = self._queue.pop()
            turn.user.remove()
            self._prompt.give_back(turn.typed)

    async def action_new_chat(self) -> None:
        """Empty the transcript; the model forgets the conversation."""
        if self._busy:
            self.action_stop()
        self._turn = None
        self._session.forget()
        self._used = self._settled = 0
        self._exact = True
        await self._transcript.empty()
        await self._transcript.add(Welcome("luciole", WELCOME))
        self._show()

    async def action_model(self) -> None:
        """Say which model is loaded."""
        self.query(Welcome).remove()
        await self._transcript.add(Note(described(self._session.info)))

    def action_help(self) -> None:
        """Keys and commands."""
        self.app.push_screen(HelpScreen())

    def action_quit(self) -> None:
        """Leave at once."""
        self.app.exit()

    def action_summarize(self, command: str = "summarize") -> None:
        """Begin the command in the prompt; the user adds the file."""
        self._prompt.replace_all(f"/{command} ")
        self._prompt.focus()

    def action_watch(self) -> None:
        """The same for a file that changes."""
        self.action_summarize("watch")

    def action_scroll(self, direction: int) -> None:
        """A page up or down, less one line."""
        self._transcript.page(direction)

    def action_top(self) -> None:
        """The start of the chat."""
        self._transcript.scroll_home(animate=False)

    def action_end(self) -> None:
        """The end of the chat, and stay there."""
        self._transcript.follow()

    @property
    def busy(self) -> bool:
        """Something runs on the engine."""
        return self._busy

    # What the prompt shows while a command is typed

    @on(TextArea.Changed)
    def _changed(self) -> None:
        text = self._prompt.text
        choices = completions(text)
        if [line for line, _ in choices] == [text]:
            choices = []
        self._completion.offer(choices)
        self._prompt.completing = bool(choices)

    @on(Prompt.Moved)
    def _moved(self, message: Prompt.Moved) -> None:
        if message.step:
            self._completion.move(message.step)
        elif self._completion.choice is not None:
            self._prompt.replace_all(self._completion.choice)

    @on(Transcript.Unseen)
    def _unseen(self, message: Transcript.Unseen) -> None:
        self._rule.unseen = message.unseen

    # What the model does

    @on(Heard)
    async def _heard(self, message: Heard) -> None:
        event = message.event
        self._activity.heard(event, message.pieces)
        match event:
            case Settled() if event.is_worth_saying:
                await self._note(event.reason)
            case Reading(_, total):
                self._prompted = total
                self._used, self._exact = total, True
            case Text(text):
                self._pieces += message.pieces
                self._used, self._exact = self._prompted + self._pieces, False
                if self._answer is not None:
                    await self._answer.write(text)
                    self._transcript.grown()
            case Finished(reason, usage):
                self._mark, self._partial = ended(reason, usage), reason != "stop"
        self._show()

    @on(Reported)
    async def _reported(self, message: Reported) -> None:
        match message.event:
            case PieceDone() as part:
                self._activity.done(part)
            case Decided(strategy, reason):
                if strategy != "whole":
                    await self._note(f"{strategy}: {reason}")
            case Discarded(reason) | Cancelled(reason):
                await self._note(reason)
                if self._answer is not None:
                    await self._answer.replace("")
            case Changed() as changed:
                await self._answer_anew()
                await self._note(changed.sentence)
            case Result() as result:
                await self._show_result(result)
            case Waiting(text) | Trouble(text) | WatchingNoted(text):
                self._activity.rest("watching")
                await self._note(text or "the file is back")
        self._show()

    @property
    def _answer(self) -> AnswerTurn | None:
        """The one in progress."""
        return self._turn.answer if self._turn is not None else None

    async def _note(self, text: str) -> None:
        """Above the answer in progress."""
        going_on = self._answer if self._answer is not None and not self._answer.mark else None
        await self._transcript.add(Note(text), before=going_on)

    async def _answer_anew(self) -> None:
        """The next words are another version's."""
        if self._turn is not None and self._answer is not None and self._answer.mark:
            old, self._turn.answer = self._answer, AnswerTurn()
            await self._transcript.add(self._turn.answer, after=old)

    async def _show_result(self, result: Result) -> None:
        self._mark = "\n".join((*report(result), "this summary is not part of the chat"))
        if self._answer is not None:
            await self._answer.replace(result.marked)
            await self._answer.finish(self._mark, partial=self._partial)
            self._transcript.grown()
        self._activity.rest("watching")

    @on(Noted)
    async def _noted(self, message: Noted) -> None:
        await self._note(message.text)

    @on(Ended)
    async def _ended(self, message: Ended) -> None:
        if message.stopped and not (self._answer is not None and self._answer.mark):
            written = self._answer is not None and self._answer.text
            self._mark = "stopped here" if written else "stopped before the first word; not part of the chat"
            self._partial = True
        if message.used is not None:
            self._settled = message.used
        await self._let_go(well=self._session.info is not None)
        self._show()
        await self._next()

    @on(Failed)
    async def _failed(self, message: Failed) -> None:
        turn = self._turn
        self._take_back()
        if turn is not None and turn.answer is not None:
            if turn.answer.text:
                self._mark, self._partial = "ended here by an error", True
                self._settled = None
            else:
                turn.answer.remove()
                turn.user.remove()
                self._prompt.give_back(turn.typed)
        await self._let_go(well=self._session.info is not None and not isinstance(message.error, EngineFailed))
        self.query(Welcome).remove()
        await self._transcript.add(ErrorTurn(title(message.error), str(message.error)))
        self._show()

    @on(Broke)
    def _broke(self, message: Broke) -> None:
        raise message.error

    async def _let_go(self, *, well: bool) -> None:
        """The engine is free again; `well`: with the model in memory."""
        turn, self._turn, self._busy = self._turn, None, False
        if turn is not None and turn.answer is not None and turn.answer.is_attached:
            await turn.answer.finish(self._mark, partial=self._partial)
            self._transcript.grown()
        self._activity.rest("ready" if well else "absent")
        self._used, self._exact = self._settled, True

    # What is drawn

    def _show(self) -> None:
        info = self._session.info
        activity = self._activity
        self._rule.fraction = activity.fraction
        self._status.show_state(activity.words, busy=self._busy, well=activity.phase == "ready")
        self._status.show_context(self._used, info.context if info is not None else 0, exact=self._exact)
        self._status.show_model("" if info is None else named(info))
        if self._busy:
            self._status.show_keys(("Enter", "queue"), ("Esc", "stop"), ("F1", "help"), ("Ctrl+Q", "quit"))
        else:
            self._status.show_keys(("Enter", "send"), ("Ctrl+J", "new line"), ("F1", "help"), ("Ctrl+Q", "quit"))
