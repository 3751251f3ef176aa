"""What the room of documents is made of, and how its parts hang together: where one looks in one, the others show.

Knows documents and what was said of them; not where files come from, nor when a model works.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant import Document, one_line
from tui.aside import Aside
from tui.desk import Desk
from tui.language import N_, _, plural
from tui.rooms.documents.beside import Beside
from tui.rooms.documents.coverage import CoverageStrip
from tui.rooms.documents.findings import Finding
from tui.rooms.documents.question import QuestionLine
from tui.rooms.documents.recent import RecentList
from tui.rooms.documents.search import matches
from tui.rooms.documents.section import Section
from tui.rooms.documents.spans import Span, Spans
from tui.rooms.documents.text_view import Marks, TextView
from tui.rooms.room import Room

SIDE_BY_SIDE = 100
"""Columns from which text and words stand beside each other; below that, one above the other."""

WELCOME = N_(
    "Open a document: Ctrl+O, /open FILE, or drop a file on this window.\n\n"
    "Text, Markdown, PDF, Word, HTML, EPUB, RTF, e-mail, subtitles, CSV, or a folder of them.\n"
    "It is read on this machine, and nothing of it leaves."
)

Pane = Literal["", "text", "beside"]


class Page(Room):
    """A document and what is said of it; or, before one is open, how to open one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "figure(1)", N_("next figure"), show=False, id="documents.next_figure"),
        Binding("p", "figure(-1)", N_("figure before"), show=False, id="documents.previous_figure"),
        Binding("u", "missing", N_("unsupported"), id="documents.next_missing"),
        Binding("slash", "find", N_("find"), show=False, id="documents.find"),
        Binding("f", "find_next(1)", N_("next match"), show=False, id="documents.find_next"),
        Binding("F", "find_next(-1)", N_("match before"), show=False, id="documents.find_previous"),
        Binding("z", "zoom", N_("one pane"), show=False, id="documents.zoom"),
        Binding("a", "ask", N_("ask"), id="documents.ask"),
    ]

    @dataclass
    class Searched(Message):
        """The text was searched for these words."""

        text: str
        words: str
        found: list[Span]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._searching = Aside(self, "luciole-find")
        self.title = Static(markup=False, id="document-title")
        self.text = TextView()
        self.beside = Beside()
        self.strip = CoverageStrip()
        self.news = Static(markup=False, id="document-news")
        self.line = QuestionLine()
        self.welcome = Static(markup=False, id="document-welcome")
        self.recent = RecentList()
        self.document: Document | None = None
        self._unread = Spans()
        self._matches: list[Span] = []
        self._match = -1
        self._hint = ""
        self._zoom: Pane = ""

    def compose(self) -> ComposeResult:
        yield self.title
        yield self.welcome
        yield self.recent
        with Container(id="document-panes"):
            yield self.text
            yield self.beside
        yield self.strip
        yield self.news
        yield self.line

    def on_mount(self) -> None:
        self.news.display = self.recent.display = False
        self.set_class(True, "-empty")
        self.show_words()

    def on_unmount(self) -> None:
        self._searching.close()

    @property
    def summary(self) -> Section:
        """The one of the whole document."""
        return self.beside.sections[0]

    async def show_document(self, document: Document, *, at: int = 0, anew: bool = True) -> None:
        """This one from now on; `anew`: nothing was said of it yet."""
        self.document = document
        self.remove_class("-empty")
        self.recent.display = False
        self.line.take_questions()
        if anew:
            await self.beside.remove_children()
            await self.beside.mount(Section())
        self.beside.forget()
        self._unread, self._matches, self._match, self._hint = Spans(), [], -1, ""
        self.strip.clear(len(document.text))
        self.text.show(document, at=at)
        self.mark()

    def cover(self, unread: Sequence[Span], *, kept_all: bool = False) -> None:
        """The document was read, but for this."""
        self._unread = Spans(unread)
        self.strip.finish(self._unread, kept_all=kept_all)
        self.mark_again()

    def mark(self, *, shown: Span | None = None, figures: tuple[Span, ...] = (), figure: int = 0) -> None:
        """Mark in the text what is looked at from now on, beside all that is known of it."""
        used = Spans(self.beside.used())
        self.strip.use(used)
        self.text.mark(Marks(used, self._unread, shown, figures, figure, Spans(self._matches)))

    def mark_again(self) -> None:
        """The same is looked at, but more is known of the text."""
        now = self.text.marks
        self.mark(shown=now.shown, figures=now.figures, figure=now.figure)

    # Where one looks

    @on(Beside.Looked)
    def _looked(self, message: Beside.Looked) -> None:
        self._show_finding(message.finding, message.place)

    def _show_finding(self, finding: Finding, place: int) -> None:
        if not finding.places:
            self.mark()
            if finding.kind == "figure":
                self.say(_("this is not in the document"))
            else:
                self.say(_("nothing in the document is like this sentence"))
            return
        span = finding.places[place]
        if finding.kind == "figure":
            self.mark(shown=self._lines_of(span), figures=finding.places, figure=place)
            self.say(_("place {number} of {count}").format(number=place + 1, count=len(finding.places)))
        else:
            self.mark(shown=span)
            self.say("")
        self.text.go_to(span)

    @on(TextView.Pointed)
    def _pointed(self, message: TextView.Pointed) -> None:
        if not self.beside.look_at_what_rests_on(message.offset):
            self.say(_("nothing beside rests on this place"))
        elif self._zoom == "text":
            self._zoom_to("beside")
            self.beside.focus()

    @on(CoverageStrip.Pointed)
    def _pointed_far(self, message: CoverageStrip.Pointed) -> None:
        self.text.go_to((message.offset, message.offset))
        self.text.focus()

    @on(Beside.Read)
    def _read_on(self) -> None:
        if self._zoom == "beside":
            self._zoom_to("text")
        self.text.focus()

    @on(TextView.Moved)
    def _moved(self) -> None:
        self._show_title()

    def _lines_of(self, span: Span) -> Span:
        """The whole lines that hold it."""
        text = self.text.document.text
        end = text.find("\n", max(span[1] - 1, span[0]))
        return text.rfind("\n", 0, span[0]) + 1, end if end >= 0 else len(text)

    def say(self, hint: str) -> None:
        """In the title, until something else is looked at."""
        self._hint = hint
        self._show_title()

    def action_figure(self, step: int) -> None:
        """To the next figure in the words, and its place, or to the one before."""
        if step > 0:
            self.beside.action_next("figure")
        else:
            self.beside.action_previous("figure")

    def action_missing(self) -> None:
        """To the next figure that the document does not have."""
        self.beside.action_next("missing")

    # Finding in the text

    def action_find(self) -> None:
        """Search for something in the text."""
        self.line.find()

    @on(QuestionLine.Find)
    def _find(self, message: QuestionLine.Find) -> None:
        if message.whole and self._matches:
            self.line.ask()
            self.text.focus()
            return
        text, words = self.text.document.text, message.text
        self._searching.only(lambda _stopped: self.Searched(text, words, matches(text, words)))

    @on(Searched)
    def _searched(self, message: Searched) -> None:
        if message.text is not self.text.document.text or self.line.mode != "find":
            return
        self._matches, self._match = message.found, -1
        self.mark()
        if self._matches:
            after = bisect_left(self._matches, (self.text.top, 0))
            self._go_to_match(after if after < len(self._matches) else 0)
        else:
            self.say(_("not found") if message.words else "")

    def action_find_next(self, step: int) -> None:
        """The next match, or the one before."""
        if self._matches:
            self._go_to_match((self._match + step) % len(self._matches))

    def _go_to_match(self, number: int) -> None:
        self._match, span = number, self._matches[number]
        self.mark(figures=(span,))
        self.text.go_to(span)
        self.say(_("match {number} of {count}").format(number=number + 1, count=len(self._matches)))

    # What is seen of it

    def action_ask(self) -> None:
        """To the line for questions."""
        self.line.ask()

    def action_zoom(self) -> None:
        """Only the pane that has the focus, or both again."""
        self._zoom_to("" if self._zoom else "text" if self.text.has_focus else "beside")

    def _zoom_to(self, pane: Pane) -> None:
        self._zoom = pane
        self.text.display = pane != "beside"
        self.beside.display = pane != "text"

    def leave(self) -> bool:
        """Leave what is open over the page: the search, the one pane. False: nothing was."""
        if self.line.mode == "find":
            self._matches, self._match = [], -1
            self.line.ask()
            self.mark()
            self.say("")
            self.text.focus()
            return True
        if self._zoom:
            self._zoom_to("")
            return True
        return False

    @on(QuestionLine.Left)
    def _left(self) -> None:
        self.look()

    def look(self) -> None:
        """The focus, where one reads."""
        if self.document is None:
            if self.recent.display:
                self.recent.focus()
            else:
                self.line.ask()
        elif self.beside.display and (self.summary.words.findings or not self.text.display):
            self.beside.focus()
        else:
            self.text.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < SIDE_BY_SIDE, "-narrow")

    # Words

    def show_words(self) -> None:
        self.welcome.update(_(WELCOME))
        self._show_title()

    def _show_title(self) -> None:
        if self.document is None:
            self.title.update("")
            return
        place = self.text.place
        name = one_line(PurePath(self.document.name).name or self.document.name)
        words = [one_line(PurePath(place.file).name)] if place.file else []
        if self.document.files:
            name = plural("{count} file", "{count} files", len(self.document.files))
        words.append(_("line {line}").format(line=f"{place.lines[0]:,}"))
        if place.page:
            words.append(_("page {page}").format(page=one_line(place.page)))
        if place.heading:
            words.append(one_line(place.heading))
        parts: list[str | tuple[str, str]] = [(name, "bold"), (f"  {' · '.join(words)}", "$foreground 60%")]
        if self._hint:
            parts.insert(1, (f"  {self._hint}", "bold $primary"))
        self.title.update(Content.assemble(*parts))
