"""What config.json and the command line say of RoPE, in every spelling, as checked values. Decides nothing about GGUF.

transformers 4 writes `rope_theta` and `rope_scaling`, transformers 5 writes `rope_parameters` (flat, or one object for
each type of layer); older families have names of their own. Where two keys contradict each other, nothing is guessed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from reprlib import Repr
from typing import Any

from convert.config import MAX_NUMBER, Config
from convert.errors import UnsupportedRope

BASE_KEYS = (
    "rope_theta",
    "rotary_emb_base",
    "rotary_base",
    "rope_base",
    "default_theta",
    "global_rope_theta",
    "rope_global_theta",
    "rope_theta_global",
)
SLIDING_BASE_KEYS = ("rope_local_base_freq", "local_rope_theta", "rope_theta_local")
PART_KEYS = ("partial_rotary_factor", "rotary_pct", "rope_pct", "rope_percent")
_LAYER_TYPES = ("full_attention", "sliding_attention", "chunked_attention", "linear_attention")
_RATIO_BASE = 10000.0
_LEAST = 1e-30
"""Smaller ones would be 0 as float32."""
LEAST_BASE = 2.0
"""Below it nothing turns; the logarithm that YaRN divides by is then none, too."""

ORIGINAL = "original_max_position_embeddings"
CHOSEN = "--rope-scaling"

_brief = Repr()
_brief.maxdict = _brief.maxlist = 12
_brief.maxstring = _brief.maxother = 80
shown = _brief.repr
"""A value of a file, short enough for an error's one line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One object that describes a scaling, with the place it stands in. `values` has no key whose value is null."""

    where: str = "rope_scaling"
    values: Mapping[str, Any] = field(default_factory=dict)
    of_layers: bool = False
    """It holds for one type of layer; transformers then takes nothing from beside it."""

    @property
    def kind(self) -> str:
        """`rope_type`, or `type` in its older spelling; `default` for an empty object."""
        names = [self.values[key] for key in ("rope_type", "type") if key in self.values]
        if not names and set(self.values) <= {"rope_theta", "partial_rotary_factor"}:
            return "default"
        if not names or not all(isinstance(name, str) and name == names[0] for name in names):
            raise UnsupportedRope(
                f"{self.where} is {shown(dict(self.values))}; one rope_type was expected; "
                f"restore the file or state the scaling with {CHOSEN}"
            )
        return str(names[0])

    def number(self, key: str, *, least: float = 0.0) -> float:
        """A finite number above 0 and not under `least`. Raises UnsupportedRope."""
        return positive(f"{self.where}.{key}", self._wanted(key), least=least)

    def whole(self, key: str) -> int:
        """A positive count. Raises UnsupportedRope."""
        return count(f"{self.where}.{key}", self._wanted(key))

    def factors(self, key: str, number: int) -> tuple[float, ...]:
        """A list of exactly so many positive numbers. Raises UnsupportedRope."""
        value = self._wanted(key)
        if not isinstance(value, list) or len(value) != number:
            found = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
            raise UnsupportedRope(
                f"{self.where}.{key} is {found}; a list of {number} numbers, one for each rotated pair, was expected; "
                "restore the file"
            )
        return tuple(positive(f"{self.where}.{key}[{index}]", item) for index, item in enumerate(value))

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false. Raises UnsupportedRope."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise UnsupportedRope(f"{self.where}.{key} is {shown(value)}; true or false was expected; restore the file")
        return value

    def check_keys(self, known: frozenset[str]) -> None:
        """Raises UnsupportedRope for a key that this type of scaling does not have."""
        unknown = sorted(set(self.values) - known - {"rope_type", "type", "rope_theta", "partial_rotary_factor"})
        if unknown:
            raise UnsupportedRope(
                f"{self.where} of type {self.kind} has the key {shown(unknown[0])}; "
                f"{', '.join(sorted(known)) or 'no further key'} was expected; no file was written because the "
                f"rotation would be wrong; state the scaling with {CHOSEN} if the key means nothing"
            )

    def _wanted(self, key: str) -> Any:
        if key not in self.values:
            raise UnsupportedRope(
                f"{self.where} of type {self.kind} lacks {key!r}; all of its keys are needed; "
                f"restore the file or state the scaling with {CHOSEN}"
            )
        return self.values[key]


@dataclass(frozen=True, slots=True)
class Stated:
    """A base that some key states; None where none does."""

    base: float | None = None
    source: str = ""
    warnings: tuple[str, ...] = ()


def read_settings(config: Config) -> tuple[Settings, Settings | None]:
    """What the config says of the layers that see everything, and of the sliding ones where it says it apart.

    Raises UnsupportedRope.
    """
    new, old = (_object(config, key) for key in ("rope_parameters", "rope_scaling"))
    chosen = config.choices.rope_scaling is not None
    if not chosen and new.values and old.values and _scaling(new) != _scaling(old):
        raise UnsupportedRope(
            f"config.json has rope_parameters {shown(dict(new.values))} and rope_scaling {shown(dict(old.values))}; "
            f"one of the two, or the same in both, was expected; remove the wrong one or use {CHOSEN}"
        )
    settings = new if new.values else old
    parts = {key: settings.values[key] for key in settings.values if key in _LAYER_TYPES}
    if not parts:
        return settings, None
    if len(parts) < len(settings.values) or not all(isinstance(part, dict) for part in parts.values()):
        raise UnsupportedRope(
            f"{settings.where} is {shown(dict(settings.values))}; an object for each type of layer was expected; "
            "restore the file"
        )
    kinds = {key: Settings(f"{settings.where}.{key}", _without_nulls(part), True) for key, part in parts.items()}
    full = kinds.pop("full_attention", None) or next(iter(kinds.values()))
    sliding = kinds.pop("sliding_attention", None)
    other = next((part for part in kinds.values() if part.values != full.values), None)
    if other is not None:
        raise UnsupportedRope(
            f"{other.where} is {shown(dict(other.values))}; one RoPE for these layers and the others was expected; no "
            "file was written because the rotation would be wrong"
        )
    return full, sliding


def chosen_settings(text: str) -> Settings:
    """`--rope-scaling`: `none`, `TYPE:FACTOR[:ORIGINAL]`, or an object as in config.json. Raises UnsupportedRope."""
    text = text.strip()
    if text.lower() == "none":
        return Settings(CHOSEN, {"rope_type": "default"})
    try:
        if text.startswith("{"):
            values = json.loads(text)
        else:
            kind, factor, *original = text.split(":")
            values = {"rope_type": kind, "factor": float(factor)}
            if original:
                (tokens,) = original
                values[ORIGINAL] = int(tokens)
    except (ValueError, RecursionError) as error:
        raise UnsupportedRope(
            f"{CHOSEN} is {shown(text)}; none, TYPE:FACTOR, TYPE:FACTOR:ORIGINAL (yarn:4:32768) or a JSON object as in "
            "config.json was expected; correct it"
        ) from error
    return Settings(CHOSEN, _without_nulls(values))


def stated_base(config: Config, settings: Settings, *, ratio: bool, keys: tuple[str, ...] = BASE_KEYS) -> Stated:
    """The base that the config states, by whichever key. `ratio`: the family multiplies 10000 by `rope_ratio`.

    Raises UnsupportedRope where two keys contradict each other.
    """
    found = {key: positive(key, value, least=LEAST_BASE) for key in keys if (value := config.value(key)) is not None}
    top = Stated()
    if found:
        first = next(iter(found))
        if len(set(found.values())) > 1:
            raise UnsupportedRope(
                f"config.json has {' and '.join(f'{key} {value:g}' for key, value in found.items())}; one RoPE base "
                "was expected; state the right one with --rope-base"
            )
        top = Stated(found[first], f"config.json: {first}")
    if "rope_theta" in settings.values:
        name = f"{settings.where}.rope_theta"
        inner = settings.number("rope_theta", least=LEAST_BASE)
        both = f"config.json has {top.source[13:]} {top.base} and {name} {inner}"
        differing = top.base not in {None, inner}
        if differing and config.value("rope_scaling"):
            raise UnsupportedRope(f"{both}; one RoPE base was expected; state the right one with --rope-base")
        warning = f"{both}; the latter was used, as transformers 5 does"
        top = Stated(inner, f"config.json: {name}", (warning,) if differing else ())
    return _multiplied(config, top) if ratio else top


def _multiplied(config: Config, stated: Stated) -> Stated:
    """`rope_ratio` times 10000, unless a key states a base that holds the ratio already."""
    value = config.value("rope_ratio")
    if value is None:
        return stated
    ratio = positive("rope_ratio", value)
    multiplied = _RATIO_BASE * ratio
    source = f"config.json: rope_ratio {ratio:g} × {_RATIO_BASE:g}"
    if stated.base is None or stated.base == _RATIO_BASE:
        return Stated(multiplied, source, stated.warnings)
    if stated.base == multiplied or ratio == 1:
        return stated
    raise UnsupportedRope(
        f"{stated.source} is {stated.base:g} and rope_ratio {ratio:g} makes the RoPE base {multiplied:g}; "
        "one base was expected; state the right one with --rope-base"
    )


def positive(name: str, value: Any, *, least: float = 0.0) -> float:
    """A finite number above 0 and not under `least`. Raises UnsupportedRope."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not max(least, _LEAST) <= value < MAX_NUMBER:
        expected = f"a number of {least:g} or more" if least else "a positive number"
        raise UnsupportedRope(f"{name} is {shown(value)}; {expected} was expected; restore config.json or the option")
    return float(value)


def count(name: str, value: Any) -> int:
    """A positive whole number that GGUF can hold. Raises UnsupportedRope."""
    number = positive(name, value, least=1.0)
    if number != int(number) or number >= 2**31:
        raise UnsupportedRope(f"{name} is {shown(value)}; a number of tokens was expected; restore config.json")
    return int(number)


def _object(config: Config, key: str) -> Settings:
    value = config.value(key)
    if value is not None and not isinstance(value, dict):
        raise UnsupportedRope(f"{key} is {shown(value)} in config.json; an object was expected; restore the file")
    return Settings(key, _without_nulls(value or {}))


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _scaling(settings: Settings) -> dict[str, Any]:
    plain = {key: value for key, value in settings.values.items() if key not in {"rope_theta", "rope_type", "type"}}
    return {**plain, "type": settings.kind if not set(settings.values) & set(_LAYER_TYPES) else "layers"}
