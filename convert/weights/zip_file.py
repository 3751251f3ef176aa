"""The members of a zip file and where their bytes lie, without unpacking any: what torch writes, and nothing cleverer.

The format (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): members, each behind a local header; then a
directory of all members; then its end record, with a 64-bit one before it where numbers are large. Everything that is
said twice must agree, members must neither overlap nor leave the file, and stored ones only can be read in place.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from convert.errors import InvalidCheckpoint
from convert.weights.stored import SourceFile

_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_MAX_DIRECTORY_BYTES = 64 * 1024 * 1024
_ENCRYPTED = 0x0001
_SIZES_BEHIND = 0x0008
"""Flag: the local header leaves its sizes empty; they stand behind the data, and in the directory."""
_SATURATED = 0xFFFFFFFF
"""A 32-bit number that stands for a 64-bit one in the extra field."""


@dataclass(frozen=True, slots=True)
class Member:
    """A stored member: its bytes in the file, and their CRC-32 as the directory has it."""

    name: str
    offset: int
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the directory says of a member."""

    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    header: int


def read_zip(file: SourceFile) -> dict[str, Member]:
    """All members by name. Raises InvalidCheckpoint where the zip is damaged, compressed or contradicts itself."""
    start, size, count = _directory(file)
    entries = _entries(file, file.read(start, size).tobytes(), count)
    members: dict[str, Member] = {}
    spans: list[tuple[int, int]] = []
    for entry in entries:
        member = _member(file, entry)
        if member.name in members:
            raise damaged(file, f"{member.name!a} is in it twice")
        members[member.name] = member
        spans.append((entry.header, member.offset + member.size))
    spans.sort()
    if any(before[1] > after[0] for before, after in pairwise([*spans, (start, start)])):
        raise damaged(file, "its members overlap each other or the directory")
    return members


def damaged(file: SourceFile, found: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(
        f"{file.path.name} is damaged: {found}; a zip file written by torch.save was expected; "
        "download the file again or take the safetensors version"
    )


def _directory(file: SourceFile) -> tuple[int, int, int]:
    """Start and size of the directory, and the number of its entries."""
    end_at = file.size - _END.size
    if end_at < 0:
        raise damaged(file, f"it has {file.size} bytes")
    magic, disk, first, here, count, size, start, comment = _unpack(file, _END, end_at)
    if magic != b"PK\x05\x06" or comment:
        raise damaged(file, "it does not end as a zip file does (it may be cut short)")
    locator_at = end_at - _LOCATOR.size
    behind = end_at
    if locator_at >= _END64.size:
        magic, disk64, behind64, disks = _unpack(file, _LOCATOR, locator_at)
        if magic == b"PK\x06\x07":
            if disk64 or disks > 1 or behind64 != locator_at - _END64.size:
                raise damaged(file, "its 64-bit end record is not where it should be")
            behind = behind64
            magic, length, _, _, _, _, here64, count64, size64, start64 = _unpack(file, _END64, behind)
            if magic != b"PK\x06\x06" or length != _END64.size - 12:
                raise damaged(file, "its 64-bit end record is unreadable")
            pairs = ((here, here64, 16), (count, count64, 16), (size, size64, 32), (start, start64, 32))
            if any(short != min(wide, 2**bits - 1) for short, wide, bits in pairs):
                raise damaged(file, "its two end records contradict each other")
            here, count, size, start = here64, count64, size64, start64
    if disk or first or here != count:
        raise damaged(file, "it is one part of several")
    if start + size != behind or size > _MAX_DIRECTORY_BYTES or count * _ENTRY.size > size:
        raise damaged(file, f"its directory of {count:,} members claims bytes {start:,} to {start + size:,}")
    return start, size, count


def _entries(file: SourceFile, data: bytes, count: int) -> list[_Entry]:
    entries, position = [], 0
    for _ in range(count):
        if position + _ENTRY.size > len(data):
            raise damaged(file, "its directory is shorter than it says")
        fields = _ENTRY.unpack_from(data, position)
        magic, _, _, flags, method, _, _, crc, stored, size, name_size, extra_size, note_size, disk, _, _, header = (
            fields
        )
        position += _ENTRY.size
        name = data[position : position + name_size]
        extra = data[position + name_size : position + name_size + extra_size]
        position += name_size + extra_size + note_size
        if magic != b"PK\x01\x02" or disk or position > len(data):
            raise damaged(file, "its directory is unreadable")
        size, stored, header = _wide(file, extra, (size, stored, header))
        entries.append(_Entry(name, flags, method, crc, stored, size, header))
    if position != len(data):
        raise damaged(file, "its directory is longer than it says")
    return entries


def _member(file: SourceFile, entry: _Entry) -> Member:
    name = _plain_name(file, entry.name)
    if entry.flags & _ENCRYPTED:
        raise damaged(file, f"{name} is encrypted")
    if entry.method:
        raise InvalidCheckpoint(
            f"{file.path.name} is compressed ({name}); members stored as they are were expected, as torch.save writes "
            "them; load it and save it again with torch.save, or take the safetensors version"
        )
    if entry.stored != entry.size:
        raise damaged(file, f"{name} has two sizes, {entry.stored:,} and {entry.size:,}")
    if entry.header + _LOCAL.size > file.size:
        raise damaged(file, f"{name} begins behind the end of the file")
    fields = _unpack(file, _LOCAL, entry.header)
    magic, _, flags, method, _, _, _, stored, size, name_size, extra_size = fields
    names_at = entry.header + _LOCAL.size
    offset = names_at + name_size + extra_size
    if magic != b"PK\x03\x04" or offset + entry.size > file.size:
        raise damaged(file, f"{name} is not where the directory says, or is cut short")
    names = file.read(names_at, name_size + extra_size).tobytes()
    if not flags & _SIZES_BEHIND:
        size, stored, _ = _wide(file, names[name_size:], (size, stored, 0))
        if (size, stored) != (entry.size, entry.stored):
            raise damaged(file, f"{name} has one size in the directory and another at its place")
    if names[:name_size] != entry.name or method != entry.method or flags & _ENCRYPTED:
        raise damaged(file, f"{name} has one header in the directory and another at its place")
    return Member(name, offset, entry.size, entry.crc)


def _wide(file: SourceFile, extra: bytes, numbers: tuple[int, int, int]) -> list[int]:
    """Size, stored size and place of the header; those that 32 bits cannot hold are taken from the extra field."""
    wide = iter(_wide_numbers(file, extra))
    try:
        return [next(wide) if number == _SATURATED else number for number in numbers]
    except StopIteration as error:
        raise damaged(file, "a member lacks its 64-bit sizes") from error


def _wide_numbers(file: SourceFile, extra: bytes) -> list[int]:
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        field = extra[position + 4 : position + 4 + size]
        position += 4 + size
        if kind == 1:
            if len(field) != size:
                raise damaged(file, "a member's 64-bit sizes are cut short")
            return [int.from_bytes(field[at : at + 8], "little") for at in range(0, min(size // 8, 3) * 8, 8)]
    return []


def _plain_name(file: SourceFile, raw: bytes) -> str:
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(file, "a member's name is not UTF-8") from error
    parts = name.split("/")
    if not name.isprintable() or "\\" in name or any(part in {"", ".", ".."} for part in parts):
        raise damaged(file, f"it has a member named {ascii(name)[:80]}")
    return name


def _unpack(file: SourceFile, record: struct.Struct, offset: int) -> tuple[Any, ...]:
    return record.unpack(file.read(offset, record.size).tobytes())
