"""Scales on the embedding, on what each part adds to the stream, on attention scores and on logits: what MiniCPM and
Granite have beyond Llama, in one graph of llama.cpp.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from convert.architectures.llama import metadata as llama_keys
from convert.hyperparameters import Hyperparameters


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiplierHyperparameters(Hyperparameters):
    """Each is a factor, but for `logit_divisor`."""

    embedding_scale: float
    residual_scale: float
    logit_divisor: float
    score_scale: float | None
    """None: one over the root of the head's width."""


def metadata(hyper: MultiplierHyperparameters) -> Mapping[str, int | float | str]:
    """Llama's keys and the scales; `logit_scale` is what llama.cpp divides by."""
    scores = {} if hyper.score_scale is None else {"attention.scale": hyper.score_scale}
    return {
        **llama_keys(hyper),
        "embedding_scale": hyper.embedding_scale,
        "residual_scale": hyper.residual_scale,
        "logit_scale": hyper.logit_divisor,
        **scores,
    }
