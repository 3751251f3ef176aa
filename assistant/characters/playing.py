"""A character played by one engine: the part of a conversation (`conversation.part.Part`).

Each prompt holds the character's description and, of its corpus, the dialogues most like the last turns, the most
similar one nearest the end: at most as many as the settings say, of those what fits the characters of a prompt and a
third of the context. Long conversations keep a quarter of those characters for them. The turns come from the
conversation, which leaves out the oldest when they no longer fit.

Where a chat template puts turns in order, the dialogues are turns too, each line after its speaker's name: small models
go on in the manner of such turns, and tell stories about a text of dialogues that is shown to them. They stand before
the last exchange, so that what was said before it is not read again, and what is asked follows what it is about.
"""

import re
from collections.abc import Callable, Generator, Sequence
from functools import partial
from itertools import groupby
from weakref import finalize

from assistant.attachments import attach, detach
from assistant.characters.forms import Form, form_for
from assistant.characters.preparation import neutral, situation
from assistant.characters.retrieval import TURNS, Retriever, fitting, room_for
from assistant.characters.speech import Speech, heard, stops_for
from assistant.characters.values import Character, Dialogue, Line
from assistant.characters.vectors import Opens, Vectors, index_file
from assistant.characters.wording import BLOCK, DESCRIBED, GREETED, NAMED, SEPARATOR, SYSTEM
from assistant.engine import Engine
from assistant.events import Event
from assistant.messages import Message, Plain

_STOPS = 16
"""Speakers whose names end an answer in the engine itself; the rest is found as it comes."""
_KEPT = 8
"""Prompts whose dialogues are remembered."""
_LATEST = 3
"""Turns of the conversation that follow the dialogues: the last question, and the exchange before it."""
_AROUND = 8
"""Tokens that a template puts around a turn, or a little less."""
_NOTHING = "…"
"""What is said to a character that speaks first."""
_BREAKS = re.compile(r"\s*\n\s*")


class Playing:
    """Not for two threads at once. The model for vectors, if any, is open from `prepare` on, as long as this lives."""

    def __init__(self, character: Character, engine: Engine, *, retrieval: bool = True) -> None:
        self.character = character
        self.retrieval = retrieval
        self._engine = engine
        self._opens = _named(character)
        self._form: Form | None = None
        self._retriever: Retriever | None = None
        self._vectors: Vectors | None = None
        self._close: Callable[[], object] = lambda: None
        self._speakers: list[str] = []
        self._tokens: dict[str, int] = {}
        self._drawn: dict[tuple[tuple[Message, ...], bool], tuple[Dialogue, ...]] = {}

    @property
    def id(self) -> str:
        return self.character.id

    @property
    def name(self) -> str:
        return self.character.name

    @property
    def user(self) -> str:
        return self.character.user

    @property
    def greeting(self) -> str:
        return self.character.greeting

    @property
    def stops(self) -> tuple[str, ...]:
        return stops_for(self._others[:_STOPS])

    @property
    def form(self) -> Form:
        """How the prompts are made for this engine, and why; once it is loaded."""
        if self._form is None:
            self._form = form_for(self.character, self._engine.info)
        return self._form

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know: of the reading of the corpus, its vectors, and an unusual form of the prompts."""
        made = tuple(self._vectors.notes) if self._vectors is not None else ()
        plain = self._form is not None and self._form.kind == "trained"
        form = (f"{self.name} is played in one block of text: {self.form.reason}",) if plain else ()
        return (*self.character.corpus.notes, *made, *form)

    def prepare(self) -> Generator[Event, None, None]:
        """Count the corpus' words, and make its vectors where a model for them is named. Raises AssistantError."""
        if self._retriever is None:
            self._form = form_for(self.character, self._engine.info)
            self._retriever = Retriever(self.character)
        if self._opens is not None and self.retrieval and self._retriever.dialogues:
            if self._vectors is None:
                own = self.character.is_self
                texts = [neutral(situation(dialogue.lines), own) for dialogue in self._retriever.dialogues]
                self._vectors = Vectors(index_file(self.character), texts, self._opens)
                self._close = finalize(self, self._vectors.close)
            yield from self._vectors.prepare()

    def close(self) -> None:
        """Free the model for vectors; may be called twice."""
        self._close()

    def prompt(self, messages: tuple[Message, ...]) -> Plain | tuple[Message, ...]:
        if not messages:
            return ()
        begun = messages[-1].content if messages[-1].role == "assistant" else ""
        asked = messages[:-1] if messages[-1].role == "assistant" else messages
        dialogues = self._draw(asked)
        if self.form.kind == "trained":
            return Plain(self._block(asked, dialogues), begun)
        turns = self._turns(asked, dialogues)
        return (*turns, self._said(begun)) if begun or self.form.begins else turns

    def drawn(self, messages: tuple[Message, ...]) -> tuple[str, ...]:
        asked = messages[:-1] if messages and messages[-1].role == "assistant" else messages
        return tuple(dialogue.id for dialogue in self._draw(asked))

    def shown(self, dialogue: str) -> str:
        found = self._retriever.dialogues if self._retriever is not None else ()
        return next((one.text for one in found if one.id == dialogue), "")

    def heard(self, events: Generator[Event, None, None], before: str) -> Generator[Event, None, None]:
        return heard(events, Speech(self.name, self._others, before), self._engine.count)

    @property
    def _others(self) -> list[str]:
        """Everybody else who may speak: the user first, then those of the corpus, the most talkative first."""
        if not self._speakers:  # a corpus of 100,000 lines is counted once
            known = {self.name.casefold(), self.user.casefold()}
            speakers = self.character.corpus.speakers
            self._speakers = [self.user, *(speaker for speaker in speakers if speaker.casefold() not in known)]
        return self._speakers

    def _draw(self, asked: tuple[Message, ...]) -> tuple[Dialogue, ...]:
        """The dialogues for these turns, the most similar last."""
        key = (asked, self.retrieval)
        if key not in self._drawn:
            while len(self._drawn) >= _KEPT:
                self._drawn.pop(next(iter(self._drawn)))
            self._drawn[key] = self._fitting(asked) if self.retrieval else ()
        return self._drawn[key]

    def _fitting(self, asked: tuple[Message, ...]) -> tuple[Dialogue, ...]:
        """The most similar ones that fit, the most similar last."""
        recent = self._lines(asked)[-TURNS:]
        if self._retriever is None or not recent or not self._retriever.dialogues:
            return ()
        others = []
        if self._vectors is not None:
            others.append(self._vectors.ranked(neutral(recent, self.character.is_self)))
        settings = self.character.prompt
        characters = room_for(settings, self._length(asked))
        tokens = self._engine.info.context // 3 if self._engine.info is not None else 0
        best = self._retriever.best(recent, *others, most=settings.dialogues, longest=characters)
        return tuple(reversed(fitting(best, self._costs(best), characters, tokens)))

    def _costs(self, dialogues: Sequence[Dialogue]) -> list[int]:
        """Tokens of each, with what parts it from the next, or its turns from one another; texts are counted once."""
        texts = [f"{dialogue.text}{SEPARATOR}" for dialogue in dialogues]
        new = [text for text in texts if text not in self._tokens]
        if new:
            self._tokens |= zip(new, self._engine.count_each(new), strict=True)
        around = _AROUND if self.form.kind == "chat" else 0
        return [
            self._tokens[text] + around * len(dialogue.lines) for text, dialogue in zip(texts, dialogues, strict=True)
        ]

    def _length(self, asked: tuple[Message, ...]) -> int:
        """Characters of the prompt without dialogues."""
        if self.form.kind == "trained":
            return len(self._block(asked, ()))
        return sum(len(message.content) for message in self._turns(asked, ()))

    def _lines(self, asked: Sequence[Message]) -> list[Line]:
        """The running conversation, as the corpus is written; attached texts are left out."""
        names = {"user": self.user, "assistant": self.name}
        return [Line(names[turn.role], detach(turn.content)[1]) for turn in asked if turn.role in names]

    def _block(self, asked: Sequence[Message], dialogues: Sequence[Dialogue]) -> str:
        """The trained block. Each turn is one line of it; what the user instructs goes with the description."""
        names = {"user": self.user, "assistant": self.name}
        turns = [(names[turn.role], turn.content) for turn in asked if turn.role in names]
        if self.greeting:
            turns.insert(0, (self.name, self.greeting))
        own = [turn.content for turn in asked if turn.role == "system" and turn.content]
        return BLOCK[self.form.language].format(
            role=self.name,
            user=self.user,
            dialogues=SEPARATOR.join(dialogue.text for dialogue in dialogues),
            description="\n".join((*filter(None, [self.character.description]), *own)),
            history="\n".join(f"{name}:{_BREAKS.sub(' ', words.strip())}" for name, words in turns),
        )

    def _line(self, speaker: str, words: str) -> str:
        named = NAMED[self.form.language].format(role=speaker, words=words)
        return named if words else named.rstrip()

    def _said(self, words: str) -> Message:
        """An answer of the chat, as far as it goes."""
        return Message("assistant", self._line(self.name, words) if self.form.begins else words)

    def _asked(self, content: str) -> Message:
        """What the user says; attached texts stand before it."""
        attachments, words = detach(content)
        return Message("user", attach(self._line(self.user, words), attachments))

    def _turns(self, asked: Sequence[Message], dialogues: Sequence[Dialogue]) -> tuple[Message, ...]:
        """The messages of the chat template: instruction and description, the earlier turns, the dialogues, the latest
        turns.
        """
        language, names = self.form.language, {"role": self.name, "user": self.user}
        own = [turn.content for turn in asked if turn.role == "system" and turn.content]
        parts = [SYSTEM[language].format(**names)]
        if self.character.description:
            parts.append(DESCRIBED[language].format(**names, description=self.character.description))
        if self.greeting:
            parts.append(GREETED[language].format(**names, greeting=self.greeting))
        system = "\n\n".join((*parts, *own))
        turns = [
            self._asked(turn.content) if turn.role == "user" else self._said(turn.content)
            for turn in asked
            if turn.role != "system"
        ]
        turns[-_LATEST:-_LATEST] = self._shown_as_turns(dialogues)
        if self.form.system:
            return (Message("system", system), *turns)
        if turns:
            turns[0] = Message(turns[0].role, f"{system}\n\n{turns[0].content}")
        return tuple(turns)

    def _shown_as_turns(self, dialogues: Sequence[Dialogue]) -> list[Message]:
        """Their lines, in which user and assistant take turns; whoever speaks to the character is a user."""
        turns: list[Message] = []
        for dialogue in dialogues:
            for own, lines in groupby(dialogue.lines, lambda line: self.character.is_self(line.speaker)):
                if not own:
                    said = "\n".join(self._line(line.speaker, line.words) for line in lines)
                    turns.append(Message("user", said))
                    continue
                if not turns or turns[-1].role == "assistant":
                    turns.append(Message("user", _NOTHING))
                turns.append(self._said("\n".join(line.words for line in lines)))
        return turns


def _named(character: Character) -> Opens | None:
    """Opens the model for vectors that the character names, if it names one."""
    model = character.retrieval.embedding_model
    if model is None:
        return None
    from assistant.models import open_engine  # noqa: PLC0415

    return partial(open_engine, model)
