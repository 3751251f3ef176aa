"""A model's skeleton: a GGUF with a few of its layers, their true shapes and types, and no weights worth the name.

It costs no disk (the data is a hole in the file) and loads in a moment, for a model of 34 billion weights too; what its
layers cost to compute is what the model's cost. Norms are ones, so that numbers stay numbers; the embedding and the
routers of experts are random, because equal tokens would all go to the same experts. There is no vocabulary.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from assistant.gguf.file import ARRAY, BOOL, NUMBERS, STRING, U32, U64
from assistant.gguf.header import Header, TensorInfo

TOKENS = 256
"""Rows that its embedding has."""
_F32 = 0
_U32_KIND = 4
_ENOUGH_BYTES = 24 << 20
"""Layers are taken until they have so many: fewer would lie in the processor's caches, which a model's do not."""
_PERIOD = 12
"""A multiple of every period in which layers alternate between kinds of attention: 2, 3, 4, 6."""
_LEFT_OUT = ("tokenizer.", "general.", "split.", "luciole.")


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    kind: int
    item: int
    """Kind of an array's items; else as `kind`."""
    count: int
    """Items of an array; else 1."""
    value: bytes
    """As in the file, without kind and count."""


def layers_of(header: Header) -> list[int]:
    """Which layers a skeleton takes: spread over the model, or where they are of several kinds, the first ones."""
    total = header.layers or 1
    shapes: dict[int, set[tuple[str, tuple[int, ...]]]] = {}
    for tensor in header.tensors:
        layer, part = _layer(tensor.name)
        if layer is not None:
            shapes.setdefault(layer, set()).add((part, tensor.shape))
    size = sum(tensor.size for tensor in header.tensors if _layer(tensor.name)[0] is not None)
    count = min(total, max(1, -(-_ENOUGH_BYTES * total // max(1, size))))
    of = f"{header.architecture}."
    alternate = any(
        key.startswith(of)
        and ("sliding_window" in key or "interval" in key or (isinstance(value, tuple) and len(value) == total))
        for key, value in header.metadata.items()
    )
    if alternate or len({frozenset(parts) for parts in shapes.values()}) > 1:
        return list(range(min(total, max(_PERIOD, count // _PERIOD * _PERIOD))))
    return [(2 * index + 1) * total // (2 * count) for index in range(count)]


def write_skeleton(path: Path, header: Header, target: Path, layers: Sequence[int]) -> None:
    """Write the skeleton of the sound GGUF at `path`. Raises OSError."""
    of = header.architecture
    keys = [
        _cut(key, layers, header.layers or 1)
        for key in _keys(path)
        if not key.name.startswith(_LEFT_OUT) and key.name not in {f"{of}.block_count", f"{of}.vocab_size"}
    ]
    keys = [
        _text("general.architecture", of),
        *keys,
        _number(f"{of}.block_count", len(layers)),
        _number(f"{of}.vocab_size", TOKENS),
        _text("tokenizer.ggml.model", "no_vocab"),
    ]
    tensors = list(_tensors(header, layers))
    alignment = 32
    with target.open("wb") as file:
        file.write(struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys)))
        for key in keys:
            _write_key(file, key)
        offset = 0
        places = []
        for tensor in tensors:
            places.append(offset)
            _write_text(file, tensor.name)
            file.write(struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape))
            file.write(struct.pack("<IQ", tensor.type_id, offset))
            offset += -(-tensor.size // alignment) * alignment
        start = -(-file.tell() // alignment) * alignment
        random = np.random.default_rng(0)
        for tensor, place in zip(tensors, places, strict=True):
            if tensor.type_id == _F32 and len(tensor.shape) == 1:
                values = np.ones(tensor.shape[0], np.float32)
            elif tensor.type_id == _F32 and tensor.name.endswith(("token_embd.weight", "ffn_gate_inp.weight")):
                values = random.standard_normal(tensor.elements, np.float32)
            else:
                continue
            file.seek(start + place)
            file.write(values.tobytes())
        file.truncate(start + offset)


def _tensors(header: Header, layers: Sequence[int]) -> Iterator[TensorInfo]:
    vocabulary = len(header.tokens)
    for tensor in header.tensors:
        if _layer(tensor.name)[0] is None:
            shape, size, kind = tensor.shape, tensor.size, tensor.type_id
            if len(shape) > 1 and shape[-1] == vocabulary:
                shape, size = (*shape[:-1], TOKENS), size // vocabulary * TOKENS
            if tensor.name == "token_embd.weight":
                kind, size = _F32, 4 * shape[0] * TOKENS
            yield TensorInfo(tensor.name, shape, kind, tensor.type_name, 0, size)
    for number, layer in enumerate(layers):
        for tensor in header.tensors:
            found, part = _layer(tensor.name)
            if found == layer:
                name = f"blk.{number}.{part}"
                yield TensorInfo(name, tensor.shape, tensor.type_id, tensor.type_name, 0, tensor.size)


def _layer(name: str) -> tuple[int | None, str]:
    """Number of the layer and the rest of a tensor's name; None for those of no layer."""
    first, _, rest = name.partition(".")
    number, _, part = rest.partition(".")
    return (int(number), part) if first == "blk" and number.isascii() and number.isdigit() else (None, name)


def _keys(path: Path) -> Iterator[_Key]:
    """The keys as they stand in a file that `read_header` has checked, their exact kinds with them."""
    with path.open("rb") as file:
        _, _, _, count = struct.unpack("<4sIQQ", file.read(24))
        for _ in range(count):
            name = file.read(U64.unpack(file.read(8))[0]).decode()
            kind: int = U32.unpack(file.read(4))[0]
            item, items = kind, 1
            if kind == ARRAY:
                item, items = U32.unpack(file.read(4))[0], U64.unpack(file.read(8))[0]
            if item == STRING:
                value = b"".join(_read_text(file) for _ in range(items))
            else:
                value = file.read(items * NUMBERS[item].size)
            yield _Key(name, kind, item, items, value)


def _read_text(file: BinaryIO) -> bytes:
    length = file.read(8)
    return length + file.read(U64.unpack(length)[0])


def _cut(key: _Key, layers: Sequence[int], total: int) -> _Key:
    """An array with an item for each layer keeps those of the layers taken; depths of the model follow it."""
    if key.kind == ARRAY and key.count == total and key.item in NUMBERS:
        size = NUMBERS[key.item].size
        parts = [key.value[layer * size : (layer + 1) * size] for layer in layers]
        return _Key(key.name, key.kind, key.item, len(parts), b"".join(parts))
    if key.name.endswith(".nextn_predict_layers") and key.kind in NUMBERS and key.kind != BOOL:
        return _Key(key.name, key.kind, key.item, 1, bytes(len(key.value)))
    return key


def _text(name: str, value: str) -> _Key:
    data = value.encode()
    return _Key(name, STRING, STRING, 1, U64.pack(len(data)) + data)


def _number(name: str, value: int) -> _Key:
    return _Key(name, _U32_KIND, _U32_KIND, 1, U32.pack(value))


def _write_key(file: BinaryIO, key: _Key) -> None:
    _write_text(file, key.name)
    file.write(U32.pack(key.kind))
    if key.kind == ARRAY:
        file.write(U32.pack(key.item) + U64.pack(key.count))
    file.write(key.value)


def _write_text(file: BinaryIO, text: str) -> None:
    data = text.encode()
    file.write(U64.pack(len(data)) + data)
