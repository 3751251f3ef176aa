"""The Markdown of one answer as one widget, which draws itself line by line and can be written to at any pace.

Nothing of a model's text is lost and nothing of it acts (`tui.markdown`). Text can be selected as anywhere; blocks of
code have a mark that copies them. A layout is asked for only when the height has changed.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from time import monotonic

from markdown_it.token import Token
from rich.segment import Segment
from textual import events
from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widgets import Markdown

from tui.markdown.blocks import Block, blocks_of
from tui.markdown.code import Code
from tui.markdown.parser import Parser
from tui.markdown.rows import NOTHING, Row
from tui.markdown.wrapping import breaks
from tui.widgets.laid_out_once import LaidOutOnce

_LONG = 20_000
"""Characters that are parsed beside the screen and not by it."""

_PACE = 0.12
"""Seconds."""
_REST = 10
"""Times as long as the last piece took to be drawn."""


class _Line:
    """A row, or a piece of it, as it stands on the screen. `row_number` counts the rows of its block."""

    __slots__ = ("before", "place", "row", "row_number", "strip", "text")

    def __init__(self, row: Row, row_number: int, before: Content, text: Content, place: int) -> None:
        self.row = row
        self.row_number = row_number
        self.before = before
        self.text = text
        self.place = place
        """In the row's text."""
        self.strip: Strip | None = None


class _Drawn:
    """A block at one width. Rows that stood in `before`, the same block with less text, keep what is drawn of them."""

    __slots__ = ("lines", "rows")

    def __init__(self, block: Block, width: int, marked: int | None, before: "_Drawn | None" = None) -> None:
        self.rows = [*((Row(NOTHING),) if block.apart else ()), *block.content.rows(width, marked)]
        self.lines: list[_Line] = []
        same = 0
        if before is not None:
            for row, old in zip(self.rows, before.rows, strict=False):
                if not _same(row, old):
                    break
                same += 1
            self.lines = [line for line in before.lines if line.row_number < same]
        for number, row in enumerate(self.rows[same:], same):
            self.lines += _lines(row, number, width)


def _same(row: Row, old: Row) -> bool:
    return row == old and row.text.is_same(old.text) and row.first.is_same(old.first) and row.rest.is_same(old.rest)


def _lines(row: Row, number: int, width: int) -> Iterator[_Line]:
    room = max(1, width - max(row.first.cell_length, row.rest.cell_length))
    found = breaks(row.text.plain, room, words=row.words)
    texts = row.text.divide(found) if found else [row.text]
    for index, (place, text) in enumerate(zip((0, *found), texts, strict=True)):
        yield _Line(row, number, row.rest if index else row.first, text, place)


class SafeMarkdown(LaidOutOnce, Markdown):
    """Takes its text at once, by `update`, or in pieces through `Markdown.get_stream`.

    `codes` are its blocks of code, in their order; `marked` is the number of the one that is drawn as chosen.
    """

    DEFAULT_CSS = """
    SafeMarkdown {
        & > .em { text-style: italic; }
        & > .strong { text-style: bold; }
        & > .strike { text-style: strike; }
        & > .inline { color: $accent; }
        & > .heading { color: $primary; text-style: bold; }
        & > .title { color: $primary; text-style: bold underline; }
        & > .code { background: $surface; }
    }
    """
    COMPONENT_CLASSES = {"em", "strong", "strike", "inline", "heading", "title", "code"}  # noqa: RUF012  Textual's own

    class Copied(Message):
        """The mark of this block of code was clicked: the user wants to have it."""

        def __init__(self, code: Code) -> None:
            super().__init__()
            self.code = code

    def __init__(self, markdown: str | None = None) -> None:
        super().__init__(markdown, parser_factory=Parser, open_links=False)
        self._blocks: list[Block] = []
        self._end_begins = 0
        """Where the last block begins in the source."""
        self._drawn: list[_Drawn] = []
        self._ends: list[int] = []
        """Where the drawn blocks end, in lines from the top."""
        self._width = 0
        self._marked: int | None = None
        self._grown_at = 0.0
        self._growing = False
        if markdown:
            self._markdown = markdown
            self._replace_end(0, Parser().parse(markdown))

    # What it is made of

    @property
    def codes(self) -> tuple[Code, ...]:
        return tuple(code for block in self._blocks for code in block.codes)

    @property
    def marked(self) -> int | None:
        return self._marked

    @marked.setter
    def marked(self, number: int | None) -> None:
        if number != self._marked:
            changed = {self._marked, number}
            self._marked = number
            for index, block in enumerate(self._blocks[: len(self._drawn)]):
                if any(code.number in changed for code in block.codes):
                    self._drawn[index] = _Drawn(block, self._width, number)
            self.refresh()

    def line_of(self, number: int) -> int:
        """The line, from the top of this widget's content, at which this block of code begins."""
        top = 0
        for block, drawn in zip(self._blocks, self._drawn, strict=False):
            if any(code.number == number for code in block.codes):
                heads = [line for line, text in enumerate(drawn.lines) if text.row.aside and text.row.style == "code"]
                return top + heads[number - block.codes[0].number]
            top += len(drawn.lines)
        return 0

    def update(self, markdown: str) -> AwaitComplete:
        async def updated() -> None:
            async with self.lock:
                if markdown == self._markdown:  # Textual gives it once more what it was made with
                    return
                long = len(markdown) > _LONG
                tokens = await asyncio.to_thread(Parser().parse, markdown) if long else Parser().parse(markdown)
                self._markdown = markdown
                self._end_begins = 0
                self._drawn.clear()
                self._replace_end(0, tokens)
                self.refresh(layout=True)

        return AwaitComplete(updated())

    def append(self, markdown: str) -> AwaitComplete:
        async def appended() -> None:
            async with self.lock:
                began = monotonic()
                self._markdown += markdown
                kept = max(0, len(self._blocks) - 1)
                height = self._ends[-1] if self._ends else 0
                last = self._drawn[kept] if kept < len(self._drawn) else None
                self._replace_end(kept, Parser().parse(self._markdown[self._end_begins :]))
                if last is not None and kept < len(self._blocks):
                    self._drawn.append(_Drawn(self._blocks[kept], self._width, self._marked, last))
                self._lay_out(self._width)
                if self._width and self._ends and self._ends[-1] == height:
                    top = self._ends[kept - 1] if kept else 0
                    self.refresh(Region(0, top, self._width, height - top))
                else:
                    self._grow()
            # A stream waits for this and joins what comes meanwhile: a table of pages is drawn less often than a line.
            await asyncio.sleep(min((monotonic() - began) * _REST, 1.0))

        return AwaitComplete(appended())

    def _grow(self) -> None:
        """Ask for a layout of the screen, but no more often than an eye can follow: it costs more than all else."""
        wait = self._grown_at + _PACE - monotonic()
        if wait <= 0:
            self._grown_at = monotonic()
            self.refresh(layout=True)
        elif not self._growing:
            self._growing = True
            self.set_timer(wait, self._grow_now)

    def _grow_now(self) -> None:
        self._growing = False
        self._grow()

    def _replace_end(self, kept: int, tokens: list[Token]) -> None:
        """Behind the first `kept` blocks stand those of `tokens`, which were parsed from where the last one begins."""
        known = tuple(code for block in self._blocks[kept:] for code in block.codes)
        numbered = sum(len(block.codes) for block in self._blocks[:kept])
        above = self._blocks[kept - 1] if kept else None
        blocks = blocks_of(tokens, above=above, known=known, numbered=numbered)
        for _ in range(blocks[-1].line if blocks else 0):
            self._end_begins = self._markdown.index("\n", self._end_begins) + 1
        self._blocks[kept:] = blocks
        del self._drawn[kept:]

    # What the user does with it

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get("copy")
        if isinstance(number, int) and number < len(self.codes):
            event.stop()
            self.post_message(self.Copied(self.codes[number]))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        rows = (row for drawn in self._drawn for row in drawn.rows)
        return selection.extract("\n".join("" if row.aside else row.text.plain for row in rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002  Textual's own
        self.refresh()

    # How it is drawn

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  Textual's own
        self._lay_out(width)
        return self._ends[-1] if self._ends else 0

    def _lay_out(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self._drawn.clear()
        missing = self._blocks[len(self._drawn) :]
        self._drawn += [_Drawn(block, width, self._marked) for block in missing] if width else []
        self._ends = list(accumulate(len(drawn.lines) for drawn in self._drawn))

    def render_line(self, y: int) -> Strip:
        index = bisect_right(self._ends, y)
        if index >= len(self._drawn):
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        line = self._drawn[index].lines[y - (self._ends[index - 1] if index else 0)]
        selection = self.text_selection
        if selection is None and line.strip is not None:
            return line.strip
        row = sum(len(drawn.rows) for drawn in self._drawn[:index]) + line.row_number
        strip = self._strip(line, row, selection)
        if selection is None:
            line.strip = strip
        return strip

    def _strip(self, line: _Line, row: int, selection: Selection | None) -> Strip:
        style = self.visual_style
        if line.row.style:
            style += self.get_visual_style(line.row.style, partial=True)
        before = self._segments(line.before, style)
        if line.row.aside:
            words = self._segments(line.text, style)
        else:
            words = self._segments(self._with_selection(line, row, selection), style).apply_offsets(line.place, row)
        return Strip.join([before, words]).adjust_cell_length(self._width, style.rich_style)

    def _with_selection(self, line: _Line, row: int, selection: Selection | None) -> Content:
        span = selection.get_span(row) if selection is not None else None
        if span is None:
            return line.text
        start, end = (max(0, place - line.place) for place in span)
        style = Style.from_styles(self.screen.get_component_styles("screen--selection"))
        return line.text.stylize(style, start, None if span[1] == -1 else end)

    def _segments(self, content: Content, style: Style) -> Strip:
        parts = content.render(style, end="", parse_style=self._get_style)
        return Strip([Segment(text, (style + found).rich_style) for text, found in parts], content.cell_length)

    def notify_style_update(self) -> None:
        self._draw_anew()
        super().notify_style_update()

    def show_words(self) -> None:
        """The mark for copying in another language."""
        self._draw_anew()
        self.refresh()

    def _draw_anew(self) -> None:
        self._drawn.clear()
        self._lay_out(self._width)
