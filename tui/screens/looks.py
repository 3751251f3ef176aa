"""Looks and languages by a command: `/theme day`, `/language zh`, or from a list where none is named."""

from textual import work
from textual.screen import Screen

from assistant import one_line
from tui.language import LANGUAGES, _
from tui.preferences import preferences
from tui.screens.choice import Choice, ChoiceScreen
from tui.screens.palette import theme_words, themes
from tui.theme import AUTO


class Looks(Screen[None]):
    """A screen with these commands; what is chosen is kept."""

    async def action_theme(self, name: str = "") -> None:
        """Look so from now on."""
        choices = [Choice(each, theme_words(each), each) for each in themes(self.app.available_themes)]
        self._take("theme", _("Look"), choices, name)

    async def action_language(self, name: str = "") -> None:
        """Speak so from now on: by code, or by a language's own name."""
        codes = {own.lower(): code for code, own in LANGUAGES.items()}
        choices = [Choice(AUTO, _("that of the locale"), AUTO), *(Choice(c, own, c) for c, own in LANGUAGES.items())]
        self._take("language", _("Language"), choices, codes.get(name.lower(), name))

    def _take(self, setting: str, title: str, choices: list[Choice], name: str) -> None:
        known = [choice.name for choice in choices]
        if name in known:
            preferences(self.app).change("screen", setting, value=name)
        elif name:
            words = _("there is no {name}; known: {known}; choose one of these")
            self.notify(words.format(name=one_line(name), known=", ".join(known)), severity="warning", markup=False)
        else:
            self._choose(setting, title, choices)

    @work
    async def _choose(self, setting: str, title: str, choices: list[Choice]) -> None:
        mine = preferences(self.app)
        theme = setting == "theme"
        chosen = mine.settings.screen.theme if theme else mine.settings.screen.language
        name = await self.app.push_screen_wait(
            ChoiceScreen(title, choices, chosen=chosen, look=mine.preview if theme else None)
        )
        if name is not None:
            mine.change("screen", setting, value=name)
        elif theme:
            mine.apply()
