"""The part that a model plays in a conversation: the protocol between a conversation and a character.

Whoever plays says what becomes of the messages, which dialogues were drawn from the corpus for them, and what of the
model's words is the answer. The conversation keeps the turns bare, as they were said. Nothing here knows a corpus.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Protocol

from assistant.engine import Engine
from assistant.events import Event
from assistant.messages import Message, Plain, Prompt, Sampling


class Part(Protocol):
    """One character, for one engine. Called from the thread that the conversation is used in, between the engine's
    calls; but for names and facts, only once the engine is loaded and `prepare` was run to its end.
    """

    retrieval: bool
    """Whether dialogues are drawn; what is set here holds for the next prompt."""

    @property
    def id(self) -> str:
        """What conversations remember it by, and what brings it back."""

    @property
    def name(self) -> str:
        """Whose words the answers are."""

    @property
    def user(self) -> str:
        """What the user is called."""

    @property
    def greeting(self) -> str:
        """What it says before the user has said anything; empty: nothing."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of it, once it is prepared; a conversation tells each once."""

    @property
    def stops(self) -> tuple[str, ...]:
        """Texts that end an answer, beside those of the sampling."""

    def prepare(self) -> Generator[Event, None, None]:
        """Load and index what is needed, with progress; at once where it is there. Raises AssistantError."""

    def prompt(self, messages: tuple[Message, ...]) -> Plain | tuple[Message, ...]:
        """What the engine gets for them: no messages for none.

        The first may be the user's own instruction, of role `system`; then user and assistant take turns. Where the
        last one is the assistant's, its answer goes on, with the material it was begun with.
        """

    def drawn(self, messages: tuple[Message, ...]) -> tuple[str, ...]:
        """Ids of the dialogues in that prompt, the most similar last."""

    def shown(self, dialogue: str) -> str:
        """A dialogue by its id, a line each as `name: words`; empty: it is gone from the corpus."""

    def heard(self, events: Generator[Event, None, None], before: str) -> Generator[Event, None, None]:
        """The engine's events with the character's words alone: its name before them is taken off, and the answer ends
        where somebody else begins to speak. Closing it closes `events`.

        `before`: words of the same answer that were heard earlier. What is ended here has its `Finished` too.
        """


def prepared(part: Part | None, engine: Engine) -> Generator[Event, None, None]:
    """Load the model and let the part have what it needs; without a part nothing is to be done."""
    if part is not None:
        yield from engine.load()
        yield from part.prepare()


def answered(
    part: Part | None, engine: Engine, prompt: Prompt, sampling: Sampling, before: str
) -> Generator[Event, None, None]:
    """The engine's answer as the part has it heard, ended by its stops too; `before` as there."""
    if part is None:
        return engine.stream(prompt, sampling)
    stops = tuple(dict.fromkeys((*sampling.stop, *part.stops)))
    return part.heard(engine.stream(prompt, replace(sampling, stop=stops)), before)
