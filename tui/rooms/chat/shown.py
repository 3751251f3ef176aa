"""What the transcript shows of a conversation: its path as frozen values that make their widgets when needed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from textual.widget import Widget

from assistant import Conversation, Forgot, Turn, detach
from tui.language import _, plural
from tui.rooms.chat.turns import Answer, Greeting, Question
from tui.widgets.turns import FOLDED_LINES, ErrorTurn, Gone, Note, Words
from tui.words import clauses, ended

_MOST_COUNTED = 100_000
"""Characters of which lines are counted; a guess will do."""


@dataclass(frozen=True, slots=True)
class QuestionShown:
    """A question of the path: the `number`th of `count` in its place."""

    turn: Turn
    number: int
    count: int
    can_focus: bool = True

    @property
    def key(self) -> str:
        return self.turn.id

    def rows(self, width: int) -> int:
        attachments, question = detach(self.turn.content)
        lines = _lines(question, width - 4)
        shown = lines if lines <= FOLDED_LINES else FOLDED_LINES // 3 + 1
        return 1 + len(attachments) + shown + (self.count > 1)

    def widget(self) -> Widget:
        question = Question(self.turn.content)
        self.tell(question)
        return question

    def tell(self, widget: Question) -> None:
        """Let a widget that has grown know what it is."""
        widget.turn = self.turn
        widget.place(self.number, self.count)


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """An answer of the path. `continuable`: it was cut, and more can be asked for."""

    turn: Turn
    number: int
    count: int
    continuable: bool
    can_focus: bool = True

    @property
    def key(self) -> str:
        return self.turn.id

    def rows(self, width: int) -> int:
        return 3 + bool(self.turn.speaker) + _lines(self.turn.content, width - 6)

    def widget(self) -> Widget:
        turn = self.turn
        answer = Answer(turn.content, how_it_ended(turn), partial=turn.reason != "stop", speaker=turn.speaker)
        self.tell(answer)
        return answer

    def tell(self, widget: Answer) -> None:
        """Let a widget that has grown know what it is."""
        widget.turn = self.turn
        widget.place(self.number, self.count, continuable=self.continuable)


@dataclass(frozen=True, slots=True)
class GreetingShown:
    """How a character begins, and what there is of it."""

    speaker: str
    text: str
    dialogues: int
    retrieval: bool
    key: str = "greeting"
    can_focus: bool = False

    def rows(self, width: int) -> int:
        return 4 + _lines(self.text, width - 6)

    def widget(self) -> Widget:
        return Greeting(self.text, self._facts, speaker=self.speaker)

    def _facts(self) -> str:
        looked_up = plural("{count} dialogue", "{count} dialogues", self.dialogues)
        if not self.retrieval:
            looked_up = _("no dialogues")
        return f"{looked_up} · {_('/describe edits who it is · /character chooses another')}"


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A few words of the program; with a `key`, of the conversation."""

    text: Words
    key: str = ""
    can_focus: bool = False

    def rows(self, width: int) -> int:  # noqa: ARG002  one or two
        return 2

    def widget(self) -> Widget:
        return Note(self.text)


@dataclass(frozen=True, slots=True)
class GoneShown:
    """So many messages were deleted; gone itself with the next change of the path."""

    count: int
    key: str = "gone"
    can_focus: bool = False

    def rows(self, width: int) -> int:  # noqa: ARG002  one line
        return 2

    def widget(self) -> Widget:
        return Gone(self.count)


@dataclass(frozen=True, slots=True)
class ErrorShown:
    """What went wrong."""

    title: Words
    message: str
    key: str = ""
    can_focus: bool = False

    def rows(self, width: int) -> int:
        return 3 + sum(_lines(part, width - 6) for part in clauses(self.message).split("\n"))

    def widget(self) -> Widget:
        return ErrorTurn(self.title, self.message)


@dataclass(frozen=True, slots=True)
class LostShown:
    """A question that came to nothing, or an answer that is no part of the conversation."""

    text: str
    mark: Words | None = None
    """Under an answer; None: it is a question."""
    partial: bool = True
    speaker: str = ""
    key: str = ""
    can_focus: bool = True

    def rows(self, width: int) -> int:
        return 3 + bool(self.speaker) + _lines(self.text, width - 6)

    def widget(self) -> Widget:
        if self.mark is None:
            return Question(self.text)
        return Answer(self.text, self.mark, partial=self.partial, speaker=self.speaker)


Shown = LostShown | GreetingShown | QuestionShown | AnswerShown | NoteShown | ErrorShown


def path_shown(conversation: Conversation, marks: Collection[str]) -> list[Shown]:
    """The current path; before the turns of `marks` it stands what the model no longer sees."""
    tree, shown = conversation.tree, list[Shown]()
    last = tree.current if conversation.can_resume else None
    for turn in tree.path:
        if turn.id in marks and (mark := tree.marks.get(turn.id)) is not None:
            shown.append(NoteShown(_text_of(mark), key=f"mark of {turn.id}"))
        family = [sibling.id for sibling in tree.siblings(turn.id)]
        number, count = family.index(turn.id) + 1, len(family)
        if turn.role == "user":
            shown.append(QuestionShown(turn, number, count))
        else:
            shown.append(AnswerShown(turn, number, count, turn.id == last))
    return shown


def how_it_ended(turn: Turn) -> Callable[[], str]:
    """What stands under a finished answer, in the language of whenever it is asked."""

    def words() -> str:
        match turn.reason:
            case "stopped":
                return _("stopped here")
            case "failed":
                return _("ended here by an error")
            case None:
                return _("the program was ended while this was being written")
            case reason if turn.usage is not None:
                return ended(reason, turn.usage)
            case "length":
                return _("cut at the longest answer allowed")
            case "repetition":
                return _("ended here because it repeated itself")
            case "stop":
                return ""

    return words


def _text_of(mark: Forgot) -> Words:
    return mark.text


def _lines(text: str, width: int) -> int:
    width = max(width, 10)
    seen = text[:_MOST_COUNTED]
    lines = sum(len(line) // width + 1 for line in seen.split("\n"))
    return lines * len(text) // len(seen) if seen else 1
