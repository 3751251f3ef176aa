"""Files in several parts: how the parts are called, and their headers as one.

llama.cpp takes the metadata of the first part and the tensors of all; the names it opens follow from the first one's.
Source: `llama_split_path` and the reading of splits in llama.cpp's `llama-model-loader.cpp`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.errors import InvalidModelFile
from assistant.gguf.header import Header

COUNT, NUMBER, TENSORS = "split.count", "split.no", "split.tensors.count"
_MAX_PARTS = 1000
_ADVICE = "get all parts again"


def other_parts(path: Path, header: Header) -> list[Path]:
    """Where the parts after the first must lie; none for a file of one part. Raises InvalidModelFile."""
    count, number = header.number(COUNT) or 0, header.number(NUMBER)
    if count <= 1:
        return []
    if count > _MAX_PARTS:
        raise InvalidModelFile(f"{path.name} claims {count} parts; expected at most {_MAX_PARTS}; {_ADVICE}")
    if number is None:
        raise InvalidModelFile(f"{path.name} is one of {count} parts; expected to say which; {_ADVICE}")
    end = _end(number, count)
    if number > 0:
        first = f"{path.name.removesuffix(end)}{_end(0, count)}" if path.name.endswith(end) else "that one"
        raise InvalidModelFile(
            f"{path.name} is part {number + 1} of {count}; the first part was expected; open {first}"
        )
    start = path.name.removesuffix(end)
    if not path.name.endswith(end) or not start:
        raise InvalidModelFile(
            f"{path.name} is the first of {count} parts; a name that ends in {end} was expected, since the others' "
            "names follow from it; give it its name back"
        )
    return [path.with_name(f"{start}{_end(index, count)}") for index in range(1, count)]


def joined(headers: Sequence[Header], names: Sequence[str]) -> Header:
    """The headers of all parts, in their order, as one: the first one's metadata, everybody's tensors.

    Raises InvalidModelFile.
    """
    first = headers[0]
    seen = {tensor.name for tensor in first.tensors}
    for number, (header, name) in enumerate(zip(headers[1:], names[1:], strict=True), start=1):
        if header.number(NUMBER) != number:
            raise InvalidModelFile(
                f"{name} says it is number {header.number(NUMBER)} of the parts, counted from 0; expected {number}; "
                f"{_ADVICE}"
            )
        for tensor in header.tensors:
            if tensor.name in seen:
                raise InvalidModelFile(f"{name} has the tensor {tensor.name!r} again; expected each once; {_ADVICE}")
            seen.add(tensor.name)
    wanted = first.number(TENSORS)
    if wanted != len(seen):
        raise InvalidModelFile(f"{names[0]} and its parts have {len(seen)} tensors; expected {wanted}; {_ADVICE}")
    return replace(
        first,
        tensors=tuple(tensor for header in headers for tensor in header.tensors),
        file_bytes=sum(header.file_bytes for header in headers),
    )


def _end(number: int, count: int) -> str:
    return f"-{number + 1:05d}-of-{count:05d}.gguf"
