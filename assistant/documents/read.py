"""A file, several, or a folder become one frozen `Document`; or InvalidDocument says what was found and what to do.

What a file is shows in its content; its ending decides only where that leaves it open. Each format's reader, and the
library it needs, is loaded when such a file is read. Nothing is fetched: not what a document names on the network, nor
another file it names. The module knows nothing of models, tokens or terminals.
"""

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from assistant.documents.archive import Archive, kind_of_archive
from assistant.documents.document import Document
from assistant.documents.encoding import Decoded, declared_encoding, decode
from assistant.documents.kinds import HEAD, is_mail, kind_of_bytes, kind_of_text, note_on_ending
from assistant.documents.limits import MAX_BYTES, MAX_CONTAINER_BYTES, too_large
from assistant.documents.markdown import markdown_headings
from assistant.documents.several import list_files, read_several
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

Path_ = str | os.PathLike[str]


def read_document(path: Path_, *, encoding: str | None = None) -> Document:
    """The text of a file; `-` is standard input. `encoding` overrules what would be found. Raises InvalidDocument."""
    if os.fspath(path) == "-":
        if sys.stdin is None:
            raise InvalidDocument("there is no standard input; a document on it was expected; name a file")
        return _document(sys.stdin.buffer, "standard input", encoding)
    file = Path(path)
    name = one_line(str(path))
    try:
        if file.is_dir():
            raise InvalidDocument(f"{name} is a folder; a document was expected; name one file in it")
        with file.open("rb") as stream:
            return _document(stream, str(path), encoding)
    except FileNotFoundError:
        raise InvalidDocument(f"{name} does not exist; a document was expected; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidDocument(f"{name} cannot be read ({reason}); a readable file was expected; check it") from None


def read_documents(paths: Sequence[Path_], *, encoding: str | None = None) -> Document:
    """One path: as `read_document`. Several, or a folder: one text of them all, `files` telling where each begins.

    Raises InvalidDocument.
    """
    if len(paths) == 1 and not Path(paths[0]).is_dir():
        return read_document(paths[0], encoding=encoding)
    return read_several(paths, partial(read_document, encoding=encoding))


def files_of(paths: Sequence[Path_]) -> tuple[Path, ...]:
    """The files that `read_documents` reads of these paths, in its order. Raises InvalidDocument."""
    return list_files(paths).files


def decode_document(data: bytes, name: str, *, encoding: str | None = None) -> Document:
    """The document in these bytes. Raises InvalidDocument."""
    return _document(io.BytesIO(data), name, encoding)


def _document(stream: BinaryIO, name: str, encoding: str | None) -> Document:
    head = stream.read(HEAD)
    kind = kind_of_bytes(head, name)
    if kind in {"pdf", "zip"}:
        document = _contained(_seekable(stream, head, name), kind, name, encoding)
    else:
        data = head + stream.read(MAX_BYTES + 1 - len(head)) if len(head) == HEAD else head
        if len(data) > MAX_BYTES:
            raise too_large(name, f"is larger than {MAX_BYTES // 2**20} MiB")
        document = _plain(data, kind, name, encoding)
    return replace(document, notes=(*note_on_ending(document.kind, name), *document.notes))


def _seekable(stream: BinaryIO, head: bytes, name: str) -> BinaryIO:
    """The same from its beginning, a pipe held in memory."""
    if stream.seekable():
        size = stream.seek(0, os.SEEK_END)
    else:
        data = head + stream.read(MAX_CONTAINER_BYTES + 1 - len(head))
        size, stream = len(data), io.BytesIO(data)
    if size > MAX_CONTAINER_BYTES:
        raise too_large(name, f"is larger than {MAX_CONTAINER_BYTES // 2**20} MiB")
    stream.seek(0)
    return stream


def _contained(stream: BinaryIO, kind: str, name: str, encoding: str | None) -> Document:
    if kind == "pdf":
        from assistant.documents.pdf import read_pdf  # noqa: PLC0415  PDFium takes 0.05 s to load

        return read_pdf(stream, name)
    archive = Archive(stream, name)
    if kind_of_archive(archive, name) == "docx":
        from assistant.documents.word import read_word  # noqa: PLC0415

        return read_word(archive, name)
    from assistant.documents.epub import read_epub  # noqa: PLC0415

    return read_epub(archive, name, encoding=encoding)


def _plain(data: bytes, kind: str, name: str, encoding: str | None) -> Document:
    head = data[:HEAD]
    if kind == "ole":
        raise _old_office(data, name)
    if kind == "rtf":
        from assistant.documents.rtf import read_rtf  # noqa: PLC0415

        return read_rtf(data, name)
    if is_mail(head, name):
        from assistant.documents.mail import read_mail  # noqa: PLC0415

        return read_mail(data, name, encoding=encoding)
    is_page = kind_of_text(head.decode("latin-1"), name) == "html"
    decoded = decode(data, name, encoding=encoding, declared=declared_encoding(head, page=is_page))
    if not decoded.text.strip():
        raise InvalidDocument(f"{one_line(name)} has no text in it; a document was expected; check the file")
    return _decoded(decoded, name)


def _decoded(decoded: Decoded, name: str) -> Document:
    kind = kind_of_text(decoded.text, name)
    match kind:
        case "html":
            from assistant.documents.webpage import read_webpage  # noqa: PLC0415

            return read_webpage(decoded, name)
        case "subtitles":
            from assistant.documents.subtitles import read_subtitles  # noqa: PLC0415

            return read_subtitles(decoded, name)
        case "csv":
            from assistant.documents.table import read_table  # noqa: PLC0415

            return read_table(decoded, name)
    headings = markdown_headings(decoded.text) if kind == "markdown" else ()
    return Document(name, decoded.text, decoded.encoding, decoded.guessed, kind, headings, notes=decoded.notes)


def _old_office(data: bytes, name: str) -> InvalidDocument:
    """The container of Office before 2007, in which Office since keeps what is encrypted."""
    shown = one_line(name)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return InvalidDocument(
            f"{shown} is encrypted; a document that opens without a password was expected; remove the password in "
            "the program that set it"
        )
    if "WordDocument".encode("utf-16-le") in data:
        return InvalidDocument(f"{shown} is an old Word file (.doc); DOCX or PDF was expected; save it as DOCX")
    return InvalidDocument(
        f"{shown} is an old Microsoft Office file; DOCX, PDF or text was expected; save it as one of these"
    )
