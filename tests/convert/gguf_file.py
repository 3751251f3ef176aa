"""A GGUF file read by its specification: metadata as plain values, tensors as types, shapes and mapped bytes.

Written for the proofs and for nothing else: gguf-py reads the same but needs seconds for a vocabulary. Sizes of the
tensor types come from gguf-py's table. Every figure is believed; a damaged file ends in an IndexError or worse.
"""

from dataclasses import dataclass
from pathlib import Path
from struct import calcsize, unpack_from

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor as it lies in the file; `shape` has the fastest axis first, as GGUF writes it."""

    kind: str
    shape: tuple[int, ...]
    offset: int
    data: Bytes

    def floats(self) -> NDArray[np.float32]:
        """The values of an F32 tensor, axes in the order of the checkpoint (slowest first)."""
        assert self.kind == "F32"
        return self.data.view(np.float32).reshape(self.shape[::-1])


@dataclass(frozen=True, slots=True)
class GgufFile:
    """Everything in one file."""

    metadata: dict[str, object]
    tensors: dict[str, Tensor]


class _Cursor:
    def __init__(self, data: Bytes) -> None:
        self.data = data.data
        self.at = 0

    def scalar(self, code: str) -> int:
        value: int = unpack_from("<" + code, self.data, self.at)[0]
        self.at += calcsize("<" + code)
        return value

    def string(self) -> str:
        length = self.scalar("Q")
        self.at += length
        return bytes(self.data[self.at - length : self.at]).decode()

    def value(self, kind: int) -> object:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            inner, count = self.scalar("I"), self.scalar("Q")
            return [self.value(inner) for _ in range(count)]
        return self.scalar(SCALARS[kind])


def read(path: Path) -> GgufFile:
    """The whole file, tensor data mapped."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    assert bytes(data[:4]) == b"GGUF"
    cursor.at = 4
    assert cursor.scalar("I") == 3
    tensor_count, key_count = cursor.scalar("Q"), cursor.scalar("Q")
    metadata = {}
    for _ in range(key_count):
        name = cursor.string()
        metadata[name] = cursor.value(cursor.scalar("I"))
    infos = []
    for _ in range(tensor_count):
        name = cursor.string()
        shape = tuple(cursor.scalar("Q") for _ in range(cursor.scalar("I")))
        infos.append((name, shape, GGMLQuantizationType(cursor.scalar("I")), cursor.scalar("Q")))
    alignment = metadata.get("general.alignment", 32)
    assert isinstance(alignment, int)
    start = -(-cursor.at // alignment) * alignment
    tensors = {}
    for name, shape, kind, offset in infos:
        block, size = GGML_QUANT_SIZES[kind]
        length = int(np.prod(shape)) // block * size
        assert offset % alignment == 0
        assert start + offset + length <= data.size, f"{name} ends beyond the file"
        tensors[name] = Tensor(kind.name, shape, offset, data[start + offset : start + offset + length])
    assert len(tensors) == tensor_count, "a name occurs twice"
    return GgufFile(metadata, tensors)


def differing(ours: Path, theirs: Path) -> list[str]:
    """Tensors that are not equal in type, shape and every byte, each with what differs; nothing for equal files."""
    left, right = read(ours).tensors, read(theirs).tensors
    found = [f"{name}: only in one file" for name in left.keys() ^ right.keys()]
    for name in left.keys() & right.keys():
        mine, other = left[name], right[name]
        if (mine.kind, mine.shape) != (other.kind, other.shape):
            found.append(f"{name}: {mine.kind} {mine.shape} and {other.kind} {other.shape}")
        elif not np.array_equal(mine.data, other.data):
            found.append(f"{name}: {np.count_nonzero(mine.data != other.data)} bytes of {mine.kind} differ")
    return sorted(found)
