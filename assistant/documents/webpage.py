"""HTML becomes text: headings, paragraphs, lists, tables, and nothing that a browser would not show.

Read as a stream of tags, so neither depth nor length of a page needs more memory than its text. Scripts do not run,
and nothing that the page names is fetched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.encoding import Decoded
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_LEFT_OUT = {"script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "audio", "video", "canvas"}
_LEFT_OUT |= {"datalist", "select", "rp"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_BLOCKS = {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir"}
_BLOCKS |= {"div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html", "legend"}
_BLOCKS |= {"li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead"}
_BLOCKS |= {"tr", "ul"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = {"td", "th"}
_BLOCKS |= _CELLS | _HEADINGS.keys()
_LISTS = {"ul", "ol", "menu", "dir"}
_RUNS = re.compile(r" *\n *| {2,}")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_BACK = re.compile(r"#(?:foot|end)note-ref-")
"""Where a note links back to its mark in the text; the arrow says nothing to a reader of lines."""
_RAISED = {
    "sup": str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾"),
    "sub": str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
    "rt": {},
}
_MAX_INDENT = 8
_FED = 64 * 1024


def read_webpage(decoded: Decoded, name: str) -> Document:
    """Raises InvalidDocument where a browser would show no text."""
    building = Building(name)
    told = write_webpage(decoded.text, building, titled=True)
    if not building.text.strip():
        what = "only scripts" if "<script" in decoded.text.lower() else "no text"
        raise InvalidDocument(
            f"{one_line(name)} is a web page with {what} in it; text was expected; open it in a browser and save what "
            "it shows as PDF or text"
        )
    return Document(
        name,
        building.text,
        decoded.encoding,
        decoded.guessed,
        "html",
        tuple(building.headings),
        notes=(*decoded.notes, *told),
    )


def write_webpage(text: str, building: Building, *, titled: bool = False) -> tuple[str, ...]:
    """Add a page to a text; gives notes on what of it was left out.

    `titled`: the title that a browser shows above the page is part of it.
    """
    target = _Page(building, titled)
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=False)
    try:
        # In pieces, so that the page does not stand in memory once more as bytes.
        for start in range(0, len(text), _FED):
            parser.feed(text[start : start + _FED].encode("utf-8", "replace"))
        parser.close()
    except etree.LxmlError as error:
        # The parser mends everything; it raises for a page without a single element, of which there is nothing to read.
        if target.begun:
            raise InvalidDocument(
                f"{one_line(building.name)} cannot be read as HTML ({one_line(str(error))}); a web page was expected; "
                "save it as text"
            ) from None
    notes: tuple[str, ...] = ()
    if target.images:
        notes += (f"{target.images:,} image{'s are' if target.images > 1 else ' is'} not read",)
    if target.hidden:
        notes += ("text that the page hides from its readers was left out",)
    return notes


@dataclass(slots=True)
class _List:
    ordered: bool
    number: int = 0


@dataclass(slots=True)
class _Table:
    cells: list[str] | None = None
    """Of the row that is open; None: no row is open, or the table only places things beside each other."""
    places_only: bool = False
    rows: int = 0


class _Page:
    """Receives tags and text from the parser, in their order."""

    def __init__(self, building: Building, titled: bool) -> None:
        self.images = 0
        self.hidden = False
        self.begun = False
        self._building = building
        self._words: list[str] = []
        self._raised: list[tuple[str, int]] = []  # tag, and where its words begin
        self._skipped: list[str] = []  # open elements whose text is left out, from the outermost on
        self._hides = False  # the outermost of them is hidden from readers too
        self._lists: list[_List] = []
        self._list_begins = False
        self._item = ""  # the mark of a list item that has no text yet
        self._tables: list[_Table] = []
        self._pre = 0
        self._heading = 0
        self._title: list[str] | None = [] if titled else None
        self._in_title = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.begun = True
        if tag in _VOID:
            if not self._skipped:
                self._void(tag, attributes)
        elif self._skipped:
            self._skipped.append(tag)
        elif "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
            if tag in _BLOCKS:
                self._flush()
            self._skipped, self._hides = [tag], True
        elif tag in _LEFT_OUT or (tag == "a" and _BACK.match(attributes.get("href", ""))):
            self._skipped, self._hides = [tag], False
        elif tag == "title":
            self._in_title = True
        else:
            self._begin(tag, attributes)

    def end(self, tag: str) -> None:
        if self._skipped:
            if self._skipped[-1] == tag:
                self._skipped.pop()
            elif tag in self._skipped:
                while self._skipped.pop() != tag:
                    pass
        elif tag == "title":
            self._in_title = False
        elif tag in _CELLS and self._cells is not None:
            self._cells.append(self._take().replace("\n", " "))
        elif tag in {"tr", "table"}:
            self._end_row()
            self._flush()
            if tag == "table" and self._tables:
                self._tables.pop()
        elif tag in _RAISED:
            self._end_raised(tag)
        elif tag == "q":
            self._words.append("”")
        elif tag in _BLOCKS:
            self._flush()
            self._pre -= tag == "pre" and self._pre > 0
            self._heading = 0 if tag in _HEADINGS else self._heading
            if tag in _LISTS and self._lists:
                self._lists.pop()
                self._item = ""

    def data(self, data: str) -> None:
        if self._skipped:
            self.hidden = self.hidden or (self._hides and bool(data.strip()))
        elif self._in_title:
            if self._title is not None:
                self._title.append(data)
        else:
            self._words.append(data if self._pre else _SPACE.sub(" ", data))

    def comment(self, text: str) -> None:
        """Not shown."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Not shown."""

    def close(self) -> None:
        """What was still open at the end of the page."""
        self._end_row()
        self._flush()

    @property
    def _cells(self) -> list[str] | None:
        return self._tables[-1].cells if self._tables else None

    def _void(self, tag: str, attributes: Mapping[str, str]) -> None:
        match tag:
            case "br":
                self._words.append("\n")
            case "hr":
                self._flush()
            case "img":
                self.images += 1
                if described := attributes.get("alt", "").strip():
                    self._words.append(f" [{_SPACE.sub(' ', described)}] ")

    def _begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in _RAISED:
            self._raised.append((tag, len(self._words)))
        elif tag == "q":
            self._words.append("“")
        if tag not in _BLOCKS:
            return
        if tag in _HEADINGS or tag == "table":
            self._spread()
        self._flush()
        if tag in _HEADINGS:
            self._heading = _HEADINGS[tag]
        elif tag in _LISTS:
            start = attributes.get("start", "1")
            self._list_begins = self._list_begins or not self._lists
            self._lists.append(_List(tag == "ol", int(start) - 1 if re.fullmatch("[0-9]{1,6}", start) else 0))
        elif tag == "li":
            self._start_item(attributes.get("value", ""))
        elif tag == "table":
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self._end_row()
            self._tables[-1].cells = None if self._tables[-1].places_only else []
        elif tag == "pre":
            self._pre += 1

    def _start_item(self, value: str) -> None:
        self._item = "- "
        if self._lists and self._lists[-1].ordered:
            around = self._lists[-1]
            around.number = int(value) if re.fullmatch("[0-9]{1,6}", value) else around.number + 1
            self._item = f"{around.number}. "

    def _spread(self) -> None:
        """A row with a table or a heading in it only places things beside each other: its cells become blocks."""
        cells = self._cells
        if cells is None:
            return
        table = self._tables[-1]
        table.cells, table.places_only = None, True
        words, self._words = self._words, []
        for cell in cells:
            self._words = [cell]
            self._flush()
        self._words = words

    def _end_row(self) -> None:
        cells = self._cells
        if cells is None:
            return
        table = self._tables[-1]
        table.cells = None
        if rest := self._take():
            cells.append(rest.replace("\n", " "))
        if any(cells):
            self._write(" | ".join(cells).rstrip(), tight=table.rows > 0)
            table.rows += 1

    def _end_raised(self, tag: str) -> None:
        """`10<sup>6</sup>` is no 106: digits are raised or lowered as letters of their own."""
        if not self._raised or self._raised[-1][0] != tag:
            return
        _, start = self._raised.pop()
        words = "".join(self._words[start:])
        if not words.strip():
            return
        if tag == "rt":
            words = f"({words.strip()})"
        elif all(character in "0123456789+-−=()" for character in words):
            words = words.translate(_RAISED[tag])
        self._words[start:] = [words]

    def _take(self) -> str:
        """The words since the last block."""
        words, self._words = "".join(self._words), []
        self._raised.clear()
        if self._pre:
            return "\n".join(line.rstrip() for line in words.split("\n")).strip("\n")
        return _RUNS.sub(lambda run: "\n" if "\n" in run[0] else " ", words).strip()

    def _flush(self) -> None:
        """End of a block."""
        if self._cells is not None:
            self._words.append(" ")
        elif block := self._take():
            tight = bool(self._lists) and not self._list_begins
            if self._heading:
                self._entitle(first_heading=self._heading == 1)
                self._building.heading(self._heading, " ".join(block.split()), "#" * self._heading + " ")
            else:
                self._write(block, tight=tight)

    def _write(self, block: str, *, tight: bool) -> None:
        self._entitle()
        if self._lists:
            indent = "  " * min(len(self._lists) - 1, _MAX_INDENT)
            first = indent + (self._item or "  ")
            block = first + block.replace("\n", f"\n{indent}  ")
            self._item, self._list_begins = "", False
        self._building.add(block, tight=tight)

    def _entitle(self, *, first_heading: bool = False) -> None:
        """The page's title stands above its first block, unless that is a heading of the same rank."""
        title, self._title = " ".join("".join(self._title or ()).split()), None
        if title and not first_heading:
            self._building.heading(1, title, "# ")
