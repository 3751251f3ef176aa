"""The page beside the list, on the screen."""

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from tui.rooms.history.page import Answer, Page, drawn
from tui.widgets.markdown import SafeMarkdown


class Preview(VerticalScroll):
    """Takes the focus to be scrolled by keys."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  as every widget has it
        super().__init__(id=id)
        self._shown: tuple[str, str | None] | None = None
        """The conversation, and the turn that was found in it."""

    async def show(self, page: Page | None, now: float) -> None:
        """This page, from its beginning unless it was here before; None: nothing. `now` in seconds since 1970."""
        parts = drawn(page, now) if page is not None else []
        widgets: list[Widget] = [
            SafeMarkdown(part.text) if isinstance(part, Answer) else Static(part, markup=False) for part in parts
        ]
        with self.app.batch_update():
            await self.remove_children()
            await self.mount(*widgets)
        before, self._shown = self._shown, (page.entry.heading.id, page.found) if page is not None else None
        if before != self._shown:
            self.scroll_home(animate=False)
