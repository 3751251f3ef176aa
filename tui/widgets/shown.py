"""What a window over many widgets holds of each: the facts that stay, the widget that comes and goes, the gap."""

from dataclasses import dataclass
from typing import Protocol

from textual.strip import Strip
from textual.widget import Widget


class Shown(Protocol):
    """What is known of one of them, a frozen value: enough to make its widget at any time."""

    @property
    def key(self) -> str:
        """Names the turn among all others; empty for what is not kept, a note or an error."""

    @property
    def can_focus(self) -> bool: ...

    def rows(self, width: int) -> int:
        """How high it will be, with the margin above it; may be wrong."""

    def widget(self) -> Widget:
        """A new widget of it. It has no margin below."""


@dataclass(slots=True, eq=False)
class Entry:
    """One of a window: what is known of it, and its widget while it is there."""

    shown: Shown | None
    """None: only the widget knows what it shows."""
    widget: Widget | None
    rows: int
    live: bool = False
    """It grows, and is always there."""
    mounted: bool = False

    @property
    def removed(self) -> bool:
        """Somebody else has removed the widget."""
        return self.mounted and self.widget is not None and self.widget.parent is None

    @property
    def key(self) -> str:
        return self.shown.key if self.shown is not None else ""

    @property
    def can_focus(self) -> bool:
        return self.shown.can_focus if self.shown is not None else self.widget is not None and self.widget.can_focus


class Gap(Widget):
    """As much room as those take that are not there."""

    DEFAULT_CSS = """
    Gap {
        width: 1fr;
        height: 0;
    }
    """

    rows = 0

    def set_rows(self, rows: int) -> None:
        if rows != self.rows:
            self.rows = rows
            self.styles.height = rows

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  every line is the same; never all of them at once
        return Strip.blank(self.size.width, self.rich_style)
