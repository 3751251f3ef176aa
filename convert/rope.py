"""The rotary position embedding, decided in one place. A wrong one still talks, badly, only past some length.

`read_rope` takes every key that speaks of RoPE, in the spelling of transformers 4 (`rope_theta`, `rope_scaling`) and 5
(`rope_parameters`), and refuses what it does not know. What it returns is exact: the base with the place it was found,
and the divisors of the frequencies where a kind has them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from convert.config import MAX_NUMBER, Config
from convert.errors import UnsupportedRope

Kind = Literal["default", "linear", "llama3"]

_KEYS: Mapping[str, frozenset[str]] = {
    "default": frozenset(),
    "linear": frozenset({"factor"}),
    "llama3": frozenset({"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}),
}
_UNSCALED_CONTEXT = 4096
"""Longest context for which the class's own default base is believed when the checkpoint names none."""


@dataclass(frozen=True, slots=True)
class Rope:
    """Frequency i of a head is `base ** (-2i / dimension)`, over `factor` (linear) or over `divisors[i]` (llama3)."""

    kind: Kind
    base: float
    source: str
    dimension: int
    """Rotated elements of each head; here always the whole head."""
    factor: float | None = None
    divisors: tuple[float, ...] | None = None
    """float32 values, `dimension / 2` of them; written as the tensor `rope_freqs.weight`."""
    warnings: tuple[str, ...] = ()


def read_rope(config: Config, *, dimension: int, context: int, default_base: float, default_source: str) -> Rope:
    """Decide the RoPE of a checkpoint whose heads have `dimension` elements and whose context is `context` tokens.

    `default_base` is what the family's configuration class takes when no key names a base; it is believed only up to a
    context of 4,096 tokens. Raises UnsupportedRope.
    """
    parameters = config.value("rope_parameters")
    scaling = config.value("rope_scaling")
    theta = config.value("rope_theta")
    for name, value in (("rope_parameters", parameters), ("rope_scaling", scaling)):
        if value is not None and not isinstance(value, dict):
            raise UnsupportedRope(f"{name} is {value!r} in config.json; an object was expected; restore the file")
    where = "rope_parameters" if parameters else "rope_scaling"
    settings = dict(parameters or scaling or {})
    base, source, warnings = _base(theta, settings.pop("rope_theta", None), where)
    if base is None:
        if context > _UNSCALED_CONTEXT:
            raise UnsupportedRope(
                f"config.json names no RoPE base for a context of {context} tokens; rope_theta or rope_parameters was "
                "expected, since a guessed base fails only on long texts; add the key from the model's card"
            )
        base, source = default_base, default_source
        warnings = (f"config.json names no RoPE base; {default_base:g} was taken from {default_source}",)
    if settings.get("partial_rotary_factor") in {None, 1}:  # the whole head turns: what is written anyway
        settings.pop("partial_rotary_factor", None)
    if parameters and scaling and _without_base(parameters) != _without_base(scaling):
        raise UnsupportedRope(
            f"config.json has rope_parameters {parameters} and rope_scaling {scaling}; "
            "one of the two, or the same in both, was expected; remove the wrong one"
        )
    kind = _kind(settings, where)
    unknown = sorted(set(settings) - _KEYS[kind])
    if unknown:
        raise UnsupportedRope(
            f"{where} of type {kind} has the key {unknown[0]!r}; {', '.join(sorted(_KEYS[kind])) or 'no further key'} "
            "was expected; no file was written because the rotation would be wrong"
        )
    rope = Rope(kind=kind, base=base, source=source, dimension=dimension, warnings=warnings)
    if kind == "default":
        return rope
    missing = sorted(_KEYS[kind] - set(settings))
    if missing:
        raise UnsupportedRope(
            f"{where} of type {kind} lacks {missing[0]!r}; all of its keys are needed; restore the file"
        )
    values = {key: _positive(f"{where}.{key}", settings[key]) for key in _KEYS[kind]}
    if kind == "linear":
        return replace(rope, factor=values["factor"])
    return replace(rope, divisors=_llama3_divisors(base, dimension, values))


def _base(theta: Any, inner: Any, where: str) -> tuple[float | None, str, tuple[str, ...]]:
    """The base that a key names, the key, and a warning where two keys disagree; None where no key names one."""
    if inner is not None:
        differing = theta is not None and theta != inner
        warning = f"config.json has rope_theta {theta} and {where}.rope_theta {inner}; the latter was used"
        return _positive("rope_theta", inner), f"config.json: {where}.rope_theta", (warning,) if differing else ()
    if theta is not None:
        return _positive("rope_theta", theta), "config.json: rope_theta", ()
    return None, "", ()


def _kind(settings: dict[str, Any], where: str) -> Kind:
    """Take the type out of the settings: `rope_type`, or `type` in its older spelling."""
    names = {settings.pop(key) for key in ("rope_type", "type") if isinstance(settings.get(key), str)}
    if len(names) > 1:
        raise UnsupportedRope(f"{where} names two types, {' and '.join(sorted(names))}; one was expected")
    if not names and settings:
        raise UnsupportedRope(f"{where} is {settings} without a rope_type; known types: {', '.join(_KEYS)}")
    match names.pop() if names else "default":
        case "default":
            return "default"
        case "linear":
            return "linear"
        case "llama3":
            return "llama3"
        case other:
            raise UnsupportedRope(
                f"rope type {other!r} in config.json is not supported; known: {', '.join(_KEYS)}; "
                "no file was written because the rotation would be wrong"
            )


def _llama3_divisors(base: float, dimension: int, values: Mapping[str, float]) -> tuple[float, ...]:
    """Divisors by wavelength: 1 for short waves, `factor` for long ones, a smooth change between (float32).

    Source: the `llama3` initialisation in transformers' modeling_rope_utils.
    """
    low, high = values["low_freq_factor"], values["high_freq_factor"]
    if high <= low:
        raise UnsupportedRope(f"high_freq_factor {high:g} is not above low_freq_factor {low:g}; restore config.json")
    original = values["original_max_position_embeddings"]
    exponents = np.arange(0, dimension, 2, dtype=np.float32) / np.float32(dimension)
    frequencies = np.float32(1.0) / np.power(np.float32(base), exponents, dtype=np.float32)
    wavelengths = np.float32(2 * math.pi) / frequencies
    smooth = (np.float32(original) / wavelengths - np.float32(low)) / np.float32(high - low)
    between = np.float32(1.0) / ((np.float32(1.0) - smooth) / np.float32(values["factor"]) + smooth)
    divisors = np.where(wavelengths < original / high, np.float32(1.0), between)
    divisors = np.where(wavelengths > original / low, np.float32(values["factor"]), divisors)
    return tuple(float(value) for value in divisors)


def _positive(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MAX_NUMBER:
        raise UnsupportedRope(f"{key} is {value!r} in config.json; a positive number was expected; restore the file")
    return float(value)


def _without_base(settings: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in settings.items() if key not in {"rope_theta", "rope_type", "type"}}
    return {**plain, "type": settings.get("rope_type", settings.get("type", "default"))}
