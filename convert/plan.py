"""From a family's rows and a checkpoint's tensors to what will be written: every tensor with its sources.

Conversion is pull-driven: each row asks the checkpoint for its source. A wanted tensor without source, a shape that is
not the expected one, or a checkpoint tensor that no row took stops the conversion.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

import numpy as np

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedArchitecture
from convert.gguf.ggml import widen
from convert.hyperparameters import Hyperparameters
from convert.spec import Architecture, RowStep, Tensor
from convert.weights.stored import WEIGHT_TYPES, Array, Block, Rows, Weight

_COMPARED_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Planned:
    """A GGUF tensor with its sources (one, or one an expert) found and checked."""

    name: str
    shape: tuple[int, ...]
    sources: tuple[Weight, ...]
    row: Tensor
    hyperparameters: Hyperparameters

    def blocks(self, elements: int) -> Iterator[Block]:
        """The rows in GGUF's order in blocks of about `elements` items, raw (f32 where a step changes the values)."""
        for source in self.sources:
            for block in self._of(source, elements):
                yield block if self.row.values is None else partial(self._stepped, self.row.values, block)

    def array(self) -> Array:
        """All raw items in the tensor's shape."""
        return np.concatenate([block() for block in self.blocks(1 << 24)]).reshape(self.shape)

    def _of(self, source: Weight, elements: int) -> Iterator[Block]:
        columns = self.shape[-1]
        order = None if self.row.rows is None else self.row.rows(self.hyperparameters)
        if len(self.shape) == 1:
            yield lambda: source.rows(slice(None) if order is None else order).reshape(1, -1)
            return
        count = math.prod(self.shape[:-1]) // len(self.sources)
        step = max(1, elements // columns)
        whole = source.rows(slice(None)).T if self.row.transposed else None
        for start in range(0, count, step):
            chosen: Rows = slice(start, min(start + step, count)) if order is None else order[start : start + step]
            if whole is None:
                yield partial(_rows, source, chosen, columns)
            else:
                yield partial(np.ascontiguousarray, whole[chosen])

    def _stepped(self, step: RowStep, block: Block) -> Array:
        return step(widen(np.ascontiguousarray(block())), self.hyperparameters)


def _rows(source: Weight, chosen: Rows, columns: int) -> Array:
    return source.rows(chosen).reshape(-1, columns)


def plan(architecture: Architecture, hyper: Hyperparameters, stored: Mapping[str, Weight]) -> tuple[Planned, ...]:
    """Every tensor GGUF wants, each with its sources.

    Raises IncompleteCheckpoint (a source is missing), InvalidCheckpoint (a shape is wrong), UnsupportedArchitecture
    (the checkpoint holds a tensor nobody asked for).
    """
    stored = _whole_names(architecture, stored)
    planned = tuple(_find(row, name, sources, hyper, stored) for row, name, sources in _expand(architecture, hyper))
    taken = {source.name for item in planned for source in item.sources}
    left = [name for name, weight in stored.items() if weight.name not in taken and not _is_ignored(name, architecture)]
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
    if architecture.examine is not None:
        architecture.examine(stored, hyper)
    return planned


def _whole_names(architecture: Architecture, stored: Mapping[str, Weight]) -> Mapping[str, Weight]:
    """The weights by the names that the family's rows use. Raises InvalidCheckpoint where two have one name."""
    renamed = {architecture.whole_name(name): weight for name, weight in stored.items()}
    if len(renamed) < len(stored):
        one = next(name for name in stored if renamed[architecture.whole_name(name)].name != name)
        raise InvalidCheckpoint(
            f"the checkpoint holds {one} and {renamed[architecture.whole_name(one)].name}, two names of one tensor; "
            "each was expected once; download the model again"
        )
    return renamed


def _expand(architecture: Architecture, hyper: Hyperparameters) -> Iterator[tuple[Tensor, str, tuple[str, ...]]]:
    for row in architecture.tensors:
        if not row.when(hyper):
            continue
        for layer in range(hyper.layers if "{i}" in row.name else 1):
            experts = range(getattr(hyper, "experts", 0)) if "{e}" in row.source else range(1)
            yield row, row.name.format(i=layer), tuple(row.source.format(i=layer, e=expert) for expert in experts)


def _find(
    row: Tensor, name: str, sources: tuple[str, ...], hyper: Hyperparameters, stored: Mapping[str, Weight]
) -> Planned:
    shape = tuple(int(getattr(hyper, dimension)) for dimension in row.shape)
    names = row.stored or (row.shape[::-1] if row.transposed else row.shape)
    expected = tuple(int(getattr(hyper, dimension)) for dimension in names)
    for source in sources:
        if source not in stored:
            raise IncompleteCheckpoint(
                f"the checkpoint has no {source}, which {name} is made of; a complete set of weights was expected; "
                "download the missing file"
            )
        weight = stored[source]
        if weight.dtype not in WEIGHT_TYPES:
            raise InvalidCheckpoint(
                f"{source} in {weight.path.name} has type {weight.dtype}; {', '.join(WEIGHT_TYPES)} was expected; "
                "use the unquantized checkpoint"
            )
        if weight.shape != expected:
            raise InvalidCheckpoint(
                f"{source} has the shape {list(weight.shape)}; config.json makes it {list(expected)} "
                f"({' × '.join(names)}); config and weights of one model were expected"
            )
    if "{e}" in row.source:
        shape = (len(sources), *shape)
    return Planned(name, shape, tuple(stored[source] for source in sources), row, hyper)


def _is_ignored(name: str, architecture: Architecture) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in architecture.ignored)


def _check_tied_head(architecture: Architecture, stored: Mapping[str, Weight]) -> None:
    head, embedding = stored[str(architecture.tied_head)], stored[architecture.embedding]
    if head.dtype != embedding.dtype or head.shape != embedding.shape or not _are_equal(head, embedding):
        raise InvalidCheckpoint(
            f"config.json ties the output head to the embedding, but {head.name} differs from {embedding.name}; "
            "set tie_word_embeddings to false if the head was trained, or remove it"
        )


def _are_equal(one: Weight, other: Weight) -> bool:
    """Bit for bit, some rows at a time."""
    return all(
        one.rows(slice(start, start + _COMPARED_ROWS)).tobytes()
        == other.rows(slice(start, start + _COMPARED_ROWS)).tobytes()
        for start in range(0, one.shape[0], _COMPARED_ROWS)
    )
