"""What the room says in passing: that something is done, or why it is not."""

from textual.widget import Widget

from assistant import AssistantError, one_line
from tui.said import said

_LONG = 10
"""Seconds that an error stays: it has a remedy to be read."""


def tell(widget: Widget, text: str, severity: str = "information") -> None:
    """Say this; `severity`: `information` or `warning`."""
    widget.notify(one_line(text), severity="warning" if severity == "warning" else "information", markup=False)


def fail(widget: Widget, error: AssistantError) -> None:
    """Say why it went wrong."""
    widget.notify(one_line(said(str(error))), severity="error", timeout=_LONG, markup=False)
