"""A Word document (DOCX) becomes text: headings by their styles, numbers, lists, tables, footnotes; no pictures.

Read by mammoth as HTML, whose reader writes the text. Pages are not known: Word sets them anew each time. Links to
files outside are not followed.
"""

import re
from xml.parsers.expat import ExpatError

from assistant.documents.archive import DAMAGE, Archive
from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.limits import too_large
from assistant.documents.webpage import write_webpage
from assistant.documents.word_parts import clean_parts
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_XML_BYTES = 64 * 1024 * 1024
"""Of all parts that are read; a thousand pages have some 10 MB."""
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
"""
_MAIN = re.compile(r"word/document\d*\.xml")
_READ = re.compile(
    r"word/(document\d*|footnotes|endnotes|numbering|styles)\.xml|(word/)?_rels/[^/]*\.rels|\[Content_Types\]\.xml"
)


def read_word(archive: Archive, name: str) -> Document:
    """Raises InvalidDocument."""
    import mammoth  # noqa: PLC0415  takes 0.1 s

    members = tuple(member for member in sorted(archive.names) if _READ.fullmatch(member))
    if not any(_MAIN.fullmatch(member) for member in members):
        raise InvalidDocument(
            f"{one_line(name)} has no text part (word/document.xml) in it; a Word document was expected; save it again"
        )
    if sum(map(archive.size, members)) > MAX_XML_BYTES:
        raise too_large(name, f"unpacks to more than {MAX_XML_BYTES // 2**20} MiB of text and marks")
    clean, told = clean_parts(archive, members, name)
    try:
        result = mammoth.convert_to_html(
            clean,
            style_map=_STYLES,
            external_file_access=False,
            convert_image=lambda _: [],  # pictures are no text
        )
    except (*DAMAGE, ExpatError, AttributeError, TypeError, RecursionError):
        # mammoth trusts a document to be as the standard says, and fails in many ways where it is not.
        raise archive.damaged() from None
    building = Building(name)
    write_webpage(result.value, building)
    if not building.text.strip():
        raise InvalidDocument(
            f"{one_line(name)} has no text in it; a document with text was expected; if its pages are pictures, have "
            "their text recognized (OCR)"
        )
    notes = (*told, *_left_out(archive))
    return Document(name, building.text, "", kind="docx", headings=tuple(building.headings), notes=notes)


def _left_out(archive: Archive) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if pictures := sum(member.startswith("word/media/") for member in archive.names):
        notes += (f"{pictures:,} picture{'s are' if pictures > 1 else ' is'} not read",)
    if archive.size("word/comments.xml"):
        notes += ("comments in the margin are not read",)
    around = [member for member in archive.names if re.fullmatch(r"word/(header|footer)\d*\.xml", member)]
    if any(re.search(rb"<w:t[ >]", archive.read(member)) for member in around):
        notes += ("what stands at the top and foot of every page is not read",)
    return notes
