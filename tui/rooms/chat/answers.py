"""What is being answered, and what waits for it: jobs for the desk, and the turns that grow while they run.

When a job is over its turns become those of the conversation's path. Knows nothing of keys and commands.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from textual.widget import Widget

from assistant import (
    AssistantError,
    Finished,
    Reading,
    Settled,
    Text,
    Typed,
)
from tui.jobs import Job
from tui.language import _
from tui.messages import Ended, Heard
from tui.rooms.chat.shown import (
    AnswerShown,
    ErrorShown,
    GreetingShown,
    LostShown,
    NoteShown,
    QuestionShown,
    how_it_ended,
    path_shown,
)
from tui.rooms.chat.talk import Preparing, Talk
from tui.rooms.chat.turns import Answer, ChatTranscript, Question
from tui.widgets.turns import Welcome, Words
from tui.words import ended, title


@dataclass(slots=True, eq=False)
class Asked:
    """One thing the user asked for, and where its words go."""

    events: Callable[[], Generator[Any, None, None]]
    """Gives them, in the worker thread."""
    typed: Typed | str = ""
    """What goes back to the prompt if it comes to nothing."""
    said: str = ""
    """The new question; empty: the answer belongs to one that is there already."""
    instead: str = ""
    """The turn in whose place it stands; that one and what follows it leave the view."""
    behind: str = ""
    """The question that is there already."""
    grows: str = ""
    """The answer that grows."""
    question: Question | None = None
    answer: Answer | None = None


class Answers:
    """Of one talk in one transcript. `used` and `exact`: tokens of the context so far; None: not known."""

    def __init__(self, talk: Talk, transcript: ChatTranscript) -> None:
        self._talk = talk
        self._transcript = transcript
        self._jobs: dict[Job, Asked] = {}
        self._now: Asked | None = None
        self.used: int | None = 0
        self.exact = True
        self._settled: int | None = 0
        self._prompted = self._pieces = 0
        self._mark: Words = ""
        self._partial = False
        self._marks = set(talk.conversation.tree.marks)
        """Turns before which it says what the model no longer sees; of later marks a note came when they were made."""

    def __contains__(self, job: object) -> bool:
        return job in self._jobs

    @property
    def running(self) -> bool:
        """An answer is being written: nothing else may change the conversation."""
        return self._now is not None

    @property
    def writing(self) -> Widget | None:
        """The turn that grows, or nothing."""
        return self._now.answer if self._now is not None else None

    def job_of(self, question: Widget) -> Job | None:
        """The job that waits with this question."""
        return next((job for job, asked in self._jobs.items() if asked.question is question), None)

    async def ask(self, job: Job, asked: Asked, *, queued: bool) -> None:
        """A job is about to be handed to the desk."""
        await self.welcome_away()
        self._jobs[job] = asked
        if asked.said:
            asked.question = Question(asked.said, queued=queued)
            await self._transcript.add(asked.question)
        self._transcript.follow()

    def forget(self) -> None:
        """There is another conversation: what is still told of the one before is nobody's."""
        self._jobs.clear()
        self._now = None
        self.used = self._settled = 0
        self.exact = True
        self._marks = set(self._talk.conversation.tree.marks)

    def settled(self, used: int | None) -> None:
        """So many tokens are in the context."""
        self._settled = used
        if self._now is None:
            self.used, self.exact = used, True

    def follow(self) -> None:
        """Bring the end into view."""
        self._transcript.follow()

    async def welcome_away(self) -> None:
        """The first turn comes."""
        await self._transcript.drop(*self._transcript.query(Welcome))

    async def withdrawn(self, job: Job) -> Typed | str:
        """A waiting job was taken back; what had been typed for it."""
        asked = self._jobs.pop(job, None)
        if asked is None:
            return ""
        if asked.question is not None:
            await self._transcript.drop(asked.question)
        return asked.typed

    async def began(self, job: Job) -> None:
        """The job has the engine."""
        self._prompted = self._pieces = 0
        self._mark, self._partial = "", False
        asked = self._now = self._jobs.get(job)
        if asked is None:
            return
        current, replaced = self._transcript.current, self._transcript.named(asked.instead)
        if asked.instead:
            await self._transcript.cut(asked.instead)
        if asked.question is not None:
            asked.question.sent()
        grown = await self._transcript.hold(asked.grows) if asked.grows else None
        if isinstance(grown, Answer):
            asked.answer = grown
            grown.resume()
        else:
            asked.answer = Answer(speaker=self._talk.speaker)
            await self._transcript.add(asked.answer, after=asked.question or asked.behind or None)
            if current is not None and current is replaced:
                asked.answer.focus(scroll_visible=False)

    async def heard(self, message: Heard) -> None:
        """The engine said something."""
        match message.event:
            case Settled(reason=reason) if message.event.is_worth_saying:
                await self.note(reason)
            case Preparing():
                pass
            case Reading(_, total):
                self._prompted = total
                self.used, self.exact = total, True
            case Text(text):
                self._pieces += message.pieces
                self.used, self.exact = self._prompted + self._pieces, False
                if self._now is not None and self._now.answer is not None:
                    await self._now.answer.write(text)
                    self._transcript.grown()
            case Finished(reason, usage):
                self._mark, self._partial = (lambda: ended(reason, usage)), reason != "stop"

    async def note(self, text: Words) -> None:
        """A few words of the program, above the answer in progress."""
        answer = self._now.answer if self._now is not None else None
        await self._transcript.put(NoteShown(text), before=answer if answer is None or not answer.mark else None)

    async def ended(self, message: Ended) -> None:
        """The job is over."""
        if message.job not in self._jobs:
            return
        answer = self._now.answer if self._now is not None else None
        if message.stopped and not (answer is not None and answer.mark):
            self._partial = True
            self._mark = lambda: _("stopped before the first word; not part of the chat")
            if answer is not None and answer.text:
                self._mark = lambda: _("stopped here")
        if message.used is not None:
            self._settled = message.used
        await self._over(message.job)

    async def failed(self, job: Job, error: AssistantError) -> Typed | str:
        """The job ended with an error; what had been typed for it, where nothing came of it."""
        asked = self._now
        typed: Typed | str = ""
        if asked is not None and asked.answer is not None:
            if asked.answer.text:
                self._mark, self._partial = (lambda: _("ended here by an error")), True
                self._settled = None
            else:
                typed = asked.typed
                lost = [asked.answer] if asked.question is None else [asked.answer, asked.question]
                await self._transcript.drop(*lost)
        await self._over(job)
        await self.welcome_away()
        await self._transcript.put(ErrorShown(lambda: title(error), str(error)))
        self._transcript.follow()
        return typed

    async def _over(self, job: Job) -> None:
        """The engine is free again; what grew is a part of the conversation, or it is not."""
        asked, self._now = self._jobs.pop(job, None), None
        if asked is not None:
            await self._settle(asked)
            await self.show()
        self.used, self.exact = self._settled, True

    async def _settle(self, asked: Asked) -> None:
        answer, question = asked.answer, asked.question
        if answer is None or not answer.is_attached:
            return
        *before, last = path_shown(self._talk.conversation, ()) or [NoteShown("")]
        if isinstance(last, AnswerShown) and last.turn.content == answer.text:
            await answer.finish(how_it_ended(last.turn), partial=last.turn.reason != "stop")
            last.tell(answer)
            await self._transcript.settle(answer, last)
            if question is not None and before and isinstance(before[-1], QuestionShown):
                before[-1].tell(question)
                await self._transcript.settle(question, before[-1])
        elif question is not None:
            await answer.finish(self._mark, partial=self._partial)
            lost = LostShown(answer.text, self._mark, self._partial, answer.speaker)
            await self._transcript.settle(answer, lost)
            await self._transcript.settle(question, LostShown(question.text))
        else:
            await self._transcript.drop(answer)
        self._transcript.grown()

    async def show(self) -> None:
        """Have the turns of the conversation's path, and what stands between them; before them a greeting."""
        talk = self._talk
        path = path_shown(talk.conversation, self._marks)
        await self._transcript.show([*self._greeting(), *path])

    def _greeting(self) -> list[GreetingShown]:
        character = self._talk.character
        if character is None:
            return []
        count = len(character.dialogues)
        return [GreetingShown(character.name, character.greeting, count, self._talk.conversation.retrieval)]
