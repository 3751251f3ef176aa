"""Where the user types: several lines, a history, pastes that stay text, and whole characters of every script.

A long paste is folded: a placeholder stands for it, which the cursor passes as a whole. What a message becomes of it,
what is offered while one types and what the files are that are mentioned, is for `Ask` around it.
"""

import select
import sys
from time import monotonic
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from assistant import Typed, printable
from tui.language import N_
from tui.prompt.folding import dropped, is_large, placeholder
from tui.prompt.recall import Recall
from tui.widgets.burst import ENTER, NEW_LINE, QUIET, TAB, Burst
from tui.widgets.writing import Writing

_JOINERS = ("\u200c", "\u200d")
"""Without width, so Textual does not take them for typed; Persian, Indic scripts and emoji are written with them."""
_OTHER_SUBMIT = {
    **dict.fromkeys(("enter", "shift+enter"), "new_line"),
    # Without the newer keyboard protocols Alt+Enter, and in some terminals Ctrl+Enter, comes as Ctrl+J.
    **dict.fromkeys(("ctrl+enter", "alt+enter", "ctrl+j"), "submit"),
}
"""What Enter does with its companions where another key sends."""


class Prompt(Writing):
    """Enter sends; Shift+Enter, Ctrl+J and Alt+Enter make a new line (the last two work in every terminal)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,ctrl+enter", "submit", N_("Send"), show=False, id="prompt.submit"),
        Binding("shift+enter,ctrl+j,alt+enter", "new_line", N_("New line"), show=False, id="prompt.new_line"),
        Binding("tab", "complete", N_("Complete"), show=False, id="prompt.complete"),
        Binding("escape", "dismiss", N_("Close the list"), show=False),
        Binding("ctrl+d", "delete_or_quit", N_("Delete, or quit when empty"), show=False, id="prompt.quit"),
        Binding("ctrl+r", "search", N_("Search what was typed before"), show=False, id="prompt.search"),
        Binding("ctrl+o", "unfold", N_("Put a folded paste into the text"), show=False, id="prompt.unfold"),
        Binding("ctrl+t", "as_document", N_("Open a folded paste as a document"), show=False, id="prompt.document"),
        Binding("ctrl+g", "edit", N_("Write in your editor"), show=False, id="prompt.editor"),
    ]

    class Sent(Message):
        """The user wants this to be acted on; the prompt is already empty."""

        def __init__(self, typed: Typed) -> None:
            super().__init__()
            self.typed = typed

    class Moved(Message):
        """A key for the list of choices: -1 up, 1 down, 0 take the marked one; `sends`: it was Enter."""

        def __init__(self, step: int, *, sends: bool = False) -> None:
            super().__init__()
            self.step = step
            self.sends = sends

    class Searched(Message):
        """The user wants to find what was typed before; again: the next older."""

    class Dropped(Message):
        """`text`, just put in, looks like `paths` of files that were dropped on the terminal."""

        def __init__(self, text: str, paths: tuple[str, ...]) -> None:
            super().__init__()
            self.text = text
            self.paths = paths

    class Dismissed(Message):
        """The list of choices is to be closed, or the search left."""

    class AsDocument(Message):
        """A folded paste is to be read as a document."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Edited(Message):
        """The text is to be edited in the user's editor."""

    def __init__(self) -> None:
        super().__init__()
        self.completing = False
        """A list of choices is open: up, down, Tab and Enter belong to it."""
        self.submit_key = "enter"
        """What sends: `enter`, or `ctrl+enter` or `alt+enter`, and then Enter makes a new line."""
        self._burst = Burst()
        self._held_at = 0.0
        self._ends = ""
        self.recall = Recall()
        """What was sent before."""

    def on_mount(self) -> None:
        self._watch = self.set_interval(QUIET / 2, self._look, pause=True)

    # Keys

    async def _on_key(self, event: events.Key) -> None:
        text = _text_of(event)
        if self._burst.holding and not self._burst.goes_on(text, event.time):
            await self._release()
        if self._burst.takes(text, event.time):
            self._held_at = monotonic()
            self._watch.resume()
        # Textual looks for bindings after the key has bubbled up to the application, and meanwhile the prompt takes the
        # letters that follow: of `hi` and Enter arriving together (a slow line) `h` was sent.
        elif not await self._press(event.key):
            if event.character not in _JOINERS:
                await super()._on_key(event)
                return
            self._type(event.character or "")
        event.stop()
        event.prevent_default()

    async def _press(self, key: str) -> bool:
        if self.submit_key != "enter" and key in _OTHER_SUBMIT:
            return await self.app.run_action(_OTHER_SUBMIT[key], self)
        bindings = self._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        for binding in bindings.key_to_bindings.get(key, ()):
            if await self.app.run_action(binding.action, self):
                return True
        return False

    def _look(self) -> None:
        if monotonic() - self._held_at >= QUIET and not self._more_waits():
            self._watch.pause()
            # Keys that have come already may still lie before the application; they go first.
            self.app.call_later(self.call_later, self._release_unless_more, self._burst.count)

    def _more_waits(self) -> bool:
        """Whether the terminal has sent what nobody has read yet: on a busy machine a burst pauses only for us."""
        if self.app.is_headless or sys.__stdin__ is None:
            return False
        try:
            return bool(select.select([sys.__stdin__], [], [], 0)[0])
        except (OSError, ValueError):  # closed; on Windows, where only sockets can be asked
            return False

    async def _release_unless_more(self, count: int) -> None:
        if self._burst.holding and self._burst.count == count:
            await self._release()

    async def _release(self) -> None:
        """Do what the held keys mean."""
        self._watch.pause()
        held = self._burst.release()
        if held in (ENTER, TAB):
            await self._press("enter" if held == ENTER else "tab")
        else:
            self._paste_keys(self._burst.run, held, continues=self._burst.continues)

    def _paste_keys(self, run: str, held: str, *, continues: bool) -> None:
        """Put in what came as keys: `run` stands before the cursor already, `held` does not."""
        row, column = self.cursor_location
        if self.before_cursor.endswith(run) and run:
            self.replace("", (row, column - len(run)), (row, column), maintain_selection_offset=False)
            held = run + held
        if continues:
            held = self._ends + held
        # The line ends behind the last line are held back: they only matter if more comes.
        text = held.rstrip("\n")
        self._ends = held[len(text) :]
        if not text:
            return
        last = max(self.pasted, default=0)
        here = next((place for place in self._folded() if place[3] == last and place[0] == row), None)
        if continues and here is not None and here[2] == self.cursor_location[1]:
            self.pasted[last] += printable(text)
            self.replace(placeholder(last, self.pasted[last]), (row, here[1]), (row, here[2]))
        else:
            self.paste(text)

    # What keys do

    def action_submit(self) -> None:
        if self.completing:
            self.post_message(self.Moved(0, sends=True))
        else:
            self.submit()

    def submit(self) -> None:
        """Send what is typed, if anything is."""
        typed = self.typed
        if not typed.text.strip():
            return
        self.recall.add(typed)
        self.text = ""
        self.post_message(self.Sent(typed))

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

    def action_search(self) -> None:
        self.post_message(self.Searched())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  Textual's
        """Esc is only taken from the house, and the house's meaning of it shown, while no list is open."""
        return self.completing if action == "dismiss" else True

    def action_dismiss(self) -> None:
        self.post_message(self.Dismissed())

    def action_edit(self) -> None:
        self.post_message(self.Edited())

    def action_paste(self) -> None:
        self.paste(self.app.clipboard)

    def action_unfold(self) -> None:
        """Put the folded paste at the cursor, or else the last one, into the text; undo folds it again."""
        found = self._at_cursor()
        if found is not None:
            self.unfold(found[3])

    def action_as_document(self) -> None:
        """Read the folded paste at the cursor, or else the last one, as a document."""
        found = self._at_cursor()
        if found is not None:
            self.post_message(self.AsDocument(found[3]))

    def action_cursor_up(self, select: bool = False) -> None:
        if self.completing:
            self.post_message(self.Moved(-1))
            return
        at_edge = not select and self.navigator.is_first_wrapped_line(self.cursor_location)
        older = self.recall.older(self.typed) if at_edge else None
        if older is None:
            super().action_cursor_up(select)
        else:
            self.replace_all(older)

    def action_cursor_down(self, select: bool = False) -> None:
        if self.completing:
            self.post_message(self.Moved(1))
            return
        at_edge = not select and self.navigator.is_last_wrapped_line(self.cursor_location)
        newer = self.recall.newer() if at_edge else None
        if newer is None:
            super().action_cursor_down(select)
        else:
            self.replace_all(newer)

    # What others do with the text

    def paste(self, text: str) -> None:
        """Put in a text from elsewhere, folded if it is long. Nothing is sent before Enter is pressed."""
        # It goes to the terminal as it is, so it must not hold what a terminal obeys.
        text = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
        paths = dropped(text)
        self._type(self.fold(text) if is_large(text) and not paths else text)
        if paths:
            self.post_message(self.Dropped(text, paths))

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.paste(event.text)


def _text_of(event: events.Key) -> str | None:
    """What the key types; None: nothing."""
    match event.key:
        case "enter":
            return ENTER
        case "tab":
            return TAB
        case "ctrl+j":
            return NEW_LINE
    if event.is_printable or event.character in _JOINERS:
        return event.character
    return None
