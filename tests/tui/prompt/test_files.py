"""Files that may be meant by a few letters."""

import os
from pathlib import Path

import pytest

from tui.files import find_files
from tui.fuzzy import match, rank


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number, name in enumerate(
        (
            "README.md",
            "notes.txt",
            "docs/reading.md",
            "docs/deep/报告.md",
            ".hidden/a.md",
            "node_modules/x.js",
            "m.gguf",
        )
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * (number + 1))
        os.utime(path, (1000 + number, 1000 + number))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paths(start: str) -> list[str]:
    return [found.path for found in find_files(start)]


def test_nothing_typed_offers_the_newest_files_then_folders() -> None:
    assert paths("")[:2] == ["notes.txt", "README.md"]
    assert set(paths("")[2:]) == {"docs/", "node_modules/"}


@pytest.mark.parametrize(
    ("start", "first"),
    [("rdm", "README.md"), ("readin", "docs/reading.md"), ("报", "docs/deep/报告.md"), ("nt", "notes.txt")],
)
def test_letters_in_their_order(start: str, first: str) -> None:
    assert paths(start)[0] == first


def test_the_letters_are_marked() -> None:
    found = find_files("rdg")[0]
    assert found.path == "docs/reading.md"
    assert "".join(found.path[place] for place in found.places) == "rdg"
    inside = find_files("docs/re")[0]
    assert (inside.path, inside.places) == ("docs/reading.md", (5, 6))


def test_a_slash_looks_into_that_folder() -> None:
    assert paths("docs/") == ["docs/reading.md", "docs/deep/"]
    assert paths("./docs/rd") == ["./docs/reading.md"]
    assert paths("nowhere/") == []
    assert paths("~\0/") == []


def test_hidden_files_only_where_they_are_asked_for(folder: Path) -> None:
    assert paths(".hid") == [".hidden/", ".hidden/a.md"]
    assert not any("hidden" in path for path in paths("a"))


def test_no_models_no_tools() -> None:
    assert paths("gguf") == []
    assert paths("xjs") == []


def test_models_where_models_are_wanted() -> None:
    assert [found.path for found in find_files("mg", ending=".gguf")] == ["m.gguf"]


def test_a_name_that_cannot_be_shown_is_not_offered(folder: Path) -> None:
    (folder / "evil\x1b[2J.md").touch()
    (folder / "ev\u202eil.md").touch()
    assert paths("evil") == []


def test_the_nearest_come_first_where_there_are_very_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.files._MOST_WALKED", 3)
    for number in range(5):
        (folder / "docs" / "deep" / f"many{number}.md").touch()
    (folder / "zmany.md").touch()
    assert paths("many") == ["zmany.md"]


def test_what_lay_there_a_moment_ago_is_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths("later") == []
    (folder / "docs" / "later.md").touch()
    assert paths("later") == []
    monkeypatch.setattr("tui.files._FRESH", 0.0)
    assert paths("later") == ["docs/later.md"]


def test_stopped_while_it_looks() -> None:
    assert "docs/reading.md" not in [found.path for found in find_files("md", stopped=lambda: True)]


def test_sizes() -> None:
    assert {found.path: found.bytes for found in find_files("")} == {
        "notes.txt": 2, "README.md": 1, "docs/": None, "node_modules/": None,
    }  # fmt: skip


def test_what_begins_like_it_comes_before_what_only_holds_it() -> None:
    assert [item for item, _ in rank("mo", ["summarize of", "model", "remove"], str, 1)] == ["model"]
    assert rank("", ["b", "a"], str, 1) == [("b", ())]


def test_nothing_matches_letters_that_are_not_there() -> None:
    assert match("x", "abc") is None
    assert match("cb", "abc") is None
    assert match("İ", "xİ") is not None
