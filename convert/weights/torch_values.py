"""What the pickle of a torch checkpoint may name, and the inert values of ours that stand for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I64": 8, "I32": 4, "I16": 2}
ITEM_BYTES |= {"I8": 1, "U8": 1, "BOOL": 1, "U16": 2, "U32": 4, "U64": 8, "C64": 8, "C128": 16}
"""Bytes of an item of each type, named as safetensors does."""


@dataclass(frozen=True, slots=True)
class StorageType:
    """A storage class of torch; None: bytes without a type."""

    dtype: str | None


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers in the file: its name there, and how many items of which type it claims to hold."""

    dtype: str | None
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage; offset and strides count items."""

    storage: Storage
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Dictionary:
    """Pairs in the order they were set; keys are whatever the pickle holds."""

    ordered: bool = False
    pairs: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dtype:
    """A type by the name safetensors has for it."""

    name: str


class Callee(Enum):
    """What a pickle may ask to be built."""

    ORDERED = auto()
    SIZE = auto()
    TENSOR = auto()
    TYPED_TENSOR = auto()
    PARAMETER = auto()


_DTYPES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "float8_e4m3fn": "F8_E4M3"}
_DTYPES |= {"float8_e5m2": "F8_E5M2", "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8"}
_DTYPES |= {"bool": "BOOL", "uint16": "U16", "uint32": "U32", "uint64": "U64", "complex64": "C64", "complex128": "C128"}

_STORAGES = {"Double": "F64", "Float": "F32", "Half": "F16", "BFloat16": "BF16", "Long": "I64", "Int": "I32"}
_STORAGES |= {
    "Short": "I16",
    "Char": "I8",
    "Byte": "U8",
    "Bool": "BOOL",
    "ComplexFloat": "C64",
    "ComplexDouble": "C128",
}

GLOBALS: Mapping[str, object] = {
    "collections.OrderedDict": Callee.ORDERED,
    "torch.Size": Callee.SIZE,
    "torch._utils._rebuild_tensor_v2": Callee.TENSOR,
    "torch._utils._rebuild_tensor_v3": Callee.TYPED_TENSOR,
    "torch._utils._rebuild_parameter": Callee.PARAMETER,
    "torch.storage.UntypedStorage": StorageType(None),
    **{f"torch.{name}": Dtype(dtype) for name, dtype in _DTYPES.items()},
    **{f"torch.{name}Storage": StorageType(dtype) for name, dtype in _STORAGES.items()},
}
"""Everything a pickle may name."""
