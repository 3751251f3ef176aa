"""A text that grows block by block, its headings and pages at their places; for formats that are not text themselves.

Blocks stand apart by an empty line, tight ones (items of a list, rows of a table) by a line end. Knows no format.
"""

from assistant.documents.document import Heading, Page
from assistant.documents.limits import MAX_CHARACTERS, too_large


class Building:
    """`add` and `heading` and `page`, then `text`, `headings` and `pages`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.headings: list[Heading] = []
        self.pages: list[Page] = []
        self._parts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "".join(self._parts) + ("\n" if self._parts else "")

    @property
    def end(self) -> int:
        """Where the next character will be, an empty line after what is there."""
        return self._length + (2 if self._parts else 0)

    def add(self, block: str, *, tight: bool = False) -> None:
        """A block of one or more lines. Raises InvalidDocument when the text becomes too long."""
        if not block:
            return
        if self._parts:
            self._append("\n" if tight else "\n\n")
        self._append(block)

    def heading(self, level: int, title: str, mark: str = "") -> None:
        """A line of its own: `mark` (as `## `) and the title."""
        if title:
            self.headings.append(Heading(self.end, min(level, 6), title))
            self.add(mark + title)

    def page(self, label: str) -> None:
        """What comes next is on this page."""
        self.pages.append(Page(self.end, label))

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise too_large(self.name, f"has more than {MAX_CHARACTERS:,} characters")
