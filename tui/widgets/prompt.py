"""Where the user types: several lines, a history, and a paste that stays text."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from assistant import printable


class Prompt(TextArea):
    """Enter sends; Shift+Enter, Ctrl+J and Alt+Enter make a new line (the last two work in every terminal)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", show=False),
        Binding("shift+enter,ctrl+j,alt+enter", "new_line", "New line", show=False),
        Binding("tab", "complete", "Complete", show=False),
        Binding("ctrl+d", "delete_or_quit", "Delete, or quit when empty", show=False),
    ]

    class Sent(Message):
        """The user wants this text to be acted on; the prompt is already empty."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Moved(Message):
        """A key for the list of completions: -1 up, 1 down, 0 take the marked one."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False, compact=True
        )
        self.completing = False
        """A list of completions is open: up, down and Tab belong to it."""
        self._history: list[str] = []
        self._place = 0
        self._draft = ""

    async def _on_key(self, event: events.Key) -> None:
        # Textual looks for bindings after the key has bubbled up to the application, and meanwhile the prompt takes the
        # letters that follow: of `hi` and Enter arriving together (a slow line, a paste without brackets) `h` was sent.
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
        await super()._on_key(event)

    def action_submit(self) -> None:
        text = self.text
        if not text.strip():
            return
        if not self._history or self._history[-1] != text:
            self._history.append(text)
        self._place = len(self._history)
        self._draft = ""
        self.text = ""
        self.post_message(self.Sent(text))

    def action_new_line(self) -> None:
        self._type("\n")

    def action_complete(self) -> None:
        if self.completing:
            self.post_message(self.Moved(0))

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.app.exit()

    def action_cursor_up(self, select: bool = False) -> None:
        if self.completing:
            self.post_message(self.Moved(-1))
        elif not select and self.navigator.is_first_wrapped_line(self.cursor_location) and self._place > 0:
            if self._place == len(self._history):
                self._draft = self.text
            self._recall(self._place - 1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if self.completing:
            self.post_message(self.Moved(1))
        elif (
            not select
            and self.navigator.is_last_wrapped_line(self.cursor_location)
            and self._place < len(self._history)
        ):
            self._recall(self._place + 1)
        else:
            super().action_cursor_down(select)

    def give_back(self, text: str) -> None:
        """Put `text` before what is typed."""
        self.replace_all(f"{text}\n{self.text}" if self.text.strip() else text)

    def replace_all(self, text: str) -> None:
        """Make `text` the content, with the cursor at its end; can be undone."""
        self.replace(text, self.document.start, self.document.end, maintain_selection_offset=False)

    async def _on_paste(self, event: events.Paste) -> None:
        # One insertion, whatever line ends it has: nothing is sent before Enter is pressed. The text goes to the
        # terminal as it is, so it must not hold what a terminal obeys.
        event.prevent_default()
        event.stop()
        self._type(printable(event.text.replace("\r\n", "\n").replace("\r", "\n")))

    def _type(self, text: str) -> None:
        self.replace(text, *self.selection, maintain_selection_offset=False)

    def _recall(self, place: int) -> None:
        self._place = place
        self.replace_all(self._history[place] if place < len(self._history) else self._draft)
