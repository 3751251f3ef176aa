"""What a conversion would write and cost, known before a weight is read (`--dry-run`).

The size is exact: it is the header that would be written and the tensors in it. The time is that of the work on numbers
made up here, in the same threads with the same blocks; reading and writing come on top, as fast as the disk is.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import psutil

from convert.gguf.ggml import type_name
from convert.gguf.header import TensorInfo
from convert.gguf.quantize import BLOCK_ELEMENTS, Quantizer, Work, file_info
from convert.plan import Planned
from convert.report import PlannedTensor
from convert.weights.fp8 import ScaledTensor
from convert.weights.stored import WEIGHT_TYPES

_SAMPLE_BLOCKS = 4
"""Blocks each thread works on for each pair of types: some hundredths of a second."""
_BYTES_IN_FLIGHT = 12
"""A block's element as raw number, as float32 and as result, at most."""


def tensor_list(infos: Sequence[TensorInfo]) -> tuple[PlannedTensor, ...]:
    """Name, shape and type of each tensor."""
    return tuple(PlannedTensor(info.name, info.shape, type_name(info.kind), info.bytes) for info in infos)


def free_bytes(target: Path) -> int:
    """Room on the target's disk; its folder, or the nearest one above it that exists, is asked."""
    folder = target.resolve().parent
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def peak_bytes(tensors: Sequence[Planned]) -> int:
    """Private memory at the worst moment: what is held now, blocks in flight, and a tensor read whole to be turned."""
    threads = Quantizer().threads
    blocks = (3 * threads + 1) * BLOCK_ELEMENTS * _BYTES_IN_FLIGHT
    turned = max((4 * int(np.prod(tensor.shape)) for tensor in tensors if tensor.row.transposed), default=0)
    return _private_bytes() + blocks + turned


def working_seconds(infos: Sequence[TensorInfo], tensors: Sequence[Planned]) -> float:
    """Seconds that all threads together need for the numbers, measured on samples of each pair of types."""
    elements: dict[tuple[str, int, int], int] = defaultdict(int)
    for info, tensor in zip(infos, tensors, strict=True):
        elements[tensor.sources[0].dtype, info.kind, info.shape[-1]] += int(np.prod(info.shape))
    rates: dict[tuple[str, int], float] = {}
    seconds = 0.0
    for (stored, kind, columns), count in elements.items():
        if (stored, kind) not in rates:
            rates[stored, kind] = _rate(stored, kind, columns)
        seconds += count / rates[stored, kind]
    return seconds


def _rate(stored: str, kind: int, columns: int) -> float:
    """Elements a second from one type to another."""
    quantizer = Quantizer()
    rows = max(1, BLOCK_ELEMENTS // columns)
    count = quantizer.threads * _SAMPLE_BLOCKS
    block = _sample(stored, rows, columns)
    info = file_info("sample", kind, (count * rows, columns))
    start = perf_counter()
    for _ in quantizer.run(_works(info, block, count)):
        pass
    return count * rows * columns / (perf_counter() - start)


def _works(info: TensorInfo, block: "np.ndarray[tuple[int, int], np.dtype[np.generic]]", count: int) -> Iterator[Work]:
    yield Work(info, [partial(np.copy, block)] * count)


def _sample(stored: str, rows: int, columns: int) -> "np.ndarray[tuple[int, int], np.dtype[np.generic]]":
    """Numbers as weights have them, around zero."""
    values = np.random.default_rng(0).standard_normal((rows, columns), dtype=np.float32) * np.float32(0.02)
    if stored == "BF16":
        return (values.view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(WEIGHT_TYPES.get(stored, np.float32))


def _private_bytes() -> int:
    """Memory of this process that no file backs."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - getattr(memory, "shared", 0))


def source_bytes(tensors: Sequence[Planned]) -> int:
    """Bytes of the weights that are read; what several tensors take parts of counts once."""
    sources = {
        source.name: source.stored if isinstance(source, ScaledTensor) else source
        for tensor in tensors
        for source in tensor.sources
    }
    return sum(int(np.prod(source.shape)) * _item_bytes(source.dtype) for source in sources.values())


def _item_bytes(dtype: str) -> int:
    return np.dtype(WEIGHT_TYPES[dtype]).itemsize if dtype in WEIGHT_TYPES else 1
