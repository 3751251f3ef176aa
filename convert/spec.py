"""What a family is: the tensors GGUF wants of it and where each comes from, as plain data.

Conversion is pull-driven: `plan` walks the rows and asks the checkpoint for each source. A wanted tensor without
source, a shape that is not the expected one, or a checkpoint tensor that no row took stops the conversion. A row can
depend on the hyperparameters (`when`) but is never merely optional, so nothing can go missing in silence.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from convert.config import Config
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedArchitecture
from convert.hyperparameters import Hyperparameters
from convert.safetensors_file import StoredTensor

Array = np.ndarray[Any, np.dtype[Any]]
Condition = Callable[[Hyperparameters], bool]
Rearrange = Callable[[Array, Hyperparameters], Array]


def always(_: Hyperparameters) -> bool:
    """The condition of a row that every model of the family has."""
    return True


def as_stored(weight: Array, _: Hyperparameters) -> Array:
    """The rearrangement of a row that is written as it lies in the checkpoint."""
    return weight


@dataclass(frozen=True, slots=True)
class Tensor:
    """One row: `{i}` in both names runs over the layers; `shape` names hyperparameters, outermost dimension first."""

    name: str
    source: str
    shape: tuple[str, ...]
    how: Rearrange = as_stored
    when: Condition = always


@dataclass(frozen=True, slots=True)
class Architecture:
    """A family of models that one graph of llama.cpp computes."""

    name: str
    """llama.cpp's name, the prefix of its metadata keys."""
    classes: tuple[str, ...]
    """Values of `architectures` in config.json."""
    tensors: tuple[Tensor, ...]
    hyperparameters: Callable[[Config], Hyperparameters]
    metadata: Callable[[Hyperparameters], Mapping[str, int | float | str]]
    """Keys of this architecture without the prefix."""
    ignored: tuple[str, ...] = ()
    """Patterns of checkpoint tensors that carry nothing the graph needs (buffers computed at load)."""
    tied_head: str | None = None
    """Tensor that a tied checkpoint may repeat; it must then equal the embedding."""
    embedding: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A GGUF tensor with its source found and checked. `array()` gives its raw items, rearranged."""

    name: str
    shape: tuple[int, ...]
    source: StoredTensor
    how: Rearrange
    hyperparameters: Hyperparameters

    def array(self) -> Array:
        """Raw items in GGUF's order; a view of the file where nothing is rearranged, else a copy of one tensor."""
        return self.how(self.source.array(), self.hyperparameters)


def plan(architecture: Architecture, hyper: Hyperparameters, stored: Mapping[str, StoredTensor]) -> tuple[Planned, ...]:
    """Every tensor GGUF wants, each with its source.

    Raises IncompleteCheckpoint (a source is missing), InvalidCheckpoint (a shape is wrong), UnsupportedArchitecture
    (the checkpoint holds a tensor nobody asked for).
    """
    planned = tuple(_find(row, name, source, hyper, stored) for row, name, source in _expand(architecture, hyper))
    taken = {item.source.name for item in planned}
    left = [name for name in stored if name not in taken and not _is_ignored(name, architecture)]
    if hyper.tied and architecture.tied_head in left:
        _check_tied_head(architecture, stored)
        left.remove(architecture.tied_head)
    if left:
        raise UnsupportedArchitecture(
            f"the checkpoint holds {left[0]} {list(stored[left[0]].shape)}"
            + (f" and {len(left) - 1} more tensors" if len(left) > 1 else "")
            + f" that {architecture.classes[0]} does not have; a plain checkpoint of this family was expected; "
            "no file was written because it would leave them out"
        )
    return planned


def _expand(architecture: Architecture, hyper: Hyperparameters) -> Iterator[tuple[Tensor, str, str]]:
    for row in architecture.tensors:
        if not row.when(hyper):
            continue
        if "{i}" not in row.name:
            yield row, row.name, row.source
            continue
        for layer in range(hyper.layers):
            yield row, row.name.format(i=layer), row.source.format(i=layer)


def _find(row: Tensor, name: str, source: str, hyper: Hyperparameters, stored: Mapping[str, StoredTensor]) -> Planned:
    if source not in stored:
        raise IncompleteCheckpoint(
            f"the checkpoint has no {source}, which {name} is made of; a complete set of weights was expected; "
            "download the missing file"
        )
    shape = tuple(getattr(hyper, dimension) for dimension in row.shape)
    if stored[source].shape != shape:
        raise InvalidCheckpoint(
            f"{source} has the shape {list(stored[source].shape)}; config.json makes it {list(shape)} "
            f"({' × '.join(row.shape)}); config and weights of one model were expected"
        )
    return Planned(name, shape, stored[source], row.how, hyper)


def _is_ignored(name: str, architecture: Architecture) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in architecture.ignored)


def _check_tied_head(architecture: Architecture, stored: Mapping[str, StoredTensor]) -> None:
    head, embedding = stored[str(architecture.tied_head)], stored[architecture.embedding]
    if head.dtype != embedding.dtype or head.shape != embedding.shape or head.data != embedding.data:
        raise InvalidCheckpoint(
            f"config.json ties the output head to the embedding, but {head.name} differs from {embedding.name}; "
            "set tie_word_embeddings to false if the head was trained, or remove it"
        )
