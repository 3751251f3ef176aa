"""The conversation of the chat, and what comes of its messages as jobs for the worker thread.

Every conversation is kept as it happens. The generators run in the worker thread, one at a time; all else is for the
thread of the screen, and what changes the conversation only while no generator of it runs. Knows nothing of widgets.
"""

from collections.abc import Generator

from assistant import (
    Conversation,
    Engine,
    Event,
    Forgot,
    Heading,
    HistoryFailed,
    Keeper,
    Notice,
    Store,
    Tree,
    info_sampling,
    read_settings,
)
from tui.holder import EngineHolder
from tui.rooms.chat.context import Breakdown, breakdown
from tui.rooms.chat.late import LateEngine

Said = Event | Forgot | Notice
"""What comes of a message."""
_SETTLED = 1.0
"""Seconds that loading waits for what is being written."""


class Talk:
    """With the engine that the holder has when a job begins."""

    def __init__(self, holder: EngineHolder) -> None:
        self._holder = holder
        self._engine = LateEngine(holder)
        self._keeper = Keeper()
        self._last: Engine | None = None
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

    def breakdown(self) -> Breakdown:
        """What takes how much of the context. In the worker thread; loads the model if need be."""
        return breakdown(self.conversation)

    def used(self) -> int | None:
        """Tokens that the conversation takes in the context; 0 for none. In the worker thread."""
        prompt = self.conversation.prompt
        return self._engine.count(prompt) if prompt else 0

    def forget(self) -> None:
        """Start an empty conversation."""
        self.conversation = self._begun()

    def load(self, identity: str) -> tuple[Heading, Tree]:
        """A kept conversation. In a thread of its own: it waits for the disk. Raises HistoryFailed."""
        self._keeper.settle(_SETTLED)
        with Store() as store:
            return store.load(identity)

    def open(self, heading: Heading, tree: Tree) -> None:
        """Go on with this one."""
        self.conversation = self._begun((heading, tree))

    def close(self) -> None:
        """Write the last words. Waits for the disk, and no longer than four tenths of a second."""
        self._keeper.close()

    def _begun(self, saved: tuple[Heading, Tree] | None = None) -> Conversation:
        self._last = None
        return Conversation(self._engine, keeper=self._keeper, saved=saved)

    def _ready(self) -> Generator[Event, None, Conversation]:
        """The conversation, with what the model and the settings of now say of how it goes on."""
        conversation, engine = self.conversation, self._holder.ready()
        if engine is not self._last:
            yield from engine.load()  # what it is says how it wants to be sampled
            conversation.use(self._engine, info_sampling(engine.info))
            conversation.when_full = read_settings().when_full
            self._last = engine
        return conversation

    def _check(self, turn: str) -> None:
        if all(step.id != turn for step in self.conversation.path):
            raise HistoryFailed("that message is gone; one of this conversation was expected; choose another one")
