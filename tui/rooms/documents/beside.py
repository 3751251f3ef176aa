"""What stands beside the text: the summary and the answers under it, and a cursor over what can be looked at.

The cursor goes from source to source and from figure to figure; where it goes is told, and the room shows the place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.message import Message

from assistant import place_words
from tui.language import N_
from tui.rooms.documents.findings import Finding
from tui.rooms.documents.section import Section
from tui.rooms.documents.spans import Span
from tui.rooms.documents.words import Words
from tui.widgets.laid_out_once import LaidOutOnce

At = tuple[Section, int]
"""A section, and the number of a finding in it."""


class Beside(LaidOutOnce, VerticalScroll, can_focus=True):
    """Sections, the summary first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "next('source')", N_("next source"), id="documents.next_source"),
        Binding("up,k", "previous('source')", N_("source before"), show=False, id="documents.previous_source"),
        Binding("right", "next('figure')", N_("next figure"), show=False, id="documents.right"),
        Binding("left", "previous('figure')", N_("figure before"), show=False, id="documents.left"),
        Binding("enter", "read", N_("to the text"), show=False, id="documents.read"),
        Binding("pageup", "page(-1)", N_("a page up"), show=False, id="documents.page_up"),
        Binding("pagedown,space", "page(1)", N_("a page down"), show=False, id="documents.page_down"),
        Binding("home,g", "top", N_("to the summary"), show=False, id="documents.top"),
        Binding("end,G", "bottom", N_("to the last answer"), show=False, id="documents.bottom"),
    ]

    @dataclass
    class Looked(Message):
        """The cursor stands on this finding; `place`: which of its places is meant."""

        finding: Finding
        place: int

    @dataclass
    class Read(Message):
        """The reader wants to read on in the text."""

    def __init__(self) -> None:
        super().__init__()
        self._at: At | None = None
        self._place = 0

    @property
    def sections(self) -> tuple[Section, ...]:
        return tuple(self.query_children(Section))

    @property
    def finding(self) -> Finding | None:
        """What the cursor stands on."""
        if self._at is None or self._at[1] >= len(self._at[0].words.findings):
            return None
        return self._at[0].words.findings[self._at[1]]

    @property
    def copied(self) -> str:
        """For other programs: the sentence that the cursor stands on with its lines, else the last whole words.

        Marks are in it, so that nobody takes for the document's what is not.
        """
        finding = self.finding
        if self._at is not None and finding is not None and finding.kind == "source":
            words = self._at[0].words.marked(finding.start, finding.end)
            return f"{words} ({place_words(finding.place)})" if finding.place is not None else words
        whole = [section.words for section in self.sections if section.state == "done"]
        return whole[-1].marked() if whole else ""

    def used(self) -> Iterator[Span]:
        """All lines that something rests on."""
        for section in self.sections:
            for finding in section.words.findings:
                if finding.kind == "source":
                    yield from finding.places

    def forget(self) -> None:
        """The cursor stands on nothing."""
        if self._at is not None:
            self._at[0].words.cursor = None
        self._at = None

    def look_at(self, section: Section, number: int, place: int = 0) -> None:
        """Put the cursor there, and tell."""
        if self._at is not None:
            self._at[0].words.cursor = None
        self._at, self._place = (section, number), place
        section.words.cursor = number
        row = section.words.row_of(number)
        at = section.words.virtual_region.y + section.virtual_region.y + row
        self.scroll_to_region(Region(0, max(at - 1, 0), 1, 3), animate=False, immediate=True)
        self.post_message(self.Looked(section.words.findings[number], place))

    def look_at_what_rests_on(self, offset: int) -> bool:
        """Put the cursor on the source that rests on this character of the document; False: nothing does.

        Where several do, another one each time.
        """
        there = [at for at in self._all() if self._of(at).kind == "source" and _holds(self._of(at), offset)]
        if not there:
            return False
        after = there.index(self._at) + 1 if self._at in there else 0
        self.look_at(*there[after % len(there)])
        return True

    # What the reader does

    def action_next(self, kind: str) -> None:
        """The next one of this kind; of a figure first its other places."""
        finding, at = self.finding, self._at
        if at is not None and finding is not None and kind == finding.kind and self._place + 1 < len(finding.places):
            self.look_at(*at, self._place + 1)
        else:
            self._go(kind, 1)

    def action_previous(self, kind: str) -> None:
        """The one before."""
        self._go(kind, -1)

    def action_read(self) -> None:
        """The focus goes to the text."""
        self.post_message(self.Read())

    def action_page(self, pages: int) -> None:
        """So many pages down."""
        self.scroll_relative(y=pages * max(self.scrollable_content_region.height - 1, 1), animate=False)

    def action_top(self) -> None:
        """The beginning of the summary."""
        self.scroll_home(animate=False)

    def action_bottom(self) -> None:
        """The end of the last answer."""
        self.scroll_end(animate=False)

    @on(Words.Chosen)
    def _chosen(self, message: Words.Chosen) -> None:
        section = message.words.parent
        if isinstance(section, Section):
            place = 0
            if self._at == (section, message.number):  # again: its next place
                places = section.words.findings[message.number].places
                place = (self._place + 1) % max(len(places), 1)
            self.focus(scroll_visible=False)
            self.look_at(section, message.number, place)

    def _go(self, kind: str, step: int) -> None:
        every = list(self._all())
        wanted = [at for at in every if _is(self._of(at), kind)]
        if not wanted:
            return
        if self._at not in every:
            self.look_at(*wanted[0 if step > 0 else -1])
            return
        here = every.index(self._at)
        beyond = [at for at in wanted if (every.index(at) - here) * step > 0]
        if beyond:
            self.look_at(*beyond[0 if step > 0 else -1])
        elif kind == "missing":  # around: none of them is to be missed
            self.look_at(*wanted[0])

    def _all(self) -> Iterator[At]:
        for section in self.sections:
            yield from ((section, number) for number in range(len(section.words.findings)))

    def _of(self, at: At) -> Finding:
        return at[0].words.findings[at[1]]


def _is(finding: Finding, kind: str) -> bool:
    return finding.kind == "figure" and not finding.supported if kind == "missing" else finding.kind == kind


def _holds(finding: Finding, offset: int) -> bool:
    return any(start <= offset < max(end, start + 1) for start, end in finding.places)
