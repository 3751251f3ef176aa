"""Where things lie: models and conversations (data), settings (config), saved readings and logs (cache).

The platform's own folders, or three folders under `LUCIOLE_HOME` where that is set. Folders are made on first use.
"""

import os
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_config_path, user_data_path


def folder(kind: Literal["data", "config", "cache"]) -> Path:
    """The folder of that kind, which exists after the call."""
    home = os.environ.get("LUCIOLE_HOME")
    if home:
        path = Path(home).expanduser() / kind
    else:
        of = {"data": user_data_path, "config": user_config_path, "cache": user_cache_path}
        path = of[kind]("luciole", appauthor=False)
    path.mkdir(parents=True, exist_ok=True)
    return path


def models_folder() -> Path:
    """Where GGUF files are kept; a name without a slash is looked up here."""
    path = folder("data") / "models"
    path.mkdir(exist_ok=True)
    return path
