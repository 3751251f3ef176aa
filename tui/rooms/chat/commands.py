"""What the slash commands of the chat do to the conversation as a whole, and what they show of it."""

from pathlib import Path

from textual import on
from textual.events import Paste
from textual.message import Message

from assistant import OutputFailed, Sampling, Tree, export_conversation, one_line
from tui.aside import Aside, Stopped
from tui.desk import Desk
from tui.jobs import Job
from tui.language import _
from tui.paths import place_of
from tui.rooms.chat.answers import Answers
from tui.rooms.chat.deeds import Deeds
from tui.rooms.chat.sampling import AsTheModel, SamplingScreen
from tui.rooms.chat.talk import Talk
from tui.rooms.room import Room
from tui.screens.entry import EntryScreen
from tui.widgets.prompt import Prompt
from tui.widgets.turns import Words

_INSTRUCTION_ROWS = 8


class Exported(Message):
    """The chat was written to this file; `error`: why it was not."""

    def __init__(self, path: Path, error: OutputFailed | None = None) -> None:
        super().__init__()
        self.path = path
        self.error = error


class Commands(Room):
    """The part of the room that the table of commands names; each `action_<name>` is called with what was typed."""

    answers: Answers
    deeds: Deeds

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.talk = Talk(desk.holder)
        self.aside = Aside(self, "luciole-chat")

    def say(self, text: str) -> None:
        """A few words to the user that go away by themselves."""
        self.notify(one_line(text), markup=False)

    def copy(self, text: str) -> None:
        """Put this into the clipboard of the terminal."""
        self.app.copy_to_clipboard(text)
        self.say(_("{count} characters copied").format(count=f"{len(text):,}"))

    async def note(self, words: Words) -> None:
        """A few lines of the program at the end of the chat."""
        await self.answers.welcome_away()
        await self.answers.note(words)
        self.answers.follow()

    # The prompt

    def on_paste(self, event: Paste) -> None:
        """Paste while a turn has the focus: it can only be meant for the prompt."""
        event.stop()
        prompt = self.query_one(Prompt)
        prompt.paste(event.text)
        prompt.focus()

    def action_editor(self) -> None:
        """Write what stands in the prompt in the user's editor."""
        self.query_one(Prompt).action_edit()

    def action_recall(self) -> None:
        """Search what was typed before."""
        self.query_one(Prompt).action_search()

    # Turns

    async def action_continue(self) -> None:
        """More of the last answer, where it was cut."""
        await self.deeds.resume()

    async def action_regenerate(self) -> None:
        """Another answer to the last question."""
        await self.deeds.again()

    async def action_undo(self) -> None:
        """Bring back what was deleted last."""
        await self.deeds.undo()

    def action_copy(self, which: str) -> None:
        """The last answer, or of those before it the one with this number, the last being 1."""
        answers = [turn for turn in self.talk.conversation.path if turn.role == "assistant"]
        number = int(which) if which.isdecimal() else 0 if which else 1
        if 1 <= number <= len(answers):
            self.deeds.copy(answers[-number].content)
        else:
            self.say(_("there are {count} answers; a number from 1 was expected").format(count=f"{len(answers):,}"))

    # The conversation

    def action_title(self, title: str) -> None:
        """Give it a title; without one, ask for it."""
        if title:
            self._entitle(title)
        else:
            self.app.push_screen(
                EntryScreen(_("Title of this chat"), self.talk.conversation.heading.title), self._entitle
            )

    def _entitle(self, title: str | None) -> None:
        if title is not None and self._free():
            self.talk.conversation.rename(title)
            shown = one_line(self.talk.conversation.heading.title)
            self.say(_("its title is now: {title}").format(title=shown) if shown else _("it has no title any more"))

    def action_system(self) -> None:
        """What the model is told before all messages."""
        help_ = _("Before all messages. Empty: it only answers in the language of the question.")
        title = _("Instruction for this chat")
        entry = EntryScreen(title, self.talk.conversation.system or "", lines=_INSTRUCTION_ROWS, help=help_)
        self.app.push_screen(entry, self._instruct)

    def _instruct(self, text: str | None) -> None:
        if text is not None and self._free():
            self.talk.conversation.system = text.strip() or None
            self.say(_("it holds from the next answer on"))
            self.count()

    def action_sampling(self) -> None:
        """How answers are written."""
        conversation = self.talk.conversation
        screen = SamplingScreen(conversation.sampling, own=conversation.heading.sampling is not None)
        self.app.push_screen(screen, self._sample)

    def _sample(self, chosen: Sampling | AsTheModel | None) -> None:
        if chosen is not None and self._free():
            self.talk.conversation.sampling = chosen if isinstance(chosen, Sampling) else None
            self.say(_("it holds from the next answer on"))

    def _free(self) -> bool:
        if self.answers.running:
            self.say(_("an answer is being written; Esc stops it"))
        return not self.answers.running

    # What it takes

    def action_context(self) -> None:
        """What takes how much of the context."""
        self.desk.submit(Job(self, self.talk.breakdown, label=_("counting")))

    def count(self) -> None:
        """See how full the context is, when the model has a moment."""
        raise NotImplementedError

    # Files

    def action_export(self, name: str) -> None:
        """Write it to a file; without a name, ask for one."""
        if not self.talk.conversation.path:
            self.say(_("nothing was said yet"))
        elif name:
            self._export(name)
        else:
            help_ = _("Markdown; JSON with all versions where the name ends in .json")
            entry = EntryScreen(_("Write this chat to a file"), f"{self._file_name()}.md", help=help_)
            self.app.push_screen(entry, self._export_to)

    def _export_to(self, name: str | None) -> None:
        if name:
            self._export(name)

    def _file_name(self) -> str:
        conversation = self.talk.conversation
        words = conversation.heading.title or conversation.path[0].content[:200]
        name = "".join(letter if letter.isalnum() else " " for letter in words)
        return "-".join(name.split()[:6])[:60] or "chat"

    def _export(self, name: str) -> None:
        conversation, path = self.talk.conversation, Path(place_of(name))
        tree = conversation.tree  # which may grow meanwhile
        heading, kept = conversation.heading, Tree(tree.turns, tree.current, dict(tree.marks))

        def exported(_stopped: Stopped) -> Exported:
            try:
                export_conversation(heading, kept, path)
            except OutputFailed as error:
                return Exported(path, error)
            return Exported(path)

        self.aside.do(exported)

    @on(Exported)
    def _exported(self, message: Exported) -> None:
        if message.error is None:
            self.say(_("written to {path}").format(path=message.path.absolute()))
        else:
            self.say(str(message.error))
