"""A prompt and the list above it: commands, files after an @ or behind a command, what was typed before.

Files are looked for beside the screen. What a message becomes is not known here.
"""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static, TextArea

from assistant import Typed
from tui.aside import Aside
from tui.files import Found
from tui.language import N_, _
from tui.preferences import preferences
from tui.prompt.finding import find
from tui.widgets import offers
from tui.widgets.completion import Choice, Completion
from tui.widgets.offers import Put, Wanted
from tui.widgets.prompt import Prompt

PLACEHOLDER = N_("Write a message · @ adds a file · / lists commands")
_MOST_EARLIER = 50


class Matched(Message):
    """Files that may be meant by what is being typed."""

    def __init__(self, wanted: Wanted, found: tuple[Found, ...]) -> None:
        super().__init__()
        self.wanted = wanted
        self.found = found


class Marked(Message):
    """The mark of the list is on this file, which would be mentioned; empty: on none."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


class Offering(Vertical):
    """Ctrl+R searches: what is typed then is looked for in what was sent, until a line is taken or Esc."""

    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt()
        self._completion = Completion()
        self._mark = Static("❯", markup=False)
        self._finding = Aside(self, "luciole-files")
        self._before_search: Typed | None = None
        self._dismissed: str | None = None
        self._matches: Matched | None = None
        self._costs: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield self._completion
        with Horizontal(id="ask"):
            yield self._mark
            yield self.prompt

    def on_mount(self) -> None:
        self.show_words()

    def on_unmount(self) -> None:
        self._finding.close()

    def show_words(self) -> None:
        """Speak the language, and send by the key, of the settings."""
        self.prompt.placeholder = _(PLACEHOLDER)
        self.prompt.submit_key = preferences(self.app).settings.screen.submit_key

    def dismiss(self) -> bool:
        """Close the list, or leave the search. False where there is none."""
        if self._before_search is not None:
            before, self._before_search = self._before_search, None
            self._mark.update("❯")
            self._offer(())
            self.prompt.replace_all(before)
            return True
        self._dismissed = self.prompt.text
        was_open = self._completion.display
        self._offer(())
        return was_open

    @on(TextArea.Changed)
    @on(TextArea.SelectionChanged)
    def _suggest(self) -> None:
        text = self.prompt.text
        if self._before_search is not None:
            self._offer(offers.earlier(self.prompt.recall.search(text, _MOST_EARLIER)))
        elif text != self._dismissed:
            self._dismissed = None
            wanted = offers.wanted_file(text, self.prompt.before_cursor)
            if wanted is None:
                self._offer(offers.commands(text) if self.prompt.before_cursor == text else ())
            else:
                self._finding.only(lambda stopped: Matched(wanted, find(wanted.kind, wanted.path, stopped)))

    @on(Matched)
    def _matched(self, message: Matched) -> None:
        typing = offers.wanted_file(self.prompt.text, self.prompt.before_cursor)
        if message.wanted == typing and self._before_search is None and self._dismissed is None:
            self._matches = message
            self._costs = {}
            self._offer(offers.files(message.wanted, message.found, self._costs))

    def show_cost(self, path: str, cost: str) -> None:
        """What a file of the list costs is known better now."""
        typing = offers.wanted_file(self.prompt.text, self.prompt.before_cursor)
        if self._matches is not None and self._matches.wanted == typing and self._completion.display:
            self._costs[path] = cost
            self._completion.offer(offers.files(typing, self._matches.found, self._costs), same=True)

    def _offer(self, choices: Sequence[Choice]) -> None:
        self._completion.offer(choices)
        self.prompt.completing = bool(choices) or self._before_search is not None
        self._tell_marked()

    def _tell_marked(self) -> None:
        choice = self._completion.choice
        is_file = choice is not None and isinstance(choice.value, Put) and choice.value.mentions
        self.post_message(Marked(choice.text if choice is not None and is_file else ""))

    @on(Prompt.Moved)
    def _moved(self, message: Prompt.Moved) -> None:
        if message.step:
            self._completion.move(message.step)
            self._tell_marked()
        else:
            self._take(sends=message.sends)

    @on(Completion.Picked)
    def _picked(self) -> None:
        self._take(sends=False)
        self.prompt.focus()

    def _take(self, *, sends: bool) -> None:
        choice = self._completion.choice
        match choice.value if choice is not None else None:
            case Typed() as typed:
                self._before_search = None
                self._mark.update("❯")
                self._dismissed = typed.text
                self._offer(())
                self.prompt.replace_all(typed)
            case Put(text, start, sends=whole):
                self._offer(())
                row, column = self.prompt.cursor_location
                self.prompt.replace(text, (row, start), (row, column), maintain_selection_offset=False)
                if sends and whole:
                    self.prompt.submit()

    @on(Prompt.Dismissed)
    def _dismiss(self) -> None:
        self.dismiss()

    @on(Prompt.Searched)
    def _searched(self) -> None:
        if self._before_search is None:
            self._before_search = self.prompt.typed
            self._mark.update("⌕")
            self.prompt.replace_all("")
            self._suggest()
        else:
            self._completion.move(1)
