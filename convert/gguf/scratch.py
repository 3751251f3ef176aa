"""A small file for llama.cpp to look at, which takes no room on a disk where the system can do without."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from convert.errors import OutputFailed


@contextmanager
def scratch_file() -> Iterator[Path]:
    """The path of an empty file that is gone after the block: in memory on Linux, in the temporary folder elsewhere.

    Raises OutputFailed where the block cannot write to it.
    """
    try:
        with _empty_file() as path:
            yield path
    except OSError as error:
        raise OutputFailed(
            f"a temporary file cannot be written ({error.strerror}); room for llama.cpp to look at a header was "
            "expected; free some, or set TMPDIR to another folder"
        ) from error


@contextmanager
def _empty_file() -> Iterator[Path]:
    if hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir():
        descriptor = os.memfd_create("luciole")
        try:
            yield Path(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
    else:
        with tempfile.TemporaryDirectory(prefix="luciole-") as folder:
            path = Path(folder) / "scratch.gguf"
            path.touch()
            yield path
