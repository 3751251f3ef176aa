"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from assistant.errors import OutputFailed
from assistant.output import write_file


def test_it_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_file(tmp_path / "a.md", "one")
    write_file(tmp_path / "a.md", "第二")
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "第二"
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match=r"a\.md cannot be written .*; a writable place was expected; name another"):
        write_file(tmp_path / "nowhere" / "a.md", "one")
