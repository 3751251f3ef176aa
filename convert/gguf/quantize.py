"""Which type each tensor gets, asked of llama.cpp, and the bytes of that type, made by llama.cpp's own function.

`tensor_types` lets `llama_model_quantize` plan over a skeleton (the real header, an empty data section that takes no
disk space) and reads its answer; `Quantizer` turns one tensor after the other into bytes, in blocks of rows over all
cores, with memory bounded by the blocks in flight.
"""

import os
import re
from collections import Counter, deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from convert.errors import InvalidCheckpoint, QuantizerFailed
from convert.gguf.ggml import BF16, F16, F32, Array, quantize, row_bytes, type_name, widen
from convert.gguf.header import TensorInfo, header
from convert.gguf.llama import dry_run
from convert.gguf.scratch import scratch_file
from convert.weights.stored import Block

RECIPES: Mapping[str, int] = {
    # name -> llama.cpp's llama_ftype
    "f32": 0,
    "f16": 1,
    "bf16": 32,
    "q8_0": 7,
    "q4_0": 2,
    "q4_k_s": 14,
    "q4_k_m": 15,
    "q5_k_m": 17,
    "q6_k": 18,
}

BLOCK_ELEMENTS = 1 << 18
"""1 MiB of float32: enough work for a call, little enough to share a small tensor among the cores."""
_PLAIN = {np.dtype(np.float32): F32, np.dtype(np.float16): F16, np.dtype(np.uint16): BF16}
_LIMITS = {F32: 3.4028235e38, BF16: 3.3895314e38, F16: 65504.0}
"""The largest number a type holds."""
_LOG_LINE = re.compile(r"\[ *\d+/ *\d+\] +(\S+) +- \[[^\]]*\], type = +(\S+), size = [^\n]*?(?:\((\w+)\))?\n")


@dataclass(frozen=True, slots=True)
class Work:
    """One tensor to be written: what reads its rows block by block (raw f32, f16, or bf16 as uint16), and its type."""

    info: TensorInfo
    blocks: Iterable[Block]


def tensor_types(
    recipe: int, metadata: Mapping[str, Any], tensors: Sequence[tuple[str, tuple[int, ...]]]
) -> dict[str, int]:
    """ggml's type number of each tensor when llama.cpp quantizes a float32 file of these tensors by the recipe.

    `tensors`: names and shapes, outermost dimension first. Raises QuantizerFailed.
    """
    infos = [TensorInfo(name, F32, shape, 4 * int(np.prod(shape))) for name, shape in tensors]
    with scratch_file() as skeleton:
        data = header(metadata, infos)
        skeleton.write_bytes(data)
        os.truncate(skeleton, len(data) + sum(info.padded for info in infos))
        log = dry_run(skeleton, recipe)
    numbers = {type_name(number): number for number in range(40) if type_name(number)}
    types = {name: numbers[new or old] for name, old, new in _LOG_LINE.findall(log)}
    missing = [name for name, _ in tensors if name not in types]
    if missing:
        raise QuantizerFailed(f"llama.cpp names no type for {missing[0]}; its log was {log[:200]!r}")
    return types


class Quantizer:
    """Threads that turn tensors into bytes.

    `seconds` adds up the time spent inside llama.cpp's quantizer; `zeroed` counts, by tensor, the values that were no
    finite numbers and became 0.
    """

    def __init__(self, threads: int | None = None, *, force: bool = False) -> None:
        """`force`: write 0 for values that are no finite numbers, instead of refusing them."""
        self.threads = threads or os.cpu_count() or 1
        self.seconds = 0.0
        self.zeroed: Counter[str] = Counter()
        self._force = force

    def run(self, works: Iterable[Work]) -> Generator[tuple[str, Array], None, None]:
        """Blocks of bytes in file order, with the tensor's name; at most a few blocks are in memory.

        Raises InvalidCheckpoint where a weight is not a finite number.
        """
        window: _Window = deque()
        pool = ThreadPoolExecutor(self.threads)
        try:
            for work in works:
                for block in work.blocks:
                    window.append((work.info.name, pool.submit(_encode, work.info, block, self._force)))
                    if len(window) > 2 * self.threads:
                        yield self._take(window)
                padding = work.info.padded - work.info.bytes
                if padding:
                    window.append((work.info.name, pool.submit(_zeros, padding)))
            while window:
                yield self._take(window)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _take(self, window: "_Window") -> tuple[str, Array]:
        name, future = window.popleft()
        done = future.result()
        self.seconds += done.seconds
        if done.zeroed:
            self.zeroed[name] += done.zeroed
        return name, done.data


@dataclass(frozen=True, slots=True)
class _Done:
    """Bytes of a block of rows, the seconds inside the quantizer, and the values that became 0."""

    data: Array
    seconds: float = 0.0
    zeroed: int = 0


_Window = deque[tuple[str, "Future[_Done]"]]


def _encode(info: TensorInfo, read: Block, force: bool) -> _Done:
    block = np.ascontiguousarray(read())
    if _PLAIN[block.dtype] == info.kind and info.kind == BF16:
        odd = (block & 0x7F80) == 0x7F80
        if not odd.any():
            return _Done(block.view(np.uint8).reshape(-1))
        if not force:
            raise _out_of_range(info, widen(block))
        return _Done(np.where(odd, np.uint16(0), block).view(np.uint8).reshape(-1), zeroed=int(odd.sum()))
    wide = widen(block)
    limit = _LIMITS.get(info.kind, _LIMITS[F16])  # quantized blocks are scaled by an f16
    if not (wide.max() <= limit and wide.min() >= -limit):
        odd = ~np.isfinite(wide)
        if not (force and odd.any()):
            raise _out_of_range(info, wide)
        cleaned: Array = np.where(odd, np.float32(0), wide)
        return replace(_encode(info, lambda: cleaned, False), zeroed=int(odd.sum()))
    if _PLAIN[block.dtype] == info.kind or info.kind == F32:
        return _Done((block if info.kind == F16 else wide).view(np.uint8).reshape(-1))
    start = perf_counter()
    data = quantize(info.kind, wide)
    return _Done(data, perf_counter() - start)


def _zeros(count: int) -> _Done:
    return _Done(np.zeros(count, dtype=np.uint8))


def _out_of_range(info: TensorInfo, wide: Array) -> InvalidCheckpoint:
    if not np.isfinite(wide).all():
        return InvalidCheckpoint(
            f"{info.name} holds a value that is not a finite number (NaN or infinity); finite weights were expected; "
            "download the weights again (--force writes 0 in its place)"
        )
    return InvalidCheckpoint(
        f"{info.name} holds {wide.flat[np.abs(wide).argmax()]:g}, which {type_name(info.kind)} cannot; "
        f"weights up to {_LIMITS[F16]:g} were expected; convert to bf16 or f32"
    )


def file_info(name: str, kind: int, shape: tuple[int, ...]) -> TensorInfo:
    """The header entry of a tensor in its final type. Raises QuantizerFailed where blocks do not divide its rows."""
    columns = shape[-1]
    return TensorInfo(name, kind, shape, int(np.prod(shape)) // columns * row_bytes(kind, columns))
