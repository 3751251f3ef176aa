"""A PDF is read in a process of its own, with bounds of memory and time: what breaks its reader ends that only.

PDFium is written in C++ for a browser that does the same. `pdf_pages` is what runs there.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, BinaryIO

from assistant.documents.document import Document, Heading, Page
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_MEMORY = 2 * 1024**3
"""Bytes. Ordinary files take some 100 MB, whatever their size."""
MAX_SECONDS = 300
"""Sixty pages take a quarter of a second."""
_MAX_NAME = 4096


def read_pdf(stream: BinaryIO, name: str) -> Document:
    """Raises InvalidDocument."""
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    command = [sys.executable, "-P", "-m", "assistant.documents.pdf_pages"]
    command += [one_line(name)[:_MAX_NAME], str(MAX_MEMORY), str(MAX_SECONDS)]
    try:
        with _as_file(stream) as file:
            done = subprocess.run(
                command,
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": path},
                timeout=MAX_SECONDS,
                check=False,
            )
        found = json.loads(done.stdout)
    except OSError as error:
        raise InvalidDocument(
            f"{one_line(name)} cannot be read (no process starts for it: {error.strerror}); a PDF was expected; "
            "close other programs, and try again"
        ) from None
    except subprocess.TimeoutExpired:
        raise _too_much(name, f"takes more than {MAX_SECONDS} seconds to read") from None
    except ValueError:  # it died before it could answer
        raise _too_much(name, "breaks its reader, or needs too much memory") from None
    if "error" in found:
        raise InvalidDocument(found["error"])
    return _document(found, name)


@contextmanager
def _as_file(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream, or its bytes, as a file that another process can read at any place."""
    try:
        stream.fileno()
    except UnsupportedOperation:
        with tempfile.TemporaryFile() as file:
            stream.seek(0)
            while block := stream.read(2**20):
                file.write(block)
            file.seek(0)
            yield file
    else:
        yield stream


def _document(found: dict[str, Any], name: str) -> Document:
    return Document(
        name,
        found["text"],
        "",
        kind="pdf",
        headings=tuple(Heading(*each) for each in found["headings"]),
        pages=tuple(Page(*each) for each in found["pages"]),
        notes=tuple(found["notes"]),
    )


def _too_much(name: str, what: str) -> InvalidDocument:
    return InvalidDocument(
        f"{one_line(name)} {what}; an ordinary PDF was expected; print it to PDF once more, or save it as text"
    )
