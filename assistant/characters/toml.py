'''A character's `character.toml`, read and checked: keys that nobody knows and values of another kind are errors.

name = "三三"                        # as in the dialogues
user = "user"                       # what the character calls who speaks to it
language = "zh"                     # or "en"
greeting = "…"
description = """…"""
dialogues = ["dialogues.csv"]       # left out: every .csv, .jsonl and .txt of the folder

[sampling]                          # fields of `Sampling`
temperature = 0.85
[prompt]
form = "auto"                       # or "trained", "chat" (`values.WantedForm`)
dialogues = 20                      # most of them in a prompt
characters = 4000                   # most of a prompt
[retrieval]
embedding_model = "bge-m3"          # a MODEL for vectors: dialogues are searched by meaning too
'''

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast, get_args

from assistant.characters.lines import without_controls
from assistant.characters.values import Language, PromptSettings, RetrievalSettings, WantedForm
from assistant.documents.encoding import decode
from assistant.errors import InvalidCharacter, InvalidDocument, InvalidSetting
from assistant.messages import Sampling
from assistant.sanitize import one_line

FILE = "character.toml"
MAX_BYTES = 1 << 20
LONGEST_NAME = 40
"""Characters of a name of somebody who speaks."""
_FORBIDDEN = set(":：/\\\n")
"""What a speaker's name cannot hold: a line is `Name：words`, and no name leads anywhere."""
_SAMPLING = tuple(found.name for found in fields(Sampling))
_KEYS: Mapping[str, type] = {
    **dict.fromkeys(("name", "user", "language", "greeting", "description"), str),
    "dialogues": list,
    **dict.fromkeys(("sampling", "prompt", "retrieval"), dict),
}
_KINDS = {str: "a text", list: "a list of file names", dict: "a table", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the file says; `files` None: every corpus in the folder."""

    name: str
    user: str = "user"
    language: Language | None = None
    greeting: str = ""
    description: str = ""
    files: tuple[str, ...] | None = None
    sampling: Mapping[str, object] | None = None
    prompt: PromptSettings = field(default_factory=PromptSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    notes: tuple[str, ...] = ()


def parse(data: bytes, where: str) -> Settings:
    """The settings in these bytes; `where` names the file in errors. Raises InvalidCharacter."""
    if len(data) > MAX_BYTES:
        raise InvalidCharacter(f"{where} has more than {MAX_BYTES:,} bytes; a description was expected; shorten it")
    try:
        decoded = decode(data, FILE)
        values = tomllib.loads(decoded.text)
    except InvalidDocument:
        raise InvalidCharacter(f"{where} is no text; TOML was expected; mend it") from None
    except (ValueError, RecursionError) as error:
        raise InvalidCharacter(f"{where} cannot be read ({one_line(str(error))}); TOML was expected; mend it") from None
    _expect_keys(values, _KEYS, where, "")
    if "name" not in values:
        raise InvalidCharacter(f'{where} has no name; name = "…" was expected, as in the dialogues; add it')
    language = values.get("language")
    if language is not None and language not in get_args(Language):
        raise _wrong("language", language, "en or zh", where)
    user = values.get("user", "user")
    name = expect_speaker(values["name"], "name", where)
    if expect_speaker(user, "user", where).casefold() == name.casefold():
        raise _wrong("user", user, "another name than the character's", where)
    notes = () if decoded.encoding.startswith("utf") else (f"{FILE} is read as {decoded.encoding}; TOML is UTF-8",)
    return Settings(
        name,
        user,
        cast("Language | None", language),
        without_controls(values.get("greeting", ""))[0].strip(),
        without_controls(values.get("description", ""))[0].strip(),
        _files(values.get("dialogues"), where),
        _sampling(values.get("sampling", {}), where),
        _prompt(values.get("prompt", {}), where),
        _retrieval(values.get("retrieval", {}), where),
        notes,
    )


def expect_speaker(name: str, key: str, where: str) -> str:
    """The name of somebody who speaks. Raises InvalidCharacter: empty, long, a path, with signs that are not seen."""
    if not name.strip() or name != one_line(name) or set(name) & _FORBIDDEN or name in {".", ".."}:
        raise _wrong(key, name, "a name without slashes, colons and control characters", where)
    if len(name) > LONGEST_NAME:
        raise _wrong(key, name, f"a name of at most {LONGEST_NAME} characters", where)
    return name


def _files(names: list[Any] | None, where: str) -> tuple[str, ...] | None:
    if names is None:
        return None
    for name in names:
        if not isinstance(name, str) or not name:
            raise _wrong("dialogues", name, "names of files", where)
    return tuple(dict.fromkeys(names))


def _sampling(table: Mapping[str, Any], where: str) -> Mapping[str, object]:
    _expect_keys(table, dict.fromkeys(_SAMPLING, object), where, "[sampling]")
    try:
        Sampling(**table)
    except InvalidSetting as error:
        raise InvalidCharacter(f"{where}, [sampling]: {error}") from None
    return dict(table)


def _prompt(table: Mapping[str, Any], where: str) -> PromptSettings:
    _expect_keys(table, {"form": str, "dialogues": int, "characters": int}, where, "[prompt]")
    form = table.get("form", "auto")
    if form not in get_args(WantedForm):
        raise _wrong("form", form, ", ".join(get_args(WantedForm)), where)
    default = PromptSettings()
    dialogues, characters = table.get("dialogues", default.dialogues), table.get("characters", default.characters)
    if not 0 <= dialogues <= 200:
        raise _wrong("dialogues in [prompt]", dialogues, "a number from 0 to 200", where)
    if not 500 <= characters <= 1_000_000:
        raise _wrong("characters in [prompt]", characters, "a number from 500 to 1,000,000", where)
    return PromptSettings(cast("WantedForm", form), dialogues, characters)


def _retrieval(table: Mapping[str, Any], where: str) -> RetrievalSettings:
    _expect_keys(table, {"embedding_model": str}, where, "[retrieval]")
    model = table.get("embedding_model")
    if model == "":
        raise _wrong("embedding_model", model, "the name of a model", where)
    return RetrievalSettings(model)


def _expect_keys(table: Mapping[str, Any], known: Mapping[str, type], where: str, place: str) -> None:
    """Raises InvalidCharacter for a key that is not known, and a value of another kind than its key's."""
    for key, value in table.items():
        if key not in known:
            inside = f" in {place}" if place else ""
            raise InvalidCharacter(
                f"{where} has {one_line(key)[:80]!r}{inside}, which nobody knows; {', '.join(known)} were expected; "
                "mend or remove it"
            )
        kind = known[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _wrong(f"{key} in {place}" if place else key, value, _KINDS.get(kind, "a value"), where)


def _wrong(key: str, value: object, expected: str, where: str) -> InvalidCharacter:
    found = one_line(repr(value))
    return InvalidCharacter(
        f"{key} is {found if len(found) <= 60 else found[:57] + '...'} in {where}; {expected} was expected; mend it"
    )
