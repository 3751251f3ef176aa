"""What a question about a document comes to: frozen values."""

from dataclasses import dataclass
from typing import Literal

from assistant.checks.values import Checked
from assistant.documents.document import Place
from assistant.summary.values import Coverage, Seconds

Strategy = Literal["whole", "search"]
"""`whole`: the document was read from its first to its last token; `search`: the passages that fit the question."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage that was read: characters of the document's text, and where they stand."""

    start: int
    end: int
    place: Place


@dataclass(frozen=True, slots=True)
class Decided:
    """Comes before each answer: what of the document is read for it."""

    strategy: Strategy
    reason: str
    """One sentence with its figures."""
    tokens_total: int
    tokens_read: int
    """Of the document."""
    excerpts: tuple[Excerpt, ...] = ()
    """Empty where all of it is read."""
    passages: int = 1
    """Of the whole document."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a question."""

    question: str
    answer: str
    """As the model wrote it; unsupported claims are not marked in it (`assistant.checks.marks` does)."""
    strategy: Strategy
    language: str
    """Of the answer as found: an ISO 639-1 code, or `und`."""
    model: str
    coverage: Coverage
    seconds: Seconds
    checked: Checked
    places: tuple[Place | None, ...]
    """Of each of `checked.sources`, where it rests."""
    warnings: tuple[str, ...]
    excerpts: tuple[Excerpt, ...] = ()
    """What was read, in its order, where that was not the whole document."""
