"""A PDF becomes text: page by page as PDFium finds its lines, paragraphs by their distance, headings, page labels.

Lines stay lines, so that a place can be named and figures stand as they stood; a hyphen at a line's end goes only where
the document itself shows that the word has none. Pages without text are named, never passed over. Nothing is fetched,
and no script runs.

Runs as a process of its own (`pdf.py` starts it): the file on standard input, one JSON object on standard output.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import groupby
from typing import Any, BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium

from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.encoding import odd_share
from assistant.documents.limits import MAX_PAGES, too_large
from assistant.documents.pdf_layout import Line, Outlined, Sheet, find_headings, join_words, paragraphs
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_MAX_OUTLINE = 5_000
_UNREADABLE = 0.3
"""Of a page's characters private, unassigned or unknown: its fonts do not say which letters they draw."""


def read_pages(stream: BinaryIO, name: str) -> Document:
    """The whole document. Raises InvalidDocument."""
    shown = one_line(name)
    with closing(_open(stream, shown)) as pdf:
        if len(pdf) > MAX_PAGES:
            raise too_large(name, f"has more than {MAX_PAGES:,} pages")
        # The forms of XFA need scripts, which this PDFium does not run; and one that would is not let to.
        form = pdf.get_formtype()
        filled = form == pdfium.FORMTYPE_ACRO_FORM and "V8" not in pypdfium2.PDFIUM_INFO.flags and pdf.init_forms()
        sheets = [_sheet(pdf, number, filled=filled) for number in range(len(pdf))]
        outline = list(_outline(pdf))
    silent = [sheet.label for sheet in sheets if not sheet.lines]
    if len(silent) == len(sheets):
        raise InvalidDocument(
            f"{shown} has no text on its {len(sheets):,} page{'s' if len(sheets) > 1 else ''}, they are pictures (a "
            "scan); a PDF with text was expected; have its text recognized (OCR, as ocrmypdf does), and name the result"
        )
    join_words(sheets)
    building = Building(name)
    headings = find_headings(sheets, outline)
    for number, sheet in enumerate(sheets):
        building.page(sheet.label)
        for block in paragraphs(sheet.lines, headings.get(number, {})):
            if block.level:
                building.heading(block.level, block.text)
            else:
                building.add(block.text)
    notes: tuple[str, ...] = ()
    if silent:
        notes += (f"{_pages(silent)} without text, perhaps pictures or empty",)
    if dark := [sheet.label for sheet in sheets if sheet.unreadable]:
        notes += (f"{_pages(dark)} with letters that the fonts do not name; what was read there may be nonsense",)
    if failed := [sheet.label for sheet in sheets if sheet.failed]:
        notes += (f"{_pages(failed)} damaged and not read",)
    if form != pdfium.FORMTYPE_NONE and not filled:
        notes += ("what is filled into its form fields may be missing; print it to PDF once more to have it read",)
    pages = tuple(building.pages)
    return Document(name, building.text, "", kind="pdf", headings=tuple(building.headings), pages=pages, notes=notes)


def _open(stream: BinaryIO, shown: str) -> Any:
    try:
        pdf = pypdfium2.PdfDocument(stream)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise InvalidDocument(
                f"{shown} is encrypted; a PDF that opens without a password was expected; save it without one, as "
                "`qpdf --decrypt --password=...` does"
            ) from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise InvalidDocument(
                f"{shown} is protected in a way that is not known; a PDF that opens everywhere was expected; print it "
                "to PDF once more"
            ) from None
        raise InvalidDocument(
            f"{shown} is a damaged PDF (it is cut short or broken inside); a whole file was expected; save or "
            "download it again"
        ) from None
    if not len(pdf):
        pdf.close()
        raise InvalidDocument(f"{shown} has no pages; a PDF with text was expected; save or download it again")
    return pdf


def _sheet(pdf: Any, number: int, *, filled: bool) -> Sheet:
    """A page. `filled`: what is filled into form fields is made a part of it first, in memory."""
    label = one_line(pdf.get_page_label(number) or "")[:20] or str(number + 1)
    try:
        if filled:
            with closing(pdf[number]) as page:
                page.flatten()
        with closing(pdf[number]) as page, closing(page.get_textpage()) as text:
            lines = list(_lines(text))
    except pypdfium2.PdfiumError:
        return Sheet(label, [], failed=True)
    words = "".join(line.text for line in lines)
    return Sheet(label, lines, unreadable=bool(words) and odd_share(words) > _UNREADABLE)


def _lines(page: Any) -> Iterator[Line]:
    """The lines of a page with their places, in points from its lower left corner.

    Asking for each letter's place would take seconds for a book; a line's first and last letter tell enough.
    """
    text = page.get_text_range()
    # Beyond the first plane a letter is two of PDFium's, one of Python's.
    wide = any(character > "\uffff" for character in text)
    at = 0
    for part in text.replace("\ufffe", "\ufffe\r\n").split("\r\n"):
        broken = part.endswith("\ufffe")
        words = part.removesuffix("\ufffe")
        content = words.strip("\r\n \t\0\u3000\xa0\x02")
        if content:
            first = at + _width(words[: words.index(content)], wide)
            last = first + _width(content, wide) - 1
            box, end = _box(page, first), _box(page, last)
            clean = content.replace("\r", " ").replace("\n", " ").replace("\0", "\ufffd").replace("\x02", "-")
            yield Line(clean, box[0], end[2], box[1], _size(page, first) or box[3] - box[1], broken)
        at += _width(part, wide) + (0 if broken else 2)


def _width(text: str, wide: bool) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 if wide else len(text)


def _box(page: Any, at: int) -> tuple[float, float, float, float]:
    """Left, bottom, right, top of a letter by its place in the text; zeros where it has none."""
    index = pdfium.FPDFText_GetCharIndexFromTextIndex(page, at)
    rectangle = pdfium.FS_RECTF()
    if index < 0 or not pdfium.FPDFText_GetLooseCharBox(page, index, rectangle):
        return 0.0, 0.0, 0.0, 0.0
    return rectangle.left, rectangle.bottom, rectangle.right, rectangle.top


def _size(page: Any, at: int) -> float:
    """Of the font, in points of the page; 0 where it is unknown."""
    index = pdfium.FPDFText_GetCharIndexFromTextIndex(page, at)
    matrix = pdfium.FS_MATRIX()
    if index < 0 or not pdfium.FPDFText_GetMatrix(page, index, matrix):
        return 0.0
    scale: float = (matrix.c**2 + matrix.d**2) ** 0.5
    size: float = pdfium.FPDFText_GetFontSize(page, index)
    return round(size * scale, 1)


def _outline(pdf: Any) -> Iterator[Outlined]:
    """The bookmarks that lead to a page."""
    for count, bookmark in enumerate(pdf.get_toc(max_depth=6)):
        if count >= _MAX_OUTLINE:
            return
        target = bookmark.get_dest()
        page = target.get_index() if target is not None else None
        title = one_line(bookmark.get_title())
        if page is not None and title:
            yield Outlined(page, bookmark.level + 1, title)


def _pages(labels: list[str]) -> str:
    """`page 3 is`, `pages 3-5, 9 are`."""
    if len(labels) == 1:
        return f"page {labels[0]} is"
    runs: list[str] = []
    numbered = [(int(label) if label.isdecimal() else None, label) for label in labels]
    for _, group in groupby(
        enumerate(numbered), lambda item: item[1][0] - item[0] if item[1][0] is not None else item[1]
    ):
        run = [label for _, (_, label) in group]
        runs.append(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}")
    rest = f" and {len(runs) - 20:,} more" if len(runs) > 20 else ""
    return f"pages {', '.join(runs[:20])}{rest} are"


def main() -> None:
    """Read what is on standard input; the arguments are its name, and bounds of memory in bytes and of time in
    seconds."""
    name, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    _bound(memory, seconds)
    try:
        document = read_pages(sys.stdin.buffer, name)
        found: dict[str, object] = {
            "text": document.text,
            "headings": [[each.start, each.level, each.title] for each in document.headings],
            "pages": [[each.start, each.label] for each in document.pages],
            "notes": document.notes,
        }
    except InvalidDocument as error:
        found = {"error": str(error)}
    json.dump(found, answer)
    answer.close()


def _bound(memory: int, seconds: int) -> None:
    """Where the system has such bounds; a file made for it would take all memory, or all day."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)  # ends the process, should nobody wait for it any more
    try:
        import resource  # noqa: PLC0415  not on every system
    except ImportError:
        return
    with suppress(OSError, ValueError):  # macOS has the name of this bound, and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
