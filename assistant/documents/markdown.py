"""The headings of a Markdown text: lines with `#`, and lines above `===` or `---`; not those inside code.

After CommonMark 0.31 (4.2, 4.3, 4.5), less what would move a heading from its line: an underlined one is one line.
Knows nothing of files.
"""

import re
from collections.abc import Iterator

from assistant.documents.document import Heading
from assistant.documents.lines import lines_of

_FENCE = re.compile(r"[ \t]*+(?:>[ \t]*+)*+(?:[-*+][ \t]++|\d{1,9}[.)][ \t]++)?(`{3,}+(?!.*`)|~{3,}+)(.*)")
_MARKED = re.compile(r" {0,3}(#{1,6})(?=[ \t])(.*)")
_UNDERLINE = re.compile(r" {0,3}(=++|-++)[ \t]*+$")
_NO_PARAGRAPH = re.compile(r"( {4}|\t)| {0,3}([#>|]|[-*+][ \t]|\d{1,9}[.)][ \t]|<)")
"""How a line begins that cannot be an underlined heading: code, quotations, items, tables, HTML."""


def markdown_headings(text: str) -> tuple[Heading, ...]:
    """In their order; the title is the line without marks, so it stands in the text as it is."""
    return tuple(_headings(text))


def looks_like_markdown(text: str) -> bool:
    """Without an ending to tell: the first line is a heading, and so is each line with `#` marks, alone among empty
    lines. In source code and settings such lines are comments beside other lines."""
    lines = text[: 2**16].split("\n")
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith("# "):
        return False
    padded = ["", *lines, ""]
    marked = [at for at, line in enumerate(padded) if re.match(r"#{1,6} ", line)]
    alone = [at for at in marked if not padded[at - 1].strip() and not padded[at + 1].strip()]
    return len(alone) == len(marked)


def _headings(text: str) -> Iterator[Heading]:
    fence = ""
    at = 0
    before, before_at, blank_before_that = "", 0, True
    blank = True  # whether the line before is empty
    matter = text.startswith("---\n")  # settings of a site generator, up to the next ---
    for line in lines_of(text):
        if matter:
            matter = at == 0 or line.rstrip() not in {"---", "..."}
            before, blank = "", True
        elif fence:
            found = _FENCE.match(line)
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
            before, blank = "", True
        elif found := _FENCE.match(line):
            fence = found[1]
            before, blank = "", True
        elif (found := _MARKED.match(line)) and (title := _without_marks(found[2])):
            yield Heading(at, len(found[1]), title)
            before, blank = "", True
        elif before and blank_before_that and (found := _UNDERLINE.match(line)):
            yield Heading(before_at, 1 if found[1][0] == "=" else 2, before.strip())
            before, blank = "", True
        else:
            empty = not line.strip()
            paragraph = not empty and not _NO_PARAGRAPH.match(line)
            before, before_at, blank_before_that = (line if paragraph else ""), at, blank
            blank = empty
        at += len(line) + 1


def _without_marks(title: str) -> str:
    """Marks at its end do not belong to it, after a space."""
    title = title.strip()
    words = title.rstrip("#")
    return words.rstrip() if not words or words[-1] in " \t" else title
