"""A character made, described otherwise, or removed. What is made is proven first, and is there whole or not at all.

What ships with the program stays as it is: where one of those is changed, a copy of the user's own is made of it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.characters.corpus import ENDINGS, corpus_files
from assistant.characters.folder import character_folder, is_shipped, load_character, settings_in
from assistant.characters.lines import without_controls
from assistant.characters.toml import FILE, MAX_BYTES, expect_speaker
from assistant.characters.values import Character, Language
from assistant.errors import InvalidCharacter, OutputFailed
from assistant.sanitize import one_line

_FORBIDDEN = set('/\\:*?"<>|')
"""Signs of paths and patterns, on one system or another."""
_LONGEST_NAME = 200
"""Bytes of a folder's name."""


def new_character(
    name: str,
    source: Path | None = None,
    *,
    description: str = "",
    greeting: str = "",
    language: Language | None = None,
) -> Character:
    """A character of the user's in a folder of that name. Raises InvalidCharacter, OutputFailed.

    `source`: its dialogues, a file or a folder of them, or a whole character, whose settings come along; what is given
    here replaces them. Nothing that is there is overwritten.
    """
    _expect_folder_name(name)
    place = character_folder() / name
    if os.path.lexists(place):
        raise OutputFailed(
            f"a character {one_line(name)!r} is there already; a name that is free was expected; choose another, or "
            "remove that one first"
        )
    with _making(place) as fresh:
        files = _sources(source)
        settings = source / FILE if source is not None and (source / FILE).is_file() else None
        if source is not None and settings is not None:
            load_character(source)  # what is wrong with it is told of the user's own files
        if settings is None:
            expect_speaker(name, "the name", "what was asked for")
        for file in (*files, *((settings,) if settings is not None else ())):
            shutil.copyfile(file, fresh / file.name)
        given = {"greeting": greeting, "description": description}
        _write(fresh, {key: text for key, text in given.items() if text}, None if settings is not None else name)
        _write(fresh, {"language": language or load_character(fresh).language})
        load_character(fresh)
    return load_character(place)


def describe(character: Character, description: str) -> Character:
    """The character with another description, in its file; of one that ships a copy of the user's own is made.

    Raises InvalidCharacter, OutputFailed.
    """
    if character.shipped:
        place = character_folder() / character.id
        if os.path.lexists(place):  # made meanwhile
            return describe(load_character(place), description)
        with _making(place) as fresh:
            for file in (character.folder / FILE, *corpus_files(character.folder, settings_in(character.folder).files)):
                shutil.copyfile(file, fresh / file.name)
            _write(fresh, {"description": description})
            load_character(fresh)
        return load_character(place)
    _write(character.folder, {"description": description})
    return load_character(character.folder)


def expect_own(place: Path) -> None:
    """Raises InvalidCharacter for the folder of a character that is not the user's."""
    if is_shipped(place):
        raise InvalidCharacter(
            f"{one_line(place.name)} ships with this program; one of your own characters was expected; leave it"
        )
    if place.parent != character_folder():
        raise InvalidCharacter(
            f"{one_line(place.name)} does not lie in {character_folder()}; only characters there can be removed; "
            "remove its folder yourself"
        )


def remove_character(place: Path) -> None:
    """Remove a character of the user's, its folder with all that lies in it; a link goes alone.

    It need not be readable as a character. Raises InvalidCharacter, OutputFailed.
    """
    expect_own(place)
    try:
        if place.is_symlink():
            place.unlink()
            return
        gone = place.with_name(f".{place.name}.{os.getpid()}.gone")
        place.rename(gone)  # in one step: half a character is none
        shutil.rmtree(gone)
    except OSError as error:
        raise _failed(place, error, "removed") from error


def _sources(source: Path | None) -> tuple[Path, ...]:
    """The files of dialogues that are to be copied."""
    if source is None:
        return ()
    if source.is_dir():
        names = settings_in(source).files if (source / FILE).is_file() else None
        found = corpus_files(source, names)
        if not found and not (source / FILE).is_file():
            raise InvalidCharacter(
                f"{one_line(str(source))} holds no dialogues; {', '.join(ENDINGS)} files were expected; name another"
            )
        return found
    if not source.is_file():
        raise InvalidCharacter(
            f"{one_line(str(source))} is not there; a file or a folder of dialogues was expected; look at its name"
        )
    if source.suffix.lower() not in ENDINGS:
        raise InvalidCharacter(
            f"{one_line(source.name)} is no file of dialogues; {', '.join(ENDINGS)} were expected; convert it"
        )
    return (source,)


@contextmanager
def _making(place: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `place` when all went well, and is gone else."""
    fresh = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        fresh.rename(place)
    except OSError as error:
        raise _failed(place, error, "made") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(place: Path, values: dict[str, str], name: str | None = None) -> None:
    """Set values in the settings there, and leave the rest as it is written; `name` begins a new file."""
    import tomlkit  # noqa: PLC0415  slow to load, and rarely needed

    from assistant.settings_text import with_value  # noqa: PLC0415  likewise

    path = place / FILE
    try:
        text = (
            f"name = {tomlkit.item(name).as_string()}\n" if name is not None else path.read_text(encoding="utf-8-sig")
        )
        for key, given in values.items():
            value = without_controls(given.replace("\r\n", "\n").replace("\r", "\n"))[0].strip()
            after = with_value(text, (key,), tomlkit.string(value, multiline="\n" in value))
            if after is None:
                raise InvalidCharacter(
                    f"{one_line(str(path))} is written in a way in which its {key} cannot be changed from here; plain "
                    "TOML was expected; change it in the file"
                )
            text = after
        if len(text.encode()) > MAX_BYTES:
            raise InvalidCharacter(f"{FILE} would have more than {MAX_BYTES:,} bytes; less was expected; shorten it")
        fresh = path.with_name(f".{FILE}.{os.getpid()}.partial")
        try:
            fresh.write_bytes(text.encode())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(path, error, "written") from error
    except ValueError as error:  # bytes or signs that TOML does not have
        raise InvalidCharacter(
            f"{one_line(str(path))} cannot be changed ({one_line(str(error))}); UTF-8 was expected; change it there"
        ) from error


def _expect_folder_name(name: str) -> None:
    """Raises InvalidCharacter for what is no name of a folder."""
    bad = not name.strip() or name != one_line(name) or name.startswith((".", "_", "~", "-")) or set(name) & _FORBIDDEN
    if bad or len(os.fsencode(name)) > _LONGEST_NAME:
        raise InvalidCharacter(
            f"{one_line(name)[:80]!r} is no name for a character; letters, digits, spaces and dashes were expected; "
            "choose another"
        )


def _failed(place: Path, error: OSError, doing: str) -> OutputFailed:
    return OutputFailed(
        f"{one_line(str(place))} cannot be {doing} ({error.strerror or error}); a folder that takes it was expected; "
        "check the disk, its room and who may write there"
    )
