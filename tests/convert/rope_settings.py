"""Sound RoPE settings of every kind, and how the tests of RoPE read them."""

from typing import Any

from convert.choices import Choices
from convert.config import Config
from convert.rope import LLAMA, Graph, Rope, read_rope

HEAD = 64
AS_STATED = Choices()
LLAMA3: dict[str, Any] = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
YARN: dict[str, Any] = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096}
LONGROPE: dict[str, Any] = {
    "rope_type": "longrope",
    "short_factor": [1.0 + index / 100 for index in range(HEAD // 2)],
    "long_factor": [1.0 + index for index in range(HEAD // 2)],
    "original_max_position_embeddings": 4096,
}


def read(context: int | None = 8192, choices: Choices = AS_STATED, family: Any = None, **config: Any) -> Rope:
    """What is decided for a context and whatever keys, by a graph that can do all that `llama` can."""
    settings: dict[str, Any] = {
        "head_dim": HEAD,
        "default_base": 10000.0,
        "default_source": "the class",
        "graph": LLAMA,
    } | (family or {})
    keys = config if context is None else {"max_position_embeddings": context} | config
    return read_rope(Config(keys, choices), **settings)


def plain(base: float) -> dict[str, Any]:
    return {"rope.dimension_count": HEAD, "rope.freq_base": base}


PARTIAL: dict[str, Any] = {"graph": Graph(partial=True)}
GEMMA: dict[str, Any] = {"sliding_base": 1e4, "graph": Graph(), "default_base": 1e6}


def yarn_keys(factor: float = 4.0, original: int = 4096) -> dict[str, Any]:
    return {
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": factor,
        "rope.scaling.original_context_length": original,
    }
