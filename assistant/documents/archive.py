"""A ZIP archive, opened with care: encrypted, damaged or swelling ones are refused before anything is unpacked.

What Python's `zipfile` unpacks of a member is never more than its size in the directory, so limits on those sizes
bound the memory, whatever the data claims. Knows nothing of what is inside.
"""

import lzma
import struct
import zipfile
import zlib
from typing import BinaryIO

from assistant.documents.limits import MAX_MEMBERS, MAX_UNPACKED_BYTES, too_large
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, KeyError, IndexError),
    *(ValueError, NotImplementedError, RuntimeError),
)
"""What `zipfile` raises for archives that are not whole, or of a kind it does not unpack."""
_ENCRYPTED = 0x1
_OTHERS = (
    ("xl/", "an Excel workbook", "save its sheets as CSV"),
    ("ppt/", "a PowerPoint presentation", "save it as PDF"),
    ("Index/", "an Apple iWork file", "export it as DOCX or PDF"),
)


class Archive:
    """Members by name; `read` as long as the sum stays in bounds. Raises InvalidDocument."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._name = name
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(stream)
            infos = self._zip.infolist()
        except DAMAGE:
            raise self.damaged() from None
        if len(infos) > MAX_MEMBERS:
            raise too_large(name, f"is an archive of more than {MAX_MEMBERS:,} files")
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise self.encrypted()
        self._infos = {info.filename: info for info in infos}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._infos)

    def size(self, member: str) -> int:
        """Bytes when unpacked; 0 where there is no such member."""
        return self._infos[member].file_size if member in self._infos else 0

    def read(self, member: str) -> bytes:
        """The bytes of a member; none where there is no such member."""
        if member not in self._infos:
            return b""
        self._unpacked += self.size(member)
        if self._unpacked > MAX_UNPACKED_BYTES:
            raise too_large(self._name, f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB")
        try:
            return self._zip.read(self._infos[member])
        except DAMAGE:
            raise self.damaged() from None

    def encrypted(self) -> InvalidDocument:
        """The error for an archive that wants a password."""
        return InvalidDocument(
            f"{one_line(self._name)} is encrypted; a document that opens without a password was expected; remove the "
            "password in the program that set it"
        )

    def damaged(self) -> InvalidDocument:
        """The error for an archive that is not whole."""
        return InvalidDocument(
            f"{one_line(self._name)} is damaged (it is cut short or broken inside); a whole file was expected; "
            "save or download it again"
        )


def kind_of_archive(archive: Archive, name: str) -> str:
    """`docx` or `epub`. Raises InvalidDocument for other archives, saying what they are."""
    names, shown = archive.names, one_line(name)
    if "META-INF/container.xml" in names:
        return "epub"
    if any(member.startswith("word/") for member in names):
        return "docx"
    if "META-INF/manifest.xml" in names and "content.xml" in names:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise archive.encrypted()
        raise InvalidDocument(
            f"{shown} is an OpenDocument file (LibreOffice); a Word document, PDF or text was expected; save it as "
            "DOCX or PDF"
        )
    for folder, what, remedy in _OTHERS:
        if any(member.startswith(folder) for member in names):
            raise InvalidDocument(f"{shown} is {what}; a document was expected; {remedy}")
    if "[Content_Types].xml" in names:
        raise InvalidDocument(
            f"{shown} has no text part (word/document.xml) in it; a Word document was expected; save it again"
        )
    raise InvalidDocument(f"{shown} is a ZIP archive; a document was expected; unpack it, and name the folder")
