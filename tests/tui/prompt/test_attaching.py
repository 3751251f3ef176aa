"""Files that are mentioned, as documents."""

import os
from pathlib import Path

import pytest

from assistant import Attachment
from tui.prompt.attaching import Mentioned, Reader, are_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("\n# A\n\ntext\n")
    (tmp_path / "empty.txt").touch()
    return tmp_path


def test_what_is_a_file_is_read_and_what_is_none_is_left() -> None:
    found = Reader().look(["a.md", "alice", ".", "\0"])
    assert found == {"a.md": Mentioned("a.md", Attachment("a.md", "# A\n\ntext"))}


def test_a_file_that_cannot_be_read_says_why() -> None:
    found = Reader().look(["empty.txt"])["empty.txt"]
    assert found.attachment is None
    assert found.error.startswith("empty.txt has no text in it; a document was expected")


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert Reader().look(["pipe"]) == {}


def test_a_changed_file_is_read_again(folder: Path) -> None:
    reader = Reader()
    first = reader.look(["a.md"])["a.md"]
    assert reader.look(["a.md"])["a.md"] is first
    (folder / "a.md").write_text("other words")
    again = reader.look(["a.md"])["a.md"]
    assert again.attachment == Attachment("a.md", "other words")


def test_nothing_is_read_once_nobody_waits() -> None:
    assert Reader().look(["a.md"], lambda: True) == {}


def test_files_and_folders_may_be_dropped(folder: Path) -> None:
    assert are_files([str(folder / "a.md"), str(folder)])
    assert not are_files([str(folder / "a.md"), str(folder / "gone")])
