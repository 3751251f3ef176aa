"""The conversation of the chat, and what comes of its messages as jobs for the worker thread.

Every conversation is kept as it happens. The generators run in the worker thread, one at a time; all else is for the
thread of the screen, and what changes the conversation only while no generator of it runs. Knows nothing of widgets.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from assistant import (
    AssistantError,
    Conversation,
    Engine,
    Event,
    Forgot,
    Heading,
    HistoryFailed,
    Keeper,
    Notice,
    Reading,
    Sampling,
    Store,
    Tree,
    info_sampling,
    read_settings,
)
from tui.holder import EngineHolder
from tui.rooms.chat.context import Breakdown, breakdown
from tui.rooms.chat.late import LateEngine

if TYPE_CHECKING:
    from assistant import Character, Playing

Said = Event | Forgot | Notice
"""What comes of a message."""
_SETTLED = 1.0
"""Seconds that loading waits for what is being written."""


@dataclass(frozen=True, slots=True)
class Preparing(Reading):
    """What a character needs is read, its dialogues for one; not a prompt."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept conversation, and who speaks in it; `missing`: why that one cannot."""

    heading: Heading
    tree: Tree
    character: "Character | None" = None
    missing: AssistantError | None = None


class Talk:
    """With the engine that the holder has when a job begins."""

    def __init__(self, holder: EngineHolder) -> None:
        self._holder = holder
        self._engine = LateEngine(holder)
        self._keeper = Keeper()
        self._last: Engine | None = None
        self._part: Playing | None = None
        self._played_by: Engine | None = None
        """The engine that the part was prepared for."""
        self.character: Character | None = None
        """Who answers; None: the model as it is."""
        self.conversation = self._begun()

    def say(self, text: str) -> Generator[Said, None, None]:
        """The answer to `text`, as the next turn of the conversation."""
        conversation = yield from self._ready()
        yield from conversation.say(text)

    def edit(self, turn: str, text: str) -> Generator[Said, None, None]:
        """The answer to a question in other words, as another version of it."""
        conversation = yield from self._ready()
        self._check(turn)
        yield from conversation.edit(turn, text)

    def again(self, turn: str) -> Generator[Said, None, None]:
        """Another answer to a question, or in place of an answer."""
        conversation = yield from self._ready()
        self._check(turn)
        yield from conversation.regenerate(turn)

    def resume(self) -> Generator[Said, None, None]:
        """More of the last answer, where it was cut; or an answer where there is none yet."""
        conversation = yield from self._ready()
        if not conversation.can_resume:
            raise HistoryFailed("the last answer is whole; one that was cut was expected; ask for more in a message")
        yield from conversation.resume()

    def breakdown(self) -> Generator[Said | Breakdown, None, None]:
        """What takes how much of the context, in the end. In the worker thread; loads the model if need be."""
        conversation = self.conversation
        yield from self._prepared()
        yield breakdown(conversation)

    def used(self) -> int | None:
        """Tokens that the conversation takes in the context; 0 for none. In the worker thread."""
        for _event in self._prepared():
            pass
        return self.conversation.window().used

    def forget(self) -> None:
        """Start an empty conversation, with whoever answered in the one before."""
        self.conversation = self._begun()
        self.cast(self.character)

    def load(self, identity: str) -> Kept:
        """A kept conversation. In a thread of its own: it waits for the disk. Raises HistoryFailed."""
        self._keeper.settle(_SETTLED)
        with Store() as store:
            heading, tree = store.load(identity)
        if not heading.character:
            return Kept(heading, tree)
        from assistant import load_character  # noqa: PLC0415  see `tui.later`

        try:
            return Kept(heading, tree, load_character(heading.character))
        except AssistantError as error:
            return Kept(heading, tree, missing=error)

    def open(self, kept: Kept) -> None:
        """Go on with this one; without a character that is gone."""
        self.conversation = self._begun((kept.heading, kept.tree))
        self.character = kept.character
        if kept.character is not None:
            self.cast(kept.character, retrieval=kept.heading.retrieval)

    # Who answers

    @property
    def speaker(self) -> str:
        """The name above the next answer; empty: the model answers as itself."""
        return self.character.name if self.character is not None else ""

    def cast(self, character: "Character | None", *, retrieval: bool = True) -> None:
        """From the next answer on this one speaks. Not while an answer is being written."""
        self.character = character
        self._last = None  # a character may be sampled in a way of its own
        if character is not None:
            self._play(character, retrieval=retrieval)
        else:
            self.conversation.play(None)

    def _play(self, character: "Character", *, retrieval: bool) -> None:
        from assistant import Playing  # noqa: PLC0415  likewise

        self._part, self._played_by = Playing(character, self._engine, retrieval=retrieval), None
        self.conversation.play(self._part)

    @property
    def is_counted_soon(self) -> bool:
        """The conversation can be counted beside what the user does: nothing long must be read before."""
        character = self.character
        return character is None or not (character.retrieval.embedding_model and self.conversation.retrieval)

    def close(self) -> None:
        """Write the last words. Waits for the disk, and no longer than four tenths of a second."""
        self._keeper.close()

    def _begun(self, saved: tuple[Heading, Tree] | None = None) -> Conversation:
        self._last = self._part = None
        return Conversation(self._engine, keeper=self._keeper, saved=saved)

    def _sampling(self, base: Sampling) -> Sampling:
        """As the model wants it, but for what the character wants otherwise."""
        own = dict(self.character.sampling) if self.character is not None else {}
        return replace(base, **cast("dict[str, Any]", own))

    def _ready(self) -> Generator[Event, None, Conversation]:
        """The conversation, with what the model and the settings of now say of how it goes on."""
        conversation, engine = self.conversation, self._holder.ready()
        if engine is not self._last:
            yield from engine.load()  # what it is says how it wants to be sampled
            conversation.use(self._engine, self._sampling(info_sampling(engine.info)))
            conversation.when_full = read_settings().when_full
            self._last = engine
        yield from self._prepared()
        return conversation

    def _prepared(self) -> Generator[Event, None, None]:
        """See that whoever answers has what is needed, with progress."""
        engine, character = self._holder.ready(), self.character
        if self._part is None or character is None:
            return
        if self._played_by not in (None, engine):  # how it is put to a model goes by the model
            self._play(character, retrieval=self.conversation.retrieval)
        self._played_by = engine
        yield from engine.load()
        for event in self._part.prepare():
            yield Preparing(event.done, event.total, event.reused) if isinstance(event, Reading) else event

    def _check(self, turn: str) -> None:
        if all(step.id != turn for step in self.conversation.path):
            raise HistoryFailed("that message is gone; one of this conversation was expected; choose another one")
