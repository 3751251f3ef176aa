"""What the worker thread tells a room, and what rooms ask of the house. Facts only; nothing here is drawn.

The messages about a job go to the room that wanted it, and on to the house.
"""

from textual.message import Message

from assistant import AssistantError, Event
from tui.jobs import Job


class AboutJob(Message):
    """Something happened to a job."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job


class Began(AboutJob):
    """The job has the engine now. Comes before all others."""


class Withdrawn(AboutJob):
    """The job waited, and will not begin: the user stopped everything."""


class Heard(AboutJob):
    """The engine said something. `pieces`: how many `Text`s were joined into this one; 0 for other events."""

    def __init__(self, job: Job, event: Event, pieces: int) -> None:
        super().__init__(job)
        self.event = event
        self.pieces = pieces


class Reported(AboutJob):
    """The job has come somewhere: anything it yields that is neither an engine's event nor a conversation's words."""

    def __init__(self, job: Job, event: object) -> None:
        super().__init__(job)
        self.event = event


class Noted(AboutJob):
    """The conversation has something to say itself: what the model no longer sees, or that nothing is being kept."""

    def __init__(self, job: Job, text: str) -> None:
        super().__init__(job)
        self.text = text


class Ended(AboutJob):
    """The job is over without an error, and the engine is free for the next one.

    `stopped`: by us, before the end. `used`: what the job's `used` counted; None: nothing was counted.
    """

    def __init__(self, job: Job, *, stopped: bool, used: int | None) -> None:
        super().__init__(job)
        self.stopped = stopped
        self.used = used


class Failed(AboutJob):
    """The job ended with an error, and the engine is free for the next one."""

    def __init__(self, job: Job, error: AssistantError) -> None:
        super().__init__(job)
        self.error = error


class Broke(AboutJob):
    """A fault of our own code in the worker thread; the house raises it, so that it is seen."""

    def __init__(self, job: Job, error: BaseException) -> None:
        super().__init__(job)
        self.error = error


class Go(Message):
    """Show the room of this name."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self.room = room


class Do(Message):
    """Do what the slash command of this name does."""

    def __init__(self, command: str, argument: str = "") -> None:
        super().__init__()
        self.command = command
        self.argument = argument


class OpenDocument(Message):
    """Show this file in the room of documents; `summarize` it at once, or `watch` it too.

    `conversation`: the id of a kept one about it, to go on with; `turn` of it is to be seen.
    """

    def __init__(
        self,
        path: str,
        *,
        summarize: bool = False,
        watch: bool = False,
        conversation: str = "",
        turn: str | None = None,
    ) -> None:
        super().__init__()
        self.path = path
        self.summarize = summarize
        self.watch = watch
        self.conversation = conversation
        self.turn = turn


class OpenConversation(Message):
    """Go on with a kept conversation; `turn` is to be seen, wherever in the tree it is."""

    def __init__(self, identity: str, turn: str | None = None) -> None:
        super().__init__()
        self.identity = identity
        self.turn = turn


class ConversationGone(Message):
    """This kept conversation was deleted: a room that has it open lets go of it."""

    def __init__(self, identity: str) -> None:
        super().__init__()
        self.identity = identity


class UseModel(Message):
    """Load this model (a path or a name) in place of the one there is."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model


class ContextUsed(Message):
    """How full a room's context is, in tokens. `used` None: not known; not `exact`: still growing, or an estimate.

    `coming`: tokens of what is typed and not sent yet. `limit` 0: that of the loaded model. `who`: who answers, in
    words; empty: the model as it is.
    """

    def __init__(
        self, room: str, used: int | None, *, exact: bool = True, coming: int = 0, limit: int = 0, who: str = ""
    ) -> None:
        super().__init__()
        self.room = room
        self.used = used
        self.exact = exact
        self.coming = coming
        self.limit = limit
        self.who = who
