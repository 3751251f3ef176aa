"""What a summary is asked for, what is told while it is made, and what it comes to: frozen values."""

from dataclasses import dataclass, field
from typing import Literal

from assistant.checks.values import Checked
from assistant.documents.document import Place
from assistant.messages import Sampling

Strategy = Literal["whole", "parts", "head-tail"]
Style = Literal["prose", "bullets", "outline"]
Length = Literal["short", "medium", "long"] | int
"""A number is in words (characters in Chinese and Japanese)."""

SUMMARY_SAMPLING = Sampling(temperature=0.0, repeat_penalty=1.1, dry_multiplier=0.8, max_tokens=400)
"""Greedy, because a summary should not differ from run to run. Tried with the 135M starter on README files: without a
penalty it repeats one sentence to the limit, with 1.1 it goes on to the next point, from 1.2 it drifts off the text."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the user wants of the summary."""

    length: Length = "medium"
    style: Style = "prose"
    language: str = "auto"
    """`auto` (the document's) or an ISO 639-1 code: zh, en, fr, ..."""
    focus: str = ""
    """What to look for; empty: everything."""
    strategy: Literal["auto"] | Strategy = "auto"
    max_tokens: int | None = None
    """Longest answer, where the user said so; None: room for the length."""


@dataclass(frozen=True, slots=True)
class Decided:
    """Comes before anything is read: how the document will be read, and why. Once, but that `auto` decides anew where
    memory fails for what it had decided.
    """

    strategy: Strategy
    reason: str
    """One sentence with its figures."""
    tokens: int
    """Of the document."""
    pieces: int = 1
    kept: int = 0
    """Pieces whose summaries are kept from before and are not made again."""


@dataclass(frozen=True, slots=True)
class PieceDone:
    """The summary of a piece is there (or of several pieces together, where `level` is above 1)."""

    done: int
    total: int
    """Pieces of this level."""
    level: int
    summary: str
    reused: bool
    """It was kept from before."""
    span: tuple[int, int] = (0, 0)
    """What of the document's text it is about, `(start, end)`."""


@dataclass(frozen=True, slots=True)
class Discarded:
    """The words since the last `Discarded` are void: another attempt follows. `reason` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds of the three parts of the work.

    Pieces are read and written at the same time: the seconds they took together are divided as their own are in sum.
    """

    load: float
    read: float
    write: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read. Tokens are the model's own, of the document alone, without instruction and template."""

    tokens_total: int
    tokens_read: int
    reused_tokens: int
    """Of the prompts, what was in memory from before, or kept."""
    readings: int
    """Prompts that were read."""
    unread: tuple[tuple[int, int], ...] = ()
    """Stretches of the document's text, `(start, end)`, that were not read; empty but for head-tail."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of `summarize`."""

    summary: str
    """As the model wrote it; unsupported claims are not marked in it (`assistant.checks.marks` does)."""
    strategy: Strategy
    language: str
    """Of the summary as found: an ISO 639-1 code, or `und`."""
    model: str
    coverage: Coverage
    seconds: Seconds
    checked: Checked = field(default_factory=Checked)
    places: tuple[Place | None, ...] = ()
    """Of each of `checked.sources`, where it rests."""
    warnings: tuple[str, ...] = ()
