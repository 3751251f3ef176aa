"""Several files and folders: order, names, lines of each, what is left out and told."""

import io
import os
from pathlib import Path

import pytest

from assistant.documents import several
from assistant.documents.document import Places
from assistant.documents.read import files_of, read_document, read_documents
from assistant.errors import InvalidDocument
from tests.assistant.documents.making import pdf_of_pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "papers"
    (top / "part").mkdir(parents=True)
    (top / ".git").mkdir()
    (top / "b.md").write_text("# Title\n\nsecond file\n")
    (top / "a.txt").write_text("first line\nsecond line")
    (top / "c.pdf").write_bytes(pdf_of_pages(2))
    (top / "part" / "d.txt").write_bytes("会议纪要：本次会议讨论了第三季度的销售计划".encode("gb18030"))
    (top / "logo.png").write_bytes(b"\x89PNG\r\n")
    (top / ".hidden").write_text("no")
    (top / ".git" / "config").write_text("no")
    (top / "broken.pdf").write_bytes(b"%PDF-1.7")
    return top


def test_a_folder(folder: Path) -> None:
    document = read_documents([folder])
    names = [folder / name for name in ("a.txt", "b.md", "c.pdf", "part/d.txt")]
    assert (document.kind, document.name, document.encoding, document.guessed) == ("files", str(folder), "", True)
    assert [file.name for file in document.files] == [str(name) for name in names]
    for file in document.files:
        assert document.text.startswith(f"===== {file.name} =====\n\n", file.start)
    assert document.text.startswith(
        f"===== {names[0]} =====\n\nfirst line\nsecond line\n\n===== {names[1]} =====\n\n# T"
    )
    assert document.notes == (
        "2 hidden files or folders were left out",
        f"left out: {folder}/logo.png is a PNG image",
        f"left out: {folder}/broken.pdf is a damaged PDF (it is cut short or broken inside); a whole file was "
        "expected; save or download it again",
        f"{folder}/part/d.txt: read as gb18030 (a guess from its bytes)",
    )
    # what may be a document is watched, broken or not
    assert files_of([folder]) == tuple(folder / name for name in ("a.txt", "b.md", "broken.pdf", "c.pdf", "part/d.txt"))


def test_places_are_of_each_file(folder: Path) -> None:
    document = read_documents([folder])
    places = Places(document)
    for name in ("a.txt", "b.md", "c.pdf", "part/d.txt"):
        alone = read_document(folder / name)
        begin = next(file.start for file in document.files if file.name == str(folder / name))
        start = document.text.index(alone.text, begin)
        for word in ("second", "Paragraph 2.3", "会议讨论"):
            if word not in alone.text:
                continue
            at = alone.text.index(word)
            here, there = Places(alone).of(at, at + 3), places.of(start + at, start + at + 3)
            assert there.file == str(folder / name)
            assert (there.lines, there.page, there.heading) == (here.lines, here.page, here.heading)
    last = document.text.index("会议")
    assert (places.of(last, last + 1).page, places.of(last, last + 1).heading) == ("", "")
    for file in document.files:
        assert places.of(file.start, file.start + 3).lines == (1, 1)
        assert places.of(file.start, file.start + 3).file == file.name
    for heading in document.headings:
        assert heading.title in document.text[heading.start :].split("\n")[0]


def test_files_by_name_in_the_order_given(folder: Path) -> None:
    document = read_documents([folder / "b.md", folder / "a.txt", folder / "b.md"])
    assert [Path(file.name).name for file in document.files] == ["b.md", "a.txt"]
    assert read_documents([folder / "b.md"]) == read_document(folder / "b.md")
    assert files_of([folder / "b.md", folder / "a.txt"]) == (folder / "b.md", folder / "a.txt")


def test_a_file_that_was_named_must_be_readable(folder: Path) -> None:
    with pytest.raises(InvalidDocument, match=r"broken\.pdf is a damaged PDF"):
        read_documents([folder / "a.txt", folder / "broken.pdf"])
    with pytest.raises(InvalidDocument, match=r"none\.txt does not exist"):
        read_documents([folder / "a.txt", folder / "none.txt"])


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="has no document that can be read in it; text"):
        read_documents([tmp_path])
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(InvalidDocument, match=r"in it \(left out: .*a.png is a PNG image\); text"):
        read_documents([tmp_path])


def test_links_in_circles(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")  # would be waited for without end
    assert files_of([tmp_path]) == (tmp_path / "a.txt",)


def test_standard_input_among_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("from the file")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"from the pipe")))
    document = read_documents(["-", tmp_path / "a.txt"])
    assert [file.name for file in document.files] == ["standard input", str(tmp_path / "a.txt")]
    assert "from the pipe\n\n=====" in document.text


def test_too_many_and_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / name).write_text("text " * 10)
    monkeypatch.setattr(several, "MAX_FILES", 2)
    with pytest.raises(InvalidDocument, match="has more than 2 files in it"):
        read_documents([tmp_path])
    monkeypatch.undo()
    monkeypatch.setattr(several, "MAX_CHARACTERS", 60)
    with pytest.raises(InvalidDocument, match="together have more than 60 characters"):
        read_documents([tmp_path])


def test_names_of_files_cannot_reach_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J\u202e.txt").write_text("text")
    (tmp_path / "b\x1b[2J.png").write_bytes(b"\x89PNG")
    document = read_documents([tmp_path])
    assert document.text.startswith(f"===== {tmp_path}/a[2J<U+202E>.txt =====\n")
    assert document.notes == (f"left out: {tmp_path}/b[2J.png is a PNG image",)
