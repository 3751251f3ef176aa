"""Pasted texts that are to be read as documents: a file of its own for each, in `pasted` of the data folder.

They stay there, since summaries and conversations name them. Only the user may read them.
"""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from assistant.errors import OutputFailed
from assistant.paths import folder


def keep_pasted(text: str) -> Path:
    """A new file with this text, named after the time. Raises OutputFailed."""
    place = folder("data") / "pasted"
    with suppress(OSError):
        place.mkdir(mode=0o700, exist_ok=True)
    stem = f"{datetime.now():%Y-%m-%d %H.%M.%S}"
    for number in range(1, 1000):
        path = place / f"{stem}{f' ({number})' if number > 1 else ''}.txt"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        except OSError as error:
            raise _failed(path, error) from None
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)
        except OSError as error:  # a full disk
            path.unlink(missing_ok=True)
            raise _failed(path, error) from None
        return path
    raise OutputFailed(f"{place} has a thousand texts of this second; a free name was expected; try again")


def _failed(path: Path, error: OSError) -> OutputFailed:
    return OutputFailed(
        f"{path} cannot be written ({error.strerror}); a folder for pasted texts was expected; check it and its disk"
    )
