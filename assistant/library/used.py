"""When a model was last loaded: one empty file for each model's place, whose own time says it.

Nothing is read or merged, so programs that load at the same moment lose nothing. A disk that refuses is no reason for
an error: the model is then shown as never used.
"""

import hashlib
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from assistant.paths import folder


def note_use(model: Path) -> None:
    """The model at this place was loaded now."""
    with suppress(OSError):
        mark = _mark(model)
        mark.parent.mkdir(exist_ok=True)
        mark.touch()


def last_use(model: Path) -> datetime | None:
    """When the model at this place was last loaded, in UTC; None: never, as far as is known."""
    try:
        return datetime.fromtimestamp(_mark(model).stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def move_use(model: Path, target: Path | None) -> None:
    """What was known of one place holds for another; None: it is forgotten."""
    with suppress(OSError):
        mark = _mark(model)
        if target is None:
            mark.unlink(missing_ok=True)
        else:
            mark.replace(_mark(target))


def place_of(model: Path) -> str:
    """The place itself: the same for a file that is reached by different ways, and another for a link to it."""
    return os.path.realpath(model.parent) + os.sep + model.name


def _mark(model: Path) -> Path:
    return folder("data") / "used" / hashlib.sha256(os.fsencode(place_of(model))).hexdigest()[:24]
