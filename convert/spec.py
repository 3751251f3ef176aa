"""What a family is: the tensors GGUF wants of it and where each comes from, as plain data.

A row can depend on the hyperparameters (`when`) but is never merely optional, so nothing can go missing in silence.
`plan.py` finds the sources.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from convert.config import Config
from convert.hyperparameters import Hyperparameters
from convert.reference import Reference
from convert.transforms import Order
from convert.weights.stored import Array, Weight

Condition = Callable[[Any], bool]
Rearrange = Callable[[Any], Order]
RowStep = Callable[[Array, Any], Array]
"""The last argument of the three is the family's own kind of Hyperparameters."""

Values = Mapping[str, bool | int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[bool, ...]]


def as_named(name: str) -> str:
    """The name a tensor has in the checkpoint."""
    return name


def always(_: Hyperparameters) -> bool:
    """The condition of a row that every model of the family has."""
    return True


@dataclass(frozen=True, slots=True)
class Tensor:
    """One row of a family: a tensor of the GGUF file and how it is made.

    `{i}` in both names runs over the layers. `{e}` in `source` runs over the experts: their tensors are stacked, and
    the shape in GGUF gets their number in front.
    """

    name: str
    source: str
    shape: tuple[str, ...]
    """In GGUF, outermost dimension first, as names of hyperparameters."""
    rows: Rearrange | None = None
    """Which rows of the source, in which order; None: all as they lie. Several tensors may take parts of one source."""
    when: Condition = always
    stored: tuple[str, ...] | None = None
    """The shape in the checkpoint, where it is another."""
    transposed: bool = False
    """The source lies [in, out]; `stored` then follows from `shape`."""
    values: RowStep | None = None
    """A step on float32 rows [n, columns] that keeps their shape."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of models that one graph of llama.cpp computes."""

    name: str
    """llama.cpp's name, the prefix of its metadata keys."""
    classes: tuple[str, ...]
    """Values of `architectures` in config.json."""
    tensors: tuple[Tensor, ...]
    hyperparameters: Callable[[Config], Hyperparameters]
    metadata: Callable[[Any], Values]
    """Keys of this architecture without the prefix, from the family's Hyperparameters. RoPE adds its own. Those of the
    tokenizer and of ours (`tokenizer.`, `luciole.`) stand as they are."""
    ignored: tuple[str, ...] = ()
    """Patterns of checkpoint tensors that carry nothing the graph needs (buffers computed at load)."""
    whole_name: Callable[[str], str] = as_named
    """A tensor's name in the checkpoint to the one in `tensors`: some were saved from a part of the model."""
    tied_head: str | None = None
    """Tensor that a tied checkpoint may repeat; it must then equal the embedding."""
    embedding: str = ""
    generates: bool = True
    """Writes text; False for an encoder, which gives states and wants no prompt."""
    ends: tuple[int, ...] = ()
    """Ids that end an answer of this family, whatever the files of a checkpoint say."""
    examine: Callable[[Mapping[str, Weight], Any], None] | None = None
    """Looks at the weights before anything is written; raises what speaks against converting them."""
    reference: Reference | None = None
    """What `verify` computes logits with, where transformers carries none of the classes."""
