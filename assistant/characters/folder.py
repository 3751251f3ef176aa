"""Where characters lie, and one of them read: a folder with `character.toml` and its dialogues.

The user's own lie in the data folder, a folder each; those that ship with this program lie in the package, and one of
the user's own of the same name stands before it. Reads only; `changes` makes, alters and removes them.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.characters.corpus import corpus_files, read_corpus
from assistant.characters.toml import FILE, MAX_BYTES, Settings, parse
from assistant.characters.values import Character, Language
from assistant.errors import InvalidCharacter
from assistant.languages import language_of
from assistant.paths import folder as kind_folder
from assistant.sanitize import one_line

SAMPLES = Path(__file__).parent / "samples"
_SAMPLE = 20_000
"""Characters that tell the language."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A character that is there, without its dialogues. `problem`: why it cannot be played; empty: it can."""

    id: str
    """The name of its folder: what commands call it by."""
    name: str
    folder: Path
    shipped: bool
    dialogues: int = 0
    language: Language = "en"
    greeting: str = ""
    description: str = ""
    problem: str = ""


def character_folder() -> Path:
    """Where the user's characters lie. It exists after the call, unless the system refuses to make it."""
    path = kind_folder("data") / "characters"
    with suppress(OSError):
        path.mkdir(exist_ok=True)
    return path


def characters() -> tuple[Listed, ...]:
    """All characters, the user's own first; each read whole, so that its problem is known."""
    found: dict[str, Listed] = {}
    for place in _folders():
        if place.name not in found:
            found[place.name] = _listed(place)
    return tuple(found.values())


def load_character(name: str | Path) -> Character:
    """The character of that name (of its folder, or its own where only one has it), or in that folder.

    Raises InvalidCharacter, naming what is wrong and where.
    """
    place = name if isinstance(name, Path) else find_character(name)
    settings = settings_in(place)
    corpus = read_corpus(corpus_files(place, settings.files), settings.name, settings.user)
    if settings.notes:
        corpus = replace(corpus, notes=(*settings.notes, *corpus.notes))
    sample = settings.description + "\n".join(dialogue.text for dialogue in corpus.dialogues[:200])
    return Character(
        settings.name,
        Path(os.path.abspath(place)),  # noqa: PTH100  links stay: the folder is called what the user called it
        settings.user,
        settings.description,
        settings.greeting,
        settings.language or spoken_in(sample or settings.name),
        settings.sampling or {},
        settings.prompt,
        settings.retrieval,
        corpus,
        is_shipped(place),
    )


def spoken_in(text: str) -> Language:
    """The language of a text, as far as characters are worded in it."""
    return "zh" if language_of(text[:_SAMPLE]) == "zh" else "en"


def is_shipped(place: Path) -> bool:
    """Whether this folder is part of the program."""
    return place.parent == SAMPLES


def characters_named(name: str) -> bool:
    """Whether a character's folder is called so."""
    return any(place.name == name for place in _folders())


def _folders() -> list[Path]:
    found: list[Path] = []
    for parent in (character_folder(), SAMPLES):
        with suppress(OSError):
            found += sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
    return found


def find_character(name: str) -> Path:
    """The folder of the character of that name. Raises InvalidCharacter."""
    if not name or name != os.path.basename(name) or "\\" in name or "\0" in name or name.startswith("."):  # noqa: PTH119
        raise InvalidCharacter(
            f"{one_line(name)[:80]!r} is no name of a character; one of luciole characters list was expected; name one"
        )
    places = _folders()
    named = [place for place in places if place.name == name]
    if not named:
        own = {place: _own_name(place) for place in places}
        named = [place for place, its in own.items() if its.casefold() == name.casefold()]
        if len(named) > 1:
            raise InvalidCharacter(
                f"{len(named)} characters are called {one_line(name)}; one was expected; name its folder: "
                f"{', '.join(one_line(place.name) for place in named)}"
            )
    if not named:
        known = ", ".join(dict.fromkeys(one_line(place.name) for place in places[:12]))
        expected = f"one of these was expected: {known}" if known else "nobody is here yet"
        raise InvalidCharacter(
            f"there is no character {one_line(name)[:80]!r}; {expected}; name one, or make it with luciole characters "
            "new"
        )
    return named[0]


def _own_name(place: Path) -> str:
    try:
        return settings_in(place).name
    except InvalidCharacter:
        return ""


def settings_in(place: Path) -> Settings:
    """What the settings in this folder say. Raises InvalidCharacter."""
    path = place / FILE
    try:
        if path.is_symlink() and path.resolve().parent != place.resolve():
            raise InvalidCharacter(f"{one_line(str(path))} leads out of its folder; a file was expected; copy it there")
        if path.exists() and not path.is_file():
            raise InvalidCharacter(f"{one_line(str(path))} is no file; TOML was expected; mend it")
        with path.open("rb") as file:
            return parse(file.read(MAX_BYTES + 1), one_line(str(path)))
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidCharacter(
            f"{one_line(str(path))} cannot be read ({reason}); a character was expected there; make one with "
            "luciole characters new"
        ) from error


def _listed(place: Path) -> Listed:
    try:
        found = load_character(place)
    except InvalidCharacter as error:
        return Listed(place.name, _own_name(place) or place.name, place, is_shipped(place), problem=str(error))
    return Listed(
        place.name,
        found.name,
        place,
        found.shipped,
        len(found.dialogues),
        found.language,
        found.greeting,
        found.description,
    )
