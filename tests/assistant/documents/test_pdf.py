"""PDFs: pages, labels, paragraphs, headings, divided words; scans, damage and files made to break a reader."""

import io
from pathlib import Path

import pytest

from assistant.documents import pdf as apart
from assistant.documents.document import Document, Places
from assistant.documents.pdf_pages import read_pages
from assistant.documents.read import decode_document, read_document
from assistant.errors import InvalidDocument
from tests.assistant.documents.making import CJK, Pdf, one_page, pdf_of_pages, raw_pdf, stream


def here(data: bytes) -> Document:
    """Read in this process."""
    return read_pages(io.BytesIO(data), "a.pdf")


def test_pages_headings_and_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of_pages(3))
    document = read_document(path)
    assert (document.name, document.kind, document.encoding, document.notes) == (str(path), "pdf", "", ())
    assert [page.label for page in document.pages] == ["1", "2", "3"]
    assert [(each.level, each.title) for each in document.headings] == [(1, f"Chapter {n}") for n in (1, 2, 3)]
    blocks = document.text.split("\n\n")
    assert [block.split("\n")[0][:14] for block in blocks] == [
        part for n in (1, 2, 3) for part in (f"Chapter {n}", *(f"Paragraph {n}.{m}." for m in (1, 2, 3)))
    ]
    assert document.text.count("river wall") == 27
    places = Places(document)
    start = document.text.index("Paragraph 2.3")
    place = places.of(start, start + 13)
    assert (place.page, place.heading) == ("2", "Chapter 2")
    assert document.text.split("\n")[place.lines[0] - 1].startswith("Paragraph 2.3")
    assert read_document(path) == decode_document(path.read_bytes(), str(path))


def test_headings_by_size_where_there_is_no_outline() -> None:
    document = here(pdf_of_pages(3, outline=False))
    assert [(each.level, each.title) for each in document.headings] == [(1, f"Chapter {n}") for n in (1, 2, 3)]
    for heading in document.headings:
        assert document.text.startswith(heading.title, heading.start)


def test_a_title_on_two_lines_is_one() -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.line_of("A long title that goes", size=20)
    pdf.line_of("on in the next line", size=20)
    pdf.ln(5)
    for _ in range(12):
        pdf.line_of("Words and more words of the text itself, line after line.")
    document = here(pdf.made())
    assert [each.title for each in document.headings] == ["A long title that goes on in the next line"]
    assert document.text.startswith("A long title that goes on in the next line\n\nWords and")


def test_an_outline_that_numbers_its_titles() -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.line_of("1")
    pdf.start_section("1 Scope")
    pdf.line_of("1 Scope")
    pdf.line_of("Text of the first part.")
    pdf.start_section("Limits", level=1)
    pdf.line_of("1.1 Limits")
    pdf.line_of("Text of the second part.")
    found = [(each.level, each.title) for each in here(pdf.made()).headings]
    assert found == [(1, "1 Scope"), (2, "1.1 Limits")]


def test_divided_words_are_joined_only_where_that_is_certain() -> None:
    pdf = Pdf()
    pdf.add_page()
    for line in (
        *("The agreement of the parties is an agree-", "ment, and a well-", "known one since 2019-", "2020."),
        *("A long-", "term plan is long-term, not longterm.", "Nobody else says exem-", "plar."),
    ):
        pdf.line_of(line)
    assert here(pdf.made()).text.split("\n")[:-1] == [
        "The agreement of the parties is an agreement,",
        "and a well-",
        "known one since 2019-",
        "2020.",
        "A long-",
        "term plan is long-term, not longterm.",
        "Nobody else says exem-",
        "plar.",
    ]


def test_indented_paragraphs_without_space_between() -> None:
    pdf = Pdf()
    pdf.add_page()
    lines = "The first line of a paragraph stands back", "and the others do not, as in a novel here."
    for _ in range(3):
        pdf.set_x(pdf.l_margin + 8)
        pdf.line_of(lines[0])
        pdf.line_of(lines[1])
    assert here(pdf.made()).text == "\n\n".join(["\n".join(lines)] * 3) + "\n"


def test_rows_of_a_table_stay_rows() -> None:
    pdf = Pdf()
    pdf.add_page()
    rows = (("Name", "Amount", "Date"), ("Müller & Co", "1,234.50 EUR", "3 May 2024"))
    with pdf.table() as table:
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)
    assert here(pdf.made()).text == "Name Amount Date\nMüller & Co 1,234.50 EUR 3 May 2024\n"


@pytest.mark.skipif(not CJK.exists(), reason="needs a font with Chinese")
@pytest.mark.filterwarnings("ignore")
def test_chinese() -> None:
    pdf = Pdf()
    pdf.add_page()
    pdf.add_font("cjk", fname=str(CJK))
    pdf.set_font("cjk", size=11)
    pdf.multi_cell(0, 6, "第一条　甲方应于三十日内付款，金额为人民币一千二百万元。")
    assert here(pdf.made()).text == "第一条\u3000甲方应于三十日内付款，金额为人民币一千二百万元。\n"


def test_chinese_without_a_font_at_hand() -> None:
    unicode_map = stream(
        b"begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange "
        b"2 beginbfchar <0001> <5408> <0002> <540C> endbfchar endcmap"
    )
    data = raw_pdf([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        stream(b"BT /F 12 Tf 10 700 Td <00010002> Tj ET"),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/DW 1000>>",
        unicode_map,
    ])  # fmt: skip
    assert here(data).text == "合同\n"


def test_page_labels() -> None:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>"
    data = raw_pdf([
        b"<</Type/Catalog/Pages 2 0 R/PageLabels<</Nums[0<</S/r>>2<</S/D>>]>>>>",
        b"<</Type/Pages/Kids[3 0 R 6 0 R 7 0 R]/Count 3>>",
        page,
        stream(b"BT /F 12 Tf 10 700 Td (hello) Tj ET"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        page,
        page,
    ])  # fmt: skip
    document = here(data)
    assert [page.label for page in document.pages] == ["i", "ii", "1"]
    assert [Places(document).of(page.start, page.start + 1).page for page in document.pages] == ["i", "ii", "1"]


def test_pages_without_text_are_named() -> None:
    pdf = Pdf()
    for number in range(1, 8):
        pdf.add_page()
        if number not in {2, 4, 5, 6}:
            pdf.line_of(f"Text of page {number}.")
    document = here(pdf.made())
    assert document.notes == ("pages 2, 4-6 are without text, perhaps pictures or empty",)
    assert Places(document).of(document.text.index("page 7"), document.text.index("page 7") + 1).page == "7"


def form(more: bytes = b"") -> bytes:
    """A page with a field in which something is filled."""
    return raw_pdf([
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DR<</Font<</F 5 0 R>>>>" + more + b">>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>"
        b"/Annots[6 0 R]>>",
        stream(b"BT /F 12 Tf 10 700 Td (Amount:) Tj ET"),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(1,234)/Rect[10 660 300 685]/P 3 0 R/F 4/AP<</N 7 0 R>>>>",
        stream(b"BT /F 12 Tf 2 8 Td (1,234 EUR) Tj ET",
               b"/Type/XObject/Subtype/Form/BBox[0 0 200 25]/Resources<</Font<</F 5 0 R>>>>"),
    ])  # fmt: skip


def test_what_is_filled_into_a_form_is_read() -> None:
    document = here(form())
    assert (document.text, document.notes) == ("Amount:\n1,234 EUR\n", ())


def test_a_form_that_needs_scripts_is_told() -> None:
    document = here(form(b"/XFA[(a) 4 0 R]"))
    assert document.text == "Amount:\n"
    assert document.notes[0].startswith("what is filled into its form fields may be missing; print it to PDF")


def encrypted() -> bytes:
    pdf = Pdf()
    pdf.add_page()
    pdf.line_of("secret")
    pdf.set_encryption(owner_password="owner", user_password="user")
    return pdf.made()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (one_page(stream(b"")), "a.pdf has no text on its 1 page, they are pictures (a scan)"),
        (encrypted(), "a.pdf is encrypted; a PDF that opens without a password was expected"),
        (b"%PDF-1.4\n", "a.pdf is a damaged PDF"),
        (pdf_of_pages(2)[:2000], "a.pdf is a damaged PDF"),
        (raw_pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), "a.pdf is a damaged PDF"),
    ],
    ids=["scan", "encrypted", "header", "truncated", "no pages"],
)
def test_what_cannot_be_read(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        here(data)
    assert str(refused.value).startswith(said)
    assert str(refused.value).count("; ") == 2


def test_absurd_page_counts() -> None:
    kids = b"".join(b"3 0 R " for _ in range(10_001))
    data = raw_pdf([
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count 10001>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>",
    ])  # fmt: skip
    with pytest.raises(InvalidDocument, match="has more than 10,000 pages"):
        here(data)


def test_a_claimed_page_count_is_not_believed() -> None:
    data = one_page(stream(b"BT /F 12 Tf 10 700 Td (hello) Tj ET")).replace(b"/Count 1>>", b"/Count 900000000>>")
    assert here(data).text == "hello\n"


def bomb() -> bytes:
    """Ten forms that draw the next ten times each: ten thousand million words on a page of 3 KB."""
    forms = [
        stream(
            b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (7 + at)
        )
        for at in range(9)
    ]
    last = stream(
        b"BT /F 12 Tf (hello) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 5 0 R>>>>"
    )
    return one_page(stream(b"/X Do"), b"/XObject<</X 6 0 R>>", [*forms, last])


def test_a_file_made_to_break_its_reader_breaks_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apart, "MAX_MEMORY", 512 * 1024**2)
    with pytest.raises(InvalidDocument, match=r"a\.pdf breaks its reader, or needs too much memory; an ordinary PDF"):
        decode_document(bomb(), "a.pdf")
    assert capfd.readouterr() == ("", "")


def test_a_reader_that_complains_is_not_heard(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONWARNINGS", "nonsense")  # Python tells of that on standard error
    assert decode_document(form(), "a.pdf").kind == "pdf"
    assert capfd.readouterr() == ("", "")


def test_a_reader_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MAX_SECONDS", 1)
    with pytest.raises(InvalidDocument, match=r"a\.pdf (takes more than 1 seconds|breaks its reader)"):
        decode_document(bomb(), "a.pdf")


def test_errors_and_notes_come_back_from_the_other_process(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(encrypted(), "evil\x1b[2J\u202e.pdf")
    assert str(refused.value).startswith("evil[2J<U+202E>.pdf is encrypted")
    pdf = Pdf()
    pdf.add_page()
    pdf.add_page()
    pdf.line_of("Text.")
    document = decode_document(pdf.made(), "a")
    assert document.notes == ("page 1 is without text, perhaps pictures or empty",)
    assert capfd.readouterr() == ("", "")
