"""The room of history: every kept conversation and every document asked about, found, looked at and put in order.

The store lives in a thread of its own (`librarian`); the room asks it, and draws what comes back.
"""

import re
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from assistant import Entry, Store, export_conversation, one_line
from tui.desk import Desk
from tui.language import N_, _, plural
from tui.messages import ConversationGone, OpenConversation, OpenDocument
from tui.paths import place_of
from tui.rooms.history.contents import Contents, find
from tui.rooms.history.librarian import Librarian, Noticed, Refused
from tui.rooms.history.page import Page, page_of
from tui.rooms.history.preview import Preview
from tui.rooms.history.search import Nothing, SearchField, ViewName
from tui.rooms.history.shelf import Shelf
from tui.rooms.history.told import Done, Found, Listed, Outdated, Turned
from tui.rooms.room import Room
from tui.screens.confirm import ConfirmScreen
from tui.screens.entry import EntryScreen

_PAUSE = 0.12
"""Seconds without a key before a search begins: nobody reads what is found for half a word."""
_MOMENT = 0.05
"""Seconds that one stays at a row before its page is drawn: who walks through many reads none."""
_LOOK_AGAIN = 1.0
"""Seconds between two looks whether others have written."""
_NARROW = 64
"""Columns below which there is room for the list only."""
_STANDARD_INPUT = "-"


class HistoryRoom(Room):
    """The list is of `view`, or of what was found; what is done to a conversation can be undone."""

    NAME = "history"
    TITLE = N_("History")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", N_("open"), id="history.open"),
        Binding("slash", "search('')", N_("search"), key_display="/", id="history.search"),
        Binding("r", "rename", N_("rename"), id="history.rename"),
        Binding("a", "archive", N_("archive"), id="history.archive"),
        Binding("d,delete", "remove", N_("delete"), id="history.remove"),
        Binding("u", "undo", N_("undo"), id="history.undo"),
        Binding("e", "export", N_("export"), id="history.export"),
        Binding("v", "view", N_("other list"), id="history.view"),
        Binding("x", "purge", N_("delete for good"), show=False, id="history.purge"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.contents = Contents()
        self.now: Callable[[], float] = time
        """Seconds since 1970."""
        self._librarian = Librarian(self)
        self._page: Page | None = None
        self._undo: list[Callable[[Store], None]] = []
        self._timer: Timer | None = None
        self._turning: Timer | None = None
        self._version: int | None = None
        """Of the store, for the librarian's thread alone."""

    def compose(self) -> ComposeResult:
        with Horizontal(id="find"):
            yield Static("⌕", classes="sign", markup=False)
            yield SearchField(id="search", compact=True)
            yield ViewName(id="shown", markup=False)
        with Horizontal(id="both"):
            yield Shelf()
            yield Preview(id="preview")
            yield Nothing(id="nothing", markup=False)

    def on_mount(self) -> None:
        self._shelf = self.query_one(Shelf)
        self._search = self.query_one(SearchField)
        self.set_interval(_LOOK_AGAIN, self._look_again)
        self.show_words()

    def on_unmount(self) -> None:
        self._librarian.close()

    def on_resize(self) -> None:
        self.set_class(self.size.width < _NARROW, "-narrow")

    def arrive(self) -> None:
        self._search.focus()
        self._read()

    def back(self) -> None:
        """One thing after the other: the search, then the list that is not the usual one."""
        if self.words:
            self._search.value = ""
        elif self.contents.view != "kept":
            self.contents.view = "kept"
            self._draw(keep=False)
        self._search.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the search its own key is a letter like any other."""
        typing = self.is_mounted and self.screen.focused is self._search
        return not (typing and (action, parameters) == ("search", ("",)))

    # What is read

    def _look_again(self) -> None:
        """Answers are written in other rooms while one is here."""
        if self.display:
            self._librarian.ask(self._compare, kind="version")

    def _list(self, store: Store) -> Message:
        self._version = store.version()
        return Listed(store.entries(), store.entries(removed=True))

    def _compare(self, store: Store) -> Message | None:
        before, self._version = self._version, store.version()
        return Outdated() if before not in (None, self._version) else None

    @on(Outdated)
    def _outdated(self) -> None:
        self._read()

    def _read(self) -> None:
        """The list anew, and what was found."""
        self._librarian.ask(self._list, kind="list")
        self._look()

    def _look(self) -> None:
        words = self.words
        if words:
            self._librarian.ask(lambda store: Found(find(store, words)), kind="search")
        elif self.contents.found is not None:
            self.contents.found = None
            self._draw(keep=False)

    @property
    def words(self) -> str:
        """What is searched for; empty: nothing."""
        return " ".join(self._search.value.split())

    @on(Input.Changed, "#search")
    def _typed(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE if self.words else 0.001, self._look)

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self.contents.kept, self.contents.removed = message.kept, message.removed
        if self.contents.found is None:
            self._draw()

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.findings.search == self.words:
            same = self.contents.search == message.findings.search
            self.contents.found = message.findings
            self._draw(keep=same)

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self.notify(one_line(str(message.error)), severity="error", markup=False, timeout=10)

    @on(Noticed)
    def _noticed(self, message: Noticed) -> None:
        self.notify(one_line(message.text), severity="warning", markup=False, timeout=10)

    # What is drawn

    def show_words(self) -> None:
        self._search.placeholder = _("search in all conversations")
        self._draw()
        self.call_later(self._draw_page)

    def _draw(self, *, keep: bool = True) -> None:
        items = self.contents.items(self.now())
        self._shelf.show(items, keep=keep)
        nothing = self.query_one(Nothing)
        stays = self._shelf.has_focus or nothing.has_focus
        self.set_class(not items, "-empty")
        nothing.update(self.contents.nothing)
        if stays:  # the keys of the list go on working: undo, the other lists
            (self._shelf if items else self._search if self.words else nothing).focus()
        self.query_one(ViewName).update(self.contents.name)
        chosen = self.chosen
        if chosen is not None and self._page is not None and self._page.is_before(chosen[0]):
            self._turn()
        if not items:
            self._page = None
            self.call_later(self._draw_page)

    async def _draw_page(self) -> None:
        await self.query_one(Preview).show(self._page, self.now())

    @property
    def chosen(self) -> tuple[Entry, str | None] | None:
        """The conversation of the chosen row, and the turn that was found in it."""
        row = self._shelf.row
        return self.contents.of(row.key) if row is not None else None

    @on(Shelf.Moved)
    def _moved(self) -> None:
        if self._turning is not None:
            self._turning.stop()
        self._turning = self.set_timer(_MOMENT, self._turn)

    def _turn(self) -> None:
        """Ask for the page of the row one has stopped at."""
        chosen, row = self.chosen, self._shelf.row
        if chosen is None or row is None:
            return
        (entry, turn), key, words = chosen, row.key, self.contents.search
        self._librarian.ask(lambda store: Turned(key, page_of(store, entry, turn=turn, search=words)), kind="page")

    @on(Turned)
    async def _turned(self, message: Turned) -> None:
        row = self._shelf.row
        if row is not None and row.key == message.key:
            self._page = message.page
            await self._draw_page()

    # What the user does

    def action_search(self, words: str) -> None:
        """Search for these words, or for what is typed next."""
        self._search.focus()
        if words:
            self._search.value = words

    @on(SearchField.Down)
    def _down(self) -> None:
        """From the search into the list."""
        if self._shelf.rows:
            self._shelf.focus()
        elif not self.words:
            self.query_one(Nothing).focus()

    @on(Shelf.Left)
    def _left(self) -> None:
        self._search.focus()

    @on(Shelf.Opened)
    @on(Input.Submitted, "#search")
    def action_open(self) -> None:
        """Go on with the conversation where it is kept, or with the document that it is about."""
        if self.chosen is None:
            return
        entry, turn = self.chosen
        heading = entry.heading
        if heading.removed:
            self._librarian.ask(lambda store: store.restore(heading.id))
        if not heading.document:
            self.post_message(OpenConversation(heading.id, turn))
        elif _STANDARD_INPUT in heading.document.split("\n"):
            text = _(
                "This is about a text from a pipe, which is gone. What was said of it can be read here, and exported."
            )
            self.notify(text, severity="warning", markup=False)
        else:
            self.post_message(OpenDocument(heading.document, conversation=heading.id, turn=turn))

    def action_rename(self) -> None:
        """Give it a title; an empty one: its first question again."""
        if self.chosen is None:
            return
        entry, _turn = self.chosen
        identity, old = entry.heading.id, entry.heading.title
        shown = old or entry.title

        def renamed(title: str | None) -> None:
            if title is not None and title != shown:
                words = _("renamed; u undoes it")
                self._change(
                    words, lambda store: store.rename(identity, title), lambda store: store.rename(identity, old)
                )

        screen = EntryScreen(_("Title"), shown, help=_("empty: the first question stands for it"))
        self.app.push_screen(screen, renamed)

    def action_archive(self) -> None:
        """Put it with the archived ones, or back."""
        if self.chosen is None:
            return
        heading = self.chosen[0].heading
        identity, archived = heading.id, not heading.archived
        self._change(
            _("archived; u undoes it") if archived else _("no longer archived; u undoes it"),
            lambda store: store.archive(identity, archived=archived),
            lambda store: store.archive(identity, archived=not archived),
        )

    def action_remove(self) -> None:
        """Take it out of the lists; those that were removed come back."""
        if self.chosen is None:
            return
        heading = self.chosen[0].heading
        identity = heading.id
        if heading.removed:
            self._change(_("restored"), lambda store: store.restore(identity), lambda store: store.remove(identity))
        else:
            self.post_message(ConversationGone(identity))
            self._change(
                _("deleted; u brings it back"),
                lambda store: store.remove(identity),
                lambda store: store.restore(identity),
            )

    def action_undo(self) -> None:
        """Take back the last change that was made here."""
        if not self._undo:
            self.notify(_("nothing to undo"), markup=False)
            return
        undo = self._undo.pop()
        self._change(_("undone"), undo, None)

    def action_purge(self) -> None:
        """Delete its words from the disk, after asking."""
        if self.chosen is None:
            return
        entry = self.chosen[0]
        identity = entry.heading.id

        def sure(yes: bool | None) -> None:
            if yes:
                self.post_message(ConversationGone(identity))
                self._librarian.ask(purged)

        def purged(store: Store) -> Message:
            gone = store.purge(identity)
            words = _("deleted for good")
            return Done(
                words
                if gone
                else words + "; " + _("other programs have the file open: its log keeps the words until then")
            )

        text = _("“{title}” and its {turns} are overwritten on the disk. Nothing brings them back.").format(
            title=one_line(entry.title), turns=plural("{count} turn", "{count} turns", entry.turns)
        )
        self.app.push_screen(ConfirmScreen(_("Delete for good?"), text, yes=_("Delete")), sure)

    def action_export(self) -> None:
        """Write it to a file whose name is asked for."""
        if self.chosen is None:
            return
        entry = self.chosen[0]
        name = re.sub(r"\W+", "-", one_line(entry.title))[:40].strip("-") or "conversation"

        def named(path: str | None) -> None:
            if path:
                self._librarian.ask(lambda store: written(store, Path(place_of(path))))

        def written(store: Store, path: Path) -> Message:
            export_conversation(*store.load(entry.heading.id), path)
            return Done(_("written to {path}").format(path=one_line(str(path.absolute()))))

        text = _("Markdown; a name that ends in .json: everything, to be read again")
        self.app.push_screen(EntryScreen(_("Write to a new file"), f"{name}.md", help=text), named)

    @on(ViewName.Clicked)
    def action_view(self) -> None:
        """The next list: what is kept, what is archived, what was deleted."""
        self._search.value = ""
        self.contents.turn_over()
        self._draw(keep=False)

    def _change(self, words: str, change: Callable[[Store], None], undo: Callable[[Store], None] | None) -> None:
        def changed(store: Store) -> Message:
            change(store)
            return Done(words, undo)

        self._librarian.ask(changed)

    @on(Done)
    def _done(self, message: Done) -> None:
        if message.undo is not None:
            self._undo.append(message.undo)
        self.notify(message.words, markup=False)
        self._read()
