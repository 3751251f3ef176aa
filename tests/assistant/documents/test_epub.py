"""EPUB: reading order, headings and titles, what is missing, protected or no book."""

import pytest

from assistant.documents.read import decode_document
from assistant.errors import InvalidDocument
from tests.assistant.documents.making import CONTAINER, book, changed, zipped

CHAPTERS = {"text/z.xhtml": "<p>It was dark.</p>", "text/a 2.xhtml": "<h2>Dawn</h2><p>It was light. caf&#233;</p>"}


def test_chapters_in_reading_order_with_titles() -> None:
    contents = {"text/z.xhtml": "The <i>night</i>", "text/a%202.xhtml#top": "Dawn"}
    document = decode_document(book(CHAPTERS, contents=contents), "b.epub")
    assert document.text == "# The night\n\nIt was dark.\n\n## Dawn\n\nIt was light. café\n"
    assert [(each.level, each.title) for each in document.headings] == [(1, "The night"), (2, "Dawn")]
    assert (document.kind, document.notes) == ("epub", ())


def test_titles_of_epub_2() -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="t" href="toc.ncx" '
        'media-type="application/x-dtbncx+xml"/><item id="a" href="a.html" media-type="application/xhtml+xml"/>'
        '</manifest><spine toc="t"><itemref idref="a"/></spine></package>'
    )
    contents = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Part one</text></navLabel>'
        '<content src="a.html"/></navPoint></navMap></ncx>'
    )
    data = zipped(
        {
            "META-INF/container.xml": CONTAINER,
            "OEBPS/book.opf": package,
            "OEBPS/toc.ncx": contents,
            "OEBPS/a.html": "<html><p>Text",
        }
    )
    assert decode_document(data, "b.epub").text == "# Part one\n\nText\n"


def test_a_missing_chapter_is_told() -> None:
    data = changed(book(CHAPTERS), {"OEBPS/text/z.xhtml": None})
    document = decode_document(data, "b.epub")
    assert document.notes == ("1 of 2 chapters are missing in the file",)
    assert document.text.startswith("## Dawn")


def protected(path: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData xmlns="http://www.w3.org/'
        f'2001/04/xmlenc#"><CipherData><CipherReference URI="{path}"/></CipherData></EncryptedData></encryption>'
    )


def test_scrambled_fonts_are_no_protection() -> None:
    data = changed(book(CHAPTERS), {"META-INF/encryption.xml": protected("OEBPS/fonts/a.otf")})
    assert "It was dark." in decode_document(data, "b.epub").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"META-INF/encryption.xml": protected("OEBPS/text/z.xhtml")}, "b.epub is encrypted by its publisher"),
        ({"OEBPS/book.opf": None}, "b.epub is an EPUB with no package file"),
        ({"META-INF/container.xml": "<container/>"}, "b.epub is an EPUB with no package file"),
        ({"META-INF/container.xml": "not xml"}, "b.epub is an EPUB with no package file"),
        ({"OEBPS/book.opf": "<package/>"}, "b.epub is an EPUB with no list of chapters"),
        ({"OEBPS/text/z.xhtml": "<p/>", "OEBPS/text/a 2.xhtml": "<img/>"}, "b.epub is a book without text"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_what_cannot_be_read(changes: dict[str, str | None], said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(changed(book(CHAPTERS), changes), "b.epub")
    assert str(refused.value).startswith(said)
    assert str(refused.value).count("; ") == 2


def test_entities_and_paths_lead_nowhere() -> None:
    package = (
        '<!DOCTYPE p [<!ENTITY e SYSTEM "file:///etc/passwd">]><package><manifest>'
        '<item id="a" href="../../../../etc/passwd"/><item id="b" href="/etc/passwd"/>'
        '<item id="c" href="text/z.xhtml"/>&e;</manifest><spine><itemref idref="a"/><itemref idref="b"/>'
        '<itemref idref="c"/></spine></package>'
    )
    document = decode_document(changed(book(CHAPTERS), {"OEBPS/book.opf": package}), "b.epub")
    assert document.text == "It was dark.\n"
    assert document.notes == ("2 of 3 chapters are missing in the file",)
