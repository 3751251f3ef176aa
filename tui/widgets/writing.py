"""A text area that draws and moves by whole characters, and in which placeholders stand for longer texts."""

from typing import ClassVar

from rich.text import Text
from textual.document._document import Location, Selection
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import TextArea

from tui.folding import folded, mentions
from tui.graphemes import Stops, snap
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

    def show_files(self, paths: frozenset[str]) -> None:
        """Of what is mentioned, these are files."""
        if paths != self._files:
            self._files = paths
            self._line_cache.clear()
            self.refresh()

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
