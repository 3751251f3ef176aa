"""The page at work: jobs for the engine, what comes of them, and a file that is kept up with."""

from pathlib import PurePath
from time import monotonic
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from assistant import (
    Answer,
    AnswerDecided,
    Cancelled,
    Changed,
    Decided,
    Discarded,
    Document,
    Keeper,
    PieceDone,
    Reading,
    Result,
    Settled,
    Summary,
    Text,
    Trouble,
    Version,
    Waiting,
    one_line,
)
from assistant import Noted as WatchingNoted
from tui.aside import Aside
from tui.desk import Desk
from tui.jobs import Job
from tui.language import N_, _
from tui.messages import Began, ContextUsed, Ended, Failed, Heard, Noted, Reported, Withdrawn
from tui.rooms.documents.page import Page
from tui.rooms.documents.section import Section
from tui.rooms.documents.study import Study
from tui.rooms.documents.telling import ago, changes_words
from tui.rooms.documents.watching import Watching, WatchNews, WatchReady
from tui.rooms.documents.words import place_label
from tui.words import title


class Working(Page):
    """Owns the study of the open document; `_jobs` are its jobs that run or wait, and where their words go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "summarize_again", N_("summarize"), id="documents.summarize"),
        Binding("w", "watch_on_off", N_("watch"), id="documents.watch"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.aside = Aside(self, "luciole-documents")
        self.exporting = Aside(self, "luciole-export")
        """Apart: what is opened meanwhile takes nothing from it, and what came of it is always told."""
        self.clock = monotonic
        """Seconds that only grow."""
        self.study: Study | None = None
        self.before: tuple[Document, Summary | None] | None = None
        """What the file was before it changed last, and its summary."""
        self._jobs: dict[Job, Section] = {}
        self._keeper: Keeper | None = None
        self._watching: Watching | None = None
        self._attempt: Job | None = None
        """The one for a version of the watched file."""
        self._keeps_up = False
        self._changed: tuple[float, Changed] | None = None
        self._trouble = ""
        self._decided: Decided | None = None

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        self.aside.close()
        self.exporting.close()
        self._stop_watching()
        if self._keeper is not None:
            self._keeper.close()

    @property
    def keeper(self) -> Keeper:
        """Of the questions; made with the first one."""
        if self._keeper is None:
            self._keeper = Keeper()
        return self._keeper

    @property
    def is_busy(self) -> bool:
        """Something of this room is with the engine, or waits for it."""
        return bool(self._jobs)

    def begin(self, study: Study) -> None:
        """From now on this is worked on, and nothing of what was before."""
        left = self.study if self.desk.running in self._jobs else None
        self.drop()
        if left is not None:  # minutes of reading may end here, which nobody should find out later
            name = PurePath(left.document.name).name or left.document.name
            self.notify(f"{one_line(name)}: {_('stopped here')}", severity="warning", markup=False)
        self.study = study

    def drop(self) -> None:
        """Work on nothing."""
        self._stop_watching()
        self._keeps_up, self._changed, self._trouble = False, None, ""
        self.study = self.before = None
        jobs, self._jobs = self._jobs, {}
        for job in jobs:
            if not self.desk.withdraw(job) and job is self.desk.running:
                self.desk.stop()
        self._show_news()

    # What is asked of the model

    def summarize(self, *, anew: bool = False) -> None:
        """Summarize the document as its study says, unless that is under way; `anew`: also then, from the beginning."""
        study = self.study
        under_way = [job for job, section in self._jobs.items() if section is self.summary]
        if study is None or (under_way and not anew):
            return
        for job in under_way:
            if not self.desk.withdraw(job):
                self.desk.stop()
        self._stop_watching()
        self._submit(Job(self, study.summarize, label=_("summary")), self.summary)
        if self.text.has_focus and self.beside.display:
            self.beside.focus()

    def action_summarize_again(self) -> None:
        """Summarize the document that is open."""
        self.summarize()

    async def ask(self, question: str) -> None:
        """Ask about the document."""
        study = self.study
        if study is None:
            return
        section = Section(question)
        await self.beside.mount(section)
        self.beside.scroll_end(animate=False)
        job = Job(self, lambda: study.ask(question), label=one_line(question), used=study.used)
        self._submit(job, section)

    def _submit(self, job: Job, section: Section) -> None:
        self._jobs[job] = section
        section.state = "queued"
        section.show_words()
        self.desk.submit(job)

    # What becomes of it

    @on(Began)
    def _began(self, message: Began) -> None:
        section = self._jobs.get(message.job)
        if section is not None:
            section.begin()
            self._decided = None
            if section is not self.summary:
                self.call_after_refresh(self.beside.scroll_end, animate=False)
            if section is self.summary and self.document is not None:
                self.beside.forget()
                self.strip.clear(len(self.document.text))
                self.mark()

    @on(Heard)
    def _heard(self, message: Heard) -> None:
        section = self._jobs.get(message.job)
        if section is None:
            return
        match message.event:
            case Settled(reason=reason) as settled if settled.is_worth_saying:
                section.note(reason)
            case Reading(done, total, reused):
                if section is self.summary:
                    self.strip.progress(done, total, reused)
                if self._decided is None or self._decided.strategy == "whole":
                    self.post_message(ContextUsed(self.NAME, done, exact=False))
            case Text(text):
                at_end = self.beside.is_vertical_scroll_end
                section.write(text)
                if at_end and section is not self.summary:
                    self.call_after_refresh(self.beside.scroll_end, animate=False)

    @on(Reported)
    def _reported(self, message: Reported) -> None:
        section = self._jobs.get(message.job)
        if section is None:
            return
        match message.event:
            case Decided(strategy, reason) as decided:
                self._decided = decided
                if strategy != "whole":
                    section.note(reason)
            case PieceDone(level=1) as piece:
                self._part(section, piece)
            case AnswerDecided(strategy, reason) if strategy != "whole":
                section.note(reason)
            case Discarded(reason):
                section.void(reason)
            case Result() as result:
                self._finish(section, result)
            case Answer() as answer:
                section.finish(answer)
                self.mark_again()
                self.call_after_refresh(self.beside.scroll_to_widget, section, animate=False, top=True)
            case Changed() as changed:
                self._changed = self._changed and (self._changed[0], changed)
                self._show_news()
            case Cancelled(reason):
                section.void(reason)
            case Version() as version:
                self._keep_version(section, version)
            case Trouble(reason):
                section.end("failed", reason)

    def _part(self, section: Section, piece: PieceDone) -> None:
        self.strip.part(piece.span, reused=piece.reused)
        if not piece.reused:
            place = self.text.places.of(*piece.span)
            label = place_label(place)
            named = bool(place.page or place.file)  # the label begins with a word then
            section.part(label if named else _("lines {lines}").format(lines=label), piece.summary)

    def _finish(self, section: Section, result: Result) -> None:
        if self.study is not None:
            self.study.result = result
        section.finish(result)
        coverage = result.summary.coverage
        kept_all = coverage.reused_tokens >= coverage.tokens_read
        self.cover(coverage.unread, kept_all=kept_all)

    @on(Noted)
    def _noted(self, message: Noted) -> None:
        section = self._jobs.get(message.job)
        if section is not None:
            section.note(message.text)

    @on(Ended)
    def _ended(self, message: Ended) -> None:
        section = self._jobs.pop(message.job, None)
        if section is None:
            return
        if section.state in ("running", "queued"):
            section.end("stopped")
            if not section.words.words:
                self._restore(section)
        if message.used is not None:
            self.post_message(ContextUsed(self.NAME, message.used))
        self._over(message.job)

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        section = self._jobs.pop(message.job, None)
        if section is not None:
            section.end("failed", f"{title(message.error)}: {message.error}")
            self._over(message.job)

    @on(Withdrawn)
    async def _withdrawn(self, message: Withdrawn) -> None:
        section = self._jobs.pop(message.job, None)
        if section is None:
            return
        if section.question is None:
            section.end("none")
            self._restore(section)
        else:
            await section.remove()
            self.line.text = section.question
        self._over(message.job)

    def _restore(self, section: Section) -> None:
        """Nothing was written: the summary that was there before, if it is of this text, is as good as it was."""
        result = self.study.result if self.study is not None else None
        if section is self.summary and result is not None and result.document is self.document:
            self._finish(section, result)

    def _over(self, job: Job) -> None:
        """A job of ours is over: watching goes on."""
        if job is self._attempt:
            self._attempt = None
            if self._watching is not None:
                self._watching.go_on()
        if self._keeps_up and self._watching is None and self.summary not in self._jobs.values():
            self._watch()
        self._show_news()

    # A file that changes

    def action_watch_on_off(self) -> None:
        """Keep up with the file from now on, or no longer."""
        if self.study is None:
            return
        self._keeps_up = not self._keeps_up
        if not self._keeps_up:
            self._stop_watching()
        elif self.summary not in self._jobs.values():
            self._watch()
        self._show_news()

    @property
    def keeps_up(self) -> bool:
        """The file is watched."""
        return self._keeps_up

    def _watch(self) -> None:
        study = self.study
        if study is None:
            return
        self._stop_watching()
        result, request = study.result, study.request
        shown = None if result is None else Version(0, result.document, result.summary)
        self._watching = Watching(
            self, study.path, lambda document: study.summary_of(document, request), self.desk.holder.interrupt, shown
        )
        self._watching.start()

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.close()
            self._watching = None

    @on(WatchNews)
    def _watch_news(self, message: WatchNews) -> None:
        if message.watching is not self._watching:
            return
        match message.news:
            case Waiting(text) | Trouble(text):
                self._trouble = text
            case WatchingNoted(text):
                self.summary.note(text)
            case Changed():
                pass  # as it was after all: the summary stands
        self._show_news()

    @on(WatchReady)
    async def _watch_ready(self, message: WatchReady) -> None:
        study, watching = self.study, self._watching
        if study is None or watching is None or message.watching is not watching:
            return
        self._trouble = ""
        if message.document.text != study.document.text:
            result = study.result
            self.before = (study.document, None) if result is None else (result.document, result.summary)
            self._changed = (self.clock(), Changed(message.changes, None)) if message.changes is not None else None
            top = self.text.top
            study.renew(message.document)
            await self.show_document(message.document, at=top, anew=False)
        self._attempt = Job(self, watching.attempt, label=_("summary"))
        self._submit(self._attempt, self.summary)
        self._show_news()

    def _keep_version(self, section: Section, version: Version) -> None:
        if self.study is not None and self._decided is not None:
            request = self.study.request
            result = Result(version.document, request, self._decided, version.summary)
            self.study.keep(result)
            self._finish(section, result)

    def show_progress(self, fraction: float | None) -> None:
        del fraction  # the words say it too
        section = self._jobs.get(self.desk.running) if self.desk.running is not None else None
        if section is not None:
            section.doing = self.desk.activity.words

    def _tick(self) -> None:
        if self._changed is not None:
            self._show_news()

    def _show_news(self) -> None:
        self.news.display = self._keeps_up
        if not self._keeps_up:
            return
        words = [_("watching")]
        if self._trouble:
            words.append(one_line(self._trouble))
        elif self._changed is not None:
            when, changed = self._changed
            words.append(_("changed {ago}").format(ago=ago(self.clock() - when)))
            words.append(changes_words(changed.changes))
            if changed.again is not None and self.summary in self._jobs.values():
                words.append(
                    _("re-reading {tokens} of {total} tokens").format(
                        tokens=f"{changed.again.tokens:,}", total=f"{changed.again.total:,}"
                    )
                )
        self.news.update(f"◉ {' · '.join(words)}")

    def show_words(self) -> None:
        super().show_words()
        self._show_news()
