"""How the commands keep conversations: their options, and a conversation that is written down while it is held."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from assistant.conversation.conversation import Conversation, Said
    from assistant.conversation.keeper import Keeper
    from assistant.conversation.store import Store
    from assistant.conversation.tree import Tree
    from assistant.conversation.turns import Heading
    from assistant.conversation.window import WhenFull
    from assistant.engine import Engine
    from assistant.events import Event
    from assistant.messages import Sampling

Function = TypeVar("Function", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--continue",
        "continued",
        is_flag=False,
        flag_value="last",
        metavar="[ID]",
        help="Go on with a kept conversation; without ID (or with last) the last one. Before PROMPT write the ID out.",
    ),
    click.option(
        "--keep", is_flag=True, help="Keep one question and its answer too; else only conversations are kept."
    ),
    click.option("--no-history", is_flag=True, help="Keep nothing of this conversation."),
    click.option(
        "--when-full",
        type=click.Choice(["stop", "drop", "summarize"]),
        help="When the context is full: stop and say so, or drop or summarize the oldest turns; default: the settings, "
        "else stop.",
    ),
)


def keeping_options(function: Function) -> Function:
    """`--continue`, `--keep`, `--no-history`, `--when-full`, handed on as one `keeping`."""

    @wraps(function)
    def gathered(
        *, continued: str | None, keep: bool, no_history: bool, when_full: "WhenFull | None", **others: object
    ) -> object:
        if no_history and (keep or continued is not None):
            raise click.UsageError("--no-history keeps nothing; leave it out, or --keep and --continue")
        if continued is not None and " " in continued:
            raise click.UsageError("--continue before PROMPT needs an ID; write --continue last PROMPT")
        return function(keeping=Keeping(continued, keep, no_history, when_full), **others)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return cast("Function", gathered)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What those options say."""

    continued: str | None
    keep: bool
    no_history: bool
    when_full: "WhenFull | None"

    def saved(self) -> "tuple[Heading, Tree] | None":
        """The conversation to go on with; None: a new one begins. Raises HistoryFailed."""
        from assistant.console import note
        from assistant.conversation.store import Store
        from assistant.errors import HistoryFailed
        from assistant.sanitize import one_line

        if self.continued is None:
            return None
        with Store() as store:
            if store.notice:
                note(store.notice)
            saved = store.load(_found(store, self.continued))
        if saved[0].document:
            raise HistoryFailed(
                f"that conversation is about {one_line(saved[0].about)}; one without a document was expected; "
                "luciole ask DOC --continue QUESTION goes on with it"
            )
        return saved

    @contextmanager
    def hold(
        self,
        engine: "Engine",
        sampling: "Sampling",
        system: str | None,
        *,
        saved: "tuple[Heading, Tree] | None",
        dialogue: bool,
        chosen: "Mapping[str, Any] | None" = None,
    ) -> Generator["Conversation", None, None]:
        """The conversation, new or `saved`; what is kept of it lies on the disk at the end.

        `chosen`: fields of its sampling that the user gave, and that are kept with it.
        """
        from dataclasses import replace

        from assistant.conversation.conversation import Conversation
        from assistant.conversation.keeper import Keeper
        from assistant.settings import read_settings

        kept = (dialogue and not self.no_history) or self.keep or saved is not None
        keeper = Keeper() if kept else None
        when_full = self.when_full or read_settings().when_full
        conversation = Conversation(engine, sampling, system, when_full=when_full, keeper=keeper, saved=saved)
        with written(keeper):
            if chosen:
                conversation.sampling = replace(conversation.sampling, **chosen)
            yield conversation


@contextmanager
def written(keeper: "Keeper | None") -> Generator[None, None, None]:
    """What is kept inside lies on the disk at the end, or it is said that it does not."""
    from assistant.console import note

    try:
        yield
    finally:
        if keeper is not None:
            whole = keeper.close(_PATIENCE)
            for text in keeper.notices():
                note(text)
            if not whole:
                note("the disk did not take the last words in time; they are not kept")


def _found(store: "Store", name: str) -> str:
    """The id that is meant; `last`: of the last conversation that is about no document. Raises HistoryFailed."""
    if name == "last":
        for entry in store.entries():
            if not entry.heading.document:
                return entry.heading.id
    return store.find(name)


_PATIENCE = 2.0
"""Seconds that the end of a command may wait for the disk."""


def told(events: Generator["Said", None, None]) -> Generator["Event", None, None]:
    """The engine's events; what the conversation itself has to say is told on stderr as it comes."""
    from contextlib import closing

    from assistant.console import note
    from assistant.conversation.turns import Forgot, Notice

    with closing(events):
        for event in events:
            if isinstance(event, Forgot | Notice):
                note(event.text)
            else:
                yield event
