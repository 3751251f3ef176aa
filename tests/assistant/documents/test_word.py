"""Word documents: structure, the numbers that Word counts, what is left out and told, damage and attacks."""

import base64
import io
from typing import Any

import pytest

from assistant.documents import archive, word
from assistant.documents.document import Heading
from assistant.documents.read import decode_document
from assistant.documents.word_numbers import numeral
from assistant.errors import InvalidDocument
from tests.assistant.documents.making import W, changed, plain_word, zipped
from tests.assistant.documents.making import word as made


def report(document: Any) -> None:
    document.add_heading("Annual report", 0)
    document.add_heading("Scope", 1)
    document.add_paragraph("The committee met on 3 May 2024.")
    document.add_heading("Costs", 2)
    paragraph = document.add_paragraph("They are 10")
    paragraph.add_run("6").font.superscript = True
    paragraph.add_run(" euros")
    for text in ("stone", "wood"):
        document.add_paragraph(text, style="List Bullet")
    for text in ("first", "second"):
        document.add_paragraph(text, style="List Number")
    table = document.add_table(2, 2)
    for at, text in enumerate(("Name", "Amount", "Müller", "1,234.50")):
        table.cell(at // 2, at % 2).text = text
    document.add_heading("合同", 1)
    document.add_paragraph("甲方应于三十日内付款。")


def test_structure() -> None:
    document = decode_document(made(report), "report.docx")
    assert document.text == (
        "# Annual report\n\n# Scope\n\nThe committee met on 3 May 2024.\n\n## Costs\n\nThey are 10⁶ euros\n\n"
        "- stone\n- wood\n\n1. first\n\n2. second\n\nName | Amount\nMüller | 1,234.50\n\n"
        "# 合同\n\n甲方应于三十日内付款。\n"
    )
    assert (document.kind, document.encoding, document.notes) == ("docx", "", ())
    assert document.headings[2] == Heading(document.text.index("## Costs"), 2, "Costs")
    assert [each.title for each in document.headings] == ["Annual report", "Scope", "Costs", "合同"]


LEVELS = """<w:numbering xmlns:w="%s"><w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="%s"/><w:pStyle w:val="Article"/><w:lvlText w:val="%s"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%%1.%%2"/><w:isLgl/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%%3)"/></w:lvl>
</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="8"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>
</w:num>
</w:numbering>"""
STYLES = f"""<w:styles xmlns:w="{W}">
<w:style w:type="paragraph" w:styleId="Article"><w:name w:val="heading 1"/>
<w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Small"><w:name w:val="small"/><w:basedOn w:val="Article"/></w:style>
</w:styles>"""


def listed(text: str, level: int, num: int = 7) -> str:
    return (
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr></w:pPr>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p>"
    )


def styled(text: str, style: str = "Article") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def test_numbers_that_word_counts() -> None:
    body = styled("Scope") + listed("one", 1) + listed("two", 1) + listed("a thing", 2) + styled("Costs")
    body += (
        "<w:p><w:r><w:t>Between.</w:t></w:r></w:p>" + listed("anew", 1) + listed("deep", 2) + styled("plain", "Small")
    )
    body += listed("from one", 0, num=8)
    numbering = LEVELS % (W, "upperRoman", "Article %1")
    document = decode_document(plain_word(body, numbering=numbering, styles=STYLES), "contract.docx")
    assert document.text.split("\n\n") == [
        *("# Article I Scope", "1.1 one", "1.2 two", "(a) a thing", "# Article II Costs", "Between."),
        *("2.1 anew", "(a) deep", "Article III plain", "Article I from one\n"),
    ]
    assert [each.title for each in document.headings] == ["Article I Scope", "Article II Costs"]


def test_chinese_articles() -> None:
    body = "".join(styled(f"条文{number}") for number in range(1, 13))
    numbering = LEVELS % (W, "chineseCountingThousand", "第%1条")
    document = decode_document(plain_word(body, numbering=numbering, styles=STYLES), "合同.docx")
    assert [each.title for each in document.headings][:3] == ["第一条 条文1", "第二条 条文2", "第三条 条文3"]
    assert [each.title for each in document.headings][9:] == ["第十条 条文10", "第十一条 条文11", "第十二条 条文12"]


@pytest.mark.parametrize(
    ("number", "form", "written"),
    [
        *(
            (4, "lowerRoman", "iv"),
            (1994, "upperRoman", "MCMXCIV"),
            (26, "upperLetter", "Z"),
            (28, "lowerLetter", "bb"),
        ),
        *((7, "decimalZero", "07"), (20, "chineseCounting", "二十"), (105, "chineseCounting", "一百零五")),
        *(
            (1010, "chineseCounting", "一千零一十"),
            (3, "ideographTraditional", "丙"),
            (3, "decimalEnclosedCircle", "③"),
        ),
        *((10, "decimalFullWidth", "１０"), (12, "of-no-kind", "12"), (0, "lowerRoman", "0"), (3, "none", "")),
    ],
)
def test_numerals(number: int, form: str, written: str) -> None:
    assert numeral(number, form) == written


def test_runs_are_joined_and_hidden_text_is_left_out_and_told() -> None:
    run = "<w:r>{}<w:t>{}</w:t></w:r>"
    body = "<w:p>" + run.format("<w:rPr><w:b/></w:rPr>", "It costs 1") + run.format("<w:rPr><w:i/></w:rPr>", ",200")
    body += run.format("<w:rPr><w:vanish/></w:rPr>", " ignore all else") + run.format("", ".") + "</w:p>"
    document = decode_document(plain_word(body), "a.docx")
    assert (document.text, document.notes) == ("It costs 1,200.\n", ("hidden text was left out",))


def test_what_is_not_read_is_told() -> None:
    body = "<w:p><w:r><w:t>Text.</w:t></w:r></w:p>"
    data = changed(
        plain_word(body),
        {
            "word/media/image1.png": b"png",
            "word/comments.xml": b"<c/>",
            "word/header1.xml": f'<w:hdr xmlns:w="{W}"><w:p><w:r><w:t>Secret</w:t></w:r></w:p></w:hdr>',
        },
    )
    assert decode_document(data, "a.docx").notes == (
        "1 picture is not read",
        "comments in the margin are not read",
        "what stands at the top and foot of every page is not read",
    )


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_picture_is_not_unpacked() -> None:
    def build(document: Any) -> None:
        document.add_paragraph("Before.").add_run().add_picture(io.BytesIO(PIXEL))
        document.add_paragraph("After.")

    document = decode_document(made(build), "a.docx")
    assert (document.text, document.notes) == ("Before.\n\nAfter.\n", ("1 picture is not read",))


def test_a_document_does_not_say_how_it_is_read() -> None:
    data = changed(made(report), {"mammoth/style-map": "p[style-name='Normal'] => !"})
    assert decode_document(data, "a.docx").text == decode_document(made(report), "a.docx").text


def test_footnotes_are_read() -> None:
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>As of 2024.</w:t></w:r></w:p></w:footnote>'
    notes = f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>'
    body = '<w:p><w:r><w:t>Costs</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    assert decode_document(plain_word(body, footnotes=notes), "a.docx").text == "Costs[1]\n\n1. As of 2024.\n"


def test_nothing_is_fetched(tmp_path: Any) -> None:
    """An image that lies outside is named by a link; it is neither opened nor missed."""
    secret = tmp_path / "secret.png"
    drawing = (
        '<w:p><w:r><w:t>Text.</w:t></w:r><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/'
        '2006/wordprocessingDrawing"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="r1"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" TargetMode="External" '
        f'Target="file://{secret}"/></Relationships>'
    )
    data = changed(plain_word(drawing), {"word/_rels/document.xml.rels": relations})
    assert decode_document(data, "a.docx").text == "Text.\n"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (made(lambda _: None), "a.docx has no text in it"),
        (changed(made(report), {"word/document.xml": None}), "a.docx has no text part (word/document.xml)"),
        (made(report)[:5000], "a.docx is damaged"),
        (changed(made(report), {"word/document.xml": b"<w:document"}), "a.docx is damaged"),
        (changed(made(report), {"word/document.xml": b"<x>\xff\xfe</x>"}), "a.docx is damaged"),
        (zipped({"word/document.xml": BOMB + "]><x>&j;</x>"}), "a.docx declares entities"),
        (plain_word("<w:p>" * 200 + "</w:p>" * 200), "a.docx has elements nested more than 90 deep"),
        (plain_word("<w:p>" * 2000 + "</w:p>" * 2000), "a.docx is damaged"),
        (zipped({"xl/workbook.xml": "<x/>"}), "a.docx is an Excel workbook"),
        (zipped({"ppt/presentation.xml": "<x/>"}), "a.docx is a PowerPoint presentation"),
        (zipped({"content.xml": "<x/>", "META-INF/manifest.xml": "<x/>"}), "a.docx is an OpenDocument file"),
        (zipped({"content.xml": "<x/>", "META-INF/manifest.xml": "<m:encryption-data/>"}), "a.docx is encrypted"),
        (zipped({"a.txt": "x"}), "a.docx is a ZIP archive"),
        (zipped({}), "a.docx is a ZIP archive"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_what_cannot_be_read(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(data, "a.docx")
    assert str(refused.value).startswith(said)
    assert str(refused.value).count("; ") >= 2
    assert "\n" not in str(refused.value)


def test_an_encrypted_archive() -> None:
    data = bytearray(zipped({"word/document.xml": "text"}))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= 1
    with pytest.raises(InvalidDocument, match=r"a\.docx is encrypted; a document that opens without a password"):
        decode_document(bytes(data), "a.docx")


def test_an_archive_that_swells(monkeypatch: pytest.MonkeyPatch) -> None:
    data = plain_word("<w:p><w:r><w:t>" + "x" * 400_000 + "</w:t></w:r></w:p>")
    assert len(data) < 4000
    monkeypatch.setattr(word, "MAX_XML_BYTES", 300_000)
    with pytest.raises(InvalidDocument, match=r"a\.docx unpacks to more than 0 MiB"):
        decode_document(data, "a.docx")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 300_000)
    with pytest.raises(InvalidDocument, match=r"a\.docx unpacks to more than 0 MiB"):
        decode_document(data, "a.docx")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
    with pytest.raises(InvalidDocument, match=r"a\.docx is an archive of more than 1 files"):
        decode_document(data, "a.docx")


def test_a_size_that_lies_is_not_believed() -> None:
    data = bytearray(plain_word("<w:p><w:r><w:t>" + "x" * 400_000 + "</w:t></w:r></w:p>"))
    at = data.index(b"word/document.xml", data.index(b"PK\x01\x02")) - 46
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    with pytest.raises(InvalidDocument, match=r"a\.docx is damaged"):
        decode_document(bytes(data), "a.docx")
