"""The turns of the chat and the keys that act on the one that has the focus."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from assistant import Turn
from tui.language import N_
from tui.widgets.transcript import Transcript
from tui.widgets.turns import AnswerTurn, UserTurn

_BOTH: list[BindingType] = [
    Binding("y", "want('copy')", N_("copy"), id="chat.copy"),
    Binding("q,greater_than_sign", "want('quote')", N_("quote"), id="chat.quote"),
    Binding("d", "want('delete')", N_("delete"), id="chat.delete"),
    Binding("u", "want('undo')", N_("undo"), show=False, id="chat.undo"),
    Binding("left", "want('previous')", N_("previous version"), show=False, id="chat.previous"),
    Binding("right", "want('next')", N_("next version"), show=False, id="chat.next"),
]


_COMMON = (("copy", N_("copy")), ("quote", N_("quote")), ("delete", N_("delete")))


class Question(UserTurn):
    """A question; `turn` is None until it is answered."""

    DEEDS = (("edit", N_("edit")), ("again", N_("again")), *_COMMON)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "want('edit')", N_("edit"), id="chat.edit"),
        Binding("r", "want('again')", N_("again"), id="chat.regenerate"),
        Binding("enter,space", "want('unfold')", N_("unfold"), show=False, id="chat.unfold"),
        *_BOTH,
    ]
    turn: Turn | None = None


class Answer(AnswerTurn):
    """An answer; `turn` is None while it is being written for the first time."""

    DEEDS = (("again", N_("again")), ("code", N_("code")), ("dialogues", N_("dialogues")), *_COMMON)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "want('again')", N_("again"), id="chat.regenerate_answer"),
        Binding("enter", "want('continue')", N_("continue"), show=False, id="chat.continue"),
        Binding("c", "want('code')", N_("code"), id="chat.code"),
        Binding("s", "want('dialogues')", N_("dialogues"), id="chat.dialogues"),
        *_BOTH,
    ]
    turn: Turn | None = None

    def offers(self, verb: str) -> bool:
        """As every answer; dialogues only where a character speaks."""
        return super().offers(verb) and (verb != "dialogues" or bool(self.speaker))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dialogues are no key where there are none."""
        return bool(self.speaker) if (action, parameters) == ("want", ("dialogues",)) else True


class Greeting(AnswerTurn, can_focus=False):
    """What a character says before anybody has asked; the model did not write it."""


class ChatTranscript(Transcript):
    """Goes from turn to turn; behind the last one is the prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,alt+down", "step(1)", N_("next message"), show=False, id="chat.turn_down"),
        Binding("k,alt+up", "step(-1)", N_("previous message"), show=False, id="chat.turn_up"),
        Binding("down", "read(1)", N_("on"), show=False, id="chat.read_down"),
        Binding("up", "read(-1)", N_("back"), show=False, id="chat.read_up"),
        Binding("g,home", "first", N_("first message"), show=False, id="chat.turn_first"),
        Binding("G,end", "last", N_("last message"), show=False, id="chat.turn_last"),
    ]

    class Left(Message):
        """The user went on behind the last turn."""

    async def action_step(self, by: int) -> None:
        """To the next turn, or the one before."""
        if not await self.step(by) and by > 0:
            self.post_message(self.Left())

    async def action_read(self, by: int) -> None:
        """On within a turn that is higher than the view, else to the next one."""
        current = self.current
        if current is not None:
            above = -self.offset_of(current)
            hidden = current.outer_size.height - above - self.size.height if by > 0 else above
            if hidden > 0:
                self.scroll_relative(y=by * min(hidden, 3), animate=False)
                return
        await self.action_step(by)

    async def action_first(self) -> None:
        """To the first turn."""
        await self.first()

    async def action_last(self) -> None:
        """To the last turn."""
        await self.last()
