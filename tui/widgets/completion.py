"""The list above the prompt: commands, files, or what was typed before, for the keys and for the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant import one_line
from tui.columns import cut, fitted
from tui.language import plural

_ROWS = 6
_NARROWEST_NOTE = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the list. `text` and `note` may come from anywhere; `places`: letters of the text to mark."""

    text: str
    note: str = ""
    places: tuple[int, ...] = ()
    value: object = None
    """What it means, for whoever offers it."""


class Completion(Static):
    """Up to six choices around the marked one; hidden when there is nothing to choose."""

    class Picked(Message):
        """The marked choice was clicked."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._choices: Sequence[Choice] = ()
        self._marked = 0
        self._first = 0
        self.display = False

    @property
    def choice(self) -> Choice | None:
        """The marked line, or None while the list is hidden."""
        return self._choices[self._marked] if self.display else None

    def offer(self, choices: Sequence[Choice], *, same: bool = False) -> None:
        """Show these lines and what they do; none: hide. `same`: more is known of the lines before; the mark stays."""
        self._choices = choices
        self._marked = min(self._marked, max(len(choices) - 1, 0)) if same else 0
        self.display = bool(choices)
        self._draw()

    def move(self, step: int) -> None:
        """Mark another line, around the ends."""
        if self._choices:
            self._marked = (self._marked + step) % len(self._choices)
            self._draw()

    def on_click(self, event: events.Click) -> None:
        if self._first + event.y < min(len(self._choices), self._first + _ROWS):
            self._marked = self._first + event.y
            self._draw()
            self.post_message(self.Picked())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def on_resize(self) -> None:
        self._draw()

    def show_words(self) -> None:
        """Draw it in another language, as far as it is ours."""
        self._draw()

    def _draw(self) -> None:
        self._first = max(0, min(self._marked - _ROWS // 2, len(self._choices) - _ROWS))
        shown = self._choices[self._first : self._first + _ROWS]
        room = max(self.size.width - 2, 20)
        notes = max((cell_len(one_line(choice.note)) + 2 for choice in shown if choice.note), default=0)
        width = min(max((cell_len(_safe(choice.text)) for choice in shown), default=0), max(room - notes, room // 2))
        rows = [
            self._row(choice, width, room, marked=self._first + index == self._marked)
            for index, choice in enumerate(shown)
        ]
        hidden = len(self._choices) - len(shown)
        if hidden:
            rows.append(Content.styled("  " + plural("{count} more", "{count} more", hidden), "$foreground 60%"))
        self.update(Content("\n").join(rows))

    def _row(self, choice: Choice, width: int, room: int, *, marked: bool) -> Content:
        text = _safe(choice.text)
        line = Content(fitted(text, width))
        for place in choice.places if text == choice.text else ():
            if place < len(line.plain):
                line = line.stylize("$primary", place, place + 1)
        if marked:
            line = line.stylize("bold")
        note = one_line(choice.note)
        left = room - width - 2
        if note and left >= _NARROWEST_NOTE:
            told = (f"  {cut(note, left)}", "$foreground 60%")
            return Content.assemble(("❯ " if marked else "  ", "$primary"), line, told)
        return Content.assemble(("❯ " if marked else "  ", "$primary"), line)


def _safe(text: str) -> str:
    """On one line; as it is, where it is safe, so that places in it stay."""
    return text if text == one_line(text) else one_line(text)
