"""Where things lie: models and conversations (data), settings (config), saved readings and logs (cache).

The platform's own folders, or three folders under `LUCIOLE_HOME` where that is set. Folders are made on first use.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_config_path, user_data_path


def folder(kind: Literal["data", "config", "cache"]) -> Path:
    """The folder of that kind. It exists after the call, unless the system refuses to make it.

    A folder that cannot be made is no error here: most callers only look whether something lies in it. Those who write
    meet the system's refusal at their own file.
    """
    home = os.environ.get("LUCIOLE_HOME")
    if home:
        path = Path(home).absolute() / kind
    else:
        of = {"data": user_data_path, "config": user_config_path, "cache": user_cache_path}
        path = of[kind]("luciole", appauthor=False)
    with suppress(OSError):
        path.mkdir(parents=True, exist_ok=True)
    return path


def models_folder() -> Path:
    """Where GGUF files are kept; a name without a slash is looked up here."""
    path = folder("data") / "models"
    with suppress(OSError):
        path.mkdir(exist_ok=True)
    return path


def engine_log() -> Path:
    """What engines and llama.cpp have to say, of all running programs together; the one before it ends in `.old`."""
    return folder("cache") / "engine.log"
