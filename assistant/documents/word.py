"""A Word document (DOCX) becomes text: headings by their styles, lists, tables, footnotes; no pictures.

Read by mammoth as HTML, whose reader writes the text. Pages are not known: Word sets them anew each time. Links to
files outside are not followed.
"""

import re
from typing import BinaryIO
from xml.parsers.expat import ExpatError

from assistant.documents.archive import DAMAGE, Archive
from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.limits import too_large
from assistant.documents.webpage import write_webpage
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_XML_BYTES = 48 * 1024 * 1024
"""Of all parts that are read. A thousand pages have some 10 MB; each byte takes some 30 of memory while it is read."""
MAX_DEPTH = 200
"""Of elements inside each other; a table in a table in a text box has 40."""
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='标题'] => h1:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
p[style-name='标题 1'] => h1:fresh
p[style-name='标题 2'] => h2:fresh
p[style-name='标题 3'] => h3:fresh
p[style-name='标题 4'] => h4:fresh
b =>
i =>
"""
_PART = re.compile(
    r"(word/)?(document\d*|footnotes|endnotes|comments|numbering|styles)\.xml|.*\.rels|\[Content_Types\]\.xml"
)
_TAG = re.compile(rb"<(/?)[A-Za-z_][^<>]*?(/?)>")


def read_word(stream: BinaryIO, archive: Archive, name: str) -> Document:
    """Raises InvalidDocument."""
    import mammoth  # noqa: PLC0415  takes 0.1 s

    told = _check(archive, name)
    try:
        stream.seek(0)
        result = mammoth.convert_to_html(
            stream,
            style_map=_STYLES,
            include_embedded_style_map=False,  # a document does not say how it is read
            external_file_access=False,
            convert_image=lambda _: [],  # pictures are not text, and would be unpacked
        )
    except (*DAMAGE, ExpatError, AttributeError, TypeError, RecursionError):
        # mammoth trusts a document to be as the standard says, and fails in many ways where it is not.
        raise archive.damaged() from None
    building = Building(name)
    notes = write_webpage(result.value, building)
    if not building.text.strip():
        raise InvalidDocument(
            f"{one_line(name)} has no text in it; a document with text was expected; if its pages are pictures, have "
            "their text recognized (OCR)"
        )
    return Document(name, building.text, "", kind="docx", headings=tuple(building.headings), notes=(*told, *notes))


def _check(archive: Archive, name: str) -> tuple[str, ...]:
    """Refuses what would swell in memory; gives notes on what will not be read."""
    if not any(re.fullmatch(r"word/document\d*\.xml", member) for member in archive.names):
        raise InvalidDocument(
            f"{one_line(name)} has no text part (word/document.xml) in it; a Word document was expected; save it again"
        )
    size = sum(archive.size(member) for member in archive.names if _PART.fullmatch(member))
    if size > MAX_XML_BYTES:
        raise too_large(name, f"unpacks to more than {MAX_XML_BYTES // 2**20} MiB of text and marks")
    for member in archive.names:
        if _PART.fullmatch(member):
            _check_part(archive.read(member), name)
    notes: tuple[str, ...] = ()
    if pictures := sum(member.startswith("word/media/") for member in archive.names):
        notes += (f"{pictures:,} picture{'s are' if pictures > 1 else ' is'} not read",)
    if archive.size("word/comments.xml"):
        notes += ("comments in the margin are not read",)
    return notes


def _check_part(part: bytes, name: str) -> None:
    """No Word part declares entities, which is how a few bytes become gigabytes; and none is nested without end."""
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"\0" in part:
        raise InvalidDocument(
            f"{one_line(name)} declares entities or has zero bytes in its text part, as no program writes; a Word "
            "document was expected; do not open files of unknown origin"
        )
    depth = 0
    for tag in _TAG.finditer(part):
        depth += -1 if tag[1] else not tag[2]
        if depth > MAX_DEPTH:
            raise too_large(name, f"has elements nested more than {MAX_DEPTH} deep")
