"""The place where one asks: the prompt, the list above it, and what goes with the message.

Gives `Sent` with the message whole, its documents in it; shows what it will cost and whether it fits while it is being
written. What waits for a disk is done beside the screen.
"""

import os
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import TextArea

from assistant import AssistantError, Typed, keep_pasted, keep_typed, one_line, read_typed, rough_tokens
from tui.aside import Aside, Stopped
from tui.commands import Unknown, parse
from tui.desk import Desk
from tui.language import _, plural
from tui.messages import OpenDocument
from tui.preferences import preferences
from tui.prompt.attaching import are_files
from tui.prompt.drafting import Composed, Counted, Drafting, Looked, Priced
from tui.prompt.editor import NoEditor, edit_over
from tui.prompt.folding import mention, tokens_words
from tui.prompt.recall import is_worth_keeping
from tui.widgets.attached import Attached
from tui.widgets.offering import Marked, Offering
from tui.widgets.prompt import Prompt

_PAUSE = 0.3
"""Seconds without typing before tokens are counted."""


class Remembered(Message):
    """What was sent in earlier runs."""

    def __init__(self, entries: tuple[Typed, ...]) -> None:
        super().__init__()
        self.entries = entries


class Refused(Message):
    """Something could not be kept: why."""

    def __init__(self, error: AssistantError) -> None:
        super().__init__()
        self.error = error


class Kept(Message):
    """A folded paste is a file now."""

    def __init__(self, number: int, path: Path) -> None:
        super().__init__()
        self.number = number
        self.path = path


class Checked(Message):
    """The dropped paths are there; `text` stands in the prompt for them."""

    def __init__(self, text: str, paths: tuple[str, ...]) -> None:
        super().__init__()
        self.text = text
        self.paths = paths


class Ask(Offering):
    """The whole of it. `taken`: tokens of the context that are not free for the message."""

    class Sent(Message):
        """The user wants this to be acted on. `content`: the message whole; of a command just its line."""

        def __init__(self, typed: Typed, content: str) -> None:
            super().__init__()
            self.typed = typed
            self.content = content

        @property
        def text(self) -> str:
            """As it stood in the prompt."""
            return self.typed.text

    class Changed(Message):
        """What is typed, or what is known of its cost, has changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.taken = 0
        self._desk = desk
        self._drafting = Drafting(self, desk)
        self._keeping = Aside(self, "luciole-typed")
        self._attached = Attached()
        self._complained = False
        self._priced: Priced | None = None

    def compose(self) -> ComposeResult:
        yield self._attached
        yield from super().compose()

    def on_mount(self) -> None:
        self._pause = self.set_interval(_PAUSE, self._count, pause=True)
        self._keeping.do(_read)

    def on_unmount(self) -> None:
        self._drafting.close()
        self._keeping.close()

    # For the room

    @property
    def coming(self) -> int:
        """Tokens of what is typed and not sent, as far as they are known."""
        return self._drafting.cost(self._message)[0]

    def give_back(self, typed: Typed | str) -> None:
        """Put this before what is typed."""
        self.prompt.give_back(typed)

    def write(self, content: str) -> None:
        """Put a message of before into the prompt, to be sent in other words; undo brings back what was typed."""
        self.prompt.replace_all(self._drafting.adopt(content, self.prompt.fold))
        self.prompt.focus()

    # What goes with it

    @property
    def _message(self) -> Typed:
        """What is typed, unless it is a command."""
        typed = self.prompt.typed
        return Typed("") if _is_command(typed.text) else typed

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._drafting.look(self._message)
        self._show()
        self._pause.reset()
        self._pause.resume()

    @on(Looked)
    def _looked(self, message: Looked) -> None:
        self._drafting.looked(message)
        self._show()

    @on(Counted)
    def _counted(self, message: Counted) -> None:
        self._drafting.counted(message)
        self.prompt.show_tokens(self._drafting.tokens)
        if self._priced is not None:
            self._show_price(self._priced)
        self._show()

    @on(Marked)
    def _marked(self, message: Marked) -> None:
        self._priced = None
        self._drafting.price(message.path)

    @on(Priced)
    def _show_price(self, message: Priced) -> None:
        self._priced = message
        tokens = self._drafting.tokens(message.text)
        about, count = ("", tokens) if tokens is not None else ("≈", rough_tokens(message.text))
        self.show_cost(message.path, about + tokens_words(count))
        self._pause.resume()

    def _count(self) -> None:
        others = [self._priced.text] if self._priced is not None else []
        if self._drafting.count(self._message, self.screen, others):
            self._pause.pause()

    def _show(self) -> None:
        message = self._message
        self.prompt.show_files(frozenset(file.path for file in self._drafting.files(message)))
        warning = self._too_long(*self._drafting.cost(message))
        self._attached.show(self._drafting.items(message), warning=warning, reading=self._drafting.reading)
        self.post_message(self.Changed())

    def _too_long(self, tokens: int, exact: bool) -> str:
        info = self._desk.holder.info
        if info is None or not tokens:
            return ""
        # A full conversation may leave out its oldest turns; the message itself must fit.
        leaves_out = preferences(self.app).settings.when_full != "stop"
        free = max(info.context - (0 if leaves_out else self.taken), 0)
        if tokens <= free:
            return ""
        words = _("this does not fit: {tokens}, {free} free; shorten it")
        about = "" if exact else "≈"
        count = about + plural("{count} token", "{count} tokens", tokens)
        return words.format(tokens=count, free=f"{free:,}")

    @on(Attached.Wanted)
    def _wanted(self, message: Attached.Wanted) -> None:
        item = message.item
        match message.what, item.pasted:
            case "document", None:
                self.post_message(OpenDocument(os.path.expanduser(item.name)))  # noqa: PTH111  never raises
            case "document", int(number):
                self._open_pasted(number)
            case "unfold", int(number):
                self.prompt.unfold(number)
            case _:
                self.prompt.leave_out(item.name, item.pasted)
        self.prompt.focus()

    @on(Prompt.AsDocument)
    def _as_document(self, message: Prompt.AsDocument) -> None:
        self._open_pasted(message.number)

    def _open_pasted(self, number: int) -> None:
        text = self.prompt.pasted[number]

        def keep(_stopped: Stopped) -> Message:
            try:
                return Kept(number, keep_pasted(text))
            except AssistantError as error:
                return Refused(error)

        self._keeping.do(keep)

    @on(Kept)
    def _kept(self, message: Kept) -> None:
        self.prompt.leave_out("", message.number)
        self.post_message(OpenDocument(str(message.path)))

    @on(Prompt.Dropped)
    def _dropped(self, message: Prompt.Dropped) -> None:
        text, paths = message.text, message.paths
        self._keeping.do(lambda _stopped: Checked(text, paths) if are_files(paths) else None)

    @on(Checked)
    def _checked(self, message: Checked) -> None:
        """What was dropped is a file: mention it, or where a command wants a file, leave its bare path there."""
        command = _is_command(self.prompt.text)
        instead = message.paths[0] if command else " ".join(map(mention, message.paths)) + " "
        self.prompt.exchange(message.text, instead)

    # Sending

    @on(Prompt.Sent)
    def _sent(self, message: Prompt.Sent) -> None:
        typed = message.typed
        self._offer(())
        if is_worth_keeping(typed):
            self._keeping.do(lambda _stopped: _keep(typed))
        if _is_command(typed.text):
            self.post_message(self.Sent(typed, typed.text))
            return
        content = self._drafting.compose(typed)
        if content is not None:
            self.post_message(self.Sent(typed, content))

    @on(Composed)
    def _composed(self, message: Composed) -> None:
        self._drafting.composed()
        if message.error:
            self.give_back(message.typed)
            self.notify(one_line(message.error), severity="warning", markup=False)
        else:
            self.post_message(self.Sent(message.typed, message.content))

    @on(Remembered)
    def _remembered(self, message: Remembered) -> None:
        self.prompt.recall.remember(message.entries)

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        if not self._complained:
            self.notify(one_line(str(message.error)), severity="warning", markup=False)
        self._complained = True

    # The user's editor

    @on(Prompt.Edited)
    def _edited(self) -> None:
        try:
            text = edit_over(self.app, self.prompt.text)
        except NoEditor as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)
        else:
            self.prompt.replace_all(text)


def _is_command(text: str) -> bool:
    try:
        return parse(text) is not None
    except Unknown:
        return True


def _read(_stopped: Stopped) -> Message:
    try:
        return Remembered(read_typed())
    except AssistantError as error:
        return Refused(error)


def _keep(typed: Typed) -> Message | None:
    try:
        keep_typed(typed)
    except AssistantError as error:
        return Refused(error)
    return None
