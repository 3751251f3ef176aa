"""Whatever the bytes are: a document that keeps its promises, or InvalidDocument in one line. Within bounds."""

import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents import building, read
from assistant.documents.document import Document, Places
from assistant.documents.pdf_pages import read_pages
from assistant.documents.read import decode_document
from assistant.errors import InvalidDocument
from assistant.sanitize import printable
from tests.assistant.documents.making import WORDS, Pdf, book, changed, letter, plain_word
from tests.assistant.documents.test_small_formats import RTF, SRT
from tests.assistant.documents.test_word import LEVELS, STYLES, W, listed, styled

HTML = b"""<!DOCTYPE html><html><head><meta charset=utf-8><title>T</title></head><body><h1>Head</h1><p>text<br>more
<ul><li>one<li>two<ol start=3><li>a</ol></ul><table><tr><td>a<td>b<tr><td><table><tr><td>x</table></table>
<pre> code </pre><div style="display:none">no</div>10<sup>6</sup><img alt=x><script>s</script>&eacute;</body></html>"""
MARKDOWN = b"---\na: b\n---\n# One\n\ntext\n\nTwo\n===\n\n```py\n# no\n```\n## Three ##\n- a\n---\nb\n"
WORD = plain_word(
    styled("Scope") + listed("one", 1) + "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
    numbering=LEVELS % (W, "decimal", "%1."),
    styles=STYLES,
)
BOOK = book({"a.xhtml": "<h1>A</h1><p>text</p>", "b.xhtml": "<p>more</p>"}, contents={"b.xhtml": "Second"})
SPICE = (
    *(
        b"<",
        b">",
        b"\\",
        b"{",
        b"}",
        b"\0",
        b"\xff",
        b"\n\n",
        b"65535",
        b"-1",
        b"99999999999",
        b"<p>",
        b"</p>",
        b"<table>",
    ),
    *(
        b"<h1>",
        b"<tr>",
        b"<td>",
        b"&#0;",
        b"&#x202e;",
        b"\\u",
        b"\\'",
        b"\\u-1 ",
        b"=?utf-8?b?",
        b"charset=foo",
        b"\xd8\x00",
    ),
    *(b" --> ", b"endobj", b"/Type", b"\xef\xbb\xbf", b"\x1b[2J", b"<!DOCTYPE", b"<w:p>", b"\r", b"xml:"),
)


def mutated(data: bytes, rnd: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rnd.choice((1, 1, 2, 5, 20))):
        at = rnd.randrange(len(made) + 1)
        match rnd.randrange(5):
            case 0:
                made[at : at + 1] = bytes([rnd.randrange(256)])
            case 1:
                del made[at : at + rnd.choice((1, 2, 8, 100))]
            case 2:
                made[at:at] = rnd.choice(SPICE)
            case 3:
                start = rnd.randrange(len(made) + 1)
                made[at:at] = made[start : start + rnd.choice((2, 20, 200))]
            case 4 if rnd.random() < 0.3:
                del made[at:]
    return bytes(made)


def mutated_member(data: bytes, rnd: random.Random) -> bytes:
    if rnd.random() < 0.3:
        return mutated(data, rnd)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = rnd.choice(archive.namelist())
        return changed(data, {name: mutated(archive.read(name), rnd)})


def keeps_its_promises(read: Callable[[], Document]) -> None:
    try:
        document = read()
    except InvalidDocument as error:
        message = str(error)
        assert message == printable(message)
        assert "\n" not in message
        assert message.count("; ") >= 2
        return
    text, places = document.text, Places(document)
    text.encode()
    assert text.strip()
    assert not set(text) & {"\0", "\r"}
    lines = text.split("\n")
    for heading in document.headings:
        assert heading.start == 0 or text[heading.start - 1] == "\n"
        assert heading.title in lines[text.count("\n", 0, heading.start)]
        assert places.of(heading.start, heading.start + 1).heading == heading.title
    starts = [heading.start for heading in document.headings]
    assert starts == sorted(set(starts))
    assert [page.start for page in document.pages] == sorted(page.start for page in document.pages)
    for note in document.notes:
        assert note == printable(note)
        assert "\n" not in note


SAMPLES = {
    "a.rtf": RTF,
    "a.srt": SRT.encode(),
    "a.html": HTML,
    "a.md": MARKDOWN,
    "a.csv": b'a,b\n1,"x\ny"\n2,3\n',
    "a.eml": bytes(letter()),
    "a.docx": WORD,
    "a.epub": BOOK,
}


@pytest.mark.parametrize("name", SAMPLES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_damaged_bytes(name: str, seed: int) -> None:
    rnd = random.Random(seed)
    mutate = mutated_member if name in {"a.docx", "a.epub"} else mutated
    data = mutate(SAMPLES[name], rnd)
    keeps_its_promises(lambda: decode_document(data, name))


def pdf_sample() -> bytes:
    pdf = Pdf()
    pdf.set_compression(False)
    pdf.add_page()
    pdf.start_section("Part")
    pdf.line_of("Part", size=18)
    for _ in range(5):
        pdf.line_of("Words of the text, and an agree-")
        pdf.line_of("ment of some kind.")
    return pdf.made()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_damaged_pdfs(seed: int) -> None:
    data = mutated(pdf_sample(), random.Random(seed))
    keeps_its_promises(lambda: read_pages(io.BytesIO(data), "a.pdf"))


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_bytes_at_length(name: str) -> None:
    for seed in range(2000):
        rnd = random.Random(seed)
        data = (mutated_member if name in {"a.docx", "a.epub"} else mutated)(SAMPLES[name], rnd)
        keeps_its_promises(lambda data=data: decode_document(data, name))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.csv", "a.srt", "a.rtf", "a.eml", "a.txt"])
@given(data=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes(name: str, data: bytes) -> None:
    start = {"a.html": b"<html>", "a.srt": SRT.encode()[:40], "a.rtf": b"{\\rtf1 ", "a.eml": b"From: a\nDate: b\n"}
    keeps_its_promises(lambda: decode_document(start.get(name, b"") + data, name))


NASTY = "evil\x1b]52;c;AAAA\x07\x9b31m\u202egnp.exe\u202c"


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"PK\x03\x04", b"{\\rtf1 }", b"\x89PNG", b"WEBVTT\n", b"\0\1"])
def test_a_name_cannot_reach_a_terminal(data: bytes) -> None:
    with pytest.raises(InvalidDocument) as refused:
        decode_document(data, NASTY)
    assert str(refused.value).startswith("evil]52;c;AAAA31m<U+202E>gnp.exe<U+202C> ")
    assert str(refused.value) == printable(str(refused.value))


def test_what_a_document_or_a_user_says_cannot_reach_a_terminal() -> None:
    page = b"<html><meta charset='klingon\x1b[2J'><p>text"
    assert decode_document(page, "a.html").notes == ("it says that it is in klingon and is not",)
    with pytest.raises(InvalidDocument) as refused:
        decode_document(b"text", "a.txt", encoding=NASTY)
    assert str(refused.value) == printable(str(refused.value))


@pytest.mark.parametrize(
    ("name", "data", "share"),
    [
        ("a.html", b"<html>" + b"<p>some <b>text</b> here and there</p>\n" * 5_000, 8.0),
        ("a.md", b"# Part\n\nsome text here and there\n" * 5_000, 7.0),
        ("a.csv", b"name,1.5,2024-05-03\n" * 10_000, 5.0),
        ("a.docx", plain_word(f"<w:p><w:r><w:t>{WORDS * 5}</w:t></w:r></w:p>" * 500), 20.0),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_memory_is_in_proportion_to_the_text(name: str, data: bytes, share: float) -> None:
    decode_document(data, name)  # libraries are loaded now
    tracemalloc.start()
    document = decode_document(data, name)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < share * len(document.text) + 2**20


def test_sizes_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MAX_CONTAINER_BYTES", 1000)
    with pytest.raises(InvalidDocument, match=r"a\.pdf is larger than 0 MiB"):
        decode_document(pdf_sample(), "a.pdf")
    monkeypatch.setattr(building, "MAX_CHARACTERS", 50)
    for name in ("a.html", "a.eml"):
        with pytest.raises(InvalidDocument, match="has more than 50 characters; a document was expected; split it"):
            decode_document(SAMPLES[name], name)
