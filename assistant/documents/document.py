"""What a file became: one frozen `Document` with its text, structure and origin; and where a stretch of it stands.

The module knows nothing of file formats, models, tokens or terminals.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the text: its line begins at character `start`; `level` is 1 for the highest, up to 6."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page begins at character `start`; `label` is what is printed on it or its number, from 1."""

    start: int
    label: str


@dataclass(frozen=True, slots=True)
class File:
    """Of several files read as one document: here begins the file `name`, not yet safe to print, with a line that
    names it.

    `line`: the number of that line in the file's own text, as if it stood above: -1 where an empty line follows it.
    """

    start: int
    name: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Lines count from 1, of the file's text as it was read; first and last."""

    lines: tuple[int, int]
    page: str = ""
    """Empty where the document has no pages."""
    file: str = ""
    """Empty where the document is a single file; not yet safe to print."""
    heading: str = ""
    """The nearest heading above; not yet safe to print."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text and where it came from. Line ends are `\n`; a byte order mark is not part of the text.

    Offsets are characters of `text`; `headings`, `pages` and `files` are in their order.
    """

    name: str
    """The path as given, or `standard input`; not yet safe to print."""
    text: str
    encoding: str
    """Python's name of the encoding the bytes were read in; empty where the format has none of its own (PDF)."""
    guessed: bool = False
    """No mark named the encoding and it is not UTF-8: it was told from the bytes, and may be wrong."""
    kind: str = "text"
    """What it was read as: `text`, `markdown`, `pdf`, `docx`, `html`, `epub`, `rtf`, `email`, `subtitles`, `csv`;
    `files` for several."""
    headings: tuple[Heading, ...] = ()
    pages: tuple[Page, ...] = ()
    files: tuple[File, ...] = ()
    """Empty for a single file."""
    notes: tuple[str, ...] = ()
    """What the reader must know of the reading, a sentence each: pages without text, images left out."""


class Places:
    """Finds the place of a stretch of one document. Made once, then each answer takes microseconds."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines = [0, *(found.end() for found in re.finditer("\n", document.text))]
        self._pages = [page.start for page in document.pages]
        self._headings = [heading.start for heading in document.headings]
        self._files = [file.start for file in document.files]

    def of(self, start: int, end: int) -> Place:
        """The place of the characters from `start` up to, not including, `end`."""
        document = self._document
        page, heading = bisect_right(self._pages, start), bisect_right(self._headings, start)
        file = bisect_right(self._files, start)
        shift, name, begin = 0, "", 0
        if file:
            found = document.files[file - 1]
            shift, name, begin = bisect_right(self._lines, found.start) - found.line, found.name, found.start
        first, last = bisect_right(self._lines, start), bisect_right(self._lines, max(start, end - 1))
        return Place(
            (max(first - shift, 1), max(last - shift, 1)),
            # Those of the file before are not this one's.
            document.pages[page - 1].label if page and self._pages[page - 1] >= begin else "",
            name,
            document.headings[heading - 1].title if heading and self._headings[heading - 1] >= begin else "",
        )

    def range_of_lines(self, first: int, last: int) -> tuple[int, int]:
        """Start and end of these lines of the text, counted from 1 over the whole text; the last line end is in it."""
        end = self._lines[last] if last < len(self._lines) else len(self._document.text)
        return self._lines[first - 1], end
