"""Protocol-buffer messages taken apart field by field, bounded by the bytes given.

https://protobuf.dev/programming-guides/encoding. No schema, no recursion: who asks knows what a field means. Fields in
the old group encoding are refused; no file this package reads has any.
"""

from collections.abc import Iterator

from convert.errors import InvalidCheckpoint

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(data: bytes, file: str) -> Iterator[tuple[int, int, int | bytes]]:
    """(field number, wire type, value) in file order; `file` is the name for errors. Raises InvalidCheckpoint."""
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place, file)
        wire = key & 7
        value: int | bytes
        if wire == BYTES:
            length, place = _varint(data, place, file)
            if length > end - place:
                raise _damaged(file, f"a field of {length:,} bytes begins {end - place:,} bytes before the end")
            value = data[place : place + length]
            place += length
        elif wire == VARINT:
            value, place = _varint(data, place, file)
        elif wire in {FIXED32, FIXED64}:
            length = 4 if wire == FIXED32 else 8
            if length > end - place:
                raise _damaged(file, "its last number is cut off")
            value = data[place : place + length]
            place += length
        else:
            raise _damaged(file, f"a field has the wire type {wire}")
        if not key >> 3:
            raise _damaged(file, "a field has the number 0")
        yield key >> 3, wire, value


def _varint(data: bytes, place: int, file: str) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 64:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, place
        shift += 7
    raise _damaged(file, "a number does not end")


def _damaged(file: str, what: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(f"{file} is damaged: {what}; a SentencePiece model was expected; download the file again")
