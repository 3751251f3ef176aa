"""Documents: encodings in, text out, or a refusal that says what the file is."""

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
