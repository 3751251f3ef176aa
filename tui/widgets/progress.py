"""The line between transcript and prompt: a quiet rule, and the progress of loading and reading."""

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.language import _


class ProgressRule(Widget):
    """One row. Filled from the left by `fraction`; carries a word in its middle when there is unseen text."""

    class Pressed(Message):
        """The user wants to see the new text."""

    fraction: reactive[float | None] = reactive(None)
    unseen: reactive[bool] = reactive(False)

    def on_click(self) -> None:
        """What it carries is what a click on it means."""
        if self.unseen:
            self.post_message(self.Pressed())

    def render(self) -> Content:
        width = self.size.width
        filled = 0 if self.fraction is None else round(width * min(max(self.fraction, 0.0), 1.0))
        line = "━" * filled + "─" * (width - filled)
        parts = [Content.styled(line[:filled], "$primary"), Content.styled(line[filled:], "$foreground 25%")]
        rule = Content("").join(parts)
        label = Content.styled(f" {_('↓ new text below · Ctrl+End')} ", "bold $primary")
        if not self.unseen or width < label.cell_length:
            return rule
        start = (width - label.cell_length) // 2
        return Content("").join([rule[:start], label, rule[start + label.cell_length :]])
