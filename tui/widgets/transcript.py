"""The turns of a chat, one under the other. Stays at the end only while the reader is there."""

from textual import events
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget


class Transcript(VerticalScroll, can_focus=False):
    """Scrolls with the keys of the prompt; never takes the focus, so that typing always reaches the prompt.

    Not Textual's `anchor`: that pushes a chat shorter than the screen to the bottom, and jumps when it is released.
    """

    class Unseen(Message):
        """There is text below that the reader has not seen; or, `unseen` False, no longer."""

        def __init__(self, unseen: bool) -> None:
            super().__init__()
            self.unseen = unseen

    def on_mount(self) -> None:
        self._following = True
        self._unseen = False
        self._height = 0

    @property
    def following(self) -> bool:
        """The end is in view, and stays there as the chat grows."""
        return self._following

    async def add(self, *turns: Widget) -> None:
        """Append turns and bring them into view: the user asked for them."""
        await self.mount(*turns)
        self.follow()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self._tell(unseen=False)
        self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._following = self.scroll_y >= self.max_scroll_y
        if self._following:
            self._tell(unseen=False)

    def on_resize(self, event: events.Resize) -> None:
        """The chat grew, or the room for it changed."""
        grown = event.virtual_size.height > self._height
        self._height = event.virtual_size.height
        if self._following:
            self.scroll_end(animate=False, immediate=True)
        elif grown:
            self._tell(unseen=True)

    def _tell(self, *, unseen: bool) -> None:
        if unseen != self._unseen:
            self._unseen = unseen
            self.post_message(self.Unseen(unseen))
