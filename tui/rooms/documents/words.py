"""The words of a model about a document: figures it has not are marked, behind sentences stand the lines they rest on.

Everything that can be looked at can be clicked. A cursor stands on one finding or none; whoever moves it, moves the
text beside. The words are kept as they came, so that another language of the screen only draws them anew.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from assistant import Place, one_line, printable
from tui.language import _
from tui.rooms.documents.findings import Block, Finding, blocks_of
from tui.rooms.documents.rows import Rows
from tui.widgets.laid_out_once import LaidOutOnce

MARK = "[?]"
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*")
_META = "finding"


class Words(LaidOutOnce, Widget):
    """Of one summary or answer. `show` gives it the words and what was found of them."""

    @dataclass
    class Chosen(Message):
        """The reader clicked on a finding."""

        words: "Words"
        number: int

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self._findings: tuple[Finding, ...] = ()
        self._cursor: int | None = None
        self._plain = True
        self._lines: list[Content] = []
        self._width = 0
        self._rows: dict[int, int] = {}

    def write(self, words: str) -> None:
        """The words while they come, marked already; nothing can be looked at yet."""
        self._words, self._findings, self._cursor, self._plain = words, (), None, True
        self._draw()

    def show(self, words: str, findings: Sequence[Finding]) -> None:
        """The words as they are in the end."""
        self._words, self._findings, self._cursor, self._plain = words, tuple(findings), None, False
        self._draw()

    @property
    def words(self) -> str:
        return self._words

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What can be looked at, in the order of the words."""
        return self._findings

    def marked(self, start: int = 0, end: int | None = None) -> str:
        """The words between these characters, with a mark behind what the document does not have; safe to show."""
        end = len(self._words) if end is None else end
        parts, done = list[str](), start
        for finding in self._findings:
            if finding.kind == "figure" and not finding.supported and start <= finding.start and finding.end <= end:
                parts += [self._words[done : finding.end], f" {MARK}"]
                done = finding.end
        return printable("".join([*parts, self._words[done:end]]))

    @property
    def cursor(self) -> int | None:
        """The finding that is looked at, by its number."""
        return self._cursor

    @cursor.setter
    def cursor(self, number: int | None) -> None:
        if number != self._cursor:
            self._cursor = number
            self._draw(layout=False)

    def row_of(self, number: int) -> int:
        """The row in which the finding begins."""
        self._lay_out(self.size.width)
        return self._rows.get(number, 0)

    def show_words(self) -> None:
        """Draw it in another language."""
        self._draw()

    # How it is drawn

    def render(self) -> Content:
        self._lay_out(self.size.width)
        return Content("\n").join(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  Textual's
        self._lay_out(width)
        return len(self._lines)

    def on_click(self, event: events.Click) -> None:
        number = event.style.meta.get(_META)
        if isinstance(number, int):
            event.stop()
            self.post_message(self.Chosen(self, number))

    def _draw(self, *, layout: bool = True) -> None:
        rows, width, self._width = len(self._lines), self._width, 0
        self._lay_out(width)
        self.refresh(layout=layout and (not width or len(self._lines) != rows))

    def _lay_out(self, width: int) -> None:
        if width <= 0 or width == self._width:
            return
        self._width, self._lines, self._rows = width, [], {}
        last: Block | None = None
        for block in blocks_of(self._words):
            if last is not None and (self._words.count("\n", last.end, block.start) > 1 or block.kind == "heading"):
                self._lines.append(Content(""))
            sign = "• " if block.kind == "bullet" else ""
            content, starts = self._content(block)
            rows = Rows(content.plain, width - len(sign))
            rows.make()
            for number, start in starts.items():
                self._rows[number] = len(self._lines) + rows.row_of(start)
            for row in range(len(rows)):
                begin, end = rows.span(row)
                line = content[begin:end] if end > begin else Content("")
                self._lines.append(Content(sign if row == 0 else " " * len(sign)) + line)
            last = block

    def _content(self, block: Block) -> tuple[Content, dict[int, int]]:
        """The block, and in it where each finding begins."""
        if self._plain:
            return _streamed(printable(self._words[block.body : block.end])), {}
        inside = [
            (number, finding)
            for number, finding in enumerate(self._findings)
            if block.start <= finding.start < block.end
        ]
        hidden = [place for found in _BOLD.finditer(self._words, block.body, block.end) for place in _stars(found)]
        bold = [found.span(1) for found in _BOLD.finditer(self._words, block.body, block.end)]
        edges = {block.body, block.end, *(at for place in [*hidden, *bold] for at in place)}
        edges |= {at for _, found in inside for at in (found.start, found.end) if block.body < at <= block.end}
        parts, length, starts = list[Content](), 0, dict[int, int]()
        for begin, end in pairwise(sorted(edges)):
            for number, finding in inside:
                if max(finding.start, block.body) == begin:
                    starts[number] = length
            if not any(first <= begin < last for first, last in hidden):
                heavy = block.kind == "heading" or any(first <= begin < last for first, last in bold)
                parts.append(self._piece(begin, end, inside, heavy=heavy))
                length += len(parts[-1])
            for number, finding in reversed(inside):  # a figure at the end of a sentence is inside of it
                if finding.end == end:
                    parts.append(self._after(number, finding))
                    length += len(parts[-1])
        return Content("").join(parts), starts

    def _piece(self, begin: int, end: int, inside: Sequence[tuple[int, Finding]], *, heavy: bool) -> Content:
        """Words of one look."""
        content, meta = Content(printable(self._words[begin:end])), None
        if heavy:
            content = content.stylize("bold")
        for number, finding in inside:
            if not finding.start <= begin < finding.end:
                continue
            meta = number
            if finding.kind == "figure":
                if not finding.supported:
                    content = content.stylize("bold $error")
                elif number == self._cursor:
                    content = content.stylize("bold reverse")
                else:
                    content = content.stylize("underline")
            elif number == self._cursor:
                content = content.stylize("on $primary 20%")
        return content if meta is None else content.stylize(Style.from_meta({_META: meta}))

    def _after(self, number: int, finding: Finding) -> Content:
        """What is written behind a finding: a mark, or the lines it rests on."""
        here = number == self._cursor
        if finding.kind == "figure":
            if finding.supported:
                return Content("")
            content = Content.assemble(" ", (MARK, "bold reverse $error" if not here else "bold reverse $primary"))
        else:
            look = "bold reverse $primary" if here else "$primary" if finding.supported else "italic $foreground 60%"
            label = f"‹{place_label(finding.place)}›" if finding.supported else f"‹{_('no source')}›"
            content = Content.assemble(" ", (label, look))
        return content.stylize(Style.from_meta({_META: number}))


def place_label(place: Place | None) -> str:
    """As short as it goes: `12-18`, before it the page and, where there are several, the file."""
    if place is None:
        return ""
    first, last = place.lines
    label = f"{first:,}" if first == last else f"{first:,}–{last:,}"
    if place.page:
        label = f"{_('p. {page}').format(page=one_line(place.page))} · {label}"
    return f"{one_line(PurePath(place.file).name)} {label}" if place.file else label


def _streamed(words: str) -> Content:
    """Words that are still coming: what the document does not have is to be seen at once."""
    content = Content(words)
    for found in re.finditer(re.escape(MARK), words):
        content = content.stylize("bold reverse $error", *found.span())
    return content


def _stars(found: re.Match[str]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The stars around bold words, which are not shown."""
    return (found.start(), found.start(1)), (found.end(1), found.end())
