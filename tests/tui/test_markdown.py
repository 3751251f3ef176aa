"""Markdown drawn by ourselves: the same at once and in pieces, never wider than its place, no word lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from time import monotonic
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tui.markdown.blocks import Block, blocks_of
from tui.markdown.code import coloured
from tui.markdown.parser import Parser
from tui.markdown.wrapping import breaks
from tui.widgets.markdown import SafeMarkdown

PARTS = (
    "# Title\n\n",
    "Some **bold** and *em* and `code` words, ~~gone~~ [link](http://x.y/z)\nnext line\n\n",
    "- one\n- two\n  - nested\n\n    more\n",
    "3. three\n4. four\n\n",
    "1. one\n\n   ```\n   code\n   ```\n2. two\n",
    "> quoted\n> - with a list\n\n",
    '```python\ndef f(x):\n    """Doc.\n\nof it"""\n    return 1  # one\n\nf(2)\n```\n',
    "| a | b |\n|---|--:|\n| x y z | 中文字 |\n| 1 |\n\n",
    "中文，没有空格的一段话（很长）。\n",
    "---\n\n",
    "    indented code\n\n",
    "words\n===\n",
    "\n",
    "👩‍👩‍👧 e\u0301 שלום\n",
)
markdown = st.lists(st.sampled_from(PARTS), max_size=7).map("".join)


class Page(App[None]):
    def __init__(self, text: str | None) -> None:
        super().__init__()
        self.text = text
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield SafeMarkdown(self.text)

    def on_safe_markdown_copied(self, message: SafeMarkdown.Copied) -> None:
        self.copied.append(message.code.text)


@asynccontextmanager
async def page(text: str | None, size: tuple[int, int] = (40, 60)) -> AsyncIterator[tuple[Pilot[None], SafeMarkdown]]:
    async with Page(text).run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot, pilot.app.query_one(SafeMarkdown)


def drawn(pilot: Pilot[None]) -> list[str]:
    return [strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips()]


async def until(pilot: Pilot[None], reached: Callable[[], bool]) -> None:
    """New lines come a moment after their words."""
    end = monotonic() + 5
    while not reached():
        assert monotonic() < end, "\n".join(drawn(pilot))
        await pilot.pause(0.01)


def whole(text: str) -> list[list[str]]:
    return rows(blocks_of(Parser().parse(text)))


def rows(blocks: Sequence[Block]) -> list[list[str]]:
    return [
        [str(block.apart), *(f"{row.first.plain}{row.text.plain}" for row in block.content.rows(40, None))]
        for block in blocks
    ]


@given(markdown, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_pieces_make_the_same_blocks_as_the_whole(text: str, size: int) -> None:
    widget = SafeMarkdown()

    async def write() -> None:
        for start in range(0, len(text), size):
            await widget.append(text[start : start + size])

    with patch("tui.widgets.markdown._REST", 0):
        asyncio.run(write())
    assert widget.source == text
    assert rows(widget._blocks) == whole(text)
    assert [code.number for code in widget.codes] == list(range(len(widget.codes)))


@given(st.text(st.sampled_from("ab c，。（中文👩\u200d\u0301e-שx "), max_size=60), st.integers(2, 20), st.booleans())
def test_no_line_is_too_wide_and_nothing_is_parted(text: str, width: int, words: bool) -> None:
    text = f"a{text}"  # a joiner with nothing before it is counted in two ways
    places = [0, *breaks(text, width, words=words), len(text)]
    assert places == sorted(set(places))
    for start, end in pairwise(places):
        line = text[start:end]
        assert cell_len(line.rstrip(" ")) <= width or len(line) == 1
        assert not start or text[start] not in "\u0301\u200d"


def test_chinese_breaks_anywhere_but_before_closing_marks() -> None:
    text = "在 Python 里，萤火虫（发光）。"
    places = breaks(text, 8)
    assert [text[a:b] for a, b in zip([0, *places], [*places, None], strict=True)] == [
        "在 ",
        "Python ",
        "里，萤火",
        "虫（发",
        "光）。",
    ]


@given(st.lists(st.sampled_from(PARTS[6].splitlines(keepends=True)), max_size=20), st.integers(0, 20))
@settings(max_examples=50, deadline=None)
def test_code_keeps_its_colours_while_it_grows(lines: list[str], cut: int) -> None:
    text = "x = 1\n\n" + "".join(line for line in lines if not line.startswith("```")).replace('"""', "'")
    begun = coloured("python", text[:cut], 0)
    at_once, grown = coloured("python", text, 0), coloured("python", text, 0, begun)
    assert grown.text == at_once.text == text
    assert [line.plain for line in grown.lines] == text.split("\n")
    assert [line.markup for line in grown.lines] == [line.markup for line in at_once.lines]


@pytest.mark.parametrize("width", [16, 30, 120])
async def test_a_table_is_never_wider_than_its_place(width: int) -> None:
    text = "| name | what it does all day |\n|---|---|\n| 萤火虫 | glows in the long grass and waits |\n| m | x |\n"
    async with page(text, (width, 40)) as (pilot, _):
        lines = drawn(pilot)
        assert all(cell_len(line) <= width for line in lines)
        for word in ("萤火虫", "glows", "waits", "name"):
            assert any(word in line for line in lines), word


async def test_a_stream_is_drawn_as_the_whole_is() -> None:
    text = "".join(PARTS)
    async with page(text) as (pilot, _):
        at_once = drawn(pilot)
    async with page(None) as (pilot, widget):
        stream = SafeMarkdown.get_stream(widget)
        for start in range(0, len(text), 7):
            await stream.write(text[start : start + 7])
            await pilot.pause(0)
        await stream.stop()
        await until(pilot, lambda: drawn(pilot) == at_once)


async def test_an_answer_that_does_not_grow_asks_for_no_layout() -> None:
    async with page("A word") as (pilot, widget):
        await pilot.pause()
        before = widget._layout_updates
        await widget.append(" more")
        await pilot.pause()
        assert "A word more" in drawn(pilot)[0]
        assert widget._layout_updates == before
        await widget.append("\n\nnext")
        await until(pilot, lambda: drawn(pilot)[2].strip() == "next")
        assert widget._layout_updates == before + 1


async def test_the_mark_of_a_block_of_code_copies_it() -> None:
    async with page("words\n\n```python\nx = 1\n```\n\n```\ny\n```\n") as (pilot, widget):
        row = widget.line_of(1)
        assert "copy" in drawn(pilot)[row]
        await pilot.click(SafeMarkdown, offset=(drawn(pilot)[row].index("copy"), row))
        assert isinstance(pilot.app, Page)
        assert pilot.app.copied == ["y"]
        widget.marked = 0
        await pilot.pause()
        assert "▌" in drawn(pilot)[widget.line_of(0)]
        assert "▌" not in drawn(pilot)[widget.line_of(1)]


async def test_what_is_selected_is_words_without_borders() -> None:
    async with page("one **two** three four five six seven eight nine\n\n- ten\n\n```sh\nls\n```\n") as (pilot, widget):
        widget.text_select_all()
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "one two three four five six seven eight nine\n\nten\n\n\nls"


async def test_another_width_wraps_anew() -> None:
    async with page("word " * 20, (60, 20)) as (pilot, _):
        assert len([line for line in drawn(pilot) if line]) == 2
        await pilot.resize_terminal(24, 20)
        await pilot.pause()
        assert len([line for line in drawn(pilot) if line]) == 5
