"""The settings: how the screen looks, speaks and listens, limits, models, keys; each is kept as soon as it is made."""

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant import installed, one_line, settings_path
from tui.aside import Aside, Stopped
from tui.columns import fitted, padded, widest
from tui.keymap import refusal
from tui.language import N_, _
from tui.preferences import Value, preferences
from tui.screens.choice import ChoiceScreen
from tui.screens.entry import EntryScreen
from tui.screens.press_key import PressKeyScreen
from tui.screens.setting_rows import Setting, expected, rows, typed_number
from tui.widgets.option_lines import OptionLines

_LEFT = 34


class SettingsScreen(ModalScreen[None]):
    """A line for each setting: Enter changes it, left and right go through what it may be, Backspace unsets it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f6,q", "dismiss", N_("Close"), show=False),
        Binding("left", "step(-1)", N_("The one before"), show=False),
        Binding("right", "step(1)", N_("The next one"), show=False),
        Binding("backspace,delete", "unset", N_("As it was at first"), show=False),
        Binding("j", "move('cursor_down')", N_("Next"), show=False),
        Binding("k", "move('cursor_up')", N_("Previous"), show=False),
    ]

    class Found(Message):
        """The models that are there, by name."""

        def __init__(self, names: list[str]) -> None:
            super().__init__()
            self.names = names

    def __init__(self) -> None:
        super().__init__()
        self._models: list[str] = []
        self._looking = Aside(self, "luciole-installed")
        self.rows: list[Setting] = []
        """The settings in their order, for whoever asks."""

    def compose(self) -> ComposeResult:
        with Vertical():
            yield OptionLines(markup=False, compact=True)
            yield Static(markup=False, id="hint")

    def on_mount(self) -> None:
        self.show_words()
        self._looking.only(self._look_for_models)

    def on_unmount(self) -> None:
        self._looking.close()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_words)

    def show_words(self) -> None:
        """Draw it anew: the language or a setting has changed."""
        settings = preferences(self.app).settings
        self.rows = rows(settings, self.app.available_themes, self._models)
        box, options = self.query_one(Vertical), self.query_one(OptionList)
        box.border_title = Content(_("Settings"))
        box.border_subtitle = Content(_("Enter: change   ←→: the next   ⌫: as at first   Esc: close"))
        at = options.highlighted or 0
        left = widest((row.title for row in self.rows), _LEFT)
        right = max(10, (options.content_size.width or 70) - left - 4)
        options.clear_options()
        group = ""
        for number, row in enumerate(self.rows):
            if row.group != group:
                group = row.group
                heading = Content.styled(("\n" if number else "") + group, "bold $primary")
                options.add_option(Option(heading, disabled=True))
            value = fitted(one_line(row.shown), right)
            words = Content.assemble("  ", (padded(row.title, left), ""), "  ", (value, "bold"))
            options.add_option(Option(words, id=str(number)))
        options.highlighted = at or 1
        self.query_one("#hint", Static).update(
            Content.styled(_("Kept in {path}").format(path=one_line(str(settings_path()))), "dim")
        )

    @property
    def current(self) -> Setting | None:
        """The one that is marked."""
        option = self.query_one(OptionList).highlighted_option
        return None if option is None or option.id is None else self.rows[int(option.id)]

    def action_move(self, where: str) -> None:
        """Go up or down."""
        getattr(self.query_one(OptionList), f"action_{where}")()

    def action_step(self, step: int) -> None:
        """Take the next of what it may be."""
        row = self.current
        if row is not None and row.choices:
            names = [choice.name for choice in row.choices]
            at = names.index(row.value) if row.value in names else 0
            self._take(row, names[(at + step) % len(names)] or None)

    def action_unset(self) -> None:
        """As if it had never been set."""
        if self.current is not None:
            self._take(self.current, None)

    @on(OptionList.OptionSelected)
    @work
    async def _change(self) -> None:
        row = self.current
        match row:
            case Setting(kind="choice"):
                await self._choose(row)
            case Setting(kind="number"):
                await self._enter(row)
            case Setting(kind="key"):
                await self._press(row)

    async def _choose(self, row: Setting) -> None:
        theme = row.place == ("screen", "theme")
        look = preferences(self.app).preview if theme else None
        screen = ChoiceScreen(row.title, row.choices, chosen=row.value, look=look)
        name = await self.app.push_screen_wait(screen)
        if name is not None:
            self._take(row, name or None)
        elif theme:
            preferences(self.app).apply()

    async def _enter(self, row: Setting) -> None:
        if row.number is None:
            return
        text, wanted = row.value, expected(row.number)
        while True:
            typed = await self.app.push_screen_wait(EntryScreen(row.title, text, help=wanted))
            if typed is None:
                return
            value = typed_number(row.number, typed) if typed else None
            if value is not None or not typed:
                self._take(row, value)
                return
            self.notify(
                _("{text} is not {expected}; type another, or nothing").format(text=one_line(typed), expected=wanted),
                severity="warning",
                markup=False,
            )
            text = typed

    async def _press(self, row: Setting) -> None:
        name = row.place[-1]
        key = await self.app.push_screen_wait(PressKeyScreen(row.title))
        if key is None:
            return
        problem = refusal(name, key, preferences(self.app).settings.screen.keys)
        if problem:
            self.notify(problem, severity="warning", markup=False)
        else:
            self._take(row, key)

    def _take(self, row: Setting, value: Value | None) -> None:
        preferences(self.app).change(*row.place, value=value)

    def _look_for_models(self, _stopped: Stopped) -> Message:
        return self.Found([model.name for model in installed() if not model.problem])

    @on(Found)
    def _found(self, message: Found) -> None:
        self._models = message.names
        self.show_words()
