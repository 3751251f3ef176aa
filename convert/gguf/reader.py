"""A GGUF header read back from disk without trusting it: keys, and the place of each tensor inside the file.

Reads by other means than `header.py` writes, so that a mistake there is seen here. Layout: the GGUF specification,
version 3, little-endian; sizes of the types are gguf-py's table.
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from convert.errors import VerificationFailed
from convert.gguf.header import TensorInfo
from convert.weights.stored import Array, SourceFile

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_MAX_DIMENSIONS = 4
_MAX_NAME = 63
_MAX_ELEMENTS = 2**48
_CHUNK = 1 << 20
_LENGTH = struct.Struct("<Q").unpack_from


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor: ggml's type, the shape outermost first, its first byte in the file and its size in bytes."""

    name: str
    kind: int
    shape: tuple[int, ...]
    offset: int
    bytes: int

    @property
    def type_name(self) -> str:
        """Such as `Q4_K`."""
        return str(GGMLQuantizationType(self.kind).name)


@dataclass(frozen=True, slots=True)
class GgufFile:
    """A whole header. `data` is where the tensors begin."""

    file: SourceFile
    keys: Mapping[str, Any]
    tensors: Mapping[str, Place]
    data: int

    def infos(self) -> list[TensorInfo]:
        """The tensors in the words of a plan."""
        return [TensorInfo(place.name, place.kind, place.shape, place.bytes) for place in self.tensors.values()]

    def read(self, place: Place, start: int, size: int) -> Array:
        """Bytes of a tensor as uint8, from `start` within it. Raises InvalidCheckpoint where the file has changed."""
        return self.file.read(place.offset + start, size)


def read_gguf(path: Path) -> GgufFile:
    """Keys and tensors of a file. Raises VerificationFailed naming the damage, InvalidCheckpoint if unreadable."""
    file = SourceFile(path)
    try:
        return _Reader(file).file()
    except VerificationFailed:
        file.close()
        raise


class _Reader:
    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._at = 0
        self._buffer = b""
        self._start = 0

    def file(self) -> GgufFile:
        magic = self._bytes(4, "the first bytes")
        if magic != b"GGUF":
            raise self._damaged(f"it begins with {magic!r}", "the bytes GGUF")
        version = self._number("I", "the version")
        if version != 3:
            raise self._damaged(f"it is of version {version}", "version 3")
        tensors, keys = self._number("Q", "the number of tensors"), self._number("Q", "the number of keys")
        self._expect_room(tensors, 24, "tensors")
        self._expect_room(keys, 13, "keys")
        values: dict[str, Any] = {}
        for _ in range(keys):
            key = self._string("a key")
            if key in values:
                raise self._damaged(f"the key {key!r} occurs twice", "each key once")
            values[key] = self._value(self._number("I", f"the kind of {key}"), key)
        alignment = values.get("general.alignment", 32)
        if type(alignment) is not int or not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
            raise self._damaged(f"its alignment is {alignment!r}", "a power of two")
        entries = [self._entry() for _ in range(tensors)]
        data = -(-self._at // alignment) * alignment
        return GgufFile(self._file, values, self._placed(entries, data, alignment), data)

    def _entry(self) -> Place:
        name = self._string("the name of a tensor")
        dimensions = self._number("I", f"the dimensions of {name}")
        if not 1 <= dimensions <= _MAX_DIMENSIONS or not 1 <= len(name.encode()) <= _MAX_NAME:
            raise self._damaged(f"{name[:80]!r} has {dimensions} dimensions", f"a name and 1 to {_MAX_DIMENSIONS}")
        shape = tuple(self._number("Q", f"the shape of {name}") for _ in range(dimensions))[::-1]
        kind, offset = self._number("I", f"the type of {name}"), self._number("Q", f"the offset of {name}")
        elements = math.prod(shape)
        if not 0 < elements < _MAX_ELEMENTS:
            raise self._damaged(f"{name} has the shape {list(shape)}", "a tensor that fits into a file")
        try:
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except (ValueError, KeyError) as error:
            raise self._damaged(f"{name} is of type {kind}", "a type of ggml") from error
        if shape[-1] % block:
            raise self._damaged(f"{name} has rows of {shape[-1]}", f"a multiple of {block}")
        return Place(name, kind, shape, offset, elements // block * size)

    def _placed(self, entries: list[Place], data: int, alignment: int) -> dict[str, Place]:
        """The entries by name with offsets from the file's beginning: aligned, apart, and inside the file."""
        placed: dict[str, Place] = {}
        end, before = data, "the header"
        for entry in sorted(entries, key=lambda entry: entry.offset):
            start = data + entry.offset
            if entry.offset % alignment or start < end:
                raise self._damaged(f"{entry.name} lies at byte {start}", f"an aligned place behind {before}")
            end, before = start + entry.bytes, entry.name
            if end > self._file.size:
                raise self._damaged(f"it ends at byte {self._file.size}", f"byte {end}, where {entry.name} ends")
            if entry.name in placed:
                raise self._damaged(f"the tensor {entry.name!r} occurs twice", "each tensor once")
            placed[entry.name] = Place(entry.name, entry.kind, entry.shape, start, entry.bytes)
        return {entry.name: placed[entry.name] for entry in entries}

    def _value(self, kind: int, key: str) -> Any:
        if kind == _STRING:
            return self._string(key)
        if kind in _SCALARS:
            return self._number(_SCALARS[kind], key)
        if kind != _ARRAY:
            raise self._damaged(f"{key} is of kind {kind}", "a kind from 0 to 12")
        item, count = self._number("I", key), self._number("Q", key)
        if item == _STRING:
            self._expect_room(count, 8, f"texts in {key}")
            return self._strings(count, key)
        if item not in _SCALARS:
            raise self._damaged(f"{key} holds items of kind {item}", "numbers or texts")
        self._expect_room(count, struct.calcsize(_SCALARS[item]), f"items in {key}")
        layout = struct.Struct(f"<{count}{_SCALARS[item]}")
        return layout.unpack(self._bytes(layout.size, key))

    def _strings(self, count: int, what: str) -> tuple[str, ...]:
        """Texts of an array; those that lie whole in the buffer are taken without a call for each."""
        found: list[str] = []
        while len(found) < count:
            buffer, at = self._buffer, self._at - self._start
            end = len(buffer)
            while len(found) < count and at + 8 <= end:
                stop = at + 8 + _LENGTH(buffer, at)[0]
                if stop > end:
                    break
                try:
                    found.append(buffer[at + 8 : stop].decode())
                except UnicodeDecodeError as error:
                    raise self._damaged(f"{what} is no text", "UTF-8") from error
                at = stop
            self._at = self._start + at
            if len(found) < count:
                found.append(self._string(what))  # reads on
        return tuple(found)

    def _string(self, what: str) -> str:
        length = self._number("Q", what)
        self._expect_room(length, 1, f"bytes in {what}")
        data = self._bytes(length, what)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise self._damaged(f"{what} is no text", "UTF-8") from error

    def _number(self, code: str, what: str) -> Any:
        layout = struct.Struct("<" + code)
        return layout.unpack(self._bytes(layout.size, what))[0]

    def _bytes(self, count: int, what: str) -> bytes:
        begin = self._at - self._start
        if begin + count > len(self._buffer):
            room = self._file.size - self._at
            if count > room:
                raise self._damaged(f"it ends at byte {self._file.size}", f"{count} bytes of {what}")
            self._buffer = self._file.read(self._at, min(max(count, _CHUNK), room)).tobytes()
            self._start, begin = self._at, 0
        self._at += count
        return self._buffer[begin : begin + count]

    def _expect_room(self, count: int, size: int, what: str) -> None:
        if count * size > self._file.size - self._at:
            raise self._damaged(f"it claims {count} {what}", f"what fits into its {self._file.size} bytes")

    def _damaged(self, found: str, expected: str) -> VerificationFailed:
        name = self._file.path.name
        return VerificationFailed(f"{name} is damaged: {found}; {expected} was expected; convert the model again")
