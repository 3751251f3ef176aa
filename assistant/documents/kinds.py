"""What a file is, told from its content; its ending decides only where the content leaves it open.

Knows the first bytes and the structure of formats; reads none of them.
"""

import re
from pathlib import PurePath

from assistant.documents.markdown import looks_like_markdown
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

HEAD = 64 * 1024
"""Bytes from the beginning that tell what a file is."""

_ENDINGS = {
    **dict.fromkeys(("docx", "docm", "dotx", "dotm"), "docx"),
    **dict.fromkeys(("html", "htm", "xhtml", "xht"), "html"),
    **dict.fromkeys(("eml", "mht", "mhtml"), "email"),
    **dict.fromkeys(("srt", "vtt"), "subtitles"),
    **dict.fromkeys(("csv", "tsv", "tab"), "csv"),
    **dict.fromkeys(("md", "markdown", "mdown", "mkd", "mdx", "qmd", "rmd"), "markdown"),
    **{kind: kind for kind in ("pdf", "epub", "rtf")},
}
_NAMES = {
    "text": "plain text",
    "markdown": "Markdown",
    "pdf": "PDF",
    "docx": "Word",
    "html": "HTML",
    "epub": "EPUB",
    "rtf": "RTF",
    "email": "an e-mail",
    "subtitles": "subtitles",
    "csv": "a table in text",
}
_AS_TEXT = "save or export it as text, Markdown, PDF, DOCX, HTML or EPUB"
_REFUSED = (
    (b"GGUF", "a GGUF model", "name a document; a model follows -m"),
    (b"\x1f\x8b", "a gzip archive", "unpack it, and name the file in it"),
    (b"BZh", "a bzip2 archive", "unpack it, and name the file in it"),
    (b"\xfd7zXZ\0", "an xz archive", "unpack it, and name the file in it"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it, and name the file in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and name the folder"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it, and name the folder"),
    (b"\x89PNG", "a PNG image", "have its text recognized (OCR), and name the result"),
    (b"\xff\xd8\xff", "a JPEG image", "have its text recognized (OCR), and name the result"),
    (b"GIF8", "a GIF image", "have its text recognized (OCR), and name the result"),
    (b"II*\0", "a TIFF image", "have its text recognized (OCR), and name the result"),
    (b"MM\0*", "a TIFF image", "have its text recognized (OCR), and name the result"),
    (b"\x7fELF", "a program", _AS_TEXT),
    (b"MZ\x90\0", "a program", _AS_TEXT),
    (b"SQLite format 3\0", "an SQLite database", "export its tables as CSV"),
    (b"ID3", "a sound file", "have it transcribed, and name the text"),
    (b"OggS", "a sound file", "have it transcribed, and name the text"),
    (b"RIFF", "a sound, film or image file", "have it transcribed, and name the text"),
    (b"\x1aE\xdf\xa3", "a film", "have it transcribed, and name the text"),
    (b"!BDN", "an Outlook mailbox", "save the message as .eml"),
    (b"%!PS", "a PostScript file", "convert it to PDF"),
    (b"AT&TFORM", "a DjVu file", "convert it to PDF with text"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file", "save it as DOCX, PDF or text"),
)
_FIRST_TAG = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype\s+html\b|<html[\s>]|<head[\s>]|<body[\s>])", re.S | re.I
)
_ANY_TAG = re.compile(r"<(?:p|div|span|h[1-6]|table|ul|ol|br|a|meta|title|article|section)\b[^<>]*>", re.I)
_CUE = re.compile(
    r"\s*(?:\d+[ \t]*\n)?[ \t]*(?:\d+:)?\d{1,2}:\d\d[,.]\d{1,3}[ \t]*-->[ \t]*(?:\d+:)?\d{1,2}:\d\d[,.]\d"
)
_HEADER = re.compile(r"([!-9;-~]+):[ \t]?")
_OF_MAIL = {"from", "to", "subject", "date"}
_OF_TRANSPORT = {"received", "message-id", "mime-version", "return-path", "delivered-to", "dkim-signature"}


def ending(name: str) -> str:
    """The kind that the ending of a name speaks of; empty where it says nothing."""
    return _ENDINGS.get(PurePath(name).suffix.lower().removeprefix("."), "")


def kind_of_bytes(head: bytes, name: str) -> str:
    """`pdf`, `zip`, `rtf`, `ole`, or `text` for what still has to be decoded. Raises InvalidDocument for the rest."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ")
    if start.startswith(b"%PDF-") or (ending(name) == "pdf" and b"%PDF-" in head[:1024]):
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    for magic, what, remedy in _REFUSED:
        if head.startswith(magic):
            raise InvalidDocument(f"{one_line(name)} is {what}; a document was expected; {remedy}")
    if head[4:8] == b"ftyp":
        raise InvalidDocument(f"{one_line(name)} is a film or image; a document was expected; have it transcribed")
    return "text"


def kind_of_text(text: str, name: str) -> str:
    """What a decoded text is: `html`, `subtitles`, `csv`, `markdown` or `text`."""
    head, said = text[:HEAD], ending(name)
    if (_FIRST_TAG.match(head) and not _is_source(name)) or (said == "html" and _ANY_TAG.search(head)):
        return "html"
    if head.startswith("WEBVTT") and head[6:7] in {"", " ", "\t", "\n"}:
        return "subtitles"
    if _CUE.match(head):
        return "subtitles"
    if said in {"csv", "markdown"}:
        return said
    if said in {"", "pdf", "docx", "epub", "rtf"} and looks_like_markdown(text) and not _is_source(name):
        return "markdown"
    return "text"


def note_on_ending(kind: str, name: str) -> tuple[str, ...]:
    """A sentence where the ending speaks of something else than what the content is."""
    said = ending(name)
    if not said or said == kind:
        return ()
    suffix = one_line(PurePath(name).suffix)
    return (f"its name ends in {suffix}, its content is {_NAMES[kind]}, and was read as that",)


def _is_source(name: str) -> bool:
    """An ending that is neither of a document's nor of a plain text."""
    return PurePath(name).suffix.lower() not in {"", ".txt", ".text", *(f".{known}" for known in _ENDINGS)}


def is_mail(head: bytes, name: str) -> bool:
    """Whether it begins with the header of an e-mail; told before decoding, for its parts have their own encodings.

    A text may begin like a letter; only the post adds the marks of transport, so without the ending at least one of
    those is wanted.
    """
    names: set[str] = set()
    for line in head.decode("latin-1").replace("\r\n", "\n").split("\n"):
        if not line.strip():
            break
        if line[0] in " \t" and names:
            continue
        found = _HEADER.match(line)
        if found is None:
            return False
        names.add(found[1].lower())
    if ending(name) == "email":
        return bool(names & (_OF_MAIL | _OF_TRANSPORT))
    return len(names & _OF_MAIL) >= 2 and bool(names & _OF_TRANSPORT)
