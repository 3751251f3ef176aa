"""Tokens of Markdown to blocks that can be drawn: paragraphs, headings, items of lists, quotes, code, tables, rules.

An item of a list is a block of its own, so that of a long list, too, only the end is looked at again while it grows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from markdown_it.token import Token
from textual.content import Content, Span

from assistant import one_line
from tui.markdown.code import Code, coloured
from tui.markdown.rows import NOTHING, Row, behind
from tui.markdown.table import Side, Table

_BULLETS = ("• ", "▪ ", "‣ ", "◦ ")
_BULLET = "$primary"
_LISTS = ("bullet_list_open", "ordered_list_open")
_STYLES = {"em": ".em", "strong": ".strong", "s": ".strike"}


class Drawable(Protocol):
    """Something that stands in a text, one under the other."""

    def rows(self, width: int, marked: int | None) -> Iterator[Row]:
        """Its rows where there are so many cells; `marked`: number of the code block that is chosen, if one is."""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, or a heading."""

    text: Content
    style: str = ""

    def rows(self, _width: int, _marked: int | None) -> Iterator[Row]:
        yield from (Row(line, style=self.style) for line in self.text.split("\n", allow_blank=True))


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    def rows(self, width: int, _marked: int | None) -> Iterator[Row]:
        yield Row(Content.styled("─" * width, "$foreground 30%"), aside=True)


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else said."""

    children: tuple[Drawable, ...]

    def rows(self, width: int, marked: int | None) -> Iterator[Row]:
        bar = Content.styled("▌ ", "$foreground 40%")
        yield from behind(_one_under_the_other(self.children, width - 2, marked), bar, bar)


@dataclass(frozen=True, slots=True)
class Item:
    """One of a list. `number` None: it has a bullet, another one at each depth. `sign` is what the model put there."""

    children: tuple[Drawable, ...]
    depth: int
    sign: str
    number: int | None

    def goes_on(self, above: Drawable) -> bool:
        """It belongs to the same list."""
        return isinstance(above, Item) and above.sign == self.sign

    def rows(self, width: int, marked: int | None) -> Iterator[Row]:
        mark = _BULLETS[self.depth % len(_BULLETS)] if self.number is None else f"{self.number}. "
        rows = _one_under_the_other(self.children, max(1, width - len(mark)), marked)
        yield from behind(rows, Content.styled(mark, _BULLET), Content(" " * len(mark)))


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a text that never changes once another one follows."""

    content: Drawable
    line: int
    """Where it begins in what was parsed."""
    apart: bool
    """An empty line stands above it."""
    codes: tuple[Code, ...]


def blocks_of(
    tokens: Sequence[Token], *, above: Block | None = None, known: Sequence[Code] = (), numbered: int = 0
) -> list[Block]:
    """The blocks of a text, or of its end: then `above` is the block that stands before it.

    `numbered` codes stand above; `known` are those of the same end when it had less text.
    """
    builder = _Builder(numbered, known)
    blocks: list[Block] = []
    for opening, inner in _nodes(tokens):
        for content, line in builder.blocks(opening, inner, above):
            apart = above is not None and not (isinstance(content, Item) and content.goes_on(above.content))
            above = Block(content, line, apart, builder.taken())
            blocks.append(above)
    return blocks


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _one_under_the_other(children: Sequence[Drawable], width: int, marked: int | None) -> Iterator[Row]:
    """Two paragraphs with an empty line between them, everything else close together."""
    if not children:
        yield Row(NOTHING)
    for index, child in enumerate(children):
        if index and isinstance(child, Words) and isinstance(children[index - 1], Words):
            yield Row(NOTHING)
        yield from child.rows(width, marked)


def _nodes(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """Each token that stands alone or opens something, with what is in it."""
    place = 0
    while place < len(tokens):
        opening, end = tokens[place], place
        depth: int = opening.nesting
        while depth:
            end += 1
            depth += tokens[end].nesting
        yield opening, tokens[place + 1 : end]
        place = end + 1


class _Builder:
    """Numbers the codes it meets. Of `known` ones, which had less text, colours are taken over."""

    def __init__(self, numbered: int, known: Sequence[Code]) -> None:
        self._next = numbered
        self._known = {code.number: code for code in known}
        self._codes: list[Code] = []

    def taken(self) -> tuple[Code, ...]:
        """The codes since it was asked last."""
        codes, self._codes = tuple(self._codes), []
        return codes

    def blocks(self, opening: Token, inner: Sequence[Token], above: Block | None) -> Iterator[tuple[Drawable, int]]:
        """What a token of the highest level opens, and the lines at which it begins: of a list, each item."""
        if opening.type in _LISTS:
            first = above.content if above is not None and isinstance(above.content, Item) else None
            yield from self._items(opening, inner, 0, first)
        else:
            block = self.block(opening, inner, 0)
            if block is not None:
                yield block, _line(opening)

    def _items(
        self, opening: Token, inner: Sequence[Token], depth: int, above: Item | None = None
    ) -> Iterator[tuple[Item, int]]:
        number = int(opening.attrs.get("start", 1)) if opening.type == "ordered_list_open" else None
        if above is not None and above.sign == opening.markup and above.number is not None:
            number = above.number + 1
        for index, (item, children) in enumerate(_nodes(inner)):
            place = None if number is None else number + index
            yield Item(tuple(self._children(children, depth + 1)), depth, opening.markup, place), _line(item)

    def block(self, opening: Token, inner: Sequence[Token], depth: int) -> Drawable | None:
        match opening.type:
            case "paragraph_open":
                return Words(_inline(inner[0]))
            case "heading_open":
                return Words(_inline(inner[0]), "title" if opening.tag == "h1" else "heading")
            case "fence" | "code_block":
                return self._code(opening)
            case "blockquote_open":
                return Quote(tuple(self._children(inner, depth)))
            case "table_open":
                return _table(inner)
            case "hr":
                return Rule()
            case _:
                return None

    def _children(self, tokens: Sequence[Token], depth: int) -> Iterator[Drawable]:
        for opening, inner in _nodes(tokens):
            if opening.type in _LISTS:
                yield from (item for item, _ in self._items(opening, inner, depth))
            else:
                block = self.block(opening, inner, depth)
                if block is not None:
                    yield block

    def _code(self, token: Token) -> Code:
        language = one_line(token.info).partition(" ")[0]
        code = coloured(language, token.content.rstrip("\n"), self._next, self._known.get(self._next))
        self._next += 1
        self._codes.append(code)
        return code


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[tuple[Content, ...]] = []
    sides: list[Side] = []
    for _, part in _nodes(tokens):  # head and body
        for _, row in _nodes(part):
            cells = list(_nodes(row))
            if not rows:
                sides = [_side(cell) for cell, _ in cells]
            rows.append(tuple(_inline(inner[0]) if inner else NOTHING for _, inner in cells))
    return Table(tuple(rows), tuple(sides))


def _side(cell: Token) -> Side:
    side = str(cell.attrs.get("style", "")).rpartition(":")[2].strip()
    return cast("Side", side) if side in ("center", "right") else "left"


def _inline(token: Token) -> Content:
    """Words with their emphasis. What is drawn is text already; nothing in it is looked up or followed."""
    parts: list[str] = []
    spans: list[Span] = []
    opened: list[tuple[str, int]] = []
    place = 0
    for child in token.children or ():
        kind, _, end = child.type.rpartition("_")
        text = ""
        match child.type:
            case "text":
                text = re.sub(r"\s+", " ", child.content)
            case "hardbreak":
                text = "\n"
            case "code_inline":
                text = child.content
                spans.append(Span(place, place + len(text), ".inline"))
            case _ if end == "open":
                opened.append((_STYLES.get(kind, ""), place))
            case _ if end == "close" and opened:
                style, start = opened.pop()
                spans.append(Span(start, place, style))
            case _:
                text = child.content
        parts.append(text)
        place += len(text)
    return Content("".join(parts), spans)
