"""The room of documents: a text, beside it what a model says of it, and from each word of that the way to its place."""

from pathlib import Path, PurePath
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message

from assistant import Answer, AssistantError, OutputFailed, Request, Result, export_findings, one_line
from tui.aside import Stopped
from tui.commands import Unknown, parse
from tui.language import N_, _
from tui.messages import ContextUsed, Do, OpenDocument
from tui.paths import place_of
from tui.prompt.folding import dropped
from tui.rooms.documents.changes import ChangesScreen
from tui.rooms.documents.opening import DocumentRead, DocumentRefused, Exchange, Wanted, opening
from tui.rooms.documents.question import QuestionLine
from tui.rooms.documents.recent import RecentFound, RecentList, find_recent
from tui.rooms.documents.request import RequestScreen
from tui.rooms.documents.section import Section
from tui.rooms.documents.spans import Span
from tui.rooms.documents.study import Opened, Study
from tui.rooms.documents.working import Working
from tui.screens.entry import EntryScreen
from tui.screens.pick_file import PickFileScreen

_LETTERS = frozenset(
    [
        "figure",
        "missing",
        "summarize_again",
        "watch_on_off",
        "find",
        "find_next",
        "zoom",
        "ask",
        "options",
        "changes",
        "copy",
        "export",
    ]
)
"""Actions whose keys are letters: none of them is offered while one types."""


class Exported(Message):
    """What was found out was written, or `error` says why not."""

    def __init__(self, path: str, error: AssistantError | None = None) -> None:
        super().__init__()
        self.path = path
        self.error = error


class DocumentsRoom(Working):
    """One document at a time. What is opened takes the place of what was."""

    NAME = "documents"
    TITLE = N_("Documents")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "pick", N_("open"), id="documents.open"),
        Binding("o", "options", N_("options"), id="documents.options"),
        Binding("d", "changes", N_("what changed"), show=False, id="documents.changes"),
        Binding("y", "copy", N_("copy"), show=False, id="documents.copy"),
        Binding("x,ctrl+e", "export", N_("export"), id="documents.export"),
    ]

    _wanted: Wanted | None = None
    """What is being opened."""

    def arrive(self) -> None:
        self.look()
        if self.document is None and self._wanted is None:
            self.aside.only(find_recent)

    @on(RecentFound)
    def _recent_found(self, message: RecentFound) -> None:
        if self.document is None:
            self.recent.offer(message.found)
            if self.line.has_words and not self.line.text:
                self.look()

    @on(RecentList.Opened)
    def _recent_opened(self, message: RecentList.Opened) -> None:
        self.post_message(OpenDocument(message.recent.path, conversation=message.recent.conversation))

    def back(self) -> None:
        if not self.leave():
            self.look()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _LETTERS and (self.line.has_words or (self.document is None and action != "ask")):
            return False
        return super().check_action(action, parameters)

    # Opening

    async def open(
        self,
        path: str,
        *,
        summarize: bool = False,
        watch: bool = False,
        conversation: str = "",
        turn: str | None = None,
    ) -> None:
        """Show a file or a folder; with a kept conversation about it, if one is to go on."""
        self._wanted = Wanted(path, summarize, watch, conversation, turn)
        words = _("reading {name}").format(name=one_line(path))
        self.welcome.update(words)
        self.say(words)
        wanted = self._wanted
        self.aside.only(lambda _stopped: opening(wanted))

    @on(DocumentRead)
    async def _read(self, message: DocumentRead) -> None:
        wanted = message.wanted
        if wanted is not self._wanted:
            return
        self._wanted = None
        self.begin(Study(self.desk.holder, lambda: self.keeper, Opened(wanted.path, message.document), message.saved))
        await self.show_document(message.document)
        await self._recall(message.exchanges, wanted.turn)
        for note in message.document.notes:
            self.summary.note(note)
        self.look()
        self.post_message(ContextUsed(self.NAME, 0))
        if wanted.summarize or wanted.watch:
            self.summarize()
            self.beside.focus()
        if wanted.watch:
            self.action_watch_on_off()

    async def _recall(self, exchanges: tuple[Exchange, ...], turn: str | None) -> None:
        for exchange in exchanges:
            section = Section(exchange.question)
            await self.beside.mount(section)
            section.recall(exchange.answer, exchange.checked, exchange.places)
            if turn in exchange.turns:
                self.call_after_refresh(section.scroll_visible, animate=False, top=True)
        self.mark_again()

    @on(DocumentRefused)
    def _refused(self, message: DocumentRefused) -> None:
        if message.wanted is self._wanted:
            self._wanted = None
            self.say("")
            self.show_words()
            self.notify(one_line(str(message.error)), severity="error", timeout=10, markup=False)

    @on(Section.Wanted)
    async def _wanted_by_click(self, message: Section.Wanted) -> None:
        await self.run_action(message.action)

    def action_pick(self) -> None:
        """Choose a file to open."""

        def picked(path: str | None) -> None:
            if path is not None:
                self.post_message(OpenDocument(path))

        self.app.push_screen(PickFileScreen(_("Open a document")), picked)

    @on(QuestionLine.Dropped)
    def _dropped(self, message: QuestionLine.Dropped) -> None:
        self.post_message(OpenDocument(message.path))

    def on_paste(self, event: events.Paste) -> None:
        paths = dropped(event.text)
        if paths:
            event.stop()
            self.post_message(OpenDocument("\n".join(paths)))

    # Commands

    def action_open_file(self, path: str) -> None:
        """The command: show a file."""
        self.post_message(OpenDocument(path))

    def action_summarize(self, path: str = "") -> None:
        """The command: summarize a file, or the one that is open."""
        if path:
            self.post_message(OpenDocument(path, summarize=True))
        elif self.study is not None:
            self.summarize()
        else:
            self.action_pick()

    def action_watch(self, path: str = "") -> None:
        """The command: keep up with a file, or with the one that is open."""
        if path:
            self.post_message(OpenDocument(path, watch=True))
        else:
            self.action_watch_on_off()

    @on(QuestionLine.Asked)
    async def _asked(self, message: QuestionLine.Asked) -> None:
        try:
            called = parse(message.text)
        except Unknown as error:
            self.line.text = message.text
            self.notify(one_line(str(error)), severity="warning", markup=False)
            return
        if called is not None:
            command, argument = called
            self.post_message(Do(command.name, argument))
        elif self.study is not None:
            await self.ask(message.text)
        else:
            self.line.text = message.text
            self.notify(_("no document is open; /open FILE opens one"), severity="warning", markup=False)

    # What kind of summary, what changed, and where it goes

    def action_options(self) -> None:
        """What kind of summary is wanted; then it is made."""
        study = self.study
        if study is None:
            return

        def chosen(request: Request | None) -> None:
            if request is not None and self.study is study:
                study.request = request
                self.summarize(anew=True)

        self.app.push_screen(RequestScreen(study.request), chosen)

    def action_changes(self) -> None:
        """What changed in the watched file, and in its summary."""
        if self.document is None or self.before is None:
            self.notify(_("nothing has changed since the document was opened"), markup=False)
            return
        document, summary = self.before
        result = self.study.result if self.study is not None else None
        summaries = None
        if summary is not None and result is not None and result.document is self.document:
            summaries = summary.summary, result.summary.summary

        def chosen(span: Span | None) -> None:
            if span is not None:
                self.mark(shown=span)
                self.text.go_to(span)
                self.text.focus()

        self.app.push_screen(ChangesScreen(document, self.document, summaries), chosen)

    def action_copy(self) -> None:
        """Copy the sentence that is looked at and where it stands, else all that was said last."""
        text = self.beside.copied
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(_("{count} characters copied").format(count=f"{len(text):,}"), markup=False)

    def action_export(self, path: str = "") -> None:
        """Write the summary, its sources and the answers to a file; without a name it is asked for."""
        result = self.study.result if self.study is not None else None
        if result is None:
            self.notify(_("there is no summary yet"), severity="warning", markup=False)
            return
        answers = [section.told for section in self.beside.sections if isinstance(section.told, Answer)]

        def named(path: str | None) -> None:
            if path:
                self._write(result, answers, path)

        if path:
            self._write(result, answers, path)
            return
        name = f"{PurePath(result.document.name).stem}.summary.md"
        help_ = _("Markdown; JSON where the name ends in .json")
        self.app.push_screen(EntryScreen(_("Export to a new file"), one_line(name), help=help_), named)

    def _write(self, result: Result, answers: list[Answer], path: str) -> None:
        def work(_stopped: Stopped) -> Message:
            try:
                export_findings(result, answers, Path(place_of(path)))
            except OutputFailed as error:
                return Exported(path, error)
            return Exported(path)

        self.exporting.do(work)

    @on(Exported)
    def _exported(self, message: Exported) -> None:
        if message.error is None:
            self.notify(_("written to {path}").format(path=one_line(message.path)), markup=False)
        else:
            self.notify(one_line(str(message.error)), severity="error", timeout=10, markup=False)
