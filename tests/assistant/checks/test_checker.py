"""What a text claims of a document, looked up in it."""

from assistant.checks.checker import Checker
from assistant.checks.values import Claim
from assistant.documents.document import Document

LEASE = """Lease

The Tenant, Greenfield Holdings Ltd, shall pay $1,200,000 (1.2 million) by 21 November 2026 to the Bank of China in
Wuhan. Interest is 5.5 %. Mr. John A. Smith signed. Informa-
tion is power. Chief Executive Jane Doe said "we grow" in 2025.
"""


def checker(text: str) -> Checker:
    return Checker(Document("x", text, "utf-8"))


def claims(document: str, text: str) -> tuple[Claim, ...]:
    return checker(document).check(text).claims


def missing(document: str, text: str) -> list[str]:
    return [claim.text for claim in claims(document, text) if not claim.supported]


def test_right_figures_are_found_and_wrong_ones_are_not() -> None:
    assert missing(LEASE, "Greenfield Holdings pays $1.2 million by Nov. 21, 2026, at 5.5%.") == []
    assert missing(LEASE, "It pays $1.3 million by Nov. 22, 2026, at 5.6%.") == [
        "$1.3 million",
        "Nov. 22, 2026",
        "5.6%",
    ]


def test_what_was_found_says_where() -> None:
    (claim,) = claims(LEASE, "The rate is 5.5%.")
    ((start, end),) = claim.found
    assert LEASE[start:end] == "5.5 %"
    assert (claim.kind, claim.start, claim.end) == ("percentage", 12, 16)
