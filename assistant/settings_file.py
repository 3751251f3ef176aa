"""Changes one value of `settings.toml` and leaves the rest as the user wrote it: comments, order, blank lines.

    set_value("screen", "theme", value="day")
    set_value("sampling", "qwen*", "temperature", value=0.6)
    set_value("default_model", value=None)          # as if it had never been set

The file is replaced in one step, so that whoever reads it meanwhile finds the old one or the new one. A file that
cannot be read, and a value that could not be read afterwards, are refused, and the file stays as it is.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from assistant.errors import InvalidSetting, OutputFailed
from assistant.settings import Settings, parse_settings, read_text, settings_path

Value = str | bool | int | float
"""What a setting can be set to."""


def set_value(*place: str, value: Value | None) -> Settings:
    """Set the value at `place` (its tables' names, then its own); None removes it. What holds now is returned.

    Raises InvalidSetting where the file is damaged or the value is none for this place, OutputFailed where the file
    cannot be written.
    """
    from assistant.settings_text import with_value  # noqa: PLC0415  its library is slow to load, and rarely needed

    path = settings_path()
    before = read_text(path)
    parse_settings(path, before)
    after = with_value(before, place, value)
    if after is None:
        name = ".".join(place)
        raise InvalidSetting(
            f"{path} is written in a way in which {name} cannot be changed from here; a plain [table] was expected; "
            f"change {name} in the file"
        )
    settings = parse_settings(path, after)
    if after != before:
        _replace(path, after)
    return settings


def set_default(model: str | None) -> Settings:
    """Make `model` the one that is meant where none is named; None: the starter again. Raises as `set_value`."""
    return set_value("default_model", value=model)


def _replace(path: Path, text: str) -> None:
    """Put `text` in place of the file, or of what it links to, with the rights it had."""
    made: Path | None = None
    try:
        target = path.resolve()
        descriptor, name = tempfile.mkstemp(prefix=".settings-", suffix=".toml", dir=target.parent)
        made = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            made.chmod(stat.S_IMODE(target.stat().st_mode))
        made.replace(target)
    except (OSError, RuntimeError) as error:
        if made is not None:
            with suppress(OSError):
                made.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> OutputFailed:
    reason = " ".join(str(getattr(error, "strerror", None) or error).split())
    return OutputFailed(
        f"{path} cannot be written ({reason}); a writable folder was expected; make room, or let it be written"
    )
