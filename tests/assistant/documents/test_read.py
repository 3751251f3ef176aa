"""Documents: encodings in, text out, or a refusal that says what the file is."""

import io
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.documents.document import Document, Heading
from assistant.documents.limits import MAX_BYTES
from assistant.documents.read import decode_document, read_document
from assistant.errors import InvalidDocument

CHINESE = "会议纪要：本次会议讨论了第三季度的销售计划，王明负责华东地区，目标为一千二百万元。"
FRENCH = "Réunion du comité : le budget de l'année prochaine a été adopté. Où est la bibliothèque ? Ça coûte 12 €."
RUSSIAN = "Протокол заседания: утвержден бюджет на следующий год. Ответственный Иванов."
JAPANESE = "会議の議事録：第三四半期の販売計画について話し合いました。田中さんが担当します。"
KOREAN = "회의록: 이번 회의에서는 3분기 판매 계획을 논의했습니다. 김철수 씨가 담당합니다."
TRADITIONAL = "會議紀要：本次會議討論了第三季度的銷售計劃，王明負責華東地區。"


@pytest.mark.parametrize(
    ("text", "written", "found", "guessed"),
    [
        (CHINESE, "utf-8", "utf-8", False),
        (CHINESE, "utf-8-sig", "utf-8-sig", False),
        (CHINESE, "utf-16", "utf-16", False),
        (CHINESE, "utf-32", "utf-32", False),
        (FRENCH + "\n", "utf-16-le", "utf-16-le", True),
        (FRENCH + "\n", "utf-16-be", "utf-16-be", True),
        (CHINESE, "gb18030", "gb18030", True),
        ("什么？", "gbk", "gb18030", True),
        ("什么是法国的首都？", "gbk", "gb18030", True),
        (TRADITIONAL, "big5", "big5", True),
        (JAPANESE, "shift_jis", "cp932", True),
        (JAPANESE, "euc_jp", "euc_jp", True),
        (KOREAN, "euc_kr", "cp949", True),
        (RUSSIAN, "cp1251", "cp1251", True),
        (RUSSIAN, "koi8_r", "koi8_r", True),
        (FRENCH, "cp1252", "cp1252", True),
    ],
)
def test_encodings(text: str, written: str, found: str, guessed: bool) -> None:
    assert decode_document(text.encode(written), "a") == Document("a", text, found, guessed)


def test_line_ends_are_one_kind() -> None:
    assert decode_document(b"a\r\nb\rc\n", "a").text == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "a.md has no text in it"),
        (b" \n\t\r\n", "a.md has no text in it"),
        (b"\xef\xbb\xbf\n", "a.md has no text in it"),
        (b"%PDF-1.7\n...", "a.md is a damaged PDF"),
        (b"PK\x03\x04rest", "a.md is damaged"),
        (b"{\\rtf1 }", "a.md has no text in it"),
        (b"GGUF\x03\0\0\0", "a.md is a GGUF model"),
        (b"\x7fELF\x02\x01", "a.md is a program"),
        (b"text\0with\0zeros and more", "a.md is not a text"),
        (bytes(range(256)) * 8, "a.md is not a text"),
        (b"\xff\xfea", "a.md is not a text"),
        (b"\x01\x02\x03 abc" * 10, "a.md is not a text"),
        (b"x" * (MAX_BYTES + 1), "a.md is larger than 32 MiB"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(data, "a.md")
    message = str(refused.value)
    assert message.startswith(said)
    assert message.count("; ") >= 2  # what was found; what was expected; what to do
    assert "\n" not in message


def test_random_bytes_are_no_text() -> None:
    # chi-squared noise of a fixed seed, as of a compressed file
    import random

    noise = random.Random(1).randbytes(4096)
    with pytest.raises(InvalidDocument, match="is not a text"):
        decode_document(noise, "noise")


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_the_named_error(data: bytes) -> None:
    try:
        document = decode_document(data, "any")
    except InvalidDocument:
        return
    assert document.text.strip()
    assert "\r" not in document.text
    document.text.encode("utf-8")  # no half of a surrogate pair reaches a tokenizer


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Co")), min_size=1, max_size=200))
def test_utf8_text_comes_through(text: str) -> None:
    if text.strip() and "\ufffd" not in text and not text.startswith("\ufeff"):
        # a text may begin like a format with a name; a line before it keeps it a text
        assert decode_document(b"-\n" + text.encode(), "any") == Document("any", "-\n" + text, "utf-8")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_bytes(b"# Report\n")
    assert read_document(path) == Document(
        str(path), "# Report\n", "utf-8", kind="markdown", headings=(Heading(0, 1, "Report"),)
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.md", "does not exist"), (".", "is a folder"), ("a\0b", "cannot be read"), ("x" * 300, "cannot be read")],
)
def test_paths_without_a_document(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        read_document(tmp_path / name)


def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with pytest.raises(InvalidDocument, match="socket cannot be read"):
            read_document(path)


def test_a_pipe_is_a_document(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"from a pipe")
    os.close(write)
    try:
        assert read_document(f"/dev/fd/{read}").text == "from a pipe"
    finally:
        os.close(read)


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(InvalidDocument, match="larger than"):
        read_document("/dev/zero")


@pytest.mark.parametrize(
    ("text", "asked", "encoding"),
    [
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "GB2312", "gb18030"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (TRADITIONAL, "big5", "big5"),
        (JAPANESE, "Shift_JIS", "cp932"),
        (FRENCH.replace("€", "E"), "latin-1", "iso8859-1"),
        (RUSSIAN, "windows-1251", "cp1251"),
        (FRENCH, "utf_8", "utf-8"),
    ],
)
def test_an_encoding_that_is_asked_for(text: str, asked: str, encoding: str) -> None:
    document = decode_document(text.encode(encoding), "a.txt", encoding=asked)
    assert (document.text, document.encoding, document.guessed) == (text, encoding, False)


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "punycode", "unicode_escape", "undefined", "a\0b", ""])
def test_no_such_encoding(name: str) -> None:
    with pytest.raises(InvalidDocument, match=r"no encoding is called .*; one of utf-8, utf-16, gb18030, .*; name one"):
        decode_document(b"text", "a.txt", encoding=name)


def test_bytes_that_are_not_in_the_encoding_asked_for() -> None:
    with pytest.raises(InvalidDocument, match=r"a.txt is not in utf-8 \(at byte 4\); bytes of that"):
        decode_document(b"caf \xe9", "a.txt", encoding="utf-8")


def test_an_encoding_says_nothing_of_a_pdf_or_an_image() -> None:
    with pytest.raises(InvalidDocument, match="is a PNG image"):
        decode_document(b"\x89PNG\r\n", "a.txt", encoding="latin-1")


def test_what_source_code_declares_of_itself() -> None:
    text = f"#!/usr/bin/python\n# -*- coding: koi8-r -*-\n# {RUSSIAN}\n"
    document = decode_document(text.encode("koi8-r"), "a.py")
    assert (document.text, document.encoding, document.guessed) == (text, "koi8-r", False)


def test_zero_characters_and_halves_of_pairs_become_visible() -> None:
    document = decode_document(("a\0b" + " and more text" * 9).encode("utf-16"), "a.txt")
    assert document.text == "a\ufffdb" + " and more text" * 9
    assert document.notes == ("1 NUL characters or broken pairs stand as U+FFFD",)


@pytest.mark.parametrize(
    ("name", "data", "kind", "note"),
    [
        (
            "a.pdf",
            b"<!DOCTYPE html><p>text",
            "html",
            "its name ends in .pdf, its content is HTML, and was read as that",
        ),
        ("a.docx", b"just text\n", "text", "its name ends in .docx, its content is plain text, and was read as that"),
        ("a.html", b"just text\n", "text", "its name ends in .html, its content is plain text, and was read as that"),
        ("a.md", b"{\\rtf1 text}", "rtf", "its name ends in .md, its content is RTF, and was read as that"),
        ("a.txt", b"<html><p>text", "html", ""),
        ("a", b"<html><p>text", "html", ""),
        ("a.php", b"<html><p>text", "text", ""),
        ("a.xml", b"<?xml version='1.0'?><x>text</x>", "text", ""),
        ("a.html", b"<p>text", "html", ""),
        ("a.txt", b"text about <p> tags", "text", ""),
        ("a.txt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n", "subtitles", ""),
        ("a.txt", b"a,b\n1,2\n", "text", ""),
        ("a.py", b"# comment\nx = 1\n", "text", ""),
    ],
)
def test_kinds_are_told_by_content(name: str, data: bytes, kind: str, note: str) -> None:
    document = decode_document(data, name)
    assert (document.kind, document.notes) == (kind, (note,) if note else ())


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.py", "a.csv", "a"])
def test_text_stays_as_it_is(name: str) -> None:
    text = "# one\n\tx = 1  \n\n\n\x0c§ two;\u2028 three \u200b\n```\n---\nno end"
    assert decode_document(text.encode(), name).text == text


def old_office(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + stream.encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (old_office("EncryptedPackage"), "a.docx is encrypted; a document that opens without a password"),
        (old_office("WordDocument"), "a.docx is an old Word file (.doc); DOCX or PDF was expected; save it as DOCX"),
        (old_office("Workbook"), "a.docx is an old Microsoft Office file; DOCX, PDF or text was expected"),
        (b"\x1f\x8b\x08", "a.docx is a gzip archive; a document was expected; unpack it"),
        (b"\0\0\0\x18ftypmp42", "a.docx is a film or image"),
        (b"SQLite format 3\0", "a.docx is an SQLite database; a document was expected; export its tables as CSV"),
    ],
    ids=["encrypted", "doc", "xls", "gzip", "film", "sqlite"],
)
def test_what_else_is_refused_says_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(data, "a.docx")
    assert str(refused.value).startswith(said)
    assert str(refused.value).count("; ") == 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"# Title\n\ntext\n")))
    document = read_document("-")
    assert (document.name, document.kind, document.text) == ("standard input", "markdown", "# Title\n\ntext\n")


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InvalidDocument, match="there is no standard input; a document on it was expected; name a file"):
        read_document("-")
