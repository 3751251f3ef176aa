"""Which models are there, and what each is, from the headers of their files. Nothing is loaded, nothing is changed.

Those of the model folder, the starter, the default and the running one where they lie elsewhere. A file that cannot be
used is listed with the reason: whoever wonders where a model went finds it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from assistant.errors import AssistantError, InvalidModelFile
from assistant.gguf.file import read_header
from assistant.gguf.header import Rope
from assistant.gguf.parts import other_parts
from assistant.library.origin import Origin, read_origin
from assistant.library.used import last_use, place_of
from assistant.models import STARTER, find_model, starter
from assistant.paths import models_folder
from assistant.proof import Standing, Verdict, read_standing

ENDING = ".gguf"
PART = re.compile(r"-(\d{5})(-of-\d{5}\.gguf)$")
"""The end of the name of a file that is one of several."""

Place = Literal["folder", "starter", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that is there. Of a file with a `problem` only name, path, place and size are known."""

    name: str
    """As it is asked for: the file's name without its ending, or `starter`; elsewhere the whole path."""
    path: Path
    """The file, or the first of several parts."""
    place: Place
    """Where it lies: in the model folder, in the starter's package, or somewhere else."""
    bytes: int
    """Of all parts."""
    quantization: str = ""
    parameters: int = 0
    context: int | None = None
    """Tokens it was trained for; None: the file does not say."""
    architecture: str = ""
    layers: int | None = None
    rope: Rope | None = None
    chats: bool = False
    """It brings a chat template; without one it only continues texts, or makes vectors."""
    licence: str = ""
    """As the file names it."""
    proof: Verdict = "unproven"
    why: str = ""
    """Why it is proven so far, and no further."""
    origin: Origin | None = None
    """Where on the hub it came from; None: unknown."""
    last_used: datetime | None = None
    """When it was last loaded, UTC; None: never, as far as is known."""
    is_default: bool = False
    problem: str = ""
    """Why it cannot be used: what was found; what was expected; what to do."""

    @property
    def stem(self) -> str:
        """The name without the number of its first part, where it is one of several."""
        return PART.sub("", f"{self.name}{ENDING}").removesuffix(ENDING)

    @property
    def parts(self) -> tuple[Path, ...]:
        """All files of it, the first one first. Raises InvalidModelFile."""
        return parts_of(self.path)


def installed(also: Iterable[str | Path] = ()) -> tuple[Installed, ...]:
    """All models, the last used ones first, then by name, and those that cannot be used last.

    `also`: further files to list where they are no others. Takes a tenth of a second for each file that was not looked
    at before. A damaged settings file only means that no model is marked as the default.
    """
    default = _default()
    found: dict[str, Installed] = {}
    places: list[tuple[Path, Place]] = [(path, "folder") for path in _files(models_folder())]
    if (own := starter()) is not None:
        places.append((own, "starter"))
    places += [(Path(path), "elsewhere") for path in (default, *also) if path is not None]
    for path, place in places:
        same = place_of(path)
        if same not in found and (place != "elsewhere" or path.is_file()):
            found[same] = look(path, place)
    marked = None if default is None else place_of(default)
    models = [replace(model, is_default=same == marked) for same, model in found.items()]
    return tuple(sorted(models, key=_order))


def installed_model(path: Path) -> Installed:
    """The model that a file is, as `installed` would list it, without a look at any other."""
    default, own = _default(), starter()
    if own is not None and place_of(own) == place_of(path):
        place: Place = "starter"
    else:
        place = "folder" if Path(place_of(path)).parent == models_folder().resolve() else "elsewhere"
    return replace(look(path, place), is_default=default is not None and place_of(default) == place_of(path))


def look(path: Path, place: Place) -> Installed:
    """What one file is; a file that cannot be used has a `problem`."""
    name = STARTER if place == "starter" else model_name(path) if place == "folder" else str(path)
    try:
        state = path.stat()
        # Of a model in parts any may have changed: it is looked at anew.
        in_parts = PART.search(path.name) is not None
        facts = _read(path) if in_parts else _facts(path, state.st_size, state.st_mtime_ns)
    except (InvalidModelFile, OSError) as error:
        return Installed(name, path, place, _size(path), origin=read_origin(path), problem=_reason(path, error))
    standing = read_standing(path)
    known = replace(facts, name=name, place=place, origin=read_origin(path), last_used=last_use(path))
    return _with_standing(known, standing)


def model_name(path: Path) -> str:
    """As a file of the model folder is asked for."""
    return path.name.removesuffix(ENDING)


def parts_of(path: Path) -> tuple[Path, ...]:
    """The file and, where it is the first of several, the others. Raises InvalidModelFile."""
    return path, *other_parts(path, read_header(path))


def _files(place: Path) -> list[Path]:
    """What may be a model there: of those in parts only the first, unless it is missing."""
    try:
        found = sorted(path for path in place.glob(f"*{ENDING}") if not path.name.startswith("."))
    except OSError:
        return []
    names = {path.name for path in found}
    return [path for path in found if (first := PART.sub(r"-00001\2", path.name)) == path.name or first not in names]


@lru_cache(maxsize=256)
def _facts(path: Path, _size: int, _changed: int) -> Installed:
    """What the header says, read again only when the file is another. Raises InvalidModelFile."""
    return _read(path)


def _read(path: Path) -> Installed:
    header = read_header(path)
    return Installed(
        name=path.name,
        path=path,
        place="elsewhere",
        bytes=header.file_bytes,
        quantization=header.quantization,
        parameters=header.parameters,
        context=header.context,
        architecture=header.architecture,
        layers=header.layers,
        rope=header.rope,
        chats=header.chat_template is not None,
        licence=header.text("general.license") or "",
    )


def _with_standing(model: Installed, standing: Standing) -> Installed:
    return replace(model, proof=standing.verdict, why=standing.why)


def _default() -> Path | None:
    """The model that is meant where none is named, if there is one."""
    try:
        return find_model(None)
    except (AssistantError, OSError):
        return None


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        reason = error.strerror or error
        return f"{path.name} cannot be looked at ({reason}); a readable GGUF file was expected; check the file"
    return str(error)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _order(model: Installed) -> tuple[bool, float, str, str]:
    used = model.last_used.timestamp() if model.last_used is not None else 0.0
    return bool(model.problem), -used, model.name.lower(), model.name
