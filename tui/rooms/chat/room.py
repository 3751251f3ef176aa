"""The chat: prompt in, turns out. The talk works, the desk says when, the widgets draw."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from assistant import (
    Cancelled,
    Changed,
    Decided,
    Discarded,
    Finished,
    Loading,
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
from tui.commands import Command, Unknown, parse
from tui.desk import Desk
from tui.jobs import Job
from tui.language import N_, _
from tui.messages import Began, ContextUsed, Do, Ended, Failed, Heard, Noted, Reported, Withdrawn
from tui.rooms.chat.talk import Talk
from tui.rooms.room import Room
from tui.widgets.ask import Ask
from tui.widgets.progress import ProgressRule
from tui.widgets.transcript import Transcript
from tui.widgets.turns import AnswerTurn, ErrorTurn, Note, UserTurn, Welcome
from tui.words import described, ended, title

WELCOME = N_(
    "Write a message, or /summarize FILE to have a whole document read.\n"
    "Nothing leaves this machine. F1 shows all keys."
)


@dataclass(slots=True)
class Turn:
    """One thing the user asked for. `typed` is what goes back to the prompt if it comes to nothing."""

    typed: str
    user: UserTurn
    answer: AnswerTurn | None = None


class ChatRoom(Room):
    """Owns the turns; the one that is being answered is `_turn`."""

    NAME = "chat"
    TITLE = N_("Chat")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "new_chat", N_("new chat"), id="chat.new"),
        Binding("pageup", "scroll(-1)", N_("Scroll up"), show=False, priority=True, id="chat.page_up"),
        Binding("pagedown", "scroll(1)", N_("Scroll down"), show=False, priority=True, id="chat.page_down"),
        Binding("ctrl+home", "top", N_("Start of the chat"), show=False, priority=True, id="chat.top"),
        Binding("ctrl+end", "end", N_("End of the chat"), show=False, priority=True, id="chat.end"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._talk = Talk(desk.holder)
        self._turns: dict[Job, Turn] = {}
        self._turn: Turn | None = None
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
            yield Ask(self.desk)

    def on_mount(self) -> None:
        self._transcript = self.query_one(Transcript)
        self._rule = self.query_one(ProgressRule)
        self._asking = self.query_one(Ask)
        self.call_later(self._transcript.add, Welcome("luciole", _(WELCOME)))
        self._show()
        # The first frame is on the screen before the model library is touched.
        self.call_after_refresh(lambda: self.desk.submit(Job(self, self.desk.holder.load)))

    def on_unmount(self) -> None:
        self._talk.close()

    def arrive(self) -> None:
        self._asking.prompt.focus()

    def back(self) -> None:
        self._asking.prompt.focus()

    # What the user does

    @on(Ask.Sent)
    async def _sent(self, message: Ask.Sent) -> None:
        try:
            called = parse(message.text)
        except Unknown as error:
            self._asking.give_back(message.text)
            self.notify(one_line(str(error)), severity="warning", markup=False)
            return
        if called is None:
            content = message.content
            await self._ask(message.text, message.text.strip(), lambda: self._talk.say(content))
            return
        command, argument = called
        self.post_message(Do(command.name, argument))

    async def action_summarize(self, path: str) -> None:
        """The summary of a whole document, which is no part of the conversation."""
        await self._ask(f"/summarize {path}", f"Summarize {path}", lambda: self._talk.summarize(path))

    async def action_watch(self, path: str) -> None:
        """The same, and again whenever the file changes."""
        await self._ask(f"/watch {path}", f"Watch {path}", lambda: self._talk.watch(path))

    def begin(self, command: Command) -> None:
        """Begin the command in the prompt; the user adds what it needs."""
        self._asking.prompt.replace_all(f"/{command.name} ")

    async def open(self, identity: str, turn: str | None = None) -> None:
        """Go on with a kept conversation."""
        self.notify(f"{identity} {turn}", markup=False)

    async def _ask(self, typed: str, shown: str, events: Callable[[], Generator[Any, None, None]]) -> None:
        self.query(Welcome).remove()
        turn = Turn(typed, UserTurn(shown, queued=self.desk.busy))
        await self._transcript.add(turn.user)
        job = Job(self, events, label=shown, used=self._talk.used, interrupt=self._talk.interrupt)
        self._turns[job] = turn
        self.desk.submit(job)

    @on(Withdrawn)
    def _withdrawn(self, message: Withdrawn) -> None:
        """A waiting turn returns to the prompt: nothing is sent that the user may no longer want."""
        turn = self._turns.pop(message.job, None)
        if turn is not None:
            turn.user.remove()
            self._asking.give_back(turn.typed)

    async def action_new_chat(self) -> None:
        """Empty the transcript; the model forgets the conversation."""
        if self.desk.running in self._turns:
            self.desk.stop()
        self._turn = None
        self._talk.forget()
        self._used = self._settled = 0
        self._exact = True
        await self._transcript.empty()
        await self._transcript.add(Welcome("luciole", _(WELCOME)))
        self._show()

    async def action_model(self) -> None:
        """Say which model is loaded."""
        self.query(Welcome).remove()
        await self._transcript.add(Note(described(self.desk.holder.info)))

    def action_scroll(self, direction: int) -> None:
        """A page up or down, less one line."""
        self._transcript.page(direction)

    async def action_top(self) -> None:
        """The start of the chat."""
        await self._transcript.to_top()

    def action_end(self) -> None:
        """The end of the chat, and stay there."""
        self._transcript.follow()

    @on(Ask.Changed)
    def _typing(self) -> None:
        self._show()

    @on(Transcript.Unseen)
    def _unseen(self, message: Transcript.Unseen) -> None:
        self._rule.unseen = message.unseen

    # What the model does

    @on(Began)
    async def _began(self, message: Began) -> None:
        self._prompted = self._pieces = 0
        self._mark, self._partial = "", False
        turn = self._turn = self._turns.get(message.job)
        if turn is not None:
            turn.user.sent()
            turn.answer = AnswerTurn()
            await self._transcript.add(turn.answer, after=turn.user)
        self._show()

    @on(Heard)
    async def _heard(self, message: Heard) -> None:
        event = message.event
        self._rule.fraction = None
        match event:
            case Loading(fraction):
                self._rule.fraction = fraction
            case Settled() if event.is_worth_saying:
                await self._note(event.reason)
            case Reading(done, total):
                self._rule.fraction = done / total if total else 1.0
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
                self.desk.activity.rest("watching")
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
        self.desk.activity.rest("watching")

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
        await self._let_go(message.job)

    @on(Failed)
    async def _failed(self, message: Failed) -> None:
        turn = self._turn
        for job in reversed(self.desk.waiting):
            self.desk.withdraw(job)
        if turn is not None and turn.answer is not None:
            if turn.answer.text:
                self._mark, self._partial = "ended here by an error", True
                self._settled = None
            else:
                turn.answer.remove()
                turn.user.remove()
                self._asking.give_back(turn.typed)
        await self._let_go(message.job)
        self.query(Welcome).remove()
        await self._transcript.add(ErrorTurn(title(message.error), str(message.error)))

    async def _let_go(self, job: Job) -> None:
        """The engine is free again."""
        self._turns.pop(job, None)
        turn, self._turn = self._turn, None
        if turn is not None and turn.answer is not None and turn.answer.is_attached:
            await turn.answer.finish(self._mark, partial=self._partial)
            self._transcript.grown()
        self._used, self._exact = self._settled, True
        self._rule.fraction = None
        self._show()

    # What is drawn

    def show_progress(self, fraction: float | None) -> None:
        self._rule.fraction = fraction

    def _show(self) -> None:
        self._asking.taken = self._used or 0
        self.post_message(ContextUsed(self.NAME, self._used, exact=self._exact, coming=self._asking.coming))
