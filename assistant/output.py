"""Results in files: one that is replaced is whole or as it was, and what is to be new replaces nothing."""

import os
from pathlib import Path

from assistant.errors import OutputFailed


def write_file(output: Path, text: str) -> None:
    """Write a file beside it, then rename it; what was there is replaced. Raises OutputFailed."""
    partial = output.with_name(f"{output.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputFailed(
            f"{output} cannot be written ({error.strerror}); a writable place was expected; name another"
        ) from None


def write_new(path: Path, text: str) -> None:
    """A new file with this text. Raises OutputFailed, also where there is one of that name."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputFailed(
            f"{path} cannot be written ({reason}); a new file in a folder that is there was expected; "
            "choose another name"
        ) from error
