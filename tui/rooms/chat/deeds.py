"""What can be done with a turn of the chat: another version, more of it, its words elsewhere, away with it and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from textual.screen import Screen

from assistant import Turn, Typed, printable
from tui.language import _
from tui.rooms.chat.answers import Answers, Asked
from tui.rooms.chat.shown import GoneShown
from tui.rooms.chat.talk import Talk
from tui.rooms.chat.turns import Answer, ChatTranscript, Question
from tui.widgets.ask import Ask


class Surroundings(Protocol):
    """What a room is asked for."""

    @property
    def screen(self) -> Screen[object]: ...

    async def submit(self, asked: Asked) -> None: ...

    def say(self, text: str) -> None: ...

    def copy(self, text: str) -> None: ...

    def count(self) -> None: ...

    def show_dialogues(self, turn: Turn | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Editing:
    """A question that is being written anew."""

    turn: Turn
    draft: Typed
    """What stood in the prompt before."""


class Deeds:
    """Of one room. `editing` is what the next message will stand in place of."""

    def __init__(
        self,
        room: Surroundings,
        talk: Talk,
        answers: Answers,
        transcript: ChatTranscript,
        asking: Ask,
        edits: Callable[[Editing | None], None],
    ) -> None:
        """`edits` is told when the user begins and ends to write a question anew."""
        self._room = room
        self._talk = talk
        self._answers = answers
        self._transcript = transcript
        self._asking = asking
        self._edits = edits
        self.editing: Editing | None = None
        self._removed: list[str] = []

    async def do(self, verb: str, widget: Question | Answer) -> None:
        """Do what is wanted of this turn."""
        turn = widget.turn
        match verb:
            case "copy":
                self.copy((widget.code if isinstance(widget, Answer) else None) or widget.text)
            case "code" if isinstance(widget, Answer):
                self.mark_code(widget)
            case "quote":
                self.quote(widget)
            case "undo":
                await self.undo()
            case "dialogues":
                self._room.show_dialogues(turn)
            case _ if turn is None:
                await self._do_beside(verb, widget)
            case "edit":
                self.edit(turn)
            case "again":
                await self.again(turn)
            case "continue" if turn.id == self._talk.conversation.tree.current:
                await self.resume()
            case "previous" | "next":
                await self.turn_to(turn, -1 if verb == "previous" else 1)
            case "delete":
                await self.delete(turn)

    async def _do_beside(self, verb: str, widget: Question | Answer) -> None:
        """The same for what is no part of the conversation: not yet, or because it came to nothing."""
        if widget is self._answers.writing or self._answers.job_of(widget) is not None:
            self._free()
        elif verb == "delete":
            await self._transcript.drop(widget)
        elif verb == "edit":
            self._asking.write(widget.text)
        elif verb == "again" and isinstance(widget, Question):
            text = widget.text
            await self._transcript.drop(widget)
            await self._room.submit(Asked(lambda: self._talk.say(text), typed=text, said=text))

    # Words elsewhere

    def copy(self, text: str) -> None:
        """The words as they were written, without what a terminal would obey where they are put."""
        self._room.copy(printable(text))

    def quote(self, widget: Question | Answer) -> None:
        """What is selected, or the whole turn, goes into the prompt as a quotation."""
        text = self._room.screen.get_selected_text() or widget.text
        quoted = "\n".join(f"> {line}".rstrip() for line in printable(text).strip().split("\n"))
        self._asking.prompt.insert(f"{quoted}\n\n")
        self._asking.prompt.focus()

    def mark_code(self, widget: Answer) -> None:
        """The next block of code of the turn is the one that is copied."""
        row = widget.mark_code()
        if row is not None:
            self._transcript.see(widget, row)

    # Versions

    def edit(self, turn: Turn) -> None:
        """Let the question be written anew in the prompt."""
        draft = self.editing.draft if self.editing is not None else self._asking.prompt.typed
        self.editing = Editing(turn, draft)
        self._asking.write(turn.content)
        self._edits(self.editing)

    def leave_edit(self) -> bool:
        """Let it be as it was; what had been typed before comes back. Whether one was being written."""
        left = self.editing
        if left is not None:
            self._asking.prompt.replace_all("")
            self._leave(left)
        return left is not None

    def _leave(self, editing: Editing) -> None:
        self.editing = None
        if editing.draft.text:
            self._asking.give_back(editing.draft)
        self._edits(None)

    async def send_edit(self, typed: Typed, content: str) -> None:
        """What was sent becomes another version of the question."""
        editing = self.editing
        if editing is not None:
            self._leave(editing)
            turn = editing.turn.id
            await self._room.submit(
                Asked(lambda: self._talk.edit(turn, content), typed=typed, said=content, instead=turn)
            )

    async def again(self, turn: Turn | None = None) -> None:
        """Another answer to a question, or in place of an answer; None: the last one."""
        path = self._talk.conversation.path
        turn = turn if turn is not None else (path[-1] if path else None)
        if turn is None:
            self._room.say(_("nothing was asked yet"))
            return
        if turn.role == "user":
            answers = self._talk.conversation.tree.children(turn.id)
            shown = next((step.id for step in path if any(step.id == answer.id for answer in answers)), "")
            asked = Asked(lambda: self._talk.again(turn.id), instead=shown, behind=turn.id)
        else:
            asked = Asked(lambda: self._talk.again(turn.id), instead=turn.id, behind=turn.parent or "")
        await self._room.submit(asked)

    async def resume(self) -> None:
        """More of the last answer, where it was cut."""
        conversation = self._talk.conversation
        if not conversation.can_resume:
            self._room.say(_("the last answer is whole; there is nothing to continue"))
            return
        last = conversation.path[-1]
        grows, behind = (last.id, "") if last.role == "assistant" else ("", last.id)
        await self._room.submit(Asked(self._talk.resume, grows=grows, behind=behind))

    async def turn_to(self, turn: Turn, step: int) -> None:
        """Show the version before this one or after it, and what follows it."""
        family = self._talk.conversation.tree.siblings(turn.id)
        place = next((place for place, other in enumerate(family) if other.id == turn.id), 0) + step
        if self._free() and 0 <= place < len(family):
            widget = self._transcript.named(turn.id)
            offset = self._transcript.offset_of(widget) if widget is not None else 1
            self._talk.conversation.select(family[place].id)
            await self._changed()
            await self._transcript.choose(family[place].id, offset)

    # Away and back

    async def delete(self, turn: Turn) -> None:
        """Take a turn out, with what follows it."""
        if not self._free():
            return
        before = self._talk.conversation.path
        place = next((place for place, step in enumerate(before) if step.id == turn.id), len(before))
        self._talk.conversation.remove(turn.id)
        self._removed.append(turn.id)
        await self._changed()
        await self._transcript.put(GoneShown(len(before) - place))
        path = self._talk.conversation.path
        if not path:
            self._asking.prompt.focus()
        else:
            await self._transcript.choose(path[min(place, len(path) - 1)].id)

    async def undo(self) -> None:
        """Bring back what was deleted last."""
        if not self._removed:
            self._room.say(_("nothing was deleted"))
        elif self._free():
            turn = self._removed.pop()
            self._talk.conversation.restore(turn)
            await self._changed()
            if self._transcript.current is not None:
                await self._transcript.choose(turn)
            else:
                await self._transcript.go(turn)

    def forget(self) -> None:
        """Another conversation: nothing of this one can be brought back from here."""
        self._removed.clear()
        if self.editing is not None:
            self.leave_edit()

    async def _changed(self) -> None:
        """Other turns than before are in the context."""
        await self._answers.show()
        self._answers.settled(None)
        self._room.count()

    def _free(self) -> bool:
        if self._answers.running:
            self._room.say(_("an answer is being written; Esc stops it"))
        return not self._answers.running
