"""Real files of each format, made by independent libraries or by hand."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
from fpdf import FPDF
from fpdf.enums import XPos, YPos

CJK = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc")

WORDS = "The committee agreed to a new plan for the repair of the river wall and to its yearly costs."


class Pdf(FPDF):
    """Lines one below the other."""

    def __init__(self) -> None:
        super().__init__()
        self.set_font("helvetica", size=11)

    def line_of(self, text: str, size: float = 11) -> None:
        self.set_font(size=size)
        self.cell(0, size / 2, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def made(self) -> bytes:
        return bytes(self.output())


def pdf_of_pages(count: int, *, outline: bool = True) -> bytes:
    """Each page a chapter with three paragraphs of three or four lines."""
    pdf = Pdf()
    for number in range(1, count + 1):
        pdf.add_page()
        if outline:
            pdf.start_section(f"Chapter {number}")
        pdf.line_of(f"Chapter {number}", size=18)
        pdf.ln(4)
        pdf.set_font(size=11)
        for paragraph in range(1, 4):
            pdf.multi_cell(0, 5, f"Paragraph {number}.{paragraph}. " + WORDS * 3, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            pdf.ln(4)
    return pdf.made()


def raw_pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """The first object is the catalog."""
    out = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (size, trailer, len(out))
    )


def stream(content: bytes, entries: bytes = b"", *, packed: bool = False) -> bytes:
    if packed:
        content, entries = zlib.compress(content, 9), entries + b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def one_page(content: bytes, resources: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A page with this content, Helvetica as F, and more objects from number 6 on."""
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>>>"
            % resources,
            content,
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            *more,
        ]
    )


def word(build: Any) -> bytes:
    """`build` receives a python-docx document."""
    document = docx.Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def changed(archive: bytes, members: Mapping[str, bytes | str | None]) -> bytes:
    """The same archive with other members; None takes one out."""
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        kept: dict[str, bytes | str] = {name: old.read(name) for name in old.namelist()}
    for name, content in members.items():
        kept.pop(name, None)
        if content is not None:
            kept[name] = content
    return zipped(kept)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def plain_word(body: str, **parts: str) -> bytes:
    """A Word document by hand: the XML within its body, and other parts by name."""
    kinds = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        f'wordprocessingml.{name}+xml"/>'
        for name in parts
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
    }
    members |= {f"word/{name}.xml": content for name, content in parts.items()}
    return zipped(members)


CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def book(chapters: Mapping[str, str], *, contents: Mapping[str, str] | None = None, **more: str) -> bytes:
    """An EPUB 3: members below `OEBPS/` with the HTML of their bodies, in reading order; titles by link."""
    names = list(chapters)
    items = "".join(
        f'<item id="c{at}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for at, name in reversed(list(enumerate(names)))
    )
    spine = "".join(f'<itemref idref="c{at}"/>' for at in range(len(names)))
    links = "".join(f'<li><a href="{link}">{title}</a></li>' for link, title in (contents or {}).items())
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Book</title></head><body>{}</body></html>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="n" href="nav.xhtml" '
            f'properties="nav" media-type="application/xhtml+xml"/>{items}</manifest><spine>{spine}</spine></package>',
            "OEBPS/nav.xhtml": page.format(f"<nav><ol>{links}</ol></nav>"),
            **{f"OEBPS/{name}": page.format(body) for name, body in chapters.items()},
            **more,
        }
    )


def letter(text: str = "Dear all,\n\nthe plan costs 12 €.\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Jörg Müller <joerg@example.org>"
    message["To"] = "all@example.org"
    message["Subject"] = "Prüfung 合同"
    message["Date"] = "Mon, 3 Jun 2024 10:00:00 +0200"
    message.set_content(text)
    return message
