"""The turns of a chat: read by page and by turn, with the keyboard and the mouse.

Tells when there is text below that the reader has not seen. Which turns there are, its room says.
"""

from textual.message import Message
from textual.scrollbar import ScrollDown, ScrollUp
from textual.widget import Widget

from tui.widgets.windowed import Windowed


class Transcript(Windowed):
    """Scrolls by the keys of the room. Its turns may take the focus, it does not."""

    class Unseen(Message):
        """There is text below that the reader has not seen; or, `unseen` False, no longer."""

        def __init__(self, unseen: bool) -> None:
            super().__init__()
            self.unseen = unseen

    def __init__(self) -> None:
        super().__init__()
        self._unseen = False

    # Where the reader is

    def follow(self) -> None:
        """Go to the end and stay there."""
        super().follow()
        self._tell(unseen=False)

    def page(self, direction: int) -> None:
        """Scroll a page up (-1) or down (1), less one line."""
        self.scroll_relative(y=direction * max(1, self.size.height - 1), animate=False)

    def grown(self) -> None:
        """Something was written; once it is drawn, tell whether the reader sees it."""
        self.call_after_refresh(lambda: self._tell(unseen=not self.at_end))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self.at_end:
            self._tell(unseen=False)

    def on_scroll_up(self, event: ScrollUp) -> None:
        # A click on the scrollbar. Nothing here is animated: an animation aims at a row, and rows move.
        event.prevent_default()
        event.stop()
        self.page(-1)

    def on_scroll_down(self, event: ScrollDown) -> None:
        event.prevent_default()
        event.stop()
        self.page(1)

    # The focus

    @property
    def current(self) -> Widget | None:
        """The turn that has the focus."""
        focused = self.screen.focused
        return next((e.widget for e in self._there if e.widget is not None and e.widget is focused), None)

    async def step(self, by: int) -> bool:
        """Move the focus to the next turn (1) or the one before (-1); from elsewhere to the last one in view.

        False where there is none.
        """
        current = self.current
        seen = {widget for widget, _ in self._in_view}
        places = [place for place, entry in enumerate(self._entries) if entry.can_focus]
        if current is None:
            places = [place for place in places if self._entries[place].widget in seen] or places
            return bool(places) and await self._focus(places[-1])
        here = next(place for place, entry in enumerate(self._entries) if entry.widget is current)
        beyond = [place for place in places if (place - here) * by > 0]
        return bool(beyond) and await self._focus(beyond[0] if by > 0 else beyond[-1])

    async def first(self) -> bool:
        """Move the focus to the first turn. False where there is none."""
        places = [place for place, entry in enumerate(self._entries) if entry.can_focus]
        return bool(places) and await self._focus(places[0])

    async def last(self) -> bool:
        """Move the focus to the last turn. False where there is none."""
        places = [place for place, entry in enumerate(self._entries) if entry.can_focus]
        return bool(places) and await self._focus(places[-1])

    async def choose(self, key: str, offset: int | None = None) -> bool:
        """Give a turn the focus, and bring it into view, or to this row of it. False where there is no such turn."""
        place = self._place_of(key)
        if place is None:
            return False
        if offset is None:
            return await self._focus(place)
        await self._go(place, offset)
        self.screen.set_focus(self._entries[place].widget, scroll_visible=False)
        return True

    def see(self, widget: Widget, row: int) -> None:
        """Bring a row of a turn into view."""
        place = self._tops.get(widget, 0) + row
        if not self.scroll_y <= place < self.scroll_y + self.size.height:
            self.scroll_to(y=place - self.size.height // 3, animate=False)

    async def _focus(self, place: int) -> bool:
        widget = self._entries[place].widget
        if widget is None or widget not in self._tops:
            await self._go(place)
            widget = self._entries[place].widget
        else:
            top, rows = self._tops[widget], widget.outer_size.height
            if top < self.scroll_y or rows > self.size.height:
                self.scroll_to(y=top, animate=False)
            elif top + rows > self.scroll_y + self.size.height:
                self.scroll_to(y=top + rows - self.size.height, animate=False)
        self.screen.set_focus(widget, scroll_visible=False)
        return True

    def _tell(self, *, unseen: bool) -> None:
        if unseen != self._unseen:
            self._unseen = unseen
            self.post_message(self.Unseen(unseen))
