"""The chat: prompt in, turns out. The talk works, the desk says when, the widgets draw.

What is being answered is the business of `Answers`, what is done with single turns that of `Deeds`, and what the slash
commands ask for that of `Commands`; here they meet the keys, the prompt and the messages.
"""

from collections.abc import Generator
from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from assistant import HistoryFailed, one_line
from tui.commands import Command, Unknown, parse
from tui.desk import Desk
from tui.jobs import Job
from tui.language import N_, _
from tui.messages import Began, ContextUsed, Do, Ended, Failed, Heard, Noted, Reported, Withdrawn
from tui.rooms.chat.answers import Answers, Asked
from tui.rooms.chat.context import Breakdown, in_words
from tui.rooms.chat.deeds import Deeds, Editing
from tui.rooms.chat.opening import Counted, NotOpened, Opened
from tui.rooms.chat.roles import Roles
from tui.rooms.chat.turns import Answer, ChatTranscript, Question
from tui.widgets.ask import Ask
from tui.widgets.markdown import SafeMarkdown
from tui.widgets.progress import ProgressRule
from tui.widgets.transcript import Transcript
from tui.widgets.turns import Wanted, Welcome

WELCOME = N_(
    "Write a message, or /summarize FILE to have a whole document read.\n"
    "Nothing leaves this machine. F1 shows all keys."
)


class ChatRoom(Roles):
    """One conversation at a time."""

    NAME = "chat"
    TITLE = N_("Chat")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "new_chat", N_("new chat"), id="chat.new"),
        Binding("alt+up", "turns", N_("messages"), show=False, id="chat.turns"),
        Binding("pageup", "scroll(-1)", N_("Scroll up"), show=False, priority=True, id="chat.page_up"),
        Binding("pagedown", "scroll(1)", N_("Scroll down"), show=False, priority=True, id="chat.page_down"),
        Binding("ctrl+home", "top", N_("Start of the chat"), show=False, priority=True, id="chat.top"),
        Binding("ctrl+end", "end", N_("End of the chat"), show=False, priority=True, id="chat.end"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._transcript = ChatTranscript()
        self._rule = ProgressRule()
        self._editing = Static(markup=False, id="editing")
        self._asking = Ask(desk)
        self.answers = Answers(self.talk, self._transcript)
        self.deeds = Deeds(self, self.talk, self.answers, self._transcript, self._asking, self._show_editing)

    # What it is made of

    def compose(self) -> ComposeResult:
        with Vertical(id="column"):
            yield self._transcript
            yield self._rule
            yield self._editing
            yield self._asking

    def on_mount(self) -> None:
        self._editing.display = False
        self.call_later(self._transcript.add, Welcome("luciole", lambda: _(WELCOME)))
        self.show()
        # The first frame is on the screen before the model library is touched.
        self.call_after_refresh(lambda: self.desk.submit(Job(self, self.desk.holder.load)))

    def on_unmount(self) -> None:
        self.aside.close()
        self.talk.close()

    def arrive(self) -> None:
        self._asking.prompt.focus()

    def back(self) -> None:
        """Esc: one thing after the other is left, the prompt last."""
        current = self._transcript.current
        if isinstance(current, Answer) and current.unmark():
            return
        if current is None:
            self.deeds.leave_edit()
        self._asking.prompt.focus()

    def show_words(self) -> None:
        self._show_editing(self.deeds.editing)
        self.show()

    # What the user does

    @on(Ask.Sent)
    async def _sent(self, message: Ask.Sent) -> None:
        try:
            called = parse(message.text)
        except Unknown as error:
            self._asking.give_back(message.text)
            self.say(str(error))
            return
        if called is not None:
            self.post_message(Do(called[0].name, called[1]))
        elif self.deeds.editing is not None:
            await self.deeds.send_edit(message.typed, message.content)
        else:
            content = message.content
            await self.submit(Asked(lambda: self.talk.say(content), typed=message.typed, said=content))

    async def submit(self, asked: Asked) -> None:
        """Hand something to the desk that the conversation grows by."""
        job = Job(self, asked.events, label=one_line(asked.said), used=self.talk.used)
        if self.desk.busy and not asked.said:  # a new question says itself that it waits
            self.say(_("queued · sent when the model is free"))
        await self.answers.ask(job, asked, queued=self.desk.busy)
        self.desk.submit(job)
        self.show()

    def begin(self, command: Command) -> None:
        """Begin the command in the prompt; the user adds what it needs."""
        self._asking.prompt.replace_all(f"/{command.name} ")

    async def action_new_chat(self) -> None:
        """Empty the transcript; the model forgets the conversation, which is kept. The same one answers."""
        await self.empty()
        self._asking.prompt.focus()

    async def let_go(self, identity: str) -> None:
        """This conversation was deleted: where it is the one that is open, a new one begins."""
        if identity == self.talk.conversation.id:
            await self.empty()

    async def empty(self) -> None:
        self._leave()
        self.talk.forget()
        self.answers.forget()
        await self._transcript.empty()
        if self.talk.character is None:
            await self._transcript.add(Welcome("luciole", lambda: _(WELCOME)))
        await self.answers.show()
        self.show()

    async def open(self, identity: str, turn: str | None = None) -> None:
        """Go on with a kept conversation; `turn` is to be seen."""
        conversation = self.talk.conversation
        if identity == conversation.id and conversation.path:
            await self._see(turn)
        else:
            self.aside.do(lambda _stopped: self._loaded(identity, turn), kind="open")

    def _loaded(self, identity: str, turn: str | None) -> Opened | NotOpened:
        try:
            return Opened(self.talk.load(identity), turn)
        except HistoryFailed as error:
            return NotOpened(error)

    @on(Opened)
    async def _opened(self, message: Opened) -> None:
        self._leave()
        self.talk.open(message.kept)
        self.answers.forget()
        await self._transcript.empty()
        await self.answers.show()
        if message.kept.missing is not None:
            await self.missing(message.kept.missing)
        await self._see(message.turn)
        self.answers.settled(None)
        self.show()
        self.count()

    @on(NotOpened)
    async def _not_opened(self, message: NotOpened) -> None:
        self.say(str(message.error))

    async def _see(self, turn: str | None) -> None:
        conversation = self.talk.conversation
        if turn is None:
            self._transcript.follow()
            return
        if not self.answers.running:
            with suppress(KeyError):  # it was removed
                conversation.select(turn)
                await self.answers.show()
        await self._transcript.choose(turn)

    def count(self) -> None:
        if self.talk.is_counted_soon:
            self.desk.submit(Job(self, self._counted, quiet=True))

    def _counted(self) -> Generator[Counted, None, None]:
        if self.desk.holder.info is not None:
            yield Counted(self.talk.conversation.id, self.talk.used())

    async def action_turns(self) -> None:
        """From the prompt to the last message in view."""
        await self._transcript.step(-1)

    def action_scroll(self, direction: int) -> None:
        """A page up or down, less one line."""
        self._transcript.page(direction)

    async def action_top(self) -> None:
        """The start of the chat."""
        await self._transcript.to_top()

    def action_end(self) -> None:
        """The end of the chat, and stay there."""
        self._transcript.follow()

    def _leave(self) -> None:
        """The conversation is left: nothing more is to be written in it."""
        if self.answers.running:
            self.desk.stop()
        self.deeds.forget()

    # Turns

    @on(Wanted)
    async def _wanted(self, message: Wanted) -> None:
        if message.verb == "undo":
            await self.deeds.undo()
        elif isinstance(message.turn, Question | Answer):
            job = self.answers.job_of(message.turn) if message.verb == "delete" else None
            if job is None or not self.desk.withdraw(job):
                await self.deeds.do(message.verb, message.turn)

    @on(SafeMarkdown.Copied)
    def _copied(self, message: SafeMarkdown.Copied) -> None:
        self.copy(message.code.text)

    @on(ChatTranscript.Left)
    def _left(self) -> None:
        self._asking.prompt.focus()

    @on(Ask.Changed)
    def _typing(self) -> None:
        self.show()

    @on(Transcript.Unseen)
    def _unseen(self, message: Transcript.Unseen) -> None:
        self._rule.unseen = message.unseen

    @on(ProgressRule.Pressed)
    def _pressed(self) -> None:
        self._transcript.follow()

    # What the model does

    @on(Withdrawn)
    async def _withdrawn(self, message: Withdrawn) -> None:
        typed = await self.answers.withdrawn(message.job)
        if typed:  # nothing is sent that the user may no longer want
            self._asking.give_back(typed)

    @on(Began)
    async def _began(self, message: Began) -> None:
        await self.answers.began(message.job)
        self.show()

    @on(Heard)
    async def _heard(self, message: Heard) -> None:
        await self.answers.heard(message)
        self.show()

    @on(Reported)
    async def _reported(self, message: Reported) -> None:
        match message.event:
            case Counted(conversation, used) if conversation == self.talk.conversation.id:
                self.answers.settled(used)
            case Breakdown() as found if found.conversation == self.talk.conversation.id:
                self.answers.settled(found.window.used)
                await self.note(lambda: in_words(found))
        self.show()

    @on(Noted)
    async def _noted(self, message: Noted) -> None:
        await self.answers.note(message.text)

    @on(Ended)
    async def _ended(self, message: Ended) -> None:
        await self.answers.ended(message)
        await self.take_on()
        self.show()

    @on(Failed)
    async def _failed(self, message: Failed) -> None:
        if message.job.quiet:
            return
        for job in reversed(self.desk.waiting):
            if job in self.answers:
                self.desk.withdraw(job)
        typed = await self.answers.failed(message.job, message.error)
        await self.take_on()
        if typed:
            self._asking.give_back(typed)
        self.show()

    # What is drawn

    def show_progress(self, fraction: float | None) -> None:
        self._rule.fraction = fraction

    def show(self) -> None:
        answers, asking = self.answers, self._asking
        asking.taken = answers.used or 0
        used, exact, coming = answers.used, answers.exact, asking.coming
        self.post_message(ContextUsed(self.NAME, used, exact=exact, coming=coming, who=self.who))

    def _show_editing(self, editing: Editing | None) -> None:
        self._editing.display = editing is not None
        self._editing.update(_("✎ another version of your message · Enter sends it · Esc leaves it as it was"))
