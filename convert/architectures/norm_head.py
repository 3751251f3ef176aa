"""NormHead: an output head whose rows all have length 1, so that no token is likelier for a longer row.

It was introduced with Baichuan 2 (https://arxiv.org/abs/2309.10305, 2.5) and is Index's only difference from Llama.
The rows in a checkpoint have their lengths still: the model divides them before it answers for the first time. The
division is done in float32 before anything is quantized; without it a model repeats a few tokens or writes newlines.
"""

from dataclasses import dataclass

from convert.architectures.blocks import OUTER
from convert.hyperparameters import Hyperparameters
from convert.spec import Tensor
from convert.transforms import unit_rows
from convert.weights.stored import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class NormHeadHyperparameters(Hyperparameters):
    """Llama's and the kind of head."""

    norm_head: bool


def with_norm_head(hyper: NormHeadHyperparameters) -> bool:
    """The rows of the head are used with length 1."""
    return hyper.norm_head


def with_plain_head(hyper: NormHeadHyperparameters) -> bool:
    """The rows of the head are used as they are stored."""
    return not hyper.norm_head


def of_length_one(rows: Array, _hyper: NormHeadHyperparameters) -> Array:
    """Each row over its length, in float32."""
    return unit_rows(rows)


_HEAD = ("output.weight", "lm_head.weight", ("vocabulary", "hidden"))

OUTER_WITH_NORM_HEAD = (
    *(row for row in OUTER if row.name != "output.weight"),
    Tensor(*_HEAD, when=with_norm_head, values=of_length_one),
    Tensor(*_HEAD, when=with_plain_head),
)
"""Embedding, last norm and the head, which is never the embedding."""
