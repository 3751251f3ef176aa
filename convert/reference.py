"""What the logits of a family are proven against where transformers does not carry it: the nearest class it has, and
the family's own steps, as plain data.

Nothing here imports transformers: only `verify` does, when it is asked to. A family writes one of these in its own
file; one whose class transformers carries needs none.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from convert.weights.stored import Array

Renamed = Callable[[str, Array, Mapping[str, Any]], Iterable[tuple[str, Array]]]
"""(name, float32 values, config.json) of a tensor of the checkpoint to those of the reference class."""


def as_they_lie(name: str, values: Array, _config: Mapping[str, Any]) -> Iterable[tuple[str, Array]]:
    """The tensor under its own name."""
    yield name, values


def as_it_is(_model: Any, _config: Mapping[str, Any]) -> None:
    """Leave the model as it was loaded."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The nearest class of transformers and what makes it this family."""

    model_class: str
    """A class of transformers with a head, such as `LlamaForCausalLM`."""
    config: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """config.json to the keyword arguments of the class's configuration. Reads the keys itself, so that it is a second
    opinion on them."""
    weights: Renamed = as_they_lie
    """One tensor of the checkpoint to any number of the class's (none: it is a buffer)."""
    finish: Callable[[Any, Mapping[str, Any]], None] = as_it_is
    """The family's own step on the loaded torch model in float32, in place, by the methods of its tensors."""
