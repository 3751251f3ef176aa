"""One file written by torch.save: names, types, shapes and the place of each tensor, without torch and without copies.

Two formats are read. Since torch 1.6 a zip file, `<folder>/data.pkl` and a stored member `<folder>/data/<key>` for each
storage. Before that a run of pickles (a magic number, the protocol, facts of the machine, the objects, the keys of the
storages) and behind them the storages in the order of their keys, each after its number of items. Pickles are read by
`unpickler.py`, which runs nothing. Several tensors may share a storage; which of them are weights is for others to say.
"""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convert.errors import InvalidCheckpoint
from convert.weights.stored import SourceFile, StoredTensor
from convert.weights.strided import StridedTensor
from convert.weights.torch_values import ITEM_BYTES, Dictionary, Storage, Tensor
from convert.weights.unpickler import MAX_PICKLE_BYTES, unpickle
from convert.weights.zip_file import Member, damaged, read_zip

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MAGIC_PICKLES = tuple(
    bytes([0x80, protocol, 0x8A, 10]) + _MAGIC_NUMBER.to_bytes(10, "little") + b"." for protocol in (2, 3)
)
_WRAPPERS = ("state_dict", "model", "module")
"""Keys under which training programs put the tensors."""

TorchTensor = StoredTensor | StridedTensor


def read_torch(path: Path) -> dict[str, TorchTensor]:
    """All tensors of a file by name. Raises InvalidCheckpoint where it is damaged or holds anything but tensors."""
    file = SourceFile(path)
    start = file.read(0, min(file.size, 64)).tobytes()
    if start.startswith(b"PK\x03\x04"):
        return _read_zip(file)
    if start.startswith(_MAGIC_PICKLES):
        return _read_legacy(file)
    raise InvalidCheckpoint(
        f"{path.name} is not in a format of torch.save that is read here; a zip file or torch's older run of pickles "
        "was expected; load it and save its state_dict again with a current torch, or take the safetensors version"
    )


def _read_zip(file: SourceFile) -> dict[str, TorchTensor]:
    members = read_zip(file)
    folders = {name.split("/")[0] for name in members}
    folder = min(folders)
    pickled = members.get(f"{folder}/data.pkl")
    if len(folders) != 1 or pickled is None:
        raise damaged(file, "it has no folder with a data.pkl, or more than one")
    if f"{folder}/constants.pkl" in members:
        raise InvalidCheckpoint(
            f"{file.path.name} is a TorchScript program; a state_dict was expected; "
            "save the model's state_dict() with torch.save, or take the safetensors version"
        )
    order = members.get(f"{folder}/byteorder")
    if order is not None and (order.size > 6 or file.read(order.offset, order.size).tobytes() != b"little"):
        raise InvalidCheckpoint(
            f"{file.path.name} was written on a machine with another byte order; little-endian numbers were expected; "
            "save it again on an ordinary machine, or take the safetensors version"
        )
    tensors = _state(file, _pickled(file, pickled))
    places = {}
    for name, tensor in tensors.items():
        key = tensor.storage.key
        member = members.get(f"{folder}/data/{key}")
        if member is None:
            raise damaged(file, f"the numbers of {name} ({key[:80]!a}) are not in it")
        if member.size != _bytes(tensor.storage):
            raise damaged(file, f"the numbers of {name} have {member.size:,} bytes, not {_bytes(tensor.storage):,}")
        places[key] = member.offset
    return _placed(file, tensors, places)


def _pickled(file: SourceFile, member: Member) -> Any:
    if member.size > MAX_PICKLE_BYTES:
        raise damaged(file, f"its data.pkl has {member.size:,} bytes, more than {MAX_PICKLE_BYTES:,}")
    data = file.read(member.offset, member.size).tobytes()
    if member.crc and zlib.crc32(data) != member.crc:  # torch writes none where it was told so (set_crc32_options)
        raise damaged(file, "its data.pkl does not have the checksum that the zip file states")
    value, end = unpickle(data, file.path.name)
    if end != len(data):
        raise damaged(file, f"{len(data) - end:,} bytes follow its pickle")
    return value


def _read_legacy(file: SourceFile) -> dict[str, TorchTensor]:
    data = file.read(0, min(file.size, MAX_PICKLE_BYTES)).tobytes()
    _, position = unpickle(data, file.path.name)
    protocol, position = unpickle(data, file.path.name, position)
    machine, position = unpickle(data, file.path.name, position)
    if protocol != _PROTOCOL or not isinstance(machine, Dictionary) or ("little_endian", True) not in machine.pairs:
        raise damaged(file, "it was written by an unknown version of torch or with another byte order")
    objects, position = unpickle(data, file.path.name, position)
    tensors = _state(file, objects)
    keys, position = unpickle(data, file.path.name, position)
    storages: dict[str, Storage] = {}
    for name, tensor in tensors.items():
        if storages.setdefault(tensor.storage.key, tensor.storage) != tensor.storage:
            raise damaged(file, f"the numbers of {name} have two sizes or types")
    return _placed(file, tensors, _legacy_places(file, keys, storages, position))


def _legacy_places(file: SourceFile, keys: Any, storages: dict[str, Storage], position: int) -> dict[str, int]:
    """Where each storage begins: they lie one behind the other, each after 8 bytes with its number of items."""
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or set(keys) != set(storages):
        raise damaged(file, "its list of storages is not that of its tensors")
    if len(keys) != len(storages):
        raise damaged(file, "its list of storages names one twice")
    places = {}
    for key in keys:
        storage = storages[key]
        end = position + 8 + _bytes(storage)
        if end > file.size:
            raise damaged(file, f"it ends at byte {file.size:,}, within the numbers of storage {key[:80]!a}")
        count = int.from_bytes(file.read(position, 8).tobytes(), "little")
        if count != storage.count:
            raise damaged(file, f"storage {key[:80]!a} has {count:,} items, not {storage.count:,}")
        places[key] = position + 8
        position = end
    if position != file.size:
        raise damaged(file, f"{file.size - position:,} bytes follow its last storage")
    return places


def _bytes(storage: Storage) -> int:
    return storage.count * (1 if storage.dtype is None else ITEM_BYTES[storage.dtype])


def _state(file: SourceFile, value: Any) -> dict[str, Tensor]:
    """The tensors by name, from the top level or from the one obvious level below it."""
    if not isinstance(value, Dictionary):
        raise _no_state(file, f"a {type(value).__name__}")
    inner = [item for key, item in value.pairs if key in _WRAPPERS and isinstance(item, Dictionary)]
    if len(inner) == 1:
        beside = next(_tensors(file, [(key, item) for key, item in value.pairs if item is not inner[0]]), None)
        if beside is not None:
            raise _no_state(file, f"the tensor {beside[0][:80]} beside a state_dict of its own")
        value = inner[0]
    tensors: dict[str, Tensor] = {}
    for name, tensor in _tensors(file, value.pairs):
        if name in tensors:
            raise damaged(file, f"{name} is in it twice")
        tensors[name] = tensor
    return tensors


def _tensors(file: SourceFile, pairs: list[tuple[Any, Any]]) -> Iterator[tuple[str, Tensor]]:
    """Those entries that are tensors; plain values beside them say nothing about the weights."""
    for key, value in pairs:
        if not isinstance(key, str) or not key.isprintable():
            raise _no_state(file, f"an entry whose name is {ascii(key)[:80] if isinstance(key, str) else 'no text'}")
        if isinstance(value, Tensor):
            yield key, value
        elif value is not None and not isinstance(value, bool | int | float | str):
            raise _no_state(file, f"{key[:80]}, a {type(value).__name__}")


def _no_state(file: SourceFile, found: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(
        f"{file.path.name} holds {found}; names and tensors only were expected; "
        "save the model's state_dict() alone, or take the safetensors version"
    )


def _placed(file: SourceFile, tensors: dict[str, Tensor], places: dict[str, int]) -> dict[str, TorchTensor]:
    return {name: _place(file, name, tensor, places[tensor.storage.key]) for name, tensor in tensors.items()}


def _place(file: SourceFile, name: str, tensor: Tensor, origin: int) -> TorchTensor:
    item, shape, strides = ITEM_BYTES[tensor.dtype], tensor.shape, tensor.strides
    count = math.prod(shape)
    last = (
        tensor.offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) if count else -1
    )
    if (last + 1) * item > _bytes(tensor.storage):
        raise damaged(file, f"{name} of shape {list(shape)} reaches beyond its {_bytes(tensor.storage):,} bytes")
    if count * item > _bytes(tensor.storage):  # a view that repeats numbers may claim any size
        raise damaged(file, f"{name} of shape {list(shape)} repeats its {_bytes(tensor.storage):,} bytes")
    offset = origin + tensor.offset * item
    if count == 0 or _is_contiguous(shape, strides):
        return StoredTensor(name, tensor.dtype, shape, file, offset if count else origin)
    return StridedTensor(name, tensor.dtype, shape, file, offset, strides)


def _is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    expected = 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True
