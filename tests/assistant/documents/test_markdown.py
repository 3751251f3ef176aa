"""Headings of Markdown: real ones, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.documents.markdown import markdown_headings
from assistant.documents.read import decode_document


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# One\ntext\n### Three ##\n", [(1, "One"), (3, "Three")]),
        ("Title\n=====\n\ntext\n\nPart\n---\n", [(1, "Title"), (2, "Part")]),
        ("```py\n# comment\n```\n# Real\n", [(1, "Real")]),
        ("~~~\n```\n# comment\n~~~~\n# Real\n", [(1, "Real")]),
        ("````\n```\n# comment\n````\n# Real\n", [(1, "Real")]),
        ("- ```\n  # comment\n  ```\n# Real\n", [(1, "Real")]),
        ("```\n# never closed\n", []),
        ("`inline ``` code`\n# Real\n", [(1, "Real")]),
        ("    # code\n\t# code\n#hashtag\n####### seven\n", []),
        ("# \n## \n#\n", []),
        ("# C#\n# a \\# #\n", [(1, "C#"), (1, "a \\#")]),
        ("---\ntitle: x\n---\n# Real\n", [(1, "Real")]),
        ("text\n\n---\n\ntext\n", []),
        ("- item\n---\n> quote\n---\n| a |\n---\n", []),
        ("two lines\nof text\n---\n", []),
        ("   # indented\n", [(1, "indented")]),
        ("# 第一章　总则\n", [(1, "第一章　总则")]),
    ],
)
def test_headings(text: str, found: list[tuple[int, str]]) -> None:
    headings = markdown_headings(text)
    assert [(each.level, each.title) for each in headings] == found
    for each in headings:
        assert each.start == 0 or text[each.start - 1] == "\n"
        assert each.title in text[each.start :].split("\n", 1)[0]


@given(st.lists(st.sampled_from(["# a", "text", "---", "===", "```", "~~~", "", "- x", "    # b", "> c", "## d #"])))
def test_every_title_stands_at_its_place(lines: list[str]) -> None:
    text = "\n".join(lines)
    headings = markdown_headings(text)
    assert [each.start for each in headings] == sorted({each.start for each in headings})
    for each in headings:
        assert each.title in text[each.start :].split("\n", 1)[0]
        assert each.start == 0 or text[each.start - 1] == "\n"


@pytest.mark.parametrize(
    "text", ["# " + " #" * 200_000 + "x", "# a" + " " * 200_000 + "x", "> " * 200_000, "`" * 200_000 + " `"]
)
def test_long_lines_take_no_time(text: str) -> None:
    markdown_headings(text)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("README", "# Title\n\ntext\n\n## Part\n\nmore\n", "markdown"),
        ("notes.txt", "# Title\n\ntext\n", "markdown"),
        ("standard input", "# Title\n\ntext\n", "markdown"),
        ("run", "#!/bin/sh\n# comment\n", "text"),
        ("settings", "# one\nkey = 1\n# two\nkey = 2\n", "text"),
        ("a.py", "# Title\n\nx = 1\n", "text"),
        ("a.md", "no heading\n", "markdown"),
    ],
)
def test_markdown_without_the_ending(name: str, text: str, kind: str) -> None:
    document = decode_document(text.encode(), name)
    assert (document.kind, document.text) == (kind, text)
    assert bool(document.headings) == (kind == "markdown" and "#" in text)
