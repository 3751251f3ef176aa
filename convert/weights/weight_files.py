"""Which files of a folder hold the weights, and all their tensors: safetensors before torch, an index before one file.

What the formats look like is for `safetensors_file.py` and `torch_file.py` to know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint
from convert.weights.safetensors_file import read_safetensors
from convert.weights.torch_file import TorchTensor, read_torch

ReadFile = Callable[[Path], Mapping[str, TorchTensor]]
ReadJson = Callable[[Path], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One way of storing weights: the names its files have on the hub."""

    single: str
    index: str
    read: ReadFile


_SAFETENSORS = _Kind("model.safetensors", "model.safetensors.index.json", read_safetensors)
_TORCH = _Kind("pytorch_model.bin", "pytorch_model.bin.index.json", read_torch)

_TORCH_FILES = ("*.bin", "*.pt", "*.pth")
_NO_WEIGHTS = ("training_args.bin", "optimizer.*", "scheduler.*", "scaler.*", "rng_state*", "consolidated.*")
"""Torch files beside the weights: what a training run needs to go on, and Meta's own layout of the same weights."""


def read_weights(folder: Path, read_json: ReadJson) -> tuple[dict[str, TorchTensor], tuple[str, ...]]:
    """All tensors of the folder by name, and what was left aside. Raises InvalidCheckpoint or IncompleteCheckpoint."""
    torch_files = _torch_files(folder)
    for kind in (_SAFETENSORS, _TORCH):
        index = read_json(folder / kind.index)
        if index is not None:
            _refuse_second(folder, kind, index)
            return _read_shards(folder, kind, index), _notes(kind, torch_files, kind.index)
        if (folder / kind.single).is_file():
            return dict(kind.read(folder / kind.single)), _notes(kind, torch_files, kind.single)
        if kind is _SAFETENSORS:
            _refuse_shards_alone(folder, kind, sorted(path.name for path in folder.glob("*.safetensors")))
    if len(torch_files) == 1 and "-of-" not in torch_files[0]:
        return dict(read_torch(folder / torch_files[0])), (f"the weights were read from {torch_files[0]}",)
    shards = [name for name in torch_files if "-of-" in name]
    _refuse_shards_alone(folder, _TORCH, shards)
    if torch_files:
        raise IncompleteCheckpoint(
            f"{folder} has {len(torch_files)} torch files ({_listed(torch_files)}); one of weights was expected; "
            f"name it {_TORCH.single}, or take the safetensors version of the model"
        )
    others = sorted(path.name for pattern in (*_TORCH_FILES, "*.gguf") for path in folder.glob(pattern))
    found = f"only {_listed(others)}" if others else "no weights"
    raise IncompleteCheckpoint(
        f"{folder} has {found}; {_SAFETENSORS.single} or {_SAFETENSORS.index} was expected; "
        "download the safetensors version of the model"
    )


def _torch_files(folder: Path) -> list[str]:
    names = {path.name for pattern in _TORCH_FILES for path in folder.glob(pattern) if path.is_file()}
    return sorted(name for name in names if not any(fnmatch(name, pattern) for pattern in _NO_WEIGHTS))


def _refuse_shards_alone(folder: Path, kind: _Kind, shards: list[str]) -> None:
    if shards:
        what = "safetensors" if kind is _SAFETENSORS else "torch"
        raise IncompleteCheckpoint(
            f"{folder} has {len(shards)} {what} file(s) such as {shards[0]} but no {kind.index}; "
            f"{kind.single} or an index was expected; download the index too"
        )


def _refuse_second(folder: Path, kind: _Kind, index: dict[str, Any]) -> None:
    weight_map = index.get("weight_map")
    if (folder / kind.single).is_file() and isinstance(weight_map, dict) and kind.single not in weight_map.values():
        raise InvalidCheckpoint(
            f"{folder} has {kind.single} and {kind.index}, which names other files; one set of weights was expected; "
            "move the one that is not meant elsewhere"
        )


def _notes(kind: _Kind, torch_files: list[str], read: str) -> tuple[str, ...]:
    aside = torch_files if kind is _SAFETENSORS else [name for name in torch_files if not _is_own(name)]
    return (f"{_listed(aside)} was left aside; {read} was read",) if aside else ()


def _is_own(name: str) -> bool:
    return name == _TORCH.single or fnmatch(name, "pytorch_model-*-of-*.bin")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _read_shards(folder: Path, kind: _Kind, index: dict[str, Any]) -> dict[str, TorchTensor]:
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise InvalidCheckpoint(
            f"{kind.index} has no weight_map; a map of tensor to file was expected; download it again"
        )
    names = sorted({_shard_name(kind, name) for name in weight_map.values()})
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise IncompleteCheckpoint(
            f"{len(missing)} of {len(names)} shards are missing, first {missing[0]}; {kind.index} names them; "
            "download the missing files"
        )
    tensors: dict[str, TorchTensor] = {}
    for name in names:
        for tensor in kind.read(folder / name).values():
            if tensor.name in tensors:
                raise InvalidCheckpoint(
                    f"{tensor.name} stands in {tensors[tensor.name].path.name} and in {name}; "
                    "each tensor was expected once; download the model again"
                )
            tensors[tensor.name] = tensor
    for tensor_name, file in weight_map.items():
        if tensor_name not in tensors or tensors[tensor_name].path.name != file:
            raise IncompleteCheckpoint(
                f"{tensor_name} is not in {file}, where {kind.index} says it is; download that file and the index again"
            )
    unlisted = sorted(set(tensors) - set(weight_map))
    if unlisted:
        raise InvalidCheckpoint(
            f"{unlisted[0]} is in {tensors[unlisted[0]].path.name} but not in {kind.index}; "
            "index and shards of one download were expected; download the model again"
        )
    return tensors


def _shard_name(kind: _Kind, name: Any) -> str:
    """A plain file name, or InvalidCheckpoint: an index must not make us open files elsewhere."""
    if not isinstance(name, str) or not name or name != Path(name).name or "\\" in name or name in {".", ".."}:
        raise InvalidCheckpoint(
            f"{kind.index} names the file {name!r}; a plain file name inside the folder was expected; "
            "do not use this checkpoint unless you trust its origin"
        )
    return name
