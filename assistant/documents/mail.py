"""An e-mail becomes text: who wrote to whom, when and about what, and the letter itself; attachments are named.

Of a letter in two forms the plain one is read. What it names on the network is not fetched.
"""

import email
import email.errors
import email.header
from email.message import Message

from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.encoding import Decoded, declared_encoding, decode
from assistant.documents.webpage import write_webpage
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_MAX_HEADER = 100_000
MAX_DEPTH = 20
"""Of letters and parts in each other."""


class _Letter:
    """Collects the text while walking through the parts."""

    def __init__(self, name: str, encoding: str | None) -> None:
        self.building = Building(name)
        self.notes: list[str] = []
        self.attachments: list[str] = []
        self.read: list[Decoded] = []
        self._name = name
        self._encoding = encoding

    def add(self, part: Message, depth: int = 0) -> None:
        kind = part.get_content_type()
        if depth > MAX_DEPTH:
            self.attachments.append("parts nested too deep")
        elif kind == "message/rfc822":  # a letter within it is read, attached or not
            for inner in _parts(part):
                self.add_header(inner)
                self.add(inner, depth + 1)
        elif _is_attachment(part):
            self.attachments.append(one_line(_header(part.get_filename() or "")) or f"without a name ({kind})")
        elif kind == "multipart/alternative":
            self._add_best(part, depth)
        elif part.is_multipart():
            for inner in _parts(part):
                self.add(inner, depth + 1)
        else:
            self._add_text(part, kind)

    def add_header(self, part: Message) -> None:
        lines = [f"{field}: {value}" for field in _SHOWN if (value := one_line(_header(part.get(field, ""))))]
        self.building.add("\n".join(lines))

    def _add_best(self, part: Message, depth: int) -> None:
        """Plain before HTML before what holds several; one that turns out empty gives way to the next."""
        order = {"text/plain": 0, "text/html": 2}
        for inner in sorted(_parts(part), key=lambda form: order.get(form.get_content_type(), 1)):
            before = self.building.end
            self.add(inner, depth + 1)
            if self.building.end > before:
                return

    def _add_text(self, part: Message, kind: str) -> None:
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes) or not data.strip():
            return
        declared = part.get_content_charset() or (
            declared_encoding(data[:4096], page=True) if kind == "text/html" else ""
        )
        decoded = decode(data, self._name, encoding=self._encoding, declared=declared)
        self.read.append(decoded)
        told = decoded.notes
        if kind == "text/html":
            told += write_webpage(decoded.text, self.building)
        else:
            self.building.add(decoded.text.strip("\n").rstrip())
        self.notes += [note for note in told if note not in self.notes]


def read_mail(data: bytes, name: str, *, encoding: str | None = None) -> Document:
    """Raises InvalidDocument."""
    letter = _Letter(name, encoding)
    try:
        message = email.message_from_bytes(data)
        letter.add_header(message)
        letter.add(message)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, email.errors.MessageError):
        # The parser takes almost anything, and fails in its own ways at the rest.
        raise InvalidDocument(
            f"{one_line(name)} is an e-mail that cannot be taken apart; a whole one was expected; save it again, or "
            "as text"
        ) from None
    text = letter.building.text
    if not letter.read or not text.strip():
        raise InvalidDocument(
            f"{one_line(name)} is an e-mail without text; a letter was expected; "
            + ("save its attachments, and name them" if letter.attachments else "check the file")
        )
    notes = letter.notes
    if letter.attachments:
        notes.append(f"attachments are not read: {', '.join(letter.attachments)}")
    first = letter.read[0]
    return Document(
        name,
        text,
        first.encoding,
        any(part.guessed for part in letter.read),
        "email",
        tuple(letter.building.headings),
        notes=tuple(notes),
    )


def _parts(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _is_attachment(part: Message) -> bool:
    if part.get_content_disposition() == "attachment":
        return True
    kind = part.get_content_type()
    return not part.is_multipart() and kind not in {"text/plain", "text/html"}


def _header(value: object) -> str:
    """A header in letters, whatever encodings its parts are in; one of absurd length as it stands."""
    if len(str(value)) > _MAX_HEADER:
        return str(value)
    try:
        return str(email.header.make_header(email.header.decode_header(str(value))))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        return str(value)
