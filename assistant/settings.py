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

What the values mean for a model is decided in `assistant.sampling_defaults`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import get_args

from assistant.conversation.window import WhenFull
from assistant.errors import InvalidSetting
from assistant.messages import Sampling
from assistant.paths import folder

MAX_BYTES = 1 << 20
_MOST_GIB = 1 << 20
_FIELDS = tuple(found.name for found in fields(Sampling))

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
class Settings:
    """The file's content; without a file nothing is set."""

    default_model: str | None = None
    sampling: Rules = field(default_factory=Rules)
    summary: Rules = field(default_factory=Rules)
    when_full: WhenFull = "stop"
    embedding_model: str | None = None
    readings_bytes: int | None = None
    """Most that saved readings may take; None: a share of the disk."""


def read_settings() -> Settings:
    """The user's settings. Raises InvalidSetting, naming the file and the key."""
    path = folder("config") / "settings.toml"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InvalidSetting(f"{path} has more than {MAX_BYTES:,} bytes; settings were expected; mend or remove it")
        values = tomllib.loads(data.decode())
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InvalidSetting(f"{path} cannot be read ({reason}); TOML was expected; mend or remove it") from error
    for name in values:
        if name not in ("default_model", "sampling", "summary", "conversation", "ask", "cache"):
            raise _unknown(path, name, "default_model, [sampling], [summary], [conversation], [ask] and [cache]")
    model = values.get("default_model")
    if model is not None and not isinstance(model, str):
        raise InvalidSetting(f"default_model is {str(model)[:60]!r} in {path}; a text was expected; mend it")
    sampling, summary = (_rules(path, name, values.get(name, {})) for name in ("sampling", "summary"))
    when_full = _when_full(path, values.get("conversation", {}))
    embedding = _embedding_model(path, values.get("ask", {}))
    return Settings(model, sampling, summary, when_full, embedding, _readings_bytes(path, values.get("cache", {})))


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


def _when_full(path: Path, table: object) -> WhenFull:
    if not isinstance(table, dict):
        raise InvalidSetting(
            f"conversation is {str(table)[:60]!r} in {path}; a table [conversation] was expected; mend it"
        )
    for key in table:
        if key != "when_full":
            raise _unknown(path, f"{key} in [conversation]", "when_full")
    found = table.get("when_full", "stop")
    for choice in get_args(WhenFull):
        if found == choice:
            return choice  # type: ignore[no-any-return]  # `get_args` gives the literals themselves
    raise InvalidSetting(
        f"when_full is {str(found)[:60]!r} in {path}, [conversation]; {', '.join(get_args(WhenFull))} were expected; "
        "mend it"
    )


def _embedding_model(path: Path, table: object) -> str | None:
    if not isinstance(table, dict):
        raise InvalidSetting(f"ask is {str(table)[:60]!r} in {path}; a table [ask] was expected; mend it")
    for key in table:
        if key != "embedding_model":
            raise _unknown(path, f"{key} in [ask]", "embedding_model")
    found = table.get("embedding_model")
    if found is not None and (not isinstance(found, str) or not found):
        raise InvalidSetting(
            f"embedding_model is {str(found)[:60]!r} in {path}, [ask]; the name of a model was expected; mend it"
        )
    return found


def _readings_bytes(path: Path, table: object) -> int | None:
    if not isinstance(table, dict):
        raise InvalidSetting(f"cache is {str(table)[:60]!r} in {path}; a table [cache] was expected; mend it")
    for key in table:
        if key != "readings_gib":
            raise _unknown(path, f"{key} in [cache]", "readings_gib")
    found = table.get("readings_gib")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _MOST_GIB:
        raise InvalidSetting(
            f"readings_gib is {str(found)[:60]!r} in {path}, [cache]; a number from 0 to {_MOST_GIB:,} was expected; "
            "mend it"
        )
    return int(found * 2**30)


def _unknown(path: Path, key: str, known: str) -> InvalidSetting:
    return InvalidSetting(f"{path} has {key[:80]!r}, which nobody knows; {known} were expected; mend or remove it")
