"""A question and its answer, or the summary: words, and below them what is to be known of these words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant import Answer, Checked, Place, Result, one_line, printable
from tui.language import _
from tui.rooms.documents.findings import findings_of
from tui.rooms.documents.offers import AFTER, BEFORE, META, offered
from tui.rooms.documents.telling import Line, answer_lines, checked_line, summary_lines
from tui.rooms.documents.words import Words
from tui.said import said
from tui.widgets.laid_out_once import LaidOutOnce

State = Literal["none", "queued", "running", "done", "stopped", "failed"]


_PARTS = 3
"""Parts whose summaries are shown while the others are read."""


class Section(LaidOutOnce, Vertical):
    """`question`: what was asked; None: it is the summary."""

    def __init__(self, question: str | None = None) -> None:
        super().__init__()
        self.question = question
        self.state: State = "none"
        self.told: Result | Answer | None = None
        """What it came to."""
        self.words = Words()
        self._checked: Checked | None = None
        self._reason = ""
        self._notes: list[str] = []
        self._doing = ""
        self._parts: list[tuple[str, str]] = []
        self._before = Static(markup=False, classes="before")
        self._head = Static(markup=False, classes="head")
        self._below = Static(markup=False, classes="below")
        self._offers = Static(markup=False, classes="below")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._before
        yield self.words
        yield self._below
        yield self._offers

    def on_mount(self) -> None:
        self.show_words()

    @dataclass
    class Wanted(Message):
        """The reader clicked on something that can be done: an action of the room."""

        action: str

    def begin(self) -> None:
        """The model is at it."""
        self.state, self.told, self._reason, self._notes, self._checked = "running", None, "", [], None
        self._doing, self._parts = "", []
        self.words.write("")
        self.show_words()

    @property
    def doing(self) -> str:
        """What the model is at, until there are words."""
        return self._doing

    @doing.setter
    def doing(self, words: str) -> None:
        if words != self._doing:
            self._doing = words
            self._show_before()

    def part(self, place: str, words: str) -> None:
        """One of its parts is summarized; nothing of that has been looked up yet."""
        self._parts.append((place, words))
        self._show_before()

    def write(self, piece: str) -> None:
        """More words, marked."""
        begins = not self.words.words
        self.words.write(self.words.words + piece)
        if begins:
            self._show_before()

    def void(self, reason: str) -> None:
        """What was written is not valid any more."""
        self.words.write("")
        self.note(reason)

    def note(self, text: str) -> None:
        """Something the reader should know, below the words."""
        self._notes.append(text)
        self.show_words()

    def finish(self, told: Result | Answer) -> None:
        """The words as they are, with all that was found of them."""
        self.state, self.told = "done", told
        if isinstance(told, Result):
            self.words.show(told.summary.summary, findings_of(told.summary.checked, told.summary.places))
        else:
            self.words.show(told.answer, findings_of(told.checked, told.places))
        self.show_words()

    def recall(self, answer: str, checked: Checked, places: Sequence[Place | None]) -> None:
        """An answer from before; what it took nobody knows any more."""
        self.state = "done"
        self._checked = checked
        self.words.show(answer, findings_of(checked, places))
        self.show_words()

    def end(self, state: State, reason: str = "") -> None:
        """It came to no end of its own; `reason`: an error's line."""
        if self.state != "done":
            self.state, self._reason = state, reason
            self.show_words()

    @property
    def missing(self) -> int:
        """Figures and names that the document does not have."""
        return sum(finding.kind == "figure" and not finding.supported for finding in self.words.findings)

    def show_words(self) -> None:
        """Draw what is ours anew."""
        self.set_class(self.state == "running", "-running")
        self.set_class(bool(self.missing), "-missing")
        self._head.update(self._heading())
        self._show_before()
        lines = list(self._lines())
        self._below.update(Content("\n").join(Content.styled(f"{line.sign}{line.text}", _look(line)) for line in lines))
        self._below.display = bool(lines)
        self._offers.display = self.question is None and self.state in ("done", "stopped", "failed")
        if self._offers.display:
            self._offers.update(offered(self.app, AFTER, "  "))

    def _show_before(self) -> None:
        """What there is to be seen before the words: how far it is, and what was found in the parts read last."""
        waits = self.state == "running" and not self.words.words
        untouched = self.state == "none" and self.question is None
        self._before.display = waits or untouched
        if untouched:
            self._before.update(offered(self.app, BEFORE, "\n"))
        if not waits:
            return
        lines = [Content.styled(self._doing, "italic $foreground 60%")]
        if self._parts:
            lines.append(Content.styled(_("parts on their own, not looked up yet:"), "italic $foreground 60%"))
        for place, words in self._parts[-_PARTS:]:
            lines += [Content(""), Content.assemble((place, "$primary"), f"  {one_line(words)}")]
        self._before.update(Content("\n").join(lines))

    def on_click(self, event: events.Click) -> None:
        action = event.style.meta.get(META)
        if isinstance(action, str):
            event.stop()
            self.post_message(self.Wanted(action))

    def _heading(self) -> Content:
        title = _("Summary") if self.question is None else printable(self.question)
        content = Content.styled(title, "bold $primary" if self.question is None else "bold")
        if self.question is not None:
            content = Content.assemble(("❯ ", "bold $primary"), content)
        if self.missing:
            flag = _("{count} not in the document").format(count=self.missing)
            content = Content.assemble(content, "  ", (f" {flag} ", "bold reverse $error"))
        state = {"queued": _("waiting"), "running": "", "stopped": _("stopped here"), "failed": _("failed")}
        if words := state.get(self.state, ""):
            content = Content.assemble(content, "  ", (words, "italic $foreground 60%"))
        return content

    def _lines(self) -> Iterable[Line]:
        yield from (Line(one_line(said(note))) for note in self._notes)
        if isinstance(self.told, Result):
            yield from summary_lines(self.told)
        elif self.told is not None:
            yield from answer_lines(self.told)
        elif self._checked is not None:
            yield checked_line(self._checked.claims)
        if self._reason:
            yield Line(one_line(said(self._reason)), bad=True)


def _look(line: Line) -> str:
    return "$warning" if line.bad else "$foreground 60%"
