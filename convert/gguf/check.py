"""What every conversion ends with: the file read back from disk by a reader of its own, and opened in llama.cpp.

Takes milliseconds for the header and, since weights are mapped, little more for llama.cpp. Token ids were compared
before the file was written, and weights that are no finite numbers refused while it was; what the weights mean is for
`verify` to prove.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.errors import VerificationFailed
from convert.gguf.header import TensorInfo
from convert.gguf.llama_model import opened
from convert.gguf.reader import GgufFile, read_gguf


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found to be so: counts of keys and tensors, and of the bytes they take."""

    keys: int
    tensors: int
    bytes: int


def check(path: Path, expected: Sequence[TensorInfo], keys: Mapping[str, Any] | None = None) -> Checked:
    """Read the file back: each expected tensor and no other, in its shape, type and place, each of `keys` as given.

    Raises VerificationFailed, with llama.cpp's own words where it does not open the file.
    """
    found = read_gguf(path)
    try:
        problem = next(iter([*wrong_tensors(found, expected), *wrong_keys(found.keys, keys or {})]), None)
    finally:
        found.file.close()
    if problem:
        raise VerificationFailed(f"{path.name} is not what was planned: {problem}; convert the model again")
    with opened(path):
        pass
    return Checked(len(found.keys), len(found.tensors), found.file.size)


def wrong_tensors(found: GgufFile, expected: Sequence[TensorInfo]) -> list[str]:
    """One line for each tensor that is missing, not expected, or of another shape, type or size."""
    wanted = {info.name: info for info in expected}
    lines = [f"the tensor {name} is missing" for name in wanted if name not in found.tensors]
    lines += [f"the tensor {name} was not expected" for name in found.tensors if name not in wanted]
    for name in wanted.keys() & found.tensors.keys():
        place, info = found.tensors[name], wanted[name]
        if (place.shape, place.kind, place.bytes) != (info.shape, info.kind, info.bytes):
            lines.append(
                f"{name} has the shape {list(place.shape)} in {place.type_name} ({place.bytes} bytes); "
                f"{list(info.shape)} in type {info.kind} ({info.bytes} bytes) was expected"
            )
    return lines


def wrong_keys(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """One line for each key that is missing or has another value; keys that nobody expects are no error."""
    lines = [f"the key {key} is missing" for key in expected if key not in found]
    for key in expected.keys() & found.keys():
        if not _is_same(found[key], expected[key]):
            lines.append(f"{key} is {_short(found[key])}; {_short(expected[key])} was expected")
    return sorted(lines)


def _is_same(found: Any, expected: Any) -> bool:
    """Equal as GGUF holds them: numbers with a fraction are float32 there, sequences are arrays."""
    if isinstance(expected, str) or isinstance(found, str):
        return bool(found == expected)
    if isinstance(expected, Sequence):
        return isinstance(found, tuple) and len(found) == len(expected) and all(map(_is_same, found, expected))
    if isinstance(expected, float):
        return bool(found == struct.unpack("<f", struct.pack("<f", expected))[0])
    return type(found) is type(expected) and bool(found == expected)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
