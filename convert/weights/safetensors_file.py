"""One .safetensors file: names, types, shapes and the place of each tensor, without torch and without copies.

The format (https://github.com/huggingface/safetensors#format): 8 bytes of little-endian header length, a JSON header
`{name: {dtype, shape, data_offsets}}`, then the data. Nothing in the header is believed before it was checked against
the size of the file.
"""

import json
import math
from pathlib import Path
from typing import Any

from convert.errors import InvalidCheckpoint
from convert.weights.stored import SourceFile, StoredTensor

_MAX_HEADER_BYTES = 100_000_000  # the format's own limit

_ITEM_BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2}
_ITEM_BYTES |= {"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8}


def read_safetensors(path: Path) -> dict[str, StoredTensor]:
    """All tensors of a file by name. Raises InvalidCheckpoint where the file is cut short or its header lies."""
    file = SourceFile(path)
    if file.size < 8:
        raise _damaged(path, f"it has {file.size} bytes", "at least 8")
    length = int.from_bytes(file.read(0, 8).tobytes(), "little")
    if length > _MAX_HEADER_BYTES or length > file.size - 8:
        raise _damaged(path, f"its header claims {length} bytes", f"at most {min(file.size - 8, _MAX_HEADER_BYTES)}")
    try:
        header = json.loads(file.read(8, length).tobytes().decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"its header is not JSON ({error})", "a JSON object") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not an object", "a JSON object")
    header.pop("__metadata__", None)
    tensors = {name: _entry(file, name, entry, 8 + length) for name, entry in header.items()}
    _check_coverage(path, header, file.size - 8 - length)
    return tensors


def _entry(file: SourceFile, name: str, entry: Any, origin: int) -> StoredTensor:
    path, room = file.path, file.size - origin
    try:
        dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"the entry of {name} is incomplete", "dtype, shape and data_offsets") from error
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise _damaged(path, f"{name} has type {dtype!r}", "one of " + ", ".join(_ITEM_BYTES))
    if not all(type(n) is int and 0 <= n < 2**48 for n in (*shape, start, end)):
        raise _damaged(path, f"{name} has shape {list(shape)} at {[start, end]}", "whole numbers")
    if not start <= end <= room:
        raise _damaged(path, f"{name} lies at bytes {start} to {end}", f"an end within the {room} bytes of data")
    needed = math.prod(shape) * _ITEM_BYTES[dtype]
    if end - start != needed:
        raise _damaged(path, f"{name} has {end - start} bytes", f"{needed} for {dtype} {list(shape)}")
    return StoredTensor(name, dtype, shape, file, origin + start)


def _check_coverage(path: Path, header: dict[str, Any], size: int) -> None:
    """The tensors must tile the data exactly: no overlap, no gap, nothing behind the last one."""
    position, before = 0, "the header"
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        start, end = entry["data_offsets"]
        if start != position:
            what = "overlaps" if start < position else "leaves a gap after"
            raise _damaged(path, f"{name} at byte {start} {what} {before}", f"a start at byte {position}")
        position, before = end, name
    if position != size:
        raise _damaged(path, f"{size - position} bytes follow {before}", "the end of the file")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _damaged(path: Path, found: str, expected: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(f"{path.name} is damaged: {found}; {expected} was expected; download the file again")
