"""A conversation: the tree of what was said so far, and the next answer as a stream of events.

Words are never lost and nothing is overwritten: a question asked otherwise or an answer written anew becomes a sibling;
an answer that is stopped, or fails midway, stays as far as it came, and can go on; a question without a word of answer
leaves the path (and stays in the tree, removed), so the next try is clean. What no longer fits is refused, or left out
and marked, as `when_full` says. The module knows nothing of screens, commands or files: `keep` is told every change.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from assistant.attachments import detach
from assistant.conversation.memory import Asked, Frame, Memory
from assistant.conversation.part import Part, answered, prepared
from assistant.conversation.tree import Tree
from assistant.conversation.turns import (
    Change,
    EndReason,
    Forgot,
    Heading,
    Marked,
    Notice,
    Placed,
    Renamed,
    Turn,
    Words,
    new_id,
    now,
)
from assistant.conversation.window import WhenFull, Window
from assistant.engine import Engine
from assistant.errors import AssistantError
from assistant.events import Event, Finished, Text, Usage
from assistant.messages import Message, Plain, Sampling
from assistant.wording import INSTRUCTION, Language, language_of

_CUT: tuple[EndReason | None, ...] = ("length", "stopped", "failed", None)
"""Ends of answers that may go on: not those that the model ended itself, nor those that turned in circles."""

Said = Event | Forgot | Notice
"""What a conversation yields: the engine's events, and before them what it has to say itself."""


class Keeps(Protocol):
    """Where changes go: at once, without waiting for a disk. `notices`: what the user should know of it, each once."""

    def keep(self, change: Change) -> None: ...

    def notices(self) -> tuple[str, ...]: ...


class Conversation:
    """Turns with one engine; not for two threads at once."""

    def __init__(
        self,
        engine: Engine,
        sampling: Sampling | None = None,
        system: str | None = None,
        *,
        when_full: WhenFull = "stop",
        keeper: Keeps | None = None,
        saved: tuple[Heading, Tree] | None = None,
    ) -> None:
        """`saved`: a conversation to go on with; `system`, unless None, replaces its instruction.

        `sampling`: how its answers are written where it has no way of its own.
        """
        self.engine = engine
        self._default = sampling if sampling is not None else Sampling()
        self.when_full: WhenFull = when_full
        self._keeper = keeper
        self._heading = Heading(new_id(), now(), system=system)
        self._tree = Tree()
        self._memory = Memory(engine)
        self._part: Part | None = None
        self._told: set[str] = set()
        self._languages: dict[str, Language] = {}
        if saved is not None:
            heading, self._tree = saved
            self._heading = heading if system is None else replace(heading, system=system)

    @property
    def id(self) -> str:
        return self._heading.id

    @property
    def tree(self) -> Tree:
        """To look at; what changes it goes through this conversation."""
        return self._tree

    @property
    def heading(self) -> Heading:
        """What is known of it beside its turns."""
        return replace(self._heading, current=self._tree.current)

    @property
    def system(self) -> str | None:
        """Instruction before all turns; None: to answer in the language of the last question; empty: none at all."""
        return self._heading.system

    @system.setter
    def system(self, text: str | None) -> None:
        self._head(replace(self._heading, system=text))

    @property
    def sampling(self) -> Sampling:
        """How answers are written: in a way of its own, once one was set, else in the one it was opened with."""
        return self._heading.sampling or self._default

    @sampling.setter
    def sampling(self, sampling: Sampling | None) -> None:
        """A way of its own, which is kept with it; None: none again."""
        self._head(replace(self._heading, sampling=sampling))

    def use(self, engine: Engine, sampling: Sampling | None = None) -> None:
        """Go on with another engine; `sampling` as at the beginning, None: the same. Not while an answer runs.

        A frame, or a part, stays as it is: where it was made for the model before, `be_about` or `play` gives another.
        """
        frame = self._memory.frame
        self.engine, self._memory = engine, Memory(engine)
        self._memory.frame = frame
        self._default = sampling if sampling is not None else self._default

    def be_about(self, document: str, content: str, frame: Frame) -> None:
        """From now on every prompt is framed so; `document` and `content` as in the heading. Survives `clear`."""
        self._part, self._memory.frame = None, frame
        self._head(replace(self._heading, document=document, content=content, character="", user="", retrieval=True))

    @property
    def part(self) -> Part | None:
        """What the model plays now. The heading may name another: a character that could not be taken up again."""
        return self._part

    def play(self, part: Part | None) -> None:
        """From now on the model plays this; None: nothing any more. Survives `clear`.

        What no longer fits is left out, and marked, also where `when_full` says otherwise: a character's material
        would soon leave no room.
        """
        self._part = part
        self._memory.frame = part.prompt if part is not None else None
        character, user, retrieval = ("", "", True) if part is None else (part.id, part.user, part.retrieval)
        heading = replace(self._heading, character=character, user=user, retrieval=retrieval)
        if heading != self._heading:  # to take a part up again changes nothing
            self._head(heading)

    @property
    def retrieval(self) -> bool:
        """Whether the character that is played draws upon its dialogues."""
        return self._heading.retrieval

    @retrieval.setter
    def retrieval(self, retrieval: bool) -> None:
        """For the next answers; it is kept."""
        if self._part is not None:
            self._part.retrieval = retrieval
        self._head(replace(self._heading, retrieval=retrieval))

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns of the current path, also those that the model no longer sees."""
        return self._tree.path

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything the next answer will be given: the system message, if any, then user and assistant in turn.

        Where that becomes a plain text, the messages it is made of.
        """
        prompt = self.prompt
        return self._memory.messages(self._instruction(), self._tree) if isinstance(prompt, Plain) else prompt

    @property
    def prompt(self) -> Asked:
        """The same as the engine gets it. With a part only once the engine is loaded."""
        return self._memory.prompt(self._instruction(), self._tree)

    @property
    def usage(self) -> Usage | None:
        """What the last answer of the path took; None before one, and where it was stopped or failed."""
        return self.path[-1].usage if self.path else None

    def window(self) -> Window:
        """What the next prompt takes of the context. Exact, each prompt counted once; not while an answer runs.

        Raises what `Engine.count` raises, and `Part.prepare`.
        """
        for _ in prepared(self._part, self.engine):
            pass
        return self._memory.window(self._instruction(), self._tree)

    def notices(self) -> tuple[str, ...]:
        """What the user should know about the keeping of this conversation, each once."""
        return self._keeper.notices() if self._keeper is not None else ()

    def say(self, text: str) -> Generator[Said, None, None]:
        """The answer to `text`, as it comes. Closing the iterator stops the model and keeps the words so far.

        Where the path ends with a question (its program was killed before the answer), this one becomes its sibling.
        Raises what `Engine.stream` raises.
        """
        last = self.path[-1] if self.path else None
        parent = last.parent if last is not None and last.role == "user" else self._tree.current
        yield from self._answer(Turn(new_id(), parent, "user", text, now()))

    def edit(self, turn_id: str, text: str) -> Generator[Said, None, None]:
        """The answer to a question of the tree in other words, as a sibling of it. Raises KeyError; else as `say`."""
        question = self._tree[turn_id]
        if question.role != "user":
            raise KeyError(f"{turn_id} is no question")
        yield from self._answer(Turn(new_id(), question.parent, "user", text, now()))

    def regenerate(self, turn_id: str | None = None) -> Generator[Said, None, None]:
        """Another answer, as a sibling, to the question `turn_id`, or in place of the answer of that name.

        None: to the last question of the path. Raises KeyError where there is none; else as `say`.
        """
        if turn_id is None:
            if not self.path:
                raise KeyError("there is no question yet")
            turn_id = self.path[-1].id
        turn = self._tree[turn_id]
        yield from self._answer(turn if turn.role == "user" or turn.parent is None else self._tree[turn.parent])

    @property
    def can_resume(self) -> bool:
        """Whether the path ends with an answer that was cut (at its longest, by the user, an error or the end of the
        program), or with a question that has none yet.
        """
        last = self.path[-1] if self.path else None
        return last is not None and (last.role == "user" or last.reason in _CUT)

    def resume(self) -> Generator[Said, None, None]:
        """More of the answer that the path ends with, where it was cut: the same turn grows.

        It is as it was until the first new word comes; then why it ended, and what it took, are those of this time.
        Raises KeyError where nothing was cut; else as `say`.
        """
        if not self.can_resume:
            raise KeyError("nothing was cut")
        last = self.path[-1]
        yield from self._answer(last) if last.role == "user" else self._write(self.id, self._tree, last)

    def select(self, turn_id: str) -> None:
        """Lead the path through this turn. Raises KeyError for one that is unknown or removed."""
        self._tree.select(turn_id)
        self._head(self._heading)

    def remove(self, turn_id: str) -> None:
        """Take out a turn and what follows it; `restore` undoes it. Raises KeyError."""
        self._changed(turn_id, self._tree.remove)

    def restore(self, turn_id: str) -> None:
        """Undo `remove`. Raises KeyError."""
        self._changed(turn_id, self._tree.restore)

    def rename(self, title: str) -> None:
        """Give it a title; empty: the first question stands for it again."""
        self._head(replace(self._heading, title=" ".join(title.split())))
        if self._tree.turns:
            self._keep(Renamed(self.id, self._heading.title))

    def clear(self) -> None:
        """Begin a new conversation; the system message and the sampling stay, and what was kept of the old one."""
        old = self._heading
        self._heading = replace(old, id=new_id(), created=now(), title="", current=None, archived=False, removed=False)
        self._tree = Tree()

    def _answer(self, question: Turn) -> Generator[Said, None, None]:
        identity, tree, before = self.id, self._tree, self._tree.current
        fresh = question.id not in tree
        if fresh:
            tree.add(question)
        else:
            tree.end_at(question.id)
        self._head(self._heading)
        self._keep(Placed(identity, question))
        answer = Turn(new_id(), question.id, "assistant", "", now())
        try:
            yield from self._write(identity, tree, answer)
        finally:
            if answer.id not in tree:
                if fresh:
                    tree.remove(question.id)
                tree.end_at(before)
                if fresh:
                    self._keep(Placed(identity, tree[question.id]))
                self._head(self._heading)

    def _write(self, identity: str, tree: Tree, turn: Turn) -> Generator[Said, None, None]:
        """The words that the model adds to an answer; a new one stands in the tree from the first of them on."""
        pieces = [turn.content]
        begun = False
        reason: EndReason = "stopped"
        usage: Usage | None = None
        try:
            yield from map(Notice, self.notices())
            yield from prepared(self._part, self.engine)
            yield from map(Notice, self._untold())
            if not (yield from self._make_room()):
                return
            messages = self._memory.messages(self._instruction(), self._tree)
            drawn = self._part.drawn(messages) if self._part is not None else turn.dialogues
            speaker = self._part.name if self._part is not None else turn.speaker
            with closing(answered(self._part, self.engine, self.prompt, self.sampling, turn.content)) as events:
                for event in events:
                    if not begun and isinstance(event, Text | Finished):
                        begun = True
                        model = self.engine.info.name if self.engine.info is not None else ""
                        turn = replace(turn, model=model, reason=None, usage=None, speaker=speaker, dialogues=drawn)
                        if turn.id in tree:
                            tree.replace(turn)
                        else:
                            turn = replace(turn, created=now())
                            tree.add(turn)
                        self._keep(Placed(identity, turn))
                        self._head(self._heading)
                    match event:
                        case Text(piece):
                            pieces.append(piece)
                            self._keep(Words(turn.id, piece))
                        case Finished(reason, usage):
                            yield from map(Notice, self.notices())
                    yield event
        except AssistantError:
            reason = "failed"
            raise
        finally:
            if begun:
                turn = replace(turn, content="".join(pieces), reason=reason, usage=usage)
                tree.replace(turn)
                self._keep(Placed(identity, turn))
                self._head(self._heading)

    def _untold(self) -> list[str]:
        """What the user should know of the part, and was not told yet."""
        notes = [note for note in self._part.notes if note not in self._told] if self._part is not None else []
        self._told.update(notes)
        return notes

    def _make_room(self) -> Generator[Said, None, bool]:
        """See that the prompt fits, as `when_full` says, or in its way with a part; False: interrupted meanwhile."""
        full: WhenFull = self.when_full if self._part is None else "drop"
        if full == "stop":
            return True
        yield from self.engine.load()
        made = yield from self._memory.make_room(
            self._instruction(), self._tree, self.sampling, summarize=full == "summarize"
        )
        if made is None:
            return True
        if made == "interrupted":
            return False
        place, mark = made
        self._tree.mark(place, mark)
        self._keep(Marked(place, mark))
        yield mark
        return True

    def _instruction(self) -> str | None:
        if self.system is not None or not self.path or self._memory.frame is not None:
            return self.system  # a frame says itself how to answer: nothing may stand before the document
        return INSTRUCTION.get(self._language())

    def _language(self) -> Language:
        """Of the last question that tells: "why?" and pure code say nothing of the language, it stays as it was."""
        for turn in reversed(self.path):
            if turn.role == "user":
                if turn.id not in self._languages:
                    self._languages[turn.id] = language_of(detach(turn.content)[1])
                if self._languages[turn.id] != "und":
                    return self._languages[turn.id]
        return "und"

    def _changed(self, turn_id: str, change: Callable[[str], None]) -> None:
        change(turn_id)
        self._keep(Placed(self.id, self._tree[turn_id]))
        self._head(self._heading)

    def _head(self, heading: Heading) -> None:
        self._heading = heading
        if self._tree.turns:  # an empty conversation is not kept
            self._keep(self.heading)

    def _keep(self, change: Change) -> None:
        if self._keeper is not None:
            self._keeper.keep(change)
