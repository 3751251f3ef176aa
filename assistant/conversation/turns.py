"""What a conversation is made of: turns, marks and facts about it, as frozen values. No store, no engine, no order."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from time import time
from typing import Literal

from assistant.events import FinishReason, Usage
from assistant.messages import Sampling

EndReason = FinishReason | Literal["stopped", "failed"]
"""Why an answer ended: as the engine said it; `stopped` by the user; `failed`: an error, or the engine's death."""

END_REASONS: tuple[EndReason, ...] = ("stop", "length", "repetition", "stopped", "failed")

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that nobody takes for another one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question or an answer: one node of the tree."""

    id: str
    parent: str | None
    """The turn that it follows; None: it begins the conversation."""
    role: Literal["user", "assistant"]
    content: str
    created: float
    """Seconds since 1970."""
    model: str = ""
    """Name of the model that wrote it; empty for questions."""
    reason: EndReason | None = None
    """None for questions; for an answer: it is being written, or the program that wrote it was killed."""
    usage: Usage | None = None
    """None for questions, and where the answer did not come to its end."""
    removed: bool = False
    """Taken out by the user, with all that follows it; may be restored."""
    speaker: str = ""
    """Name of the character whose words these are; empty: the user's, or the model's own."""
    dialogues: tuple[str, ...] = ()
    """Ids of the dialogues that the character drew upon, the most similar last."""


@dataclass(frozen=True, slots=True)
class Forgot:
    """From here on the model no longer sees the oldest turns. A mark in the tree, and an event when it is made.

    The turns stay in the conversation: only the prompt is without them.
    """

    turns: int
    """Oldest turns of the path that are left out, all together."""
    tokens: int
    """What they take, in tokens of the model."""
    summary: str = ""
    """What the model is told in their place; empty: nothing."""

    @property
    def text(self) -> str:
        """The same in words, for people."""
        if not self.turns:
            return "from here on the model sees the whole conversation again"
        left = f"from here on the model no longer sees the first {self.turns:,} turns ({self.tokens:,} tokens)"
        return f"{left}, but this summary of them: {self.summary}" if self.summary else left


@dataclass(frozen=True, slots=True)
class Notice:
    """An event of a conversation: something about its keeping that the user should know. Comes once."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What is known of a conversation beside its turns."""

    id: str
    created: float
    """Seconds since 1970."""
    title: str = ""
    """Given by the user; empty: the first question stands for it."""
    system: str | None = None
    """Instruction before all turns; None: to answer in the language of the question; empty: none at all."""
    current: str | None = None
    """The turn that the current path ends with."""
    archived: bool = False
    removed: bool = False
    document: str = ""
    """What it is about: paths of files, a line each, not yet safe to print; empty: it is about no document."""
    content: str = ""
    """A hash of that document's text when it was last read."""
    sampling: Sampling | None = None
    """How its answers are written; None: as the model's are."""
    character: str = ""
    """The character that the model plays, as `Part.id`; empty: none."""
    user: str = ""
    """What the user is called there."""
    retrieval: bool = True
    """Whether dialogues of the character are drawn upon."""

    @property
    def is_of_summaries(self) -> bool:
        """It holds summaries of its document, and what was asked after them."""
        return bool(self.document) and self.id == summaries_of(self.document, self.content)

    @property
    def about(self) -> str:
        """The document in a few words, on one line, not yet safe to print; empty: none."""
        names = [PurePath(path).name or path for path in self.document.split("\n")]
        return f"{', '.join(names[:3])} and {len(names) - 3:,} more" if len(names) > 4 else ", ".join(names)


@dataclass(frozen=True, slots=True)
class Placed:
    """A change to keep: a turn is there, or is another than it was."""

    conversation: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class Marked:
    """A change to keep: the mark of a turn."""

    turn: str
    mark: Forgot


@dataclass(frozen=True, slots=True)
class Words:
    """A change to keep: the next words of an answer that is being written."""

    turn: str
    text: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A change to keep: the title. A heading gives one only to a conversation that is new: a title that was given
    elsewhere meanwhile stays.
    """

    conversation: str
    title: str


Change = Heading | Renamed | Placed | Marked | Words


def new_id() -> str:
    """Twelve random characters (59 bits); a few of them name a conversation among thousands."""
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def id_of(text: str) -> str:
    """An id like a new one, the same for the same text."""
    digits = sha256(text.encode(errors="surrogatepass")).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digits[:12])


def summaries_of(document: str, content: str) -> str:
    """The id of the conversation that holds the summaries of this text; both as in a heading."""
    return id_of(f"summary\0{document}\0{content}")


def now() -> float:
    """Seconds since 1970 in whole milliseconds, so that a time survives being written as text."""
    return round(time(), 3)


def title_of(title: str, first_question: str) -> str:
    """The title, or the beginning of the first question on one line."""
    text = title or " ".join(first_question[:400].split())
    return text if len(text) <= 60 else text[:59].rstrip() + "…"
