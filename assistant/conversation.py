"""A conversation: what was said so far, and the next turn as a stream of events.

Words are never lost and turns never silently dropped: an answer that is stopped, or fails midway, stays as far as
it came; a turn without a word leaves no trace, so the next try is clean; what no longer fits raises PromptTooLong.
The module knows nothing of screens, commands or storage.
"""

from collections.abc import Generator
from contextlib import closing

from assistant.engine import Engine
from assistant.events import Event, Finished, Text, Usage
from assistant.messages import Message, Sampling
from assistant.wording import INSTRUCTION, Language, language_of


class Conversation:
    """Turns with one engine; not for two threads at once."""

    def __init__(self, engine: Engine, sampling: Sampling | None = None, system: str | None = None) -> None:
        self.engine = engine
        self.sampling = sampling if sampling is not None else Sampling()
        self.system = system
        """Instruction before all turns; None: to answer in the language of the last question; empty: none at all."""
        self._language: Language = "und"
        self._turns: tuple[Message, ...] = ()
        self._usage: Usage | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything the next answer will be given: the system message, if any, then user and assistant in turn."""
        return (*self._instruction(), *self._turns)

    @property
    def usage(self) -> Usage | None:
        """What the last complete answer took; None before it, and after a turn that was stopped or failed."""
        return self._usage

    def say(self, text: str) -> Generator[Event, None, None]:
        """The answer to `text`, as it comes. Closing the iterator stops the model and keeps the words so far.

        Raises what `Engine.stream` raises.
        """
        before = self._turns
        language = language_of(text)
        if language != "und":  # "why?" and pure code say nothing of the language: it stays as it was
            self._language = language
        self._turns = (*before, Message("user", text))
        self._usage = None
        pieces: list[str] = []
        finished = False
        try:
            with closing(self.engine.stream(self.messages, self.sampling)) as events:
                for event in events:
                    match event:
                        case Text(piece):
                            pieces.append(piece)
                        case Finished(_, usage):
                            finished = True
                            self._usage = usage
                    yield event
        finally:
            if pieces or finished:
                self._turns = (*self._turns, Message("assistant", "".join(pieces)))
            else:
                self._turns = before

    def _instruction(self) -> tuple[Message, ...]:
        if self.system is not None:
            return (Message("system", self.system),)
        text = INSTRUCTION.get(self._language) if self._turns else None
        return (Message("system", text),) if text else ()

    def clear(self) -> None:
        """Forget all turns; the system message stays."""
        self._turns = ()
        self._usage = None
