"""What the user set for good: `settings.toml` in the config folder, read whole and checked.

    default_model = "smollm2"          # a MODEL of the command line

    [sampling]                          # how answers are written: fields of `Sampling`
    repeat_penalty = 1.05
    [sampling."qwen*"]                  # and for some models: names with * and ?, later ones before earlier ones
    temperature = 0.6

    [summary]                           # the same for summaries, which are greedy otherwise
    max_tokens = 600

    [conversation]
    when_full = "stop"                  # or "drop", "summarize": what happens to the oldest turns (`WhenFull`)

    [ask]
    embedding_model = "bge-small"       # a MODEL for vectors: long documents are searched by meaning too

    [cache]
    readings_gib = 8                    # most that saved readings take; 0: none are saved

    [screen]
    theme = "auto"                      # a look of the screen; "auto": what fits the terminal
    language = "zh"                     # or "en", "auto": by the locale
    submit_key = "enter"                # or "ctrl+enter", "alt+enter": what sends; Enter is a new line then
    [screen.keys]                       # other keys for what the screen can do, by the names its help shows
    "chat.regenerate" = "f8"

What the values mean for a model is decided in `assistant.sampling_defaults`, which themes and keys there are in `tui`.
`assistant.settings_file` changes the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, cast, get_args

from assistant.conversation.window import WhenFull
from assistant.errors import InvalidSetting
from assistant.messages import Sampling
from assistant.paths import folder

MAX_BYTES = 1 << 20
_MOST_GIB = 1 << 20
_FIELDS = tuple(found.name for found in fields(Sampling))

Language = Literal["auto", "en", "zh"]
"""Of the screen; `auto`: by the locale."""
SubmitKey = Literal["enter", "ctrl+enter", "alt+enter"]
"""What sends a message."""

Fields = Mapping[str, object]
"""Fields of `Sampling` by name."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Fields for every model, and for models whose name fits a pattern, in the file's order."""

    always: Fields = field(default_factory=dict)
    by_model: tuple[tuple[str, Fields], ...] = ()

    def for_model(self, *names: str | None) -> Fields:
        """What holds for a model of these names, case aside; a later pattern wins over an earlier one."""
        found = dict(self.always)
        for pattern, values in self.by_model:
            if any(name is not None and fnmatchcase(name.lower(), pattern.lower()) for name in names):
                found |= values
        return found


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """How the screen looks, speaks and listens."""

    theme: str = "auto"
    language: Language = "auto"
    submit_key: SubmitKey = "enter"
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by the name of what they do; several keys of one name are parted by commas."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The file's content; without a file nothing is set."""

    default_model: str | None = None
    sampling: Rules = field(default_factory=Rules)
    summary: Rules = field(default_factory=Rules)
    when_full: WhenFull = "stop"
    embedding_model: str | None = None
    readings_bytes: int | None = None
    """Most that saved readings may take; None: a share of the disk."""
    screen: ScreenSettings = field(default_factory=ScreenSettings)


def settings_path() -> Path:
    """Where the settings lie, whether there are any or not."""
    return folder("config") / "settings.toml"


def read_settings() -> Settings:
    """The user's settings. Raises InvalidSetting, naming the file and the key."""
    path = settings_path()
    return parse_settings(path, read_text(path))


def read_text(path: Path) -> str:
    """The file as it is written, empty where there is none. Raises InvalidSetting."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InvalidSetting(f"{path} has more than {MAX_BYTES:,} bytes; settings were expected; mend or remove it")
        return data.decode()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def parse_settings(path: Path, text: str) -> Settings:
    """What a text says that lies at `path`, or is about to. Raises InvalidSetting."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    for name in values:
        if name not in ("default_model", "sampling", "summary", "conversation", "ask", "cache", "screen"):
            known = "default_model, [sampling], [summary], [conversation], [ask], [cache] and [screen]"
            raise _unknown(path, name, known)
    model = values.get("default_model")
    if model is not None and not isinstance(model, str):
        raise InvalidSetting(f"default_model is {str(model)[:60]!r} in {path}; a text was expected; mend it")
    sampling, summary = (_rules(path, name, values.get(name, {})) for name in ("sampling", "summary"))
    conversation = _table(path, "conversation", values, "when_full")
    when_full = _choice(path, "conversation", conversation, "when_full", get_args(WhenFull), default="stop")
    embedding = _embedding_model(path, _table(path, "ask", values, "embedding_model"))
    readings = _readings_bytes(path, _table(path, "cache", values, "readings_gib"))
    screen = _screen(path, _table(path, "screen", values, "theme", "language", "submit_key", "keys"))
    return Settings(model, sampling, summary, cast("WhenFull", when_full), embedding, readings, screen)


def default_model() -> str | None:
    """The MODEL that is meant where none is named. Raises InvalidSetting where the settings cannot be read."""
    return read_settings().default_model


def _rules(path: Path, name: str, table: object) -> Rules:
    if not isinstance(table, dict):
        raise InvalidSetting(f"{name} is {str(table)[:60]!r} in {path}; a table [{name}] was expected; mend it")
    by_model = {key: value for key, value in table.items() if isinstance(value, dict)}
    always = {key: value for key, value in table.items() if key not in by_model}
    for place, values in ((f"[{name}]", always), *((f'[{name}."{key}"]', value) for key, value in by_model.items())):
        for key in values:
            if key not in _FIELDS:
                raise _unknown(path, f"{key} in {place}", ", ".join(_FIELDS))
        try:
            Sampling(**values)
        except InvalidSetting as error:
            raise InvalidSetting(f"{path}, {place}: {error}") from None
    return Rules(always, tuple(by_model.items()))


def _table(path: Path, name: str, values: Fields, *known: str) -> Fields:
    """The table of that name, empty where there is none; it may hold nothing but `known`."""
    table = values.get(name, {})
    if not isinstance(table, dict):
        raise InvalidSetting(f"{name} is {str(table)[:60]!r} in {path}; a table [{name}] was expected; mend it")
    for key in table:
        if key not in known:
            raise _unknown(path, f"{key} in [{name}]", ", ".join(known))
    return table


def _choice(path: Path, name: str, table: Fields, key: str, choices: tuple[str, ...], *, default: str) -> str:
    found = table.get(key, default)
    if not isinstance(found, str) or found not in choices:
        raise InvalidSetting(
            f"{key} is {str(found)[:60]!r} in {path}, [{name}]; {', '.join(choices)} were expected; mend it"
        )
    return found


def _embedding_model(path: Path, table: Fields) -> str | None:
    found = table.get("embedding_model")
    if found is not None and (not isinstance(found, str) or not found):
        raise InvalidSetting(
            f"embedding_model is {str(found)[:60]!r} in {path}, [ask]; the name of a model was expected; mend it"
        )
    return found


def _readings_bytes(path: Path, table: Fields) -> int | None:
    found = table.get("readings_gib")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _MOST_GIB:
        raise InvalidSetting(
            f"readings_gib is {str(found)[:60]!r} in {path}, [cache]; a number from 0 to {_MOST_GIB:,} was expected; "
            "mend it"
        )
    return int(found * 2**30)


def _screen(path: Path, table: Fields) -> ScreenSettings:
    theme = table.get("theme", "auto")
    if not isinstance(theme, str) or not theme:
        raise InvalidSetting(
            f"theme is {str(theme)[:60]!r} in {path}, [screen]; the name of a theme was expected; mend it"
        )
    language = _choice(path, "screen", table, "language", get_args(Language), default="auto")
    submit_key = _choice(path, "screen", table, "submit_key", get_args(SubmitKey), default="enter")
    keys = table.get("keys", {})
    if not isinstance(keys, dict):
        raise InvalidSetting(f"keys is {str(keys)[:60]!r} in {path}; a table [screen.keys] was expected; mend it")
    for name, key in keys.items():
        if not isinstance(key, str) or not key:
            raise InvalidSetting(
                f"{name[:60]} is {str(key)[:60]!r} in {path}, [screen.keys]; a key such as 'ctrl+r' was expected; "
                "mend it"
            )
    return ScreenSettings(theme, cast("Language", language), cast("SubmitKey", submit_key), keys)


def _unreadable(path: Path, error: Exception) -> InvalidSetting:
    reason = " ".join(str(error).split())
    return InvalidSetting(f"{path} cannot be read ({reason}); TOML was expected; mend or remove it")


def _unknown(path: Path, key: str, known: str) -> InvalidSetting:
    return InvalidSetting(f"{path} has {key[:80]!r}, which nobody knows; {known} were expected; mend or remove it")
