"""Weights of 8-bit floating point with their scales: `value * scale`, in float32, whichever rows are asked for.

Published in three layouts: one scale for each block of 128 x 128 (`weight_scale_inv`, DeepSeek and Qwen), for each row
or for the tensor (`weight_scale`; compressed-tensors, FBGEMM). Scales of activations only steer how a GPU computes;
they are left out, since the GGUF is computed otherwise. The number formats: https://arxiv.org/abs/2209.05433.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert.config import Config
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint
from convert.weights.stored import Array, Rows, StoredTensor, Weight

_KEY = "quantization_config"
_TYPES = ("F8_E4M3", "F8_E5M2")
_SCALES = ("_scale_inv", "_scale")
_ACTIVATIONS = (
    ".activation_scale",
    ".input_scale",
    ".input_scale_ub",
    ".k_scale",
    ".kv_scale",
    ".output_scale",
    ".q_scale",
    ".v_scale",
)
_MOST_SCALES = 1 << 26


def _table(exponent_bits: int, bias: int, *, infinities: bool) -> Array:
    """float32 of each of the 256 bytes."""
    codes = np.arange(256)
    mantissa_bits = 7 - exponent_bits
    exponent, mantissa = (codes >> mantissa_bits) & ((1 << exponent_bits) - 1), codes & ((1 << mantissa_bits) - 1)
    fraction = mantissa / (1 << mantissa_bits)
    values = np.where(exponent == 0, fraction * 2.0 ** (1 - bias), (1 + fraction) * 2.0 ** (exponent - bias))
    if infinities:
        top = exponent == (1 << exponent_bits) - 1
        values = np.where(top, np.where(mantissa == 0, np.inf, np.nan), values)
    else:
        values = np.where((codes & 0x7F) == 0x7F, np.nan, values)
    return np.where(codes & 0x80, -values, values).astype(np.float32)


_TABLES = {"F8_E4M3": _table(4, 7, infinities=False), "F8_E5M2": _table(5, 15, infinities=True)}


@dataclass(frozen=True, slots=True)
class ScaledTensor:
    """A weight [rows, columns] whose values are those stored times the scale of their block; float32."""

    stored: Weight
    scales: Array
    """float32, one for each block, [blocks of rows, blocks of columns]."""
    block: tuple[int, int]

    @property
    def name(self) -> str:
        """As in the checkpoint."""
        return self.stored.name

    @property
    def dtype(self) -> str:
        """What `rows` gives."""
        return "F32"

    @property
    def shape(self) -> tuple[int, ...]:
        """As stored."""
        return self.stored.shape

    @property
    def path(self) -> Path:
        """The file the numbers lie in."""
        return self.stored.path

    def rows(self, chosen: Rows) -> Array:
        """float32 [n, columns]."""
        count, columns = self.shape
        numbers = np.arange(*chosen.indices(count)) if isinstance(chosen, slice) else chosen
        values = _TABLES[self.stored.dtype][self.stored.rows(chosen)]
        scales = np.repeat(self.scales[numbers // self.block[0]], self.block[1], axis=1)[:, :columns]
        with np.errstate(all="ignore"):  # what is no finite number is refused where all weights are looked at
            scaled: Array = values * scales
        return scaled


def unscaled(tensors: Mapping[str, Weight], config: Config) -> tuple[Mapping[str, Weight], tuple[str, ...]]:
    """The tensors with every 8-bit weight joined to its scales, and what should be known about it.

    Where config.json speaks of another quantization, or of none, they come back as they are. Raises InvalidCheckpoint,
    IncompleteCheckpoint.
    """
    settings = config.peek(_KEY)
    if not _is_fp8(settings):
        return tensors, ()
    config.value(_KEY)  # understood from here on
    blocks = _block_size(settings)
    found: dict[str, Weight] = {}
    scales = {name: weight for name, weight in tensors.items() if name.endswith(tuple(f".weight{s}" for s in _SCALES))}
    left_out = [name for name in tensors if name.endswith(_ACTIVATIONS)]
    for name, weight in tensors.items():
        if name in scales or name in left_out:
            continue
        if weight.dtype not in _TYPES:
            found[name] = weight
            continue
        scale = next((scales.pop(name + end) for end in _SCALES if name + end in scales), None)
        if scale is None:
            raise IncompleteCheckpoint(
                f"{name} has type {weight.dtype} and no scale beside it; {name}_scale_inv or {name}_scale was "
                "expected; download the weights again, or use the unquantized checkpoint"
            )
        found[name] = _scaled(weight, scale, blocks)
    if scales:
        raise InvalidCheckpoint(
            f"{next(iter(scales))} scales no 8-bit weight; each scale was expected beside its weight; "
            "download the weights again"
        )
    note = f"the weights are stored in 8 bits ({_KEY}); {sum(type(w) is ScaledTensor for w in found.values())} of them "
    note += "were multiplied by their scales, and what was rounded away before is not in this file either"
    if left_out:
        note += f"; {len(left_out)} scales of activations, such as {left_out[0]}, were left out"
    return found, (note,)


def _is_fp8(settings: Any) -> bool:
    if not isinstance(settings, dict):
        return False
    if settings.get("quant_method") == "compressed-tensors":
        if settings.get("transform_config"):  # the weights were turned by matrices that would have to be undone
            return False
        weights = _groups(settings)
        return bool(weights) and all(
            isinstance(weight, dict) and weight.get("type") == "float" and weight.get("num_bits") == 8
            for weight in weights
        )
    return settings.get("quant_method") in {"fp8", "fbgemm_fp8"}


def _groups(settings: Mapping[str, Any]) -> list[Any]:
    """What compressed-tensors says of the weights of each group of layers."""
    groups = settings.get("config_groups")
    if not isinstance(groups, dict):
        return []
    return [group.get("weights") if isinstance(group, dict) else None for group in groups.values()]


def _block_size(settings: Mapping[str, Any]) -> tuple[int, int] | None:
    size = settings.get("weight_block_size")
    for group in _groups(settings) if size is None else ():
        size = group.get("block_structure") or size
    if size is None:
        return None
    if not (isinstance(size, list) and len(size) == 2 and all(type(n) is int and 0 < n < 2**20 for n in size)):
        raise InvalidCheckpoint(f"weight_block_size is {size!r:.80} in {_KEY}; two positive numbers were expected")
    return size[0], size[1]


def _scaled(weight: Weight, scale: Weight, blocks: tuple[int, int] | None) -> ScaledTensor:
    if len(weight.shape) != 2 or not isinstance(scale, StoredTensor) or scale.dtype not in {"F32", "BF16", "F16"}:
        raise InvalidCheckpoint(
            f"{weight.name} {list(weight.shape)} has a scale of type {scale.dtype}; a matrix with scales in F32, BF16 "
            "or F16 was expected; use the unquantized checkpoint"
        )
    rows, columns = weight.shape
    if scale.shape in {(), (1,), (1, 1)}:
        block = (max(rows, 1), max(columns, 1))
    elif scale.shape in {(rows,), (rows, 1)}:
        block = (1, max(columns, 1))
    else:
        block = blocks or (0, 0)
        expected = [-(-size // part) for size, part in zip(weight.shape, block, strict=True)] if blocks else "one value"
        if not blocks or list(scale.shape) != expected:
            raise InvalidCheckpoint(
                f"{scale.name} has the shape {list(scale.shape)}; {expected} was expected for {weight.name} "
                f"{list(weight.shape)}; download the weights again"
            )
    shape = (-(-rows // block[0]), -(-columns // block[1]))
    if shape[0] * shape[1] > _MOST_SCALES:
        raise InvalidCheckpoint(f"{scale.name} has {scale.shape} scales, more than can be; restore config.json")
    return ScaledTensor(weight, _floats(scale).reshape(shape), block)


def _floats(scale: StoredTensor) -> Array:
    raw = scale.array()
    if scale.dtype == "BF16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32)
