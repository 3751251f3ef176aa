"""A file becomes text: one frozen `Document`, or InvalidDocument with what to do.

Text and Markdown in any usual encoding; the encoding that was found is part of the document, so that nobody reads
guessed letters unawares. Formats with pages and styles (PDF, Word, EPUB) are refused by name. The module knows nothing
of models, tokens or terminals.
"""

import os
import re
import sys
import unicodedata
from pathlib import Path

from assistant.documents.document import Document
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_BYTES = 32 * 1024 * 1024
"""Far beyond what any model reads (32K tokens are some 150 KB), and small enough to hold and search in memory."""

_MAGIC = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a ZIP archive (Word, EPUB and OpenDocument files are such archives)",
    b"\xd0\xcf\x11\xe0": "an old Microsoft Office file",
    b"{\\rtf": "an RTF file",
    b"GGUF": "a GGUF model",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x7fELF": "a program",
}
_CANDIDATES = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "cp874", "mac_roman"),
)
"""What web browsers still decode (WHATWG Encoding); among all that exist, rare code pages win by a hair over cp1252."""
_MAX_ODD_SHARE = 0.02
"""Control, unassigned and private characters in a text; a decoded binary has a third or more."""


def read_document(path: str | os.PathLike[str]) -> Document:
    """The text of a file; `-` is standard input. Raises InvalidDocument."""
    if os.fspath(path) == "-":
        return decode_document(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")
    file = Path(path)
    name = one_line(str(path))
    try:
        if file.is_dir():
            raise InvalidDocument(f"{name} is a folder; a text or Markdown file was expected; name one file in it")
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InvalidDocument(f"{name} does not exist; a text or Markdown file was expected; check the path") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidDocument(f"{name} cannot be read ({reason}); a readable file was expected; check it") from None
    return decode_document(data, str(path))


def decode_document(data: bytes, name: str) -> Document:
    """The text in these bytes. Tried in order: byte order marks, UTF-8, UTF-16 without a mark, a guess from the bytes.

    Raises InvalidDocument where there is no text, or too much.
    """
    shown = one_line(name)
    if len(data) > MAX_BYTES:
        raise InvalidDocument(
            f"{shown} is larger than {MAX_BYTES // 2**20} MiB; a document was expected; split it into parts"
        )
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise InvalidDocument(f"{shown} is {kind}; plain text or Markdown was expected; save or export it as text")
    text, encoding, guessed = _decode(data, shown)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InvalidDocument(f"{shown} has no text in it; a text or Markdown file was expected; check the file")
    if _odd_share(text) > _MAX_ODD_SHARE:
        raise _binary(shown)
    return Document(name, text, encoding, guessed)


def _decode(data: bytes, shown: str) -> tuple[str, str, bool]:
    """Text, encoding, and whether it is a guess."""
    # The four-byte marks first: UTF-32's begins with UTF-16's.
    marks = (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")
    for mark, encoding in marks:
        if data.startswith(mark):
            try:
                return data.decode(encoding), encoding, False
            except UnicodeDecodeError:
                raise _binary(shown) from None
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    if b"\0" not in data:
        try:
            return data.decode(encoding), encoding, False
        except UnicodeDecodeError:
            return *_guess(data, shown), True
    return *_utf16_without_mark(data, shown), True


def _utf16_without_mark(data: bytes, shown: str) -> tuple[str, str]:
    """Zero bytes in text mean UTF-16, and then they are the high halves: all at even or all at odd places."""
    for encoding, low in (("utf-16-le", data[::2]), ("utf-16-be", data[1::2])):
        if b"\0" not in low:
            try:
                return data.decode(encoding), encoding
            except UnicodeDecodeError:
                break
    raise _binary(shown)


def _guess(data: bytes, shown: str) -> tuple[str, str]:
    if _is_gb2312(data):
        return data.decode("gb18030", "replace"), "gb18030"
    from charset_normalizer import from_bytes  # noqa: PLC0415  most documents are UTF-8 and need none of its tables

    matches = from_bytes(data, cp_isolation=list(_CANDIDATES))
    best = matches.best()
    if best is None:
        raise _binary(shown)
    # French reads equally well as Central European; between equals the earlier in our list wins, the more usual one.
    rank = (best.percent_chaos, best.percent_coherence)
    equals = [match for match in matches if (match.percent_chaos, match.percent_coherence) == rank]
    names = {name: str(match) for match in equals for name in match.could_be_from_charset}
    encoding = min(names, key=lambda name: _CANDIDATES.index(name) if name in _CANDIDATES else len(_CANDIDATES))
    return names[encoding], encoding


def _is_gb2312(data: bytes) -> bool:
    """Whether the double bytes are simplified Chinese, which a general guess mistakes in a text of few characters.

    In GB 2312 the 3,755 common characters, in order of their sounds, fill the first bytes B0-D7. Korean (EUC-KR) puts
    its syllables in B0-C8 and little beyond, Japanese (EUC-JP) much in A4-A5, and Big5 uses second bytes below A1.
    """
    runs: list[bytes] = re.findall(rb"[\x80-\xff]+", data)
    if any(len(run) % 2 or min(run) < 0xA1 for run in runs):
        return False
    leads = b"".join(runs)[::2]
    common = sum(0xB0 <= lead <= 0xD7 for lead in leads)
    beyond_korean = sum(0xC9 <= lead <= 0xD7 for lead in leads)
    kana = sum(lead in {0xA4, 0xA5} for lead in leads)
    return common >= 0.6 * len(leads) and beyond_korean >= 0.15 * len(leads) and kana <= 0.05 * len(leads)


def _odd_share(text: str) -> float:
    """Share of characters that no text has: controls (but for tab, newline, form feed), unassigned, private, U+FFFD."""
    sample = text[: 2**20]
    odd = sum(
        character == "\ufffd" or (character not in "\t\n\f" and unicodedata.category(character) in {"Cc", "Cn", "Co"})
        for character in sample
    )
    return odd / len(sample)


def _binary(shown: str) -> InvalidDocument:
    return InvalidDocument(
        f"{shown} is not a text (its bytes are binary); plain text or Markdown was expected; convert it"
    )
