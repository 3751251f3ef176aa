"""Who answers in the chat: characters are chosen, looked into, described anew, and what an answer was written after."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from assistant import AssistantError, Turn, one_line
from tui.aside import Stopped
from tui.columns import cut
from tui.language import _
from tui.rooms.chat.commands import Commands
from tui.said import said

if TYPE_CHECKING:
    from assistant import Character, Listed
    from tui.screens.characters import Nobody

NOBODY = ("none", "nobody", "无", "-")
"""What may be typed in place of a character's name."""
_SWITCH = {"on": True, "off": False}
_NAME = 16
"""Cells of a name in the status line."""


class Cast(Message):
    """This character answers from now on, in a new chat."""

    def __init__(self, character: "Character") -> None:
        super().__init__()
        self.character = character


class Described(Message):
    """A character has another description now; `before`: as it was."""

    def __init__(self, character: "Character", before: "Character") -> None:
        super().__init__()
        self.character = character
        self.before = before


class NotDone(Message):
    """What was wanted of a character came to nothing; `again` offers it once more, where words would be lost else."""

    def __init__(self, error: AssistantError, again: Callable[[], object]) -> None:
        super().__init__()
        self.error = error
        self.again = again


class Roles(Commands):
    """The part of the room that characters come in by. A chat is with one of them from its first word on."""

    _described_late: "Character | None" = None
    """What holds as soon as the answer that is being written is whole."""

    @property
    def who(self) -> str:
        """Who answers, for the status line; empty: the model as it is."""
        name = cut(one_line(self.talk.speaker), _NAME)
        return f"{name} · {_('no dialogues')}" if name and not self.talk.conversation.retrieval else name

    async def empty(self) -> None:
        """Begin a new chat."""
        raise NotImplementedError

    def show(self) -> None:
        """Draw what the room says of itself anew."""
        raise NotImplementedError

    async def missing(self, error: AssistantError) -> None:
        """The character of the chat that was opened is gone: the model goes on as itself."""
        conversation = self.talk.conversation
        spoke = next((turn.speaker for turn in conversation.path if turn.speaker), conversation.heading.character)
        name = one_line(spoke)

        def words() -> str:
            gone = _("{name} cannot speak here any more: what follows is answered by the model as itself")
            return f"{gone.format(name=name)}\n{said(one_line(str(error)))}"

        await self.note(words)

    # Who it is

    async def action_character(self, name: str) -> None:
        """Have this one answer; without a name, choose one of all."""
        if name.lower() in NOBODY:
            await self._alone()
        elif name:
            self._call(name)
        else:
            from tui.screens.characters import CharactersScreen  # noqa: PLC0415  see `tui.later`

            here = self.talk.character
            screen = CharactersScreen(here.id if here is not None else "", self._describe)
            self.app.push_screen(screen, self._choose)

    async def _choose(self, chosen: "Listed | Nobody | None") -> None:
        from assistant import Listed  # noqa: PLC0415  likewise

        if isinstance(chosen, Listed):
            self._call(chosen.folder)
        elif chosen is not None:
            await self._alone()

    async def _alone(self) -> None:
        self.talk.character = None
        await self.empty()
        self.say(_("the model answers as itself"))

    def _call(self, name: str | Path) -> None:
        from assistant import load_character  # noqa: PLC0415  likewise

        self._load(lambda: Cast(load_character(name)))

    def _load(self, make: Callable[[], Message], again: Callable[[], object] = lambda: None) -> None:
        """Beside the screen: it waits for the disk. `again`: as in `NotDone`."""

        def loaded(_stopped: Stopped) -> Message:
            try:
                return make()
            except AssistantError as error:
                return NotDone(error, again)

        self.aside.do(loaded, kind="character")

    @on(Cast)
    async def _cast(self, message: Cast) -> None:
        self.talk.character = message.character
        await self.empty()

    @on(NotDone)
    def _not_done(self, message: NotDone) -> None:
        self.say(str(message.error))
        message.again()

    def action_describe(self) -> None:
        """Edit who the character of this chat is."""
        character = self.talk.character
        if character is None:
            self.say(_("no character answers here; /character chooses one"))
        else:
            self._edit(character, character.description)

    def _edit(self, character: "Character", text: str) -> None:
        """Let this be changed, and make it the character's description."""
        from assistant import describe_character  # noqa: PLC0415  likewise
        from tui.screens.characters import describing  # noqa: PLC0415  likewise

        def describe(text: str | None) -> None:
            if text is not None and text != character.description:
                made = partial(describe_character, character, text)
                self._load(lambda: Described(made(), character), partial(self._edit, character, text))

        self.app.push_screen(describing(character, text), describe)

    def _describe(self, character: "Character", before: "Character") -> None:
        self.post_message(Described(character, before))

    @on(Described)
    async def _described(self, message: Described) -> None:
        if message.before.shipped:
            words = _("{name} is a copy of yours now, in {folder}; it holds from the next answer on")
            folder = one_line(str(message.character.folder))
            self.say(words.format(name=one_line(message.character.name), folder=folder))
        else:
            self.say(_("it holds from the next answer on"))
        here = self.talk.character
        if here is not None and here.id == message.before.id:
            self._described_late = message.character
            await self.take_on()

    async def take_on(self) -> None:
        """What was changed while an answer was being written holds now."""
        character = self._described_late
        if character is not None and not self.answers.running:
            self._described_late = None
            self.talk.cast(character, retrieval=self.talk.conversation.retrieval)
            await self.answers.show()
            self.count()

    # What it speaks like

    def action_dialogues(self) -> None:
        """What the last answer was written after."""
        answers = [turn for turn in self.talk.conversation.path if turn.speaker]
        if answers or self.talk.speaker:
            self.show_dialogues(answers[-1] if answers else None)
        else:
            self.say(_("no character answers here; /character chooses one"))

    def show_dialogues(self, turn: Turn | None) -> None:
        """What this answer was written after."""
        if turn is None:
            self.say(_("no answer has been written yet"))
            return
        from tui.screens.dialogues import DialoguesScreen  # noqa: PLC0415  likewise

        character = self.talk.character
        corpus = character.dialogues if character is not None else ()
        wanted = set(turn.dialogues)
        known = {dialogue.id: dialogue for dialogue in corpus if dialogue.id in wanted} if wanted else {}
        found = [known.get(name) for name in turn.dialogues]
        why = _("None: dialogues are not looked up in this chat; /retrieval on has them looked up again.")
        if self.talk.conversation.retrieval:
            why = _("None was looked up for this answer.")
        self.app.push_screen(DialoguesScreen(turn.speaker, found, why))

    async def action_retrieval(self, wanted: str) -> None:
        """Look up similar dialogues for each answer of this chat, or not; without a word, the other way than now."""
        character = self.talk.character
        if character is None:
            self.say(_("no character answers here; /character chooses one"))
        elif wanted and wanted not in _SWITCH:
            self.say(_("/retrieval takes on or off, found “{argument}”").format(argument=one_line(wanted)))
        elif self._free():
            looked_up = _SWITCH[wanted] if wanted else not self.talk.conversation.retrieval
            self.talk.conversation.retrieval = looked_up
            await self.answers.show()
            self.say(_("dialogues are looked up again") if looked_up else _("dialogues are not looked up any more"))
            self.count()
            self.show()
