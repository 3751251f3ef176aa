"""Names of files in the model folder: what a model may be called, and what belongs to it. Moves nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from assistant.errors import InvalidModelFile, ModelNotFound, OutputFailed
from assistant.library.installed import ENDING, PART, Installed
from assistant.library.used import place_of
from assistant.models import STARTER
from assistant.paths import models_folder
from assistant.sanitize import one_line

_LONGEST_NAME = 200
_FORBIDDEN = set('/\\:*?"<>|')
"""Signs of paths and patterns, on one system or another."""


def files_of(model: Installed) -> Sequence[Path]:
    """All files of a model, the first part first; of a damaged one what is there under its name."""
    try:
        return model.parts
    except InvalidModelFile:
        start = stem(model.path.name)
        found = sorted(model.path.parent.glob(f"*{ENDING}"))
        return [path for path in found if PART.search(path.name) and stem(path.name) == start] or [model.path]


def report_of(file: Path) -> Path:
    """Where the report of a model's proof lies."""
    return file.with_name(f"{file.name}.report.json")


def stem(name: str) -> str:
    """What is left of a file's name without `ending`."""
    return name.removesuffix(ending(name))


def ending(name: str) -> str:
    """`.gguf`, with the number of the part where it is one of several."""
    found = PART.search(name)
    return found[0] if found else ENDING


def targets(name: str, files: Sequence[Path]) -> list[Path]:
    """Where the files of a model lie in the model folder when it has this name. Raises InvalidModelFile, OutputFailed.

    OutputFailed: one of them is there already, and not one of `files`.
    """
    expect_name(name)
    found = [models_folder() / f"{name}{ending(file.name)}" for file in files]
    for target in found:
        if any(place_of(target) == place_of(file) for file in files):
            raise OutputFailed(
                f"{target.name} lies in {target.parent} already; another name or a file from elsewhere was expected; "
                "nothing needs to be done"
            )
        expect_absent(target)
    return found


def expect_absent(target: Path) -> None:
    """Raises OutputFailed where something of this name is there."""
    if os.path.lexists(target):
        raise OutputFailed(
            f"a model {stem(target.name)!r} is there already; a name that is free was expected; choose another, or "
            "remove that one first"
        )


def expect_name(name: str) -> None:
    """Raises InvalidModelFile for what could not be asked for by name, or be no file of the model folder."""
    if not name or name != one_line(name) or name.startswith((".", "~", "-")) or set(name) & _FORBIDDEN:
        raise InvalidModelFile(
            f"{name[:80]!r} is no name for a model; letters, digits, spaces, dots and dashes were expected; "
            "choose another"
        )
    if len(os.fsencode(name)) > _LONGEST_NAME:
        raise InvalidModelFile(
            f"the name has {len(os.fsencode(name))} bytes; at most {_LONGEST_NAME} were expected; choose a shorter one"
        )
    if name == STARTER or stem(f"{name}{ENDING}") != name:
        raise InvalidModelFile(
            f"{name!r} would stand for another model; a name of its own was expected; choose another"
        )


def expect_own(model: Installed) -> None:
    """Raises ModelNotFound for a model outside the model folder."""
    if model.place != "folder":
        raise ModelNotFound(
            f"{model.name} does not lie in {models_folder()}; only models there can be changed; import it first"
        )


def failed(target: Path, error: OSError, doing: str) -> OutputFailed:
    """What the system refused, in words."""
    return OutputFailed(
        f"{target} cannot be {doing} ({error.strerror or error}); a folder that takes it was expected; check the disk, "
        "its room and who may write there"
    )
