"""Where the user finds what is kept, and whether anything has been kept yet."""

from pathlib import Path
from typing import Literal

from assistant.conversation.store import store_path
from assistant.paths import engine_log, folder, models_folder
from assistant.settings import settings_path
from assistant.typed import typed_path

Location = Literal["models", "conversations", "settings", "cache", "log"]


def locations() -> dict[Location, Path]:
    """The folder of the models, the file of the conversations, that of the settings, the saved readings, the log."""
    return {
        "models": models_folder(),
        "conversations": store_path(),
        "settings": settings_path(),
        "cache": folder("cache"),
        "log": engine_log(),
    }


def is_new() -> bool:
    """Whether nothing was set, said or typed so far: nobody has used this installation yet."""
    try:
        return not any(path.exists() for path in (settings_path(), store_path(), typed_path()))
    except OSError:  # a folder that may not be entered
        return False
