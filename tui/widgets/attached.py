"""What goes with the message that is being written: files and folded pastes, a line each, and whether it all fits."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from assistant import one_line, rough_tokens
from tui.columns import cut
from tui.key_names import key_words
from tui.language import _, plural
from tui.prompt.attaching import Item
from tui.prompt.folding import lines, lines_of, tokens_words

_ROWS = 5
_WIDE = 100
"""Columns from which there is room for the keys that do the same."""
_DIM = "$foreground 60%"


class Attached(Static):
    """Hidden while nothing goes with the message and it fits."""

    class Wanted(Message):
        """Something was clicked: `unfold`, `document` or `remove` this item."""

        def __init__(self, what: str, item: Item) -> None:
            super().__init__()
            self.what = what
            self.item = item

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.items: Sequence[Item] = ()
        self.warning = ""
        """Why the message would not be taken; empty: it would."""
        self.reading = False
        self.display = False

    def show(self, items: Sequence[Item], *, warning: str = "", reading: bool = False) -> None:
        """`reading`: files that are mentioned are still being read, so there may be more."""
        if (items, warning, reading) != (self.items, self.warning, self.reading):
            self.items, self.warning, self.reading = items, warning, reading
            self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        shown = self.items if len(self.items) <= _ROWS else self.items[: _ROWS - 1]
        rows = [self._row(number, item) for number, item in enumerate(shown)]
        hidden = len(self.items) - len(shown)
        if hidden:
            rows.append(Content.styled("  " + plural("{count} more", "{count} more", hidden), _DIM))
        if self.reading:
            rows.append(Content.styled("  " + _("reading what is mentioned"), f"italic {_DIM}"))
        if self.warning:
            rows.append(Content.styled(f"! {one_line(self.warning)}", "bold $error"))
        self.display = bool(rows)
        self.update(Content("\n").join(rows))

    def on_resize(self) -> None:
        self.show_words()

    def action_want(self, what: str, number: int) -> None:
        """Ask for it."""
        if number < len(self.items):
            self.post_message(self.Wanted(what, self.items[number]))

    def _keys(self) -> dict[str, str]:
        """The keys of the prompt by what they do."""
        active = (found.binding for found in self.screen.active_bindings.values())
        return {binding.action: key_words(binding.key) for binding in active}

    def _row(self, number: int, item: Item) -> Content:
        room = max(self.size.width, 40)
        if item.error:
            facts, style = f" · {one_line(item.error)}", "$error"
        else:
            count = item.tokens if item.tokens is not None else rough_tokens(item.text)
            about = "" if item.tokens is not None else "≈"
            facts, style = f" · {lines(lines_of(item.text))} · {about}{tokens_words(count)}", _DIM
        links = [("remove", "×")]
        if item.pasted is not None:
            keys = self._keys() if room >= _WIDE else {}
            links[:0] = [
                ("unfold", f"{_('unfold')} {keys.get('unfold', '')}".strip()),
                ("document", f"{_('treat as document')} {keys.get('as_document', '')}".strip()),
            ]
        elif not item.error:
            links[:0] = [("document", _("open as document"))]
        width = room - sum(cell_len(words) + 2 for _what, words in links) - 2
        name = cut(one_line(item.name), max(width - min(cell_len(facts), width // 2), 8))
        facts = cut(facts, max(width - cell_len(name), 8))
        gap = " " * max(width - cell_len(name) - cell_len(facts), 0)
        parts = [Content.styled("! " if item.error else "▤ ", "$error" if item.error else "$primary"), Content(name)]
        parts += [Content.styled(facts, style), Content(gap)]
        for what, words in links:
            link = Content.styled(words, "underline" if what != "remove" else "bold")
            meta = Style.from_meta({"@click": f"want({what!r}, {number})"})
            parts += [Content("  "), link.stylize(meta)]
        return Content("").join(parts)
