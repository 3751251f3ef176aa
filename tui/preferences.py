"""What the user set, put on the screen at once and written into `settings.toml` behind it.

Lives in the thread of the screen; only the writing is done in another one, in the order in which things were set. A
setting of the screen holds from the moment it is made, also where it cannot be written; all others hold once they are.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock
from typing import Any, cast

from textual.app import App
from textual.message import Message

from assistant import AssistantError, InvalidSetting, ScreenSettings, Settings, one_line, read_settings, set_value
from tui.keymap import keymap
from tui.language import _, use
from tui.theme import AUTO, PLAIN, fitting

Value = str | bool | int | float


class Written(Message):
    """A setting was written, or refused: what holds now, or why not."""

    def __init__(self, outcome: Settings | AssistantError) -> None:
        super().__init__()
        self.outcome = outcome


class Preferences:
    """The settings of one app. `light`: whether the terminal said that its background is."""

    def __init__(self, app: App[Any], *, light: bool | None = None) -> None:
        self._app = app
        self._light = light
        self._changes: SimpleQueue[tuple[tuple[str, ...], Value | None]] = SimpleQueue()
        self._writing = Lock()
        self._judged: tuple[str, Mapping[str, str]] | None = None
        """Theme and keys whose problems have been told."""
        self.problems: list[str] = []
        """What could not be used of the settings, for the user."""
        try:
            self.settings = read_settings()
        except InvalidSetting as error:
            self.settings = Settings()
            self.problems.append(str(error))
        use(self.settings.screen.language)

    def apply(self) -> None:
        """Have the screen look and listen as the settings say."""
        screen = self.settings.screen
        judged = len(self.problems)
        name = self.theme_of(screen.theme)
        if name not in self._app.available_themes:
            known = ", ".join((AUTO, *self._app.available_themes))
            self.problems.append(
                _("there is no theme {name}; known: {known}; choose one in the settings").format(name=name, known=known)
            )
            name = fitting(os.environ, light=self._light)
        self._app.no_color = name == PLAIN.name
        self._app.theme = name
        keys, problems = keymap(screen.keys)
        self.problems += problems
        if self._judged == (screen.theme, screen.keys):  # said before, be it in another language
            del self.problems[judged:]
        self._judged = screen.theme, screen.keys
        self._app.set_keymap(keys)
        self.complain()

    def complain(self) -> None:
        """Show the problems that have not been shown yet."""
        if self._app.is_running:
            for problem in self.problems:
                self._app.notify(one_line(problem), severity="warning", timeout=10, markup=False)
            self.problems.clear()

    def theme_of(self, chosen: str) -> str:
        """The theme that is meant: `auto` is one that fits the terminal."""
        return fitting(os.environ, light=self._light) if chosen == AUTO else chosen

    def preview(self, theme: str) -> None:
        """Look so for now; `apply` ends it."""
        name = self.theme_of(theme)
        self._app.no_color = name == PLAIN.name
        self._app.theme = name

    def change(self, *place: str, value: Value | None) -> None:
        """Set one value for good; None: as if it had never been set. What is amiss is shown to the user."""
        if place[0] == "screen":
            spoken = self.settings.screen.language
            self.settings = replace(self.settings, screen=_changed(self.settings.screen, place[1:], value))
            if self.settings.screen.language != spoken:
                use(self.settings.screen.language)
            self.apply()
            redraw(self._app)
        self._changes.put((place, value))
        self._app.run_worker(self._write, thread=True, group="settings")

    def written(self, message: Written) -> None:
        """A change has come to its end."""
        if isinstance(message.outcome, AssistantError):
            self._app.notify(one_line(str(message.outcome)), severity="error", timeout=10, markup=False)
        else:
            # What is set by now may be newer than what was written.
            self.settings = replace(message.outcome, screen=self.settings.screen)
        redraw(self._app)

    def _write(self) -> None:
        with self._writing:  # so that what is set later is written later
            place, value = self._changes.get()
            try:
                outcome: Settings | AssistantError = set_value(*place, value=value)
            except AssistantError as error:
                outcome = error
        self._app.post_message(Written(outcome))


def preferences(app: App[Any]) -> Preferences:
    """Those of this app."""
    found = app.preferences  # type: ignore[attr-defined]  # every app of ours has them; `tui.app` imports this module
    return cast("Preferences", found)


def redraw(app: App[Any]) -> None:
    """Have everything on the screen draw its words anew."""
    for screen in app.screen_stack:
        for widget in (screen, *screen.walk_children()):
            show = getattr(widget, "show_words", None)
            if callable(show):
                show()


def _changed(screen: ScreenSettings, place: tuple[str, ...], value: Value | None) -> ScreenSettings:
    """With one value changed, as the file would say it."""
    if place[0] == "keys":
        others = {name: keys for name, keys in screen.keys.items() if name != place[1]}
        return replace(screen, keys=others if value is None else {**others, place[1]: str(value)})
    new: Any = getattr(ScreenSettings(), place[0]) if value is None else value
    return replace(screen, **{place[0]: new})
