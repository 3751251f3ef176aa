"""Every weight of a file held against the checkpoint it was made of.

The tensors are derived from the source once more, row block by row block. Plain types must hold the source's numbers,
or those rounded to the nearest, bit for bit. Block types must stay within the bound of their type, with the bytes that
this quantizer makes of the source where the file says that it was made by this very quantizer; a file of another build
may differ, but its error may not be larger by more than a quarter.
"""

import os
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from convert.gguf.bounds import BOUNDS, PLAIN, dequantize, rounded, share_of_bound
from convert.gguf.ggml import quantize, row_bytes, type_name, widen
from convert.gguf.reader import GgufFile, Place
from convert.plan import Planned
from convert.proof_report import Climbing, Rung
from convert.weights.stored import Array

_BLOCK_ELEMENTS = 1 << 18
_SLACK = 1.25
"""A quantizer of another build or another recipe may make this much more error, as a ratio of root mean squares."""


@dataclass(slots=True)
class _Tally:
    """What was found in one tensor, added up over its blocks of rows."""

    place: Place
    wrong: int = 0
    """Elements of a plain type, or rows of a block type, that are not what the source makes."""
    example: str = ""
    share: float = 0.0
    """Largest error as a share of the bound."""
    errors: float = 0.0
    squares: float = 0.0
    quantizer_errors: float = 0.0
    """Sums of squares: of the file's errors, of the source, of the errors this quantizer makes."""

    def add(self, other: "_Tally") -> None:
        self.wrong += other.wrong
        self.example = self.example or other.example
        self.share = max(self.share, other.share)
        self.errors += other.errors
        self.squares += other.squares
        self.quantizer_errors += other.quantizer_errors

    @property
    def relative(self) -> float:
        """Root mean square of the errors, as a share of that of the weights."""
        return float(np.sqrt(self.errors / self.squares)) if self.squares else 0.0

    def problem(self, *, strict: bool) -> str:
        """Why the tensor is not what the source makes; empty where it is."""
        name = f"{self.place.name} ({self.place.type_name})"
        if self.place.kind in PLAIN:
            return f"{name} differs from the source in {self.wrong:,} numbers, first {self.example}" * bool(self.wrong)
        if self.share > 1:
            return f"{name} lies {self.share:,.1f} times as far from the source as its type can, first {self.example}"
        if self.wrong and (strict or self.place.kind not in BOUNDS):
            return f"{name} has {self.wrong:,} rows with other bytes than the quantizer makes, first {self.example}"
        if self.errors > _SLACK**2 * self.quantizer_errors:
            ratio = np.sqrt(self.errors / self.quantizer_errors) if self.quantizer_errors else float("inf")
            return f"{name} lies {ratio:,.2f} times as far from the source as the quantizer puts it"
        return ""


def compare_tensors(
    found: GgufFile, planned: Sequence[Planned], extra: Mapping[str, Sequence[float]], *, strict: bool
) -> Generator[Climbing, None, Rung]:
    """Compare all tensors; gives the rung. `extra`: float32 tensors that no checkpoint holds, with their values.

    `strict`: the file was made by this very quantizer. Raises InvalidCheckpoint where the source cannot be read.
    """
    wanted = {tensor.name for tensor in planned} | extra.keys()
    problems = [f"the tensor {name} is missing" for name in wanted - found.tensors.keys()]
    problems += [f"the tensor {name} comes from nowhere in the source" for name in found.tensors.keys() - wanted]
    problems += _wrong_extra(found, extra)
    tallies: list[_Tally] = []
    total = sum(place.bytes for place in found.tensors.values())
    done = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for tensor in planned:
            place = found.tensors.get(tensor.name)
            if place is None:
                continue
            if place.shape != tensor.shape:
                problems.append(f"{place.name} has the shape {list(place.shape)}; {list(tensor.shape)} was expected")
                continue
            tally = _Tally(place)
            yield Climbing("tensors", done, total)
            for part in _parts(pool, found, place, tensor):
                tally.add(part)
                yield Climbing("tensors", done, total)
            done += place.bytes
            tallies.append(tally)
    problems += filter(None, (tally.problem(strict=strict) for tally in tallies))
    return _rung(tallies, len(extra), problems)


def _parts(pool: ThreadPoolExecutor, found: GgufFile, place: Place, tensor: Planned) -> Generator[_Tally, None, None]:
    """The tallies of a tensor's blocks of rows; a few are worked on at once."""
    columns = place.shape[-1]
    size = row_bytes(place.kind, columns)
    window: deque[Future[_Tally]] = deque()
    row = 0
    try:
        for block in tensor.blocks(_BLOCK_ELEMENTS):
            source = np.ascontiguousarray(block()).reshape(-1, columns)
            data = found.read(place, row * size, len(source) * size)
            window.append(pool.submit(_compare, place, source, data, row))
            row += len(source)
            if len(window) > 2 * (os.cpu_count() or 1):
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
    finally:
        for future in window:
            future.cancel()


def _compare(place: Place, raw: Array, data: Array, row: int) -> _Tally:
    source = widen(raw)
    tally = _Tally(place, squares=_squares(source))
    with np.errstate(all="ignore"):  # damaged scales are infinite or no numbers, and are told as such
        if place.kind in PLAIN:
            _compare_plain(tally, source, data, row)
        else:
            _compare_blocks(tally, source, data, row)
    return tally


def _compare_plain(tally: _Tally, source: Array, data: Array, row: int) -> None:
    expected = rounded(tally.place.kind, source)
    found = data.view(expected.dtype).reshape(expected.shape)
    wrong = expected.view(f"u{expected.itemsize}") != found.view(f"u{expected.itemsize}")
    tally.errors = _squares(source - widen(np.ascontiguousarray(found)))
    tally.wrong = int(np.count_nonzero(wrong))
    if tally.wrong:
        at = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        values = widen(np.ascontiguousarray(found))
        tally.example = f"row {row + at[0]:,} column {at[1]:,}: {values[at]:.6g} instead of {source[at]:.6g}"


def _compare_blocks(tally: _Tally, source: Array, data: Array, row: int) -> None:
    kind, columns = tally.place.kind, source.shape[1]
    numbers = dequantize(kind, data, columns)
    error = source - numbers
    tally.errors = _squares(error)
    made = quantize(kind, source)
    if np.array_equal(made, data):
        tally.quantizer_errors = tally.errors
    else:
        tally.quantizer_errors = _squares(source - dequantize(kind, made, columns))
        other = (made != data).reshape(len(source), -1).any(axis=1)
        tally.wrong = int(np.count_nonzero(other))
    if kind in BOUNDS:
        tally.share = share_of_bound(kind, source, numbers)
    if tally.wrong:
        size = np.abs(np.where(np.isfinite(error), error, np.inf))
        size[~other] = -1
        at = tuple(int(place) for place in np.unravel_index(int(size.argmax()), size.shape))
        tally.example = f"row {row + at[0]:,} column {at[1]:,}: {numbers[at]:.6g} for {source[at]:.6g}"


def _squares(values: Array) -> float:
    return float(np.vdot(values, values))


def _wrong_extra(found: GgufFile, extra: Mapping[str, Sequence[float]]) -> list[str]:
    lines = []
    for name, values in extra.items():
        place = found.tensors.get(name)
        if place is None:
            continue
        expected = np.array(values, dtype=np.float32)
        if place.kind != 0 or place.shape != expected.shape:
            lines.append(f"{name} is {place.type_name} {list(place.shape)}; F32 {list(expected.shape)} was expected")
        elif found.read(place, 0, place.bytes).tobytes() != expected.tobytes():
            lines.append(f"{name} holds other factors than the configuration of the source gives")
    return lines


def _rung(tallies: Sequence[_Tally], extra: int, problems: Sequence[str]) -> Rung:
    blocks = [tally for tally in tallies if tally.place.kind not in PLAIN]
    figures: dict[str, Any] = {
        "compared": len(tallies) + extra,
        "exact": len(tallies) - len(blocks) + extra,
        "same_bytes": sum(not tally.wrong for tally in blocks),
        "relative_error": float(np.sqrt(np.mean([tally.relative**2 for tally in blocks]))) if blocks else 0.0,
        "problems": list(problems[:20]),
    }
    worst = max(blocks, key=lambda tally: (tally.share, tally.relative), default=None)
    if worst is not None:
        figures["worst"] = {
            "name": worst.place.name,
            "type": type_name(worst.place.kind),
            "share_of_bound": worst.share,
            "relative_error": worst.relative,
        }
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        return Rung("failed", f"{problems[0]}{more}", figures)
    says = f"{figures['exact']:,} exact"
    if worst is not None:
        says += (
            f", {len(blocks):,} within the bound of their type ({figures['same_bytes']:,} with the quantizer's own "
            f"bytes); worst {worst.place.name} at {worst.share:.0%} of it, relative error {worst.relative:.2%}"
        )
    return Rung("passed", says, figures)
