"""How a model's authors sample it: from generation_config.json, else the family's published values. Pure.

Keys: `general.sampling.*` of llama.cpp (`llama_model_meta_key`, gguf-py's `Keys.General`), which its programs and ours
take for defaults. Only those that transformers has a word for are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from convert.checkpoint import Checkpoint
from convert.spec import Architecture
from convert.templates import Template

_FILE = "generation_config.json"
_NAMES = {
    "temperature": ("temp", 0.0, 100.0),
    "top_k": ("top_k", 0, 1 << 20),
    "top_p": ("top_p", 0.0, 1.0),
    "min_p": ("min_p", 0.0, 1.0),
    "repetition_penalty": ("penalty_repeat", 0.01, 100.0),
}
"""transformers' word; llama.cpp's, and the range in which it means something. `top_k` is a whole number."""
_SAMPLED = {"temp", "top_k", "top_p", "min_p"}

Values = Mapping[str, float | int]

INDEX: Values = {"temp": 0.3, "top_k": 5, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.1}
INDEX_CHARACTER: Values = {**INDEX, "temp": 0.85, "penalty_repeat": 1.0}
INDEX_32K: Values = {"temp": 0.0, "penalty_repeat": 1.1}
ZIYA_1: Values = {"temp": 1.0, "top_k": 50, "top_p": 0.85, "min_p": 0.0}
_BY_TEMPLATE: Mapping[str, tuple[Values, str]] = {
    # transformers has no min-p of its own, and 50 for an unsaid top-k
    "ziya": ({"temp": 0.85, "top_k": 50, "top_p": 0.9, "min_p": 0.0, "penalty_repeat": 1.05},
             "the card of Ziya2-13B-Chat"),
    "firefly": ({"temp": 0.35, "top_k": 50, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.2},
                "the article that announced Firefly"),
    "firefly-v2": ({"temp": 0.35, "top_k": 50, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.2},
                   "the article that announced Firefly"),
    "sus": ({"temp": 0.6, "top_k": 50, "top_p": 0.8, "min_p": 0.0}, "those of Yi, which SUS-Chat continues"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sampling:
    """Last parts of the keys with their values, where they are from, and what was left out of them."""

    values: Values
    source: str
    warnings: tuple[str, ...] = ()
    keys: Mapping[str, float | int | str] = field(init=False)
    """As they are written; empty where nothing is known."""

    def __post_init__(self) -> None:
        keys: dict[str, float | int | str] = {f"general.sampling.{name}": value for name, value in self.values.items()}
        if keys:
            keys["luciole.sampling.source"] = self.source
        object.__setattr__(self, "keys", keys)

    @property
    def shown(self) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in self.values.items()) or "none"


def read_sampling(checkpoint: Checkpoint, architecture: Architecture, context: int, template: Template) -> Sampling:
    """The checkpoint's own values, else its family's, else none; an encoder has none."""
    if not architecture.generates:
        return Sampling({}, "an encoder writes nothing")
    values, left_out = _own(checkpoint.generation)
    warnings = tuple(f"{name} in {_FILE} is {value!r:.60}, which is left out" for name, value in left_out.items())
    if values:
        return Sampling(values, _FILE, warnings)
    if "IndexForCausalLM" in architecture.classes:
        if context >= 32768:
            return Sampling(INDEX_32K, "Index's long-text demo", warnings)
        if "character" in checkpoint.name.lower():
            return Sampling(INDEX_CHARACTER, "Index's role-play demo", warnings)
        return Sampling(INDEX, "Index's chat demo", warnings)
    if template.name == "ziya" and context < 4096:
        return Sampling(ZIYA_1, "Fengshenbang-LM's generate.py for Ziya-LLaMA-13B", warnings)
    if template.name is not None and template.name in _BY_TEMPLATE:
        return Sampling(*_BY_TEMPLATE[template.name], warnings)
    return Sampling({}, f"{_FILE} says nothing of it", warnings)


def _own(generation: Mapping[str, Any]) -> tuple[dict[str, float | int], dict[str, Any]]:
    """What generation_config.json states, and what of it means nothing. Without sampling the likeliest is taken."""
    values: dict[str, float | int] = {}
    left_out: dict[str, Any] = {}
    for name, (key, least, most) in _NAMES.items():
        value = generation.get(name)
        if value is None:
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
        whole = number and value == int(value)
        if not number or not least <= value <= most or (key == "top_k" and not whole):
            left_out[name] = value
        else:
            values[key] = int(value) if key == "top_k" else float(value)
    if generation.get("do_sample") is False:
        values = {"temp": 0.0} | {key: value for key, value in values.items() if key not in _SAMPLED}
    return values, left_out
