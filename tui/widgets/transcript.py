"""The turns of a chat, one under the other. Stays at the end only while the reader is there."""

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widget import Widget


class Transcript(VerticalScroll, can_focus=False):
    """Scrolls with the keys of the prompt; never takes the focus, so that typing always reaches the prompt.

    Textual's anchor keeps the end in view until the reader scrolls. It counts from the bottom, so the turns are in a
    box that is never lower than the view: a short chat begins at the top.
    """

    class Unseen(Message):
        """There is text below that the reader has not seen; or, `unseen` False, no longer."""

        def __init__(self, unseen: bool) -> None:
            super().__init__()
            self.unseen = unseen

    def __init__(self) -> None:
        super().__init__()
        self._turns = Vertical()
        self._unseen = False

    def compose(self) -> ComposeResult:
        yield self._turns

    def on_mount(self) -> None:
        self.anchor()

    @property
    def at_end(self) -> bool:
        """The last line is in view."""
        return self.scroll_y >= self.max_scroll_y

    async def add(self, *turns: Widget, after: Widget | None = None, before: Widget | None = None) -> None:
        """Append turns, or put them after or before one, and bring the end into view: the user asked for them."""
        await self._turns.mount(*turns, after=after, before=before)
        self.follow()

    async def empty(self) -> None:
        """Remove all turns."""
        await self._turns.remove_children()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self.scroll_end(animate=False)
        self._tell(unseen=False)

    def page(self, direction: int) -> None:
        """Scroll a page up (-1) or down (1), less one line."""
        self.scroll_relative(y=direction * max(1, self.size.height - 1), animate=False)
        if direction > 0:
            self._stay_if_at_end()

    def grown(self) -> None:
        """Something was written; once it is drawn, tell whether the reader sees it."""
        self.call_after_refresh(lambda: self._tell(unseen=not self.at_end))

    def on_mouse_scroll_down(self) -> None:
        self._stay_if_at_end()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.at_end:
            self._tell(unseen=False)

    def _stay_if_at_end(self) -> None:
        # Scrolling down at the very end lets the anchor go and moves nothing, so nothing would take it up again.
        self.call_after_refresh(lambda: self.follow() if self.at_end else None)

    def _tell(self, *, unseen: bool) -> None:
        if unseen != self._unseen:
            self._unseen = unseen
            self.post_message(self.Unseen(unseen))
