"""Markdown from a model, shown so that nothing of it is lost and nothing of it acts.

Differs from Textual's: raw HTML stays visible text, single line breaks stay line breaks, and links and images are
words followed by their address: there is nothing to click, so nothing opens and no hidden address is trusted.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from textual.widgets import Markdown

from assistant import printable


class SafeMarkdown(Markdown):
    """Textual's Markdown with the parser below; takes streamed pieces through `Markdown.get_stream`."""

    def __init__(self, markdown: str | None = None) -> None:
        super().__init__(markdown, parser_factory=parser, open_links=False)


def parser() -> MarkdownIt:
    """GitHub's Markdown without raw HTML, and with links as plain words."""
    made = MarkdownIt("gfm-like", {"html": False})
    made.core.ruler.push("plain_words", _plain_words)
    return made


def _plain_words(state: StateCore) -> None:
    for token in state.tokens:
        if token.children:
            token.children = _plain(token.children)


# Everything passes `printable` once more: the parser decodes entities, and `&#x202e;` would undo the first time.
def _plain(children: list[Token]) -> list[Token]:
    plain: list[Token] = []
    addresses: list[str] = []
    label = ""
    for child in children:
        match child.type:
            case "softbreak":
                plain.append(Token("hardbreak", "br", 0))
            case "link_open":
                addresses.append(str(child.attrs.get("href", "")))
                label = ""
                plain.append(Token("em_open", "em", 1))
            case "link_close":
                plain.append(Token("em_close", "em", -1))
                address = addresses.pop()
                if not address.endswith(label) or not label:  # `mailto:` and `http://` may be added by the parser
                    plain.append(_text(f" ({address})"))
            case "image":
                plain.append(_text(f"[image: {child.content} ({child.attrs.get('src', '')})]"))
            case _:
                child.content = printable(child.content)
                label += child.content
                plain.append(child)
    return plain


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = printable(content)
    return token
