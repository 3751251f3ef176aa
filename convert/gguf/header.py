"""The bytes of a GGUF header: keys and tensor infos, as https://github.com/ggml-org/ggml/blob/master/docs/gguf.md lays
them out (version 3, little-endian).

gguf-py writes the same, item by item; a vocabulary and its merges are some 100,000 items, and packing them there took
longer than quantizing a small model.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gguf import GGUF_MAGIC, GGUF_VERSION, GGUFValueType

_ITEMS = {bool: (GGUFValueType.BOOL, "?"), float: (GGUFValueType.FLOAT32, "f"), int: (GGUFValueType.INT32, "i")}

ALIGNMENT = 32
"""GGUF's default; each tensor begins at a multiple of it."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One entry of the header: ggml's type number, the shape outermost first, the size of its data in bytes."""

    name: str
    kind: int
    shape: tuple[int, ...]
    bytes: int

    @property
    def padded(self) -> int:
        """Bytes in the file, up to the next multiple of the alignment."""
        return -(-self.bytes // ALIGNMENT) * ALIGNMENT


def header(keys: Mapping[str, Any], tensors: Sequence[TensorInfo]) -> bytes:
    """The header, padded so that data can follow. Tensors lie one behind the other in the order given.

    Python types carry the GGUF type: int is uint32, float is float32, sequences are arrays of
    strings, bools, float32 or int32 by the type of their items, `bytes` of uint8.
    """
    parts = [struct.pack("<IIQQ", GGUF_MAGIC, GGUF_VERSION, len(tensors), len(keys))]
    for key, value in keys.items():
        parts += [_string(key), _value(value)]
    offset = 0
    for tensor in tensors:
        shape = tensor.shape[::-1]
        parts += [_string(tensor.name), struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, tensor.kind, offset)]
        offset += tensor.padded
    data = b"".join(parts)
    return data + bytes(-len(data) % ALIGNMENT)


def _value(value: Any) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", GGUFValueType.BOOL, value)
        case int():
            return struct.pack("<II", GGUFValueType.UINT32, value)
        case float():
            return struct.pack("<If", GGUFValueType.FLOAT32, value)
        case str():
            return struct.pack("<I", GGUFValueType.STRING) + _string(value)
        case bytes():
            return struct.pack("<IIQ", GGUFValueType.ARRAY, GGUFValueType.UINT8, len(value)) + value
        case _:
            return struct.pack("<I", GGUFValueType.ARRAY) + _array(value)


def _array(items: Sequence[Any]) -> bytes:
    if all(isinstance(item, str) for item in items):
        return struct.pack("<IQ", GGUFValueType.STRING, len(items)) + _strings(items)
    kind, letter = next(kind for python, kind in _ITEMS.items() if all(type(item) is python for item in items))
    return struct.pack(f"<IQ{len(items)}{letter}", kind, len(items), *items)


def _strings(texts: Iterable[str]) -> bytes:
    length = struct.Struct("<Q").pack
    return b"".join(part for text in texts for data in (text.encode(),) for part in (length(len(data)), data))


def _string(text: str) -> bytes:
    return _strings((text,))
