"""What checking a text against a document gives: frozen values. Offsets are characters."""

from dataclasses import dataclass
from typing import Literal

ClaimKind = Literal["number", "date", "amount", "percentage", "quote", "name"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure, quotation or name of the checked text."""

    text: str
    kind: ClaimKind
    start: int
    """In the checked text, up to, not including, `end`."""
    end: int
    found: tuple[tuple[int, int], ...] = ()
    """Where the document says so, `(start, end)` in its text, the first few places; empty: it does not."""

    @property
    def supported(self) -> bool:
        return bool(self.found)


@dataclass(frozen=True, slots=True)
class Source:
    """A paragraph, bullet or line of the checked text, and where in the document it most likely comes from."""

    text: str
    start: int
    end: int
    rests_on: tuple[int, int] | None
    """`(start, end)` in the document's text, whole lines; None: nothing in it is like it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """All of it, in the order of the text."""

    claims: tuple[Claim, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def supported(self) -> int:
        return sum(claim.supported for claim in self.claims)
