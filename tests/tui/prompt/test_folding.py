"""What stands for something longer, and what it stands for."""

import pytest

from assistant import Attachment, Typed
from tui.prompt.folding import being_mentioned, dropped, folded, is_large, mention, mentions, placeholder, unfold, used

LONG = "\n".join(f"line {number}" for number in range(214))


def test_a_placeholder_says_lines_and_tokens() -> None:
    assert placeholder(1, LONG, 2114) == "[Pasted text #1 · 214 lines · 2,114 tokens]"
    assert placeholder(1, LONG + "\n", 2114) == placeholder(1, LONG, 2114), "the end of a line begins no other"
    assert placeholder(12, "x") == "[Pasted text #12 · 1 line · ≈1 token]"


def test_large_is_many_lines_or_many_letters() -> None:
    assert is_large("\n" * 8)
    assert is_large("x" * 1001)
    assert not is_large("\n" * 7)


def test_only_pasted_texts_that_are_there_are_meant() -> None:
    text = f"a {placeholder(1, LONG)} b [#2 · x] [issue #1 · still it]"
    assert [number for *_place, number in folded(text, {1: LONG})] == [1, 1]
    assert folded(text, {3: ""}) == []
    assert used(text, {1: LONG, 3: "y"}) == Typed(text, {1: LONG})


def test_unfolded_it_goes_before_and_is_named_where_it_stood() -> None:
    attachments, text = unfold(Typed(f"see {placeholder(2, 'a')}, 再看 {placeholder(2, 'a', 1)}!", {2: "a"}))
    assert attachments == (Attachment("pasted text 2", "a"),)
    assert text == "see [pasted text 2], 再看 [pasted text 2]!"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("@a.md", {"a.md"}),
        ("see @docs/a.md, please", {"docs/a.md,", "docs/a.md"}),
        ('(@"my notes.md")', {"my notes.md"}),
        ("看@笔记.md。好", {"笔记.md。好"}),
        ("me@example.org @@x", set()),
        ("@ @\n@~/a", {"~/a"}),
    ],
)
def test_mentions(text: str, paths: set[str]) -> None:
    assert set(mentions(text)) == paths


def test_places_of_mentions() -> None:
    text = 'x @a.md, @"b c" @a.md'
    assert mentions(text)["a.md"] == ((2, 7), (16, 21))
    assert mentions(text)["b c"] == ((9, 15),)


@pytest.mark.parametrize("path", ["a.md", "my notes.md", "笔记.md", "a@b", "end."])
def test_a_file_is_mentioned_so_that_it_is_found(path: str) -> None:
    assert path in mentions(f"see {mention(path)} now")


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("@", (0, "")),
        ("see @do", (4, "do")),
        ('see @"my no', (4, "my no")),
        ("@a b", None),
        ("me@ex", None),
        ("", None),
    ],
)
def test_the_mention_being_typed(before: str, found: tuple[int, str] | None) -> None:
    assert being_mentioned(before) == found


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("'/home/u/my file.pdf'", ("/home/u/my file.pdf",)),
        ("/home/u/my\\ file.pdf ", ("/home/u/my file.pdf",)),
        ("/home/u/my file.pdf", ("/home/u/my file.pdf",)),
        ("'/a/b' '/c d'\n", ("/a/b", "/c d")),
        ("file:///a/%E4%B8%AD.md\r\nfile:///b", ("/a/中.md", "/b")),
        ("file://elsewhere/a", ()),
        ("~/a.md", ("~/a.md",)),
        ("some words", ()),
        ("'/a' and words", ()),
        ("/a'b", ()),
        ("", ()),
        ("/" + "x" * 20000, ()),
    ],
)
def test_dropped_files(text: str, paths: tuple[str, ...]) -> None:
    assert dropped(text) == paths
