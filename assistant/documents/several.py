"""Several files, or a folder, as one document: each begins with a line that names it, and what was left out is told."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.documents.document import Document, File, Heading, Page
from assistant.documents.kinds import HEAD, kind_of_bytes
from assistant.documents.limits import MAX_CHARACTERS, MAX_FILES, too_large
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_LINES_ABOVE = 2
"""The line with the name, and an empty one."""
_MAX_TOLD = 10


@dataclass(frozen=True, slots=True)
class Found:
    """Files to read, in order; those named themselves must be readable, those of a folder may be left out."""

    files: tuple[Path, ...]
    named: frozenset[Path]
    notes: tuple[str, ...] = ()


def list_files(paths: Sequence[str | os.PathLike[str]]) -> Found:
    """Folders give their files, and those of folders in them, by name; hidden ones and binaries are left out, and
    told. Raises InvalidDocument."""
    files: dict[Path, None] = {}
    named: set[Path] = set()
    notes: list[str] = []
    hidden = 0
    for path in map(Path, paths):
        if not path.is_dir():
            files[path] = None
            named.add(path)
            continue
        for found in _walk(path):
            if found.name.startswith("."):
                hidden += 1
            elif reason := _binary(found):
                notes.append(reason)
            else:
                files[found] = None
            if len(files) > MAX_FILES:
                raise too_large(str(path), f"has more than {MAX_FILES:,} files in it")
    if hidden:
        notes.insert(0, f"{hidden:,} hidden file{'s or folders were' if hidden > 1 else ' or folder was'} left out")
    return Found(tuple(files), frozenset(named), tuple(notes))


def read_several(paths: Sequence[str | os.PathLike[str]], read_one: Callable[[Path], Document]) -> Document:
    """`read_one` reads a file, or raises InvalidDocument.

    Raises InvalidDocument where a file that was named cannot be read, or nothing is left of a folder.
    """
    found = list_files(paths)
    left_out = list(found.notes)
    read: list[Document] = []
    size = 0
    for path in found.files:
        try:
            document = read_one(path)
        except InvalidDocument as error:
            if path in found.named:
                raise
            left_out.append(f"left out: {error}")
            continue
        size += len(document.text)
        if size > MAX_CHARACTERS:
            raise too_large(" ".join(map(str, paths)), f"together have more than {MAX_CHARACTERS:,} characters")
        read.append(document)
    name = " ".join(map(str, paths))
    if not read:
        raise InvalidDocument(
            f"{one_line(name)} has no document that can be read in it"
            + (f" ({left_out[0]})" if left_out else "")
            + "; text, Markdown, PDF, DOCX, HTML or EPUB was expected; name another folder, or files"
        )
    told = left_out[:_MAX_TOLD]
    if len(left_out) > _MAX_TOLD:
        told.append(f"{len(left_out) - _MAX_TOLD:,} more files were left out")
    return _together(name, read, tuple(told))


def _together(name: str, documents: Sequence[Document], notes: tuple[str, ...]) -> Document:
    parts: list[str] = []
    headings: list[Heading] = []
    pages: list[Page] = []
    files: list[File] = []
    told = list(notes)
    at = 0
    for document in documents:
        title = one_line(document.name)
        above = f"===== {title} =====\n\n"
        files.append(File(at, document.name, 1 - _LINES_ABOVE))
        at += len(above)
        headings += (replace(each, start=each.start + at) for each in document.headings)
        pages += (replace(each, start=each.start + at) for each in document.pages)
        text = document.text + ("\n" if document.text.endswith("\n") else "\n\n")
        parts += (above, text)
        at += len(text)
        if document.guessed:
            told.append(f"{title}: read as {document.encoding} (a guess from its bytes)")
        told += (f"{title}: {note}" for note in document.notes)
    encodings = {document.encoding for document in documents}
    return Document(
        name,
        "".join(parts).removesuffix("\n"),
        encodings.pop() if len(encodings) == 1 else "",
        any(document.guessed for document in documents),
        "files",
        tuple(headings),
        tuple(pages),
        tuple(files),
        tuple(told),
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Its files and those of its folders, by name, and hidden folders themselves; links to folders are not followed,
    for they may lead in circles."""
    for place, folders, names in os.walk(folder):
        yield from (Path(place, each) for each in folders if each.startswith("."))
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        yield from (path for path in (Path(place, each) for each in sorted(names)) if path.is_file())


def _binary(path: Path) -> str:
    """Why a file is none that can be read, told from its first bytes; empty where it may be one."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        kind_of_bytes(head, str(path))
    except InvalidDocument as error:
        return f"left out: {str(error).partition(';')[0]}"
    except OSError as error:
        return f"left out: {one_line(str(path))} cannot be read ({error.strerror})"
    return ""
