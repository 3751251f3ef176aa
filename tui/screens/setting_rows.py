"""What can be set on the screen: each setting with its words, what it is now, and what it may be. Knows no widget."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant import Sampling, Settings
from tui.keymap import bound, keys_of
from tui.language import LANGUAGES, N_, _
from tui.screens.choice import Choice
from tui.screens.palette import theme_words, themes
from tui.words import capital

_LARGEST_ANSWER = 1 << 20
_LARGEST_GIB = 1 << 20
_SUBMIT = {
    "enter": N_("Enter; a new line with Ctrl+J"),
    "ctrl+enter": N_("Ctrl+Enter; a new line with Enter"),
    "alt+enter": N_("Alt+Enter; a new line with Enter"),
}
_WHEN_FULL = {
    "stop": N_("refuse, and say how much is too much"),
    "drop": N_("leave out the oldest turns"),
    "summarize": N_("put a summary in place of the oldest turns"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """What a figure may be."""

    least: float
    most: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the settings. What it may be: one of `choices`, a `number`, or a key where it has neither."""

    place: tuple[str, ...]
    """Where `settings.toml` holds it."""
    group: str
    title: str
    shown: str
    """What it is now, in words."""
    value: str
    """The same, as it is typed or chosen."""
    choices: Sequence[Choice] = ()
    number: Number | None = None

    @property
    def kind(self) -> Literal["choice", "number", "key"]:
        return "choice" if self.choices else "number" if self.number is not None else "key"


def rows(settings: Settings, available: Iterable[str], models: Sequence[str]) -> list[Setting]:
    """All settings, in groups. `available`: names of themes; `models`: names of the installed ones."""
    screen = settings.screen
    looks = [Choice(name, theme_words(name), name) for name in themes(available)]
    languages = [Choice("auto", _("that of the locale")), *(Choice(code, name) for code, name in LANGUAGES.items())]
    submit = [Choice(key, _(words)) for key, words in _SUBMIT.items()]
    full = [Choice(name, _(words)) for name, words in _WHEN_FULL.items()]
    found = [
        _choice(("screen", "theme"), _("Screen"), _("Look"), screen.theme, looks),
        _choice(("screen", "language"), _("Screen"), _("Language"), screen.language, languages),
        _choice(("screen", "submit_key"), _("Screen"), _("Send a message"), screen.submit_key, submit),
        _choice(
            ("conversation", "when_full"), _("Conversations"), _("When the context is full"), settings.when_full, full
        ),
        _answer(settings, "sampling", _("Longest answer"), Sampling().max_tokens),
        _answer(settings, "summary", _("Longest summary"), 0),
        _readings(settings),
        _model(("default_model",), _("Default model"), settings.default_model, _("the starter"), models),
        _model(
            ("ask", "embedding_model"), _("Model for searching by meaning"), settings.embedding_model, _("none"), models
        ),
    ]
    return found + [
        Setting(
            ("screen", "keys", known.name),
            _("Keys: {place}").format(place=known.place),
            capital(_(known.description)),
            _("{keys} (changed)").format(keys=keys) if known.name in screen.keys else keys,
            screen.keys.get(known.name, ""),
        )
        for known in bound()
        for keys in [keys_of(known, screen.keys)]
    ]


def typed_number(number: Number, text: str) -> float | int | None:
    """The figure that was typed, or None where it is none that may be."""
    try:
        found = float(text.replace(",", "").strip())
    except ValueError:
        return None
    if not number.least <= found <= number.most or (number.whole and not found.is_integer()):
        return None
    return int(found) if found.is_integer() else found


def expected(number: Number) -> str:
    """What may be typed."""
    words = _("a whole number from {least} to {most}") if number.whole else _("a number from {least} to {most}")
    return words.format(least=f"{number.least:,.0f}", most=f"{number.most:,.0f}")


def _choice(place: tuple[str, ...], group: str, title: str, value: str, choices: Sequence[Choice]) -> Setting:
    words = next((choice.words for choice in choices if choice.name == value), value)
    return Setting(place, group, title, words, value, choices)


def _answer(settings: Settings, table: Literal["sampling", "summary"], title: str, usual: int) -> Setting:
    rules = settings.sampling if table == "sampling" else settings.summary
    found = rules.always.get("max_tokens")
    value = str(found) if isinstance(found, int) else ""
    if isinstance(found, int):
        shown = _("{count} tokens").format(count=f"{found:,}")
    elif usual:
        shown = _("{count} tokens, unless the model says otherwise").format(count=f"{usual:,}")
    else:
        shown = _("as its length asks for")
    return Setting(
        (table, "max_tokens"), _("Limits"), title, shown, value, number=Number(1, _LARGEST_ANSWER, whole=True)
    )


def _readings(settings: Settings) -> Setting:
    held = settings.readings_bytes
    value = "" if held is None else f"{held / 2**30:g}"
    shown = _("a share of the disk") if held is None else _("none are saved") if held == 0 else f"{value} GiB"
    number = Number(0, _LARGEST_GIB, whole=False)
    return Setting(("cache", "readings_gib"), _("Limits"), _("Room for saved readings"), shown, value, number=number)


def _model(place: tuple[str, ...], title: str, value: str | None, without: str, models: Sequence[str]) -> Setting:
    names = list(models) if value is None or value in models else [*models, value]
    choices = [Choice("", without), *(Choice(name, name) for name in names)]
    return Setting(place, _("Models"), title, value or without, value or "", choices)
