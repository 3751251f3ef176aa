"""A result in a file: whole or not at all."""

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
