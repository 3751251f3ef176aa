"""Choosing who answers: the characters in a list, and beside it who the marked one is; new ones begin here too.

What lies on the disk is read and written beside the screen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from assistant import (
    AssistantError,
    Character,
    Listed,
    describe_character,
    listed_characters,
    load_character,
    new_character,
    one_line,
    printable,
)
from tui.aside import Aside, Stopped
from tui.language import N_, _, plural, spoken
from tui.said import said
from tui.screens.describe import DescribeScreen
from tui.screens.entry import EntryScreen
from tui.widgets.option_lines import OptionLines
from tui.words import clauses

_LANGUAGES = {"en": N_("English"), "zh": N_("Chinese")}


class CharacterLines(OptionLines):
    """A click marks and a second one chooses: one looks at who it is before."""

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is not None:
            self.highlighted = clicked
            if event.chain == 2:
                self.action_select()


@dataclass(frozen=True, slots=True)
class Nobody:
    """No character is to answer."""


class CharactersScreen(ModalScreen[Listed | Nobody | None]):
    """Gives the one that was chosen, or None where it was left with Esc.

    `chosen`: the id of the one to begin with. `described` is told of each whose description was changed here: as it is
    now, and as it was.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", N_("Cancel"), show=False),
        Binding("e", "describe", N_("Edit the description"), show=False),
        Binding("n", "new", N_("New character"), show=False),
    ]

    class Found(Message):
        """The characters there are; the one of this id is to be marked."""

        def __init__(self, found: tuple[Listed, ...], mark: str) -> None:
            super().__init__()
            self.found = found
            self.mark = mark

    class Described(Message):
        """A character has other words now than before."""

        def __init__(self, character: Character, before: Character) -> None:
            super().__init__()
            self.character = character
            self.before = before

    class Refused(Message):
        """Something could not be read or written; `again` offers it once more, where words would be lost else."""

        def __init__(self, error: AssistantError, again: Callable[[], object]) -> None:
            super().__init__()
            self.error = error
            self.again = again

    def __init__(self, chosen: str, described: Callable[[Character, Character], None]) -> None:
        super().__init__()
        self._chosen = chosen
        self._tell = described
        self._listed: tuple[Listed, ...] | None = None
        self._aside = Aside(self, "luciole-characters")

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(_("Characters"))
            box.border_subtitle = Content(_("Enter: choose   e: description   n: new   Esc: cancel"))
            with Horizontal(id="both"):
                yield CharacterLines(markup=False, compact=True)
                with VerticalScroll(can_focus=True):
                    yield Static(markup=False, id="about")
            with Horizontal(id="buttons"):
                yield Button(_("Choose"), id="choose", variant="primary", compact=True)
                yield Button(_("Edit the description"), id="describe", compact=True)
                yield Button(_("New character"), id="new", compact=True)
                yield Button(_("Cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        self._lines.focus()
        self._draw()
        self._list(self._chosen)

    def on_unmount(self) -> None:
        self._aside.close()

    @property
    def marked(self) -> Listed | None:
        """The one in the list; None: nobody."""
        place = self._lines.highlighted
        return self._listed[place - 1] if self._listed and place else None

    @property
    def _lines(self) -> CharacterLines:
        return self.query_one(CharacterLines)

    # What lies on the disk

    def _list(self, mark: str) -> None:
        self._aside.do(lambda _stopped: self.Found(listed_characters(), mark), kind="list")

    def _write(self, write: Callable[[], Message], again: Callable[[], object] = lambda: None) -> None:
        def written(_stopped: Stopped) -> Message:
            try:
                return write()
            except AssistantError as error:
                return self.Refused(error, again)

        self._aside.do(written)

    @on(Found)
    def _found(self, message: Found) -> None:
        self._listed = message.found
        self._draw()
        names = [listed.id for listed in message.found]
        self._lines.highlighted = names.index(message.mark) + 1 if message.mark in names else 0
        self._show()

    @on(Described)
    def _was_described(self, message: Described) -> None:
        self._tell(message.character, message.before)
        self._list(message.character.id)

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self.notify(one_line(str(message.error)), severity="warning", markup=False)
        message.again()

    # What the user does

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._show()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self._choose()

    @on(Button.Pressed)
    def _pressed(self, message: Button.Pressed) -> None:
        match message.button.id:
            case "choose":
                self._choose()
            case "describe":
                self.action_describe()
            case "new":
                self.action_new()
            case _:
                self.dismiss(None)

    def _choose(self) -> None:
        marked = self.marked
        if marked is not None and marked.problem:
            self.notify(one_line(marked.problem), severity="warning", markup=False)
        elif self._listed is not None:
            self.dismiss(marked if marked is not None else Nobody())

    def action_new(self) -> None:
        """Begin one: its name first."""
        help_ = _("Its dialogues are put into its folder, as .csv, .jsonl or .txt.")
        self.app.push_screen(EntryScreen(_("Name of the new character"), help=help_), self._make)

    def _make(self, name: str | None) -> None:
        def made(name: str) -> Message:
            identity = new_character(name, language="zh" if spoken() == "zh" else "en").id
            return self.Found(listed_characters(), identity)

        if name:
            self._write(lambda: made(name))

    def action_describe(self) -> None:
        """Edit who the marked one is."""
        marked = self.marked
        if marked is None or marked.problem:
            self.notify(_("mark a character that can be read"), markup=False)
        else:
            self._edit(marked, marked.description)

    def _edit(self, marked: Listed, text: str) -> None:
        """Let this be changed, and make it the description of the marked one."""

        def described(text: str) -> Message:
            before = load_character(marked.folder)
            return self.Described(describe_character(before, text), before)

        def describe(text: str | None) -> None:
            if text is not None and text != marked.description:
                self._write(partial(described, text), partial(self._edit, marked, text))

        self.app.push_screen(describing(marked, text), describe)

    # What is drawn

    def _draw(self) -> None:
        at = self._lines.highlighted or 0
        nobody = Content.assemble((_("nobody"), "bold"), "\n", (_("the model as it is"), "dim"))
        listed = self._listed or ()
        self._lines.set_options([Option(nobody), *(Option(_row(each)) for each in listed)])
        self._lines.highlighted = min(at, len(listed))

    def _show(self) -> None:
        marked = self.marked
        self.query_one("#describe", Button).disabled = marked is None or bool(marked.problem)
        about = self.query_one("#about", Static)
        if self._listed is None:
            about.update(_("reading …"))
        elif marked is None:
            about.update(_("The model answers as itself."))
        elif marked.problem:
            about.update(clauses(printable(said(marked.problem))))
        else:
            about.update(_about(marked))
        self.query_one(VerticalScroll).scroll_home(animate=False)


def describing(character: Character | Listed, text: str) -> DescribeScreen:
    """The entry for its description; `text` stands in it."""
    title = _("Description of {name}").format(name=one_line(character.name))
    help_ = _("Who it is, how it speaks, what it knows. It holds from the next answer on.")
    if character.shipped:
        help_ += " " + _("This character comes with Luciole: what is changed becomes a copy of yours.")
    return DescribeScreen(title, text, help=help_)


def _row(listed: Listed) -> Content:
    """Two lines: who it is, and what there is of it."""
    facts = _facts(listed)
    if listed.problem:
        return Content.assemble((one_line(listed.name), "bold"), "\n", (_("cannot be read"), "$text-warning italic"))
    return Content.assemble((one_line(listed.name), "bold"), "\n", (facts, "dim"))


def _facts(listed: Listed) -> str:
    count = plural("{count} dialogue", "{count} dialogues", listed.dialogues)
    return f"{_(_LANGUAGES[listed.language])} · {count}"


def _about(listed: Listed) -> Content:
    """Who it is, from its greeting on."""
    where = _("comes with Luciole") if listed.shipped else one_line(str(listed.folder))
    parts = [
        Content.styled(one_line(listed.name), "bold $primary"),
        Content.styled(_facts(listed), "$foreground 60%"),
        Content.styled(where, "$foreground 60%"),
    ]
    if listed.greeting:
        parts += [Content(""), Content.styled(_("Greeting"), "bold"), Content(printable(listed.greeting))]
    description = printable(listed.description) or _("none yet; e writes one")
    parts += [Content(""), Content.styled(_("Description"), "bold"), Content(description)]
    return Content("\n").join(parts)
