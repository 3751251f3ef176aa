"""A text area that draws and moves by whole characters, and in which placeholders stand for longer texts."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.document._document import Location, Selection
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

from assistant import Typed
from tui.prompt.folding import folded, mentions, placeholder, used
from tui.prompt.graphemes import Stops, snap
from tui.widgets.wrapped import Line, Rows, Steps


class Writing(TextArea):
    """What `Prompt` is drawn with. The cursor passes a placeholder as a whole, and a key deletes it as a whole."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"writing--folded", "writing--mention"}

    def __init__(self) -> None:
        self.pasted: dict[int, str] = {}
        """Texts that placeholders stand for, by their numbers."""
        self._files: frozenset[str] = frozenset()
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False, compact=True
        )

    @property
    def before_cursor(self) -> str:
        """The line of the cursor, up to it."""
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    @property
    def typed(self) -> Typed:
        """What stands here, with the pastes it stands for."""
        return used(self.text, self.pasted)

    def give_back(self, typed: Typed | str) -> None:
        """Put this before what is typed."""
        text = self._adopted(typed) if isinstance(typed, Typed) else typed
        self.replace_all(f"{text}\n{self.text}" if self.text.strip() else text)

    def replace_all(self, typed: Typed | str) -> None:
        """Make this the content, with the cursor at its end; can be undone."""
        text = self._adopted(typed) if isinstance(typed, Typed) else typed
        self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)

    def fold(self, text: str) -> str:
        """The placeholder that stands for this text from now on."""
        number = max(self.pasted, default=0) + 1
        self.pasted[number] = text
        return placeholder(number, text)

    def unfold(self, number: int) -> None:
        """Put this folded paste into the text."""
        for row, start, end, found in reversed(self._folded()):
            if found == number:
                self.replace(self.pasted[number], (row, start), (row, end), maintain_selection_offset=False)

    def show_tokens(self, tokens: Callable[[str], int | None]) -> None:
        """Write what was counted into the placeholders; None: not counted."""
        for row, start, end, number in reversed(self._folded()):
            counted = tokens(self.pasted[number])
            fresh = placeholder(number, self.pasted[number], counted)
            if counted is not None and self.document.get_line(row)[start:end] != fresh:
                self.replace(fresh, (row, start), (row, end))

    def leave_out(self, path: str, number: int | None = None) -> None:
        """Take this folded paste, or the mentions of this file, out of the text."""
        for row, line in reversed(list(enumerate(self.document.lines))):
            stops = mentions(line).get(path, ()) if number is None else ()
            places = [(start, end) for at, start, end, found in self._folded() if at == row and found == number]
            for start, end in sorted([*stops, *places], reverse=True):
                # With the space behind it: one between two words is enough.
                spare = line[end : end + 1] == " " and line[:start][-1:] in ("", " ")
                self.delete((row, start), (row, end + spare))

    def exchange(self, text: str, instead: str) -> None:
        """Where `text`, put in a moment ago, still stands before the cursor, put the other in its place."""
        row, column = self.cursor_location
        here = "\n".join([*self.document.lines[:row], self.document.get_line(row)[:column]])
        if here.endswith(text):
            start = here[: -len(text)]
            first = start.count("\n"), len(start) - start.rfind("\n") - 1
            self.replace(instead, first, (row, column), maintain_selection_offset=False)

    def show_files(self, paths: frozenset[str]) -> None:
        """Of what is mentioned, these are files."""
        if paths != self._files:
            self._files = paths
            self._line_cache.clear()
            self.refresh()

    def _type(self, text: str) -> None:
        self.replace(text, *self.selection, maintain_selection_offset=False)

    def _adopted(self, typed: Typed) -> str:
        """Its text, with numbers of ours for what is folded in it."""
        text = typed.text
        for start, end, number in reversed(folded(typed.text, typed.pasted)):
            if self.pasted.get(number) != typed.pasted[number]:
                text = text[:start] + self.fold(typed.pasted[number]) + text[end:]
        return text

    def _folded(self) -> list[tuple[int, int, int, int]]:
        """Row, first place, the one behind and number of each placeholder."""
        return [
            (row, *place)
            for row, line in enumerate(self.document.lines)
            if "#" in line
            for place in folded(line, self.pasted)
        ]

    def _at_cursor(self) -> tuple[int, int, int, int] | None:
        """The one that is meant: where the cursor is, or else the last."""
        found = self._folded()
        row, column = self.cursor_location
        at_cursor = [place for place in found if place[0] == row and place[1] <= column <= place[2]]
        return next(iter(at_cursor or found[-1:]), None)

    # Whole characters, and what is drawn

    def _set_document(self, text: str, language: str | None) -> None:
        super()._set_document(text, language)
        self.wrapped_document = Rows(self.document, tab_width=self.indent_width)
        self.navigator = Steps(self.wrapped_document, self._stops)
        self._rewrap_and_refresh_virtual_size()

    def _validate_selection(self, selection: Selection) -> Selection:
        start, end = super()._validate_selection(selection)
        return Selection(self._snapped(start), self._snapped(end))

    def _snapped(self, location: Location) -> Location:
        row, column = location
        line = self.document.get_line(row)
        return row, snap(line, column, self._stops(line))

    def _stops(self, line: str) -> Stops:
        if "#" not in line or not self.pasted:
            return ()
        return tuple((start, end) for start, end, _number in folded(line, self.pasted))

    def get_line(self, line_index: int) -> Text:
        line = Line(self.document.get_line(line_index), end="", no_wrap=True)
        for start, end in self._stops(line.plain):
            line.stylize(self.get_component_rich_style("writing--folded", partial=True), start, end)
        if self._files and "@" in line.plain:
            for path, places in mentions(line.plain).items():
                for start, end in places if path in self._files else ():
                    line.stylize(self.get_component_rich_style("writing--mention", partial=True), start, end)
        return line

    def render_lines(self, crop: Region) -> list[Strip]:
        # Textual moves the terminal's own cursor, where an input method shows what is being composed, only when the
        # text changes; the prompt also moves when the list above it opens, or when it grows.
        if self.has_focus:
            self.app.cursor_position = self.cursor_screen_offset
        return super().render_lines(crop)
