"""E-mails: header, the plain form before the HTML, what is forwarded, attachments by name, encodings."""

import pytest

from assistant.documents.mail import MAX_DEPTH
from assistant.documents.read import decode_document
from assistant.errors import InvalidDocument
from tests.assistant.documents.making import letter

HEADER = (
    "From: Jörg Müller <joerg@example.org>\nTo: all@example.org\nDate: Mon, 03 Jun 2024 10:00:00 +0200\n"
    "Subject: Prüfung 合同\n\n"
)


def test_the_plain_form_is_read_and_attachments_are_named() -> None:
    message = letter()
    message.add_alternative("<p>the HTML form</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="repört\x1b[2J.pdf")
    document = decode_document(bytes(message), "a.eml")
    assert document.text == HEADER + "Dear all,\n\nthe plan costs 12 €.\n"
    assert (document.kind, document.encoding, document.guessed) == ("email", "utf-8", False)
    assert document.notes == ("attachments are not read: repört[2J.pdf",)


def test_html_alone() -> None:
    message = letter()
    message.set_content("<h1>Plan</h1><p>costs <b>12</b>", subtype="html")
    document = decode_document(bytes(message), "a.eml")
    assert document.text == HEADER + "# Plan\n\ncosts 12\n"
    assert [each.start for each in document.headings] == [len(HEADER)]


def test_an_empty_plain_form_gives_way() -> None:
    message = letter("  \n")
    message.add_alternative("<p>the HTML form</p>", subtype="html")
    assert decode_document(bytes(message), "a.eml").text == HEADER + "the HTML form\n"


def test_a_forwarded_letter_is_read() -> None:
    message = letter("See below.")
    message.add_attachment(letter("The first letter."))
    document = decode_document(bytes(message), "a.eml")
    assert document.text == f"{HEADER}See below.\n\n{HEADER}The first letter.\n"
    assert document.notes == ()


def test_declared_and_overruled_encodings() -> None:
    raw = b"From: a@b.c\nSubject: =?gb2312?B?" + b"u+HS6Q==" + b"?=\nContent-Type: text/plain; charset=gb2312\n\n"
    data = raw + "会议纪要".encode("gbk")
    document = decode_document(data, "a.eml")
    assert (document.text, document.encoding) == ("From: a@b.c\nSubject: 会议\n\n会议纪要\n", "gb18030")
    overruled = decode_document(raw + "販売計画".encode("cp932"), "a.eml", encoding="shift_jis")
    assert (overruled.text.split("\n")[-2], overruled.encoding) == ("販売計画", "cp932")


def test_by_content_without_the_ending() -> None:
    data = b"Received: from x by y\nFrom: a@b.c\nSubject: Plan\nMIME-Version: 1.0\n\nText.\n"
    document = decode_document(data, "mail.txt")
    assert (document.kind, document.text) == ("email", "From: a@b.c\nSubject: Plan\n\nText.\n")
    memo = b"From: Ann\nTo: Bob\nSubject: Plan\n\nText.\n"
    assert decode_document(memo, "memo.txt").kind == "text"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"From: a@b.c\nSubject: x\n\n  \n", "is an e-mail without text; a letter was expected; check the file"),
        (
            b"From: a@b.c\nSubject: x\nContent-Type: application/pdf; name=p.pdf\n\nx\n",
            "is an e-mail without text; a letter was expected; save its attachments, and name them",
        ),
    ],
)
def test_no_letter(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        decode_document(data, "a.eml")


def test_parts_nested_without_end() -> None:
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (at, at) for at in range(MAX_DEPTH + 9)
    )
    data = b"From: a@b.c\nSubject: x\n" + parts + b"\nhello"
    with pytest.raises(InvalidDocument, match=r"a\.eml is an e-mail"):
        decode_document(data, "a.eml")
    deep = b"From: a@b.c\nSubject: x\n" + parts * 100 + b"\nhello"
    with pytest.raises(InvalidDocument, match=r"a\.eml is an e-mail"):
        decode_document(deep, "a.eml")
