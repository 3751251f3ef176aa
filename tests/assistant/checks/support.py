"""What every test of the checks asks for."""

from assistant.checks.checker import Checker
from assistant.checks.values import Claim
from assistant.documents.document import Document


def checker(text: str) -> Checker:
    return Checker(Document("x", text, "utf-8"))


def claims(document: str, text: str) -> tuple[Claim, ...]:
    return checker(document).check(text).claims


def missing(document: str, text: str) -> list[str]:
    """The claims of `text` that `document` does not support."""
    return [claim.text for claim in claims(document, text) if not claim.supported]
