"""An RTF document becomes text: its letters, paragraphs and rows of tables. Styles and pictures are left out."""

import re

from assistant.documents.document import Document
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_PARAGRAPH = re.compile(rb"(?<!\\)((?:\\\\)*)\\par(?![a-z])")
_PICTURE = re.compile(rb"[0-9a-fA-F\r\n]{1000,}+")
_FONT = re.compile(rb"(?<!\\)\{\\f(?=\d)")
_MAX_FONTS = 5_000
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def read_rtf(data: bytes, name: str) -> Document:
    """Raises InvalidDocument."""
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415  only for such files

    has_pictures = rb"\pict" in data
    if has_pictures or rb"\objdata" in data:
        data = _PICTURE.sub(b"", data)
    if data.count(rb"\fcharset") > _MAX_FONTS:
        raise _damaged(name)
    # An end of a paragraph and of a row look the same afterwards; so the first is doubled before. Line ends mean
    # nothing in RTF, and keep the library from taking one font for the next. A space after a control word is part of
    # it, and keeps the library from looking for links, which takes it hours in a file made for that.
    data = _FONT.sub(rb"\n{\\f", _PARAGRAPH.sub(rb"\1\\par\\par", data)).replace(rb"\fldinst{", rb"\fldinst {")
    try:
        text = rtf_to_text(data.decode("latin-1"), errors="replace")
    except (ValueError, IndexError, LookupError, TypeError, OverflowError):  # numbers beyond Unicode, unknown pages
        raise _damaged(name) from None
    text = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    text = re.sub("[\0\ud800-\udfff]", "\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub(r"[ \t|]+$", "", text, flags=re.M)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
    if not text.strip():
        raise InvalidDocument(f"{one_line(name)} has no text in it; an RTF document was expected; check the file")
    notes: tuple[str, ...] = ("some letters are not known and stand as U+FFFD",) if "\ufffd" in text else ()
    if has_pictures:
        notes += ("pictures are not read",)
    return Document(name, text + "\n", "", kind="rtf", notes=notes)


def _damaged(name: str) -> InvalidDocument:
    return InvalidDocument(
        f"{one_line(name)} is damaged RTF; a whole file was expected; save it again, or as DOCX or text"
    )
