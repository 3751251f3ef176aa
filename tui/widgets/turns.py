"""The blocks of a transcript: what the user said, what the model answered, what went wrong, what there is to know.

A turn may take the focus. What the user clicks on it, it tells as `Wanted`; what that means, its room decides.
"""

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from assistant import detach, one_line, printable
from tui.language import _, plural
from tui.said import said
from tui.widgets.laid_out_once import LaidOutOnce
from tui.widgets.markdown import SafeMarkdown
from tui.words import clauses

Words = str | Callable[[], str]
"""Words of ours: what gives them is asked again when the language changes."""

FOLDED_LINES = 30
"""Lines of a question that are shown before it is unfolded; of a longer one a third."""


class Wanted(Message):
    """The user wants something done with a turn: `previous`, `next`, `continue`, or what else its room offers."""

    def __init__(self, turn: Widget, verb: str) -> None:
        super().__init__()
        self.turn = turn
        self.verb = verb


class UserTurn(Static, can_focus=True):
    """What the user said: a thick bar beside it, so that it is told apart without colours too.

    Texts that go with it, and a long one, are folded until they are asked for. While it has the focus, `DEEDS` stand
    beside it.
    """

    DEEDS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """What can be wanted of it, and how that is called, marked for translation."""

    def __init__(self, text: str, *, queued: bool = False) -> None:
        super().__init__(markup=False)
        self.text = text
        self._attachments, self._question = detach(text)
        self._queued = queued
        self._open = False
        self._place = (1, 1)

    @property
    def queued(self) -> bool:
        """Not sent yet: the model is loading or still answering the turn before."""
        return self._queued

    def sent(self) -> None:
        """The turn has been handed to the model."""
        self._queued = False
        self.show_words()

    def place(self, number: int, count: int) -> None:
        """It is the second of three: so the user can go to the others."""
        self._place = (number, count)
        self.show_words()

    def unfold(self) -> None:
        """Show all of it, or no longer."""
        self._open = not self._open
        self.show_words()

    def on_mount(self) -> None:
        self.show_words()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.show_words()

    def on_resize(self) -> None:
        if self.has_focus:
            self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        self.set_class(self._queued, "-queued")
        lines = [*self._texts(), *self._said()]
        if self._queued:
            lines.append(Content.styled(_("queued · sent when the model is free"), "italic $foreground 60%"))
        if self._place[1] > 1:
            lines.append(siblings(*self._place))
        if self.has_focus and self.DEEDS:
            lines[-1:] = beside(lines[-1], deeds(self.DEEDS), self.content_size.width)
        self.update(Content("\n").join(lines))

    def action_want(self, verb: str) -> None:
        """Tell that this is wanted of it."""
        if verb == "unfold":
            self.unfold()
        else:
            self.post_message(Wanted(self, verb))

    def _texts(self) -> list[Content]:
        lines = []
        for attachment in self._attachments:
            count = plural("{count} line", "{count} lines", attachment.lines)
            mark = "▾" if self._open else "▸"
            lines.append(link(f"{mark} {printable(attachment.name)} · {count}", "unfold", "$primary"))
            if self._open:
                lines.append(Content.styled(printable(attachment.text), "$foreground 70%"))
        return lines

    def _said(self) -> list[Content]:
        lines = printable(self._question).split("\n")
        if self._open or len(lines) <= FOLDED_LINES:
            return [Content("\n".join(lines))]
        left = len(lines) - FOLDED_LINES // 3
        more = plural("{count} more line", "{count} more lines", left)
        return [Content("\n".join(lines[:-left])), link(f"▸ {more}", "unfold", "$primary")]


class Foot(Static):
    """The line under an answer. What is clicked in it is wanted of the turn above."""

    def action_want(self, verb: str) -> None:
        """Hand it on."""
        if isinstance(self.parent, AnswerTurn):
            self.parent.action_want(verb)


class AnswerTurn(LaidOutOnce, Vertical, can_focus=True):
    """An answer as it streams in, then one line under it: what it took, or why it is not whole.

    While it has the focus, `DEEDS` stand in that line. Above an answer of somebody stands who that is.
    """

    DEEDS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """As those of a question."""

    def __init__(self, text: str = "", mark: Words = "", *, partial: bool = False, speaker: str = "") -> None:
        """`speaker`: a character's name; empty: the model answers as itself."""
        super().__init__()
        self.speaker = speaker
        self._markdown = SafeMarkdown(printable(text))
        self._foot = Foot(markup=False, classes="note")
        self._stream: MarkdownStream | None = None
        self.text = text
        """The words so far, as the model wrote them."""
        self._mark = mark
        self._partial = partial
        self._continuable = False
        self._place = (1, 1)

    def compose(self) -> ComposeResult:
        if self.speaker:
            yield Static(Content(one_line(self.speaker)), markup=False, classes="speaker")
        yield self._markdown
        yield self._foot

    def on_mount(self) -> None:
        self.show_words()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.show_words()

    @property
    def mark(self) -> str:
        """The line under the answer; empty while it is being written."""
        return self._mark if isinstance(self._mark, str) else self._mark()

    @property
    def code(self) -> str | None:
        """The block of code that is marked."""
        marked = self._markdown.marked
        return self._markdown.codes[marked].text if marked is not None else None

    def place(self, number: int, count: int, *, continuable: bool = False) -> None:
        """It is the second of three; `continuable`: more of it can be asked for."""
        self._place, self._continuable = (number, count), continuable
        self.show_words()

    async def write(self, text: str) -> None:
        """Append the next piece."""
        if self._stream is None:
            self._stream = Markdown.get_stream(self._markdown)
        if not self.text:
            self._markdown.display = True
        self.text += text
        await self._stream.write(printable(text))

    async def replace(self, text: str) -> None:
        """Put another text in place of the words so far; empty: it begins anew."""
        await self._stop()
        self.text = text
        await self._markdown.update(printable(text))

    async def finish(self, mark: Words, *, partial: bool = False) -> None:
        """No more will come. `mark` goes under the answer; `partial` says that it is not whole."""
        await self._stop()
        self._mark, self._partial = mark, partial
        self.show_words()

    def resume(self) -> None:
        """More will come."""
        self._mark, self._continuable = "", False
        self.show_words()

    def mark_code(self) -> int | None:
        """Mark the next block of code, after the last one none. The row of this turn where it begins."""
        marked = -1 if self._markdown.marked is None else self._markdown.marked
        if marked + 1 >= len(self._markdown.codes):
            self._markdown.marked = None
            return None
        self._markdown.marked = marked + 1
        return self._markdown.line_of(marked + 1) + bool(self.speaker)

    def unmark(self) -> bool:
        """Mark no code any more. Whether some was."""
        marked, self._markdown.marked = self._markdown.marked is not None, None
        return marked

    def show_words(self) -> None:
        """Draw what is not the model's anew."""
        self._foot.set_class(self._partial, "-partial")
        parts = [Content(printable(self.mark))] if self.mark else []
        if self._continuable:
            parts.append(link(_("continue"), "continue"))
        if self._place[1] > 1:
            parts.append(siblings(*self._place))
        if self.has_focus and self.DEEDS:
            parts.append(deeds(tuple(deed for deed in self.DEEDS if self.offers(deed[0]))))
        self._foot.set_class(bool(parts and self.text), "-apart")
        self._foot.update(Content(" · ").join(parts))
        self._markdown.display = bool(self.text)

    def offers(self, verb: str) -> bool:
        """Whether this makes sense for it as it is."""
        return verb != "code" or bool(self._markdown.codes)

    def action_want(self, verb: str) -> None:
        """Tell that this is wanted of it."""
        self.post_message(Wanted(self, verb))

    async def _stop(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None


class Welcome(Static):
    """What stands where the first turn will be."""

    def __init__(self, name: str, text: Words) -> None:
        super().__init__(markup=False)
        self._title = name
        self._text = text

    def on_mount(self) -> None:
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        text = self._text if isinstance(self._text, str) else self._text()
        self.update(Content.assemble((f"✦ {self._title}", "bold $primary"), "\n\n", (text, "$foreground 60%")))


class Note(Static):
    """A few lines from the program itself."""

    def __init__(self, text: Words) -> None:
        super().__init__(markup=False)
        self._text = text

    @property
    def text(self) -> str:
        return self._text if isinstance(self._text, str) else self._text()

    def on_mount(self) -> None:
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        self.update(printable(said(self.text)))


class Gone(Static):
    """Where turns were that the user has deleted: what is clicked brings them back."""

    def __init__(self, count: int) -> None:
        super().__init__(markup=False)
        self._count = count

    def on_mount(self) -> None:
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        said = plural("{count} message deleted", "{count} messages deleted", self._count)
        self.update(Content.assemble(f"{said} · ", link(_("bring back"), "undo"), " · u, /undo"))

    def action_want(self, verb: str) -> None:
        """Tell that this is wanted."""
        self.post_message(Wanted(self, verb))


class ErrorTurn(Static):
    """What went wrong, what was expected and what to do, a line for each."""

    def __init__(self, title: Words, message: str) -> None:
        super().__init__(markup=False)
        self._title = title
        self.message = message

    def on_mount(self) -> None:
        self.show_words()

    def show_words(self) -> None:
        """Draw it anew."""
        self.border_title = Content(printable(self._title if isinstance(self._title, str) else self._title()))
        self.update(clauses(printable(said(self.message))))


def link(words: str, verb: str, style: str = "underline") -> Content:
    """Words that can be clicked: then `verb` is wanted of the turn."""
    return Content.styled(words, style).stylize(Style.from_meta({"@click": f"want({verb!r})"}))


def deeds(offered: tuple[tuple[str, str], ...]) -> Content:
    """A few links in one line."""
    return Content("  ").join(link(_(words), verb) for verb, words in offered)


def beside(line: Content, more: Content, width: int) -> list[Content]:
    """`more` at the right end of the line where there is room, else below it."""
    last = line.plain.rpartition("\n")[2]
    room = width - cell_len(last) - more.cell_length
    return [Content.assemble(line, " " * room, more)] if room >= 2 else [line, more]


def siblings(number: int, count: int) -> Content:
    """`‹ 2/3 ›`, each arrow a place to click."""
    return Content.assemble(
        link(" ‹ ", "previous", "bold $primary"), f"{number}/{count}", link(" › ", "next", "bold $primary")
    )
