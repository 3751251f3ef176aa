"""GGUF files made byte by byte, sound or not: nothing here checks anything."""

import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def scalar(kind: int, value: float) -> bytes:
    return struct.pack("<I" + CODES[kind], kind, value)


def string(value: str | bytes) -> bytes:
    return struct.pack("<I", STRING) + text(value)


def array(kind: int, count: int, items: bytes) -> bytes:
    return struct.pack("<IIQ", ARRAY, kind, count) + items


def key(name: str, value: bytes) -> bytes:
    return text(name) + value


def tensor(
    name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0, *, dimensions: int | None = None
) -> bytes:
    count = len(shape) if dimensions is None else dimensions
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", count, *shape, kind, offset)


def file(
    keys: tuple[bytes, ...] = (), tensors: tuple[bytes, ...] = (), *, data: int = 0, align: int = 32, version: int = 3,
    key_count: int | None = None, tensor_count: int | None = None, magic: bytes = b"GGUF",
) -> bytes:  # fmt: skip
    """A whole GGUF, counts as told or true, `data` zero bytes of weights."""
    head = magic + struct.pack(
        "<IQQ",
        version,
        len(tensors) if tensor_count is None else tensor_count,
        len(keys) if key_count is None else key_count,
    )
    head += b"".join(keys) + b"".join(tensors)
    return head + b"\0" * (-len(head) % align + data)
