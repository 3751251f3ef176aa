"""Markdown to tokens, so that nothing of a model's text is lost and nothing of it acts.

Raw HTML stays visible text, single line breaks stay line breaks, and links and images are words followed by their
address: there is nothing to click, so nothing opens and no hidden address is trusted.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType

from assistant import printable

_DEEPEST = 20
"""A list takes two levels, a quote one; ten lists within each other leave half of 80 columns."""


class Parser(MarkdownIt):
    """GitHub's Markdown without raw HTML, and with links as plain words.

    Quotes and lists nested deeper than a screen can show are shown as their source: the library drops such text.
    """

    def __init__(self) -> None:
        super().__init__("gfm-like", {"html": False, "maxNesting": 100})
        self.core.ruler.push("plain_words", _plain_words)

    def parse(self, src: str, env: EnvType | None = None) -> list[Token]:
        tokens = super().parse(src, env)
        if any(token.level > _DEEPEST for token in tokens):
            return super().parse("".join("    " + line for line in src.splitlines(keepends=True)), env)
        return tokens


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
