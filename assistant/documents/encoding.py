"""Bytes become letters: the text, the encoding they were in, and whether that is a guess.

Tried in order: what the user asked for, byte order marks, what the file itself declares, UTF-8, UTF-16 without a mark,
a guess from the bytes. The module knows nothing of formats, files, models or terminals.
"""

import codecs
import re
import unicodedata
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_CANDIDATES = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "cp874", "mac_roman"),
)
"""What web browsers still decode (WHATWG Encoding); among all that exist, rare code pages win by a hair over cp1252."""
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis_620": "cp874",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "big5": "big5hkscs",
}
"""What files mean who declare the narrower one (WHATWG Encoding, labels)."""
_NO_LETTERS = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
"""Python's text encodings that no file is in."""
_USUAL = "utf-8, utf-16, gb18030, gbk, big5, shift_jis, euc_jp, euc_kr, cp1252, latin-1, cp1251, koi8-r"
_MARKS = (
    *((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32")),  # before UTF-16's, with which it begins
    *((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")),
)
_MAX_ODD_SHARE = 0.02
"""Control, unassigned and private characters in a text; a decoded binary has a third or more."""
_META = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w:.-]+)", re.I)
_XML = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w:.-]+)", re.I)
_SOURCE = re.compile(rb"(?:[ \t\f]*(?:#[^\n]*)?\n)?[ \t\f]*#[^\n]*?coding[:=][ \t]*([\w.-]+)")
_HIGH = re.compile(rb"[\x80-\xff]+")
_SURE_BYTES = 16
_BROKEN = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Line ends are `\n`, a byte order mark is gone; NUL and halves of surrogate pairs stand as U+FFFD."""

    text: str
    encoding: str
    """Python's name of it."""
    guessed: bool = False
    notes: tuple[str, ...] = ()


def find_encoding(name: str) -> str | None:
    """Python's name of a text encoding, whatever it was called; None: there is none of that name."""
    try:
        found = codecs.lookup(name)
        "".encode(found.name)  # refuses what turns bytes into bytes, as `base64`
    except (LookupError, ValueError, TypeError, UnicodeError):
        return None
    return None if found.name.replace("-", "_") in _NO_LETTERS else found.name


def declared_encoding(head: bytes, *, page: bool = False) -> str:
    """What a file says of its own encoding; empty where it does not: XML, Python (PEP 263), a web `page` (HTML)."""
    found = _XML.match(head) or (_META.search(head[:4096]) if page else None) or _SOURCE.match(head)
    return next(filter(None, found.groups())).decode("ascii", "replace") if found else ""


def decode(data: bytes, name: str, *, encoding: str | None = None, declared: str = "") -> Decoded:
    """The text of these bytes. `encoding` overrules everything; `declared` is what the file says of itself, if it does.

    Raises InvalidDocument: no such encoding, bytes that are not in it, or no text at all.
    """
    shown = one_line(name)
    decoded = _overruled(data, shown, encoding) if encoding is not None else _detected(data, shown, declared)
    text, count = _BROKEN.subn("\ufffd", decoded.text.removeprefix("\ufeff"))
    notes = decoded.notes
    if count:
        notes += (f"{count:,} NUL characters or broken pairs stand as U+FFFD",)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if odd_share(text) > _MAX_ODD_SHARE:
        raise _binary(shown)
    return Decoded(text, decoded.encoding, decoded.guessed, notes)


def odd_share(text: str) -> float:
    """Share of characters that no text has: controls (but logs and manuals do have escapes and backspaces),
    unassigned, private, U+FFFD."""
    sample = text[: 2**20]
    odd = sum(
        count
        for character, count in Counter(sample).items()
        if character == "\ufffd"
        or (character not in "\t\n\f\b\x1b" and unicodedata.category(character) in {"Cc", "Cn", "Co"})
    )
    return odd / max(len(sample), 1)


def _overruled(data: bytes, shown: str, encoding: str) -> Decoded:
    found = find_encoding(encoding)
    if found is None:
        raise InvalidDocument(
            f"no encoding is called {one_line(encoding)}; one of {_USUAL}, or another that Python knows was expected; "
            "name one, or none to have it found"
        )
    # GBK is part of GB 18030, and a file with one letter more is what people mean; the same with the Japanese one.
    found = _WIDER[found] if found in {"gb2312", "gbk", "shift_jis", "euc_kr"} else found
    try:
        return Decoded(data.decode(found), found)
    except UnicodeError as error:
        where = f" (at byte {error.start:,})" if isinstance(error, UnicodeDecodeError) else ""
        raise InvalidDocument(
            f"{shown} is not in {found}{where}; bytes of that encoding were expected; name another, or none to have "
            "it found"
        ) from None


def _detected(data: bytes, shown: str, declared: str) -> Decoded:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return Decoded(data.decode(encoding), encoding)
            except UnicodeDecodeError:
                if encoding == "utf-8-sig":
                    break
                raise _binary(shown) from None
    notes: tuple[str, ...] = ()
    # What says "UTF-16" in letters of one byte is not in it.
    if declared and not declared.lower().startswith(("utf-16", "utf16", "utf-32", "ucs-2")):
        found = find_encoding(declared)
        found = _WIDER.get(found, found) if found else None
        notes = (f"it says that it is in {one_line(declared)[:40]} and is not",)
        if found is not None and (found == "utf-8" or not _is_surely_utf8(data)):
            with suppress(UnicodeError):
                return Decoded(data.decode(found), found)
    if b"\0" in data:
        return Decoded(*_utf16_without_mark(data, shown), guessed=True, notes=notes)
    try:
        return Decoded(data.decode("utf-8"), "utf-8", notes=notes)
    except UnicodeDecodeError:
        return Decoded(*_guess(data, shown), guessed=True, notes=notes)


def _is_surely_utf8(data: bytes) -> bool:
    """Letters of several bytes, all well formed: those of another encoding are so by chance, a few at most."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum(map(len, _HIGH.findall(data[: 2**20]))) >= _SURE_BYTES


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


def _binary(shown: str) -> InvalidDocument:
    return InvalidDocument(
        f"{shown} is not a text (its bytes are binary); a document was expected; convert it, or name its encoding"
    )
