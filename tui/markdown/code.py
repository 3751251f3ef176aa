"""Code with its language's colours; while it grows, only what may still change is coloured again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Literal
from pygments.util import ClassNotFound
from textual.content import Content, Span
from textual.highlight import HighlightTheme
from textual.style import Style

from tui.language import _
from tui.markdown.rows import Row

_TAB = 4
_PAD, _MARKED = Content("  "), Content.styled("▌ ", "$primary")


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code. `number` is its place among those of the text, from 0."""

    language: str
    """As the model called it; may be empty, or no language at all."""
    text: str
    number: int
    lines: tuple[Content, ...] = ()
    """The text in colours."""
    settled: int = 0
    """So many lines keep their colours whatever is added."""

    def rows(self, width: int, marked: int | None) -> Iterator[Row]:
        """Its language and the mark that copies it, then its lines. `marked`: the number of the chosen block."""
        bar = _MARKED if marked == self.number else _PAD
        copy = Content.styled(_("copy"), Style.from_meta({"copy": self.number}))
        room = width - bar.cell_length - copy.cell_length
        language = Content(self.language).truncate(max(0, room - 1), ellipsis=True)
        gap = Content(" " * max(1, room - language.cell_length))
        head = (language + gap + copy).stylize_before("$foreground 60%")
        yield Row(head, bar, bar, "code", words=False, aside=True)
        for line in self.lines:
            yield Row(line, bar, bar, "code", words=False)


def coloured(language: str, text: str, number: int, before: Code | None = None) -> Code:
    """The block; `before` is the same one with less text, whose settled colours are taken over."""
    text = text.expandtabs(_TAB)
    kept: tuple[Content, ...] = ()
    if before is not None and before.language == language:
        beginning = "".join(f"{line.plain}\n" for line in before.lines[: before.settled])
        if text.startswith(beginning):
            kept, text = before.lines[: before.settled], text[len(beginning) :]
    lines, settled = _lines(text, _lexer(language))
    whole = "".join(f"{line.plain}\n" for line in kept) + text
    return Code(language, whole, number, (*kept, *lines), len(kept) + settled)


def _lines(text: str, lexer: Lexer | None) -> tuple[list[Content], int]:
    """Coloured lines, and how many of them are settled: those before the last line that begins something new.

    Something new begins without indentation behind an empty line that is not within a text or a comment.
    """
    if lexer is None:
        plain = text.split("\n")
        return [Content(line) for line in plain], max(0, len(plain) - 1)
    spans: list[Span] = []
    settled_at = place = 0
    styles = HighlightTheme.STYLES
    for kind, piece in lexer.get_tokens(text):
        end = place + len(piece)
        found = kind
        while found not in styles and found.parent is not None:
            found = found.parent
        if styles.get(found):
            spans.append(Span(place, end, styles[found]))
        if kind not in Comment and kind not in Literal and "\n" in piece:
            place_after = place + piece.rindex("\n") + 1
            if text[place_after - 2 : place_after] == "\n\n" and not text[place_after : place_after + 1].isspace():
                settled_at = place_after if place_after < len(text) else settled_at
        place = end
    content = Content(text, spans)
    return content.split("\n", allow_blank=True), text.count("\n", 0, settled_at)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False) if language else None
    except ClassNotFound:
        return None
