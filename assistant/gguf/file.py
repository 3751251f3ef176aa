"""Reads the header of a GGUF without trusting it: every count and length is held against the bytes that are left.

A file that passes has all its tensors inside itself, at aligned places of their own, and nothing that llama.cpp is
known to end its process over (`gguf.fatal`); what the weights mean is not known here. Files are refused in
milliseconds, before llama.cpp sees them; of a model in parts, every part is read.
Source of the layout: the GGUF specification, versions 2 and 3 (`ggml/docs/gguf.md`); limits of names and dimensions
are llama.cpp's (`GGML_MAX_NAME`, `GGML_MAX_DIMS`).
"""

import stat
import struct
from pathlib import Path
from typing import BinaryIO

from assistant.errors import InvalidModelFile
from assistant.gguf import parts
from assistant.gguf.fatal import TOKENS, faults, token_faults
from assistant.gguf.header import Header, Rope, SpecialToken, TensorInfo, Value
from assistant.gguf.types import TENSOR_TYPES

__all__ = ["Header", "Rope", "SpecialToken", "TensorInfo", "Value", "read_header"]

MAX_KEYS = 1 << 16
MAX_TENSORS = 1 << 17
MAX_NAME = 63
MAX_KEY = (1 << 16) - 1
MAX_DIMENSIONS = 4
MAX_ELEMENTS = (1 << 63) - 1
MIN_ALIGNMENT = 32
"""ggml's own (`TENSOR_ALIGNMENT`): it ends the process over mapped weights that lie closer."""
MAX_ALIGNMENT = 1 << 20
MAX_ITEMS = 1 << 22
"""Array items in one file together: four times what the largest vocabulary with its scores and merges has."""
MAX_TEXT = 1 << 26
"""Bytes of all texts in one file together."""
MAX_ESCAPED = 1 << 18
"""Bytes of texts that are no UTF-8: shown as \\xNN, each takes up to sixteen times its room."""

STRING, ARRAY, BOOL = 8, 9, 7
NUMBERS = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    BOOL: struct.Struct("<B"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
U8, U32, U64 = NUMBERS[0], NUMBERS[4], NUMBERS[10]
EXACT = {"general.alignment": 4, parts.COUNT: 2, parts.NUMBER: 2, parts.TENSORS: 5}
"""Keys that llama.cpp reads as one kind only, without asking first."""
SMALLEST_KEY = 8 + 4 + 1
SMALLEST_TENSOR = 8 + 4 + 4 + 8

CONVERT_AGAIN = "get the file again, or convert it again"


def read_header(path: Path) -> Header:
    """The header of the GGUF at `path`, with the tensors of its other parts where it is the first of several.

    Raises InvalidModelFile; the message names the file and the damage.
    """
    header = _read(path)
    others = parts.other_parts(path, header)
    if others:
        header = parts.joined([header, *map(_read, others)], [path.name, *(other.name for other in others)])
    for found, expected in faults(header.metadata, header.tensors):
        raise InvalidModelFile(f"{path.name} {found}; expected {expected}; {CONVERT_AGAIN}")
    return header


def _read(path: Path) -> Header:
    """The header of one file."""
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # opening a pipe would wait for its other end
            raise InvalidModelFile(f"{path} is no ordinary file; a GGUF file was expected; check the path")
        if state.st_size < 24:
            raise InvalidModelFile(f"{path.name} has {state.st_size} bytes; a GGUF has at least 24; {CONVERT_AGAIN}")
        with path.open("rb", buffering=1 << 20) as file:
            return _Reader(file, state.st_size, path.name).header()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise InvalidModelFile(f"{path} cannot be read ({reason}); a GGUF file was expected; check the path") from error


class _Reader:
    """A position in the file that never passes its end. It is read, not mapped: a file cut short by another program
    meanwhile is a refusal then, and not a fatal signal."""

    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self._file = file
        self._size = size
        self._name = name
        self._at = 0
        self._items = 0
        self._texts = 0
        self._escaped = 0
        self._tokens: list[bytes] = []

    def header(self) -> Header:
        version = self._magic_and_version()
        tensor_count = self._number(U64, "the number of tensors")
        key_count = self._number(U64, "the number of keys")
        self._expect_count("tensors", tensor_count, MAX_TENSORS, SMALLEST_TENSOR)
        self._expect_count("keys", key_count, MAX_KEYS, SMALLEST_KEY)
        metadata: dict[str, Value] = {}
        for index in range(key_count):
            key = self._name_text(MAX_KEY, f"key {index}")
            if key in metadata:
                raise self._refusal(f"has the key {_short(key)} twice", "each key once")
            metadata[key] = self._value(self._number(U32, f"the kind of {_short(key)}"), key)
        for found, expected in token_faults(self._tokens, metadata.get("tokenizer.ggml.model")):
            raise self._refusal(found, expected)
        alignment = self._alignment(metadata)
        tensors: dict[str, TensorInfo] = {}
        for index in range(tensor_count):
            tensor = self._tensor(index, alignment)
            if tensor.name in tensors:
                raise self._refusal(f"has the tensor {tensor.name!r} twice", "each tensor once")
            tensors[tensor.name] = tensor
        start = -(-self._at // alignment) * alignment
        self._expect_places(tuple(tensors.values()), start)
        return Header(version, alignment, metadata, tuple(tensors.values()), start, self._size)

    def _magic_and_version(self) -> int:
        magic = self._bytes(4, "the first bytes")
        if magic != b"GGUF":
            raise self._refusal(f"starts with {magic!r}", "the bytes GGUF", "choose a GGUF file, or convert the model")
        version = self._number(U32, "the version")
        if version not in (2, 3):
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            order = " (a file for big-endian machines)" if swapped in (2, 3) else ""
            raise self._refusal(f"is GGUF version {version}{order}", "version 2 or 3, little-endian")
        return version

    def _alignment(self, metadata: dict[str, Value]) -> int:
        value = metadata.get("general.alignment", 32)
        if not isinstance(value, int) or not MIN_ALIGNMENT <= value <= MAX_ALIGNMENT or value & (value - 1):
            raise self._refusal(
                f"claims an alignment of {value} bytes", f"a power of two from {MIN_ALIGNMENT} to {MAX_ALIGNMENT}"
            )
        return value

    def _tensor(self, index: int, alignment: int) -> TensorInfo:
        name = self._name_text(MAX_NAME, f"the name of tensor {index}")
        dimensions = self._number(U32, f"the dimensions of {name!r}")
        if dimensions > MAX_DIMENSIONS:
            raise self._refusal(f"gives {name!r} {dimensions} dimensions", f"at most {MAX_DIMENSIONS}")
        shape = tuple(self._number(U64, f"the shape of {name!r}") for _ in range(dimensions))
        elements = 1
        for length in shape:
            elements *= length
            if not 0 < elements <= MAX_ELEMENTS:
                raise self._refusal(f"gives {name!r} the shape {list(shape)}", "from 1 to 2^63-1 elements")
        type_id = self._number(U32, f"the type of {name!r}")
        kind = TENSOR_TYPES.get(type_id)
        if kind is None:
            raise self._refusal(f"gives {name!r} the type {type_id}", "a type of llama.cpp", "update luciole")
        row = shape[0] if shape else 1
        if row % kind.block:
            raise self._refusal(f"gives {name!r} rows of {row} in {kind.name}", f"a multiple of {kind.block}")
        offset = self._number(U64, f"the offset of {name!r}")
        if offset % alignment:
            raise self._refusal(f"puts {name!r} at offset {offset}", f"a multiple of {alignment}")
        return TensorInfo(name, shape, type_id, kind.name, offset, elements // kind.block * kind.size)

    def _expect_places(self, tensors: tuple[TensorInfo, ...], start: int) -> None:
        end, before = 0, ""
        for tensor in sorted(tensors, key=lambda tensor: tensor.offset):
            if tensor.offset < end:
                raise self._refusal(f"puts {tensor.name!r} over {before!r}", "a place of its own for each tensor")
            end, before = tensor.offset + tensor.size, tensor.name
            if start + end > self._size:
                raise self._refusal(
                    f"ends at byte {self._size}", f"{start + end} for {tensor.name!r}; the file is cut short"
                )

    def _value(self, kind: int, key: str) -> Value:
        if kind != EXACT.get(key, kind):
            raise self._refusal(f"gives {_short(key)} the kind {kind}", f"the kind {EXACT[key]}")
        if kind == STRING:
            what = f"the value of {_short(key)}"
            text = self._text_bytes(what)
            if b"\0" in text:  # llama.cpp would read another text than we do
                raise self._refusal(f"has a zero byte in {what}", "none")
            return self._shown(text)
        if kind == BOOL:
            return self._bools((self._number(U8, f"the value of {_short(key)}"),), key)[0]
        if kind in NUMBERS:
            return self._number(NUMBERS[kind], f"the value of {_short(key)}")
        if kind != ARRAY:
            raise self._refusal(f"gives {_short(key)} the kind {kind}", "a kind from 0 to 12")
        item = self._number(U32, f"the kind of items in {_short(key)}")
        count = self._number(U64, f"the length of {_short(key)}")
        if item != STRING and item not in NUMBERS:
            raise self._refusal(f"fills {_short(key)} with items of kind {item}", "numbers or strings")
        self._items += min(count, MAX_ITEMS + 1)
        if self._items > MAX_ITEMS:
            raise self._refusal(f"claims {count} items in {_short(key)}", f"at most {MAX_ITEMS} in one file")
        self._expect_count(f"items in {_short(key)}", count, MAX_ITEMS, 8 if item == STRING else NUMBERS[item].size)
        if item == STRING:
            what = f"an item of {_short(key)}"
            texts = [self._text_bytes(what) for _ in range(count)]
            if key == TOKENS:
                self._tokens = texts
            return tuple(map(self._shown, texts))
        layout = struct.Struct(f"<{count}{NUMBERS[item].format[1:]}")
        numbers: tuple[int, ...] | tuple[float, ...] = layout.unpack(
            self._bytes(layout.size, f"the items of {_short(key)}")
        )
        return self._bools(numbers, key) if item == BOOL else numbers

    def _bools(self, numbers: tuple[int, ...] | tuple[float, ...], key: str) -> tuple[bool, ...]:
        if any(number > 1 for number in numbers):
            raise self._refusal(f"gives {_short(key)} the truth value {max(numbers)}", "0 or 1")
        return tuple(number == 1 for number in numbers)

    def _name_text(self, longest: int, what: str) -> str:
        length = self._number(U64, what)
        if not 0 < length <= longest:
            raise self._refusal(f"claims {length} bytes for {what}", f"from 1 to {longest}")
        data = self._counted(length, what)
        if b"\0" in data:  # llama.cpp compares names up to there
            raise self._refusal(f"has a zero byte in {what}", "none")
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise self._refusal(f"has {what} in another encoding", "UTF-8") from error

    def _text_bytes(self, what: str) -> bytes:
        return self._counted(self._number(U64, what), what)

    def _counted(self, length: int, what: str) -> bytes:
        """Bytes of a text; all of a file's together are bounded."""
        self._texts += length
        if self._texts > MAX_TEXT:
            raise self._refusal(f"claims {length} bytes for {what}", f"at most {MAX_TEXT} for all texts of a file")
        return self._bytes(length, what)

    def _shown(self, data: bytes) -> str:
        """A text value. Bytes that are no UTF-8 (vocabularies have such) are kept visible as \\xNN."""
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            self._escaped += len(data)
            if self._escaped > MAX_ESCAPED:
                raise self._refusal("has much text in another encoding", "UTF-8") from error
            return data.decode(errors="backslashreplace")

    def _number(self, layout: struct.Struct, what: str) -> int:
        number: int = layout.unpack(self._bytes(layout.size, what))[0]
        return number

    def _bytes(self, count: int, what: str) -> bytes:
        end = self._at + count
        taken = self._file.read(count) if end <= self._size else b""
        if len(taken) < count:
            raise self._refusal(f"ends at byte {self._size}", f"{end} for {what}; the file is cut short")
        self._at = end
        return taken

    def _expect_count(self, what: str, count: int, most: int, smallest: int) -> None:
        if count > most:
            raise self._refusal(f"claims {count} {what}", f"at most {most}")
        if count * smallest > self._size - self._at:
            raise self._refusal(
                f"claims {count} {what}", f"no more than fit in the {self._size - self._at} bytes that follow"
            )

    def _refusal(self, found: str, expected: str, advice: str = CONVERT_AGAIN) -> InvalidModelFile:
        return InvalidModelFile(f"{self._name} {found}; expected {expected}; {advice}")


def _short(key: str) -> str:
    """A key for a message: quoted, control characters escaped, not longer than a line."""
    return repr(key if len(key) <= 60 else f"{key[:57]}...")
