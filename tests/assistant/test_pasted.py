"""Pasted texts as files."""

import sys

import pytest

from assistant import OutputFailed, keep_pasted, read_document
from assistant.paths import folder


def test_each_has_a_file_of_its_own() -> None:
    paths = [keep_pasted(f"text {number}\nmore") for number in range(3)]
    assert len(set(paths)) == 3
    assert [read_document(path).text for path in paths] == [f"text {number}\nmore" for number in range(3)]
    assert {path.parent for path in paths} == {folder("data") / "pasted"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_only_the_user_may_read_them() -> None:
    path = keep_pasted("secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_in_place_of_the_folder_is_an_error_in_words() -> None:
    (folder("data") / "pasted").touch()
    with pytest.raises(OutputFailed, match=r"cannot be written .*; a folder for pasted texts was expected"):
        keep_pasted("text")
