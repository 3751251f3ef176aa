"""A model folder as published on the hub: its configuration, its tensors by name, its tokenizer files.

No code of the folder is run and nothing outside the folder is opened. Weights stay in their files until they are asked
for. What the values mean is for others to say.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint
from convert.safetensors_file import read_safetensors
from convert.stored import StoredTensor, Weight

_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half a character; nearly all files have none."""
_MAX_JSON_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One folder, read. `tensors` maps names to weights in their files."""

    folder: Path
    config: Mapping[str, Any]
    generation: Mapping[str, Any]
    """generation_config.json; empty where there is none."""
    tensors: Mapping[str, Weight]

    @property
    def name(self) -> str:
        """A name for people: the folder's own."""
        return self.folder.resolve().name

    def json(self, file: str) -> dict[str, Any] | None:
        """A JSON object of the folder; None where the file is absent. Raises InvalidCheckpoint."""
        return read_json(self.folder / file)

    def text(self, file: str) -> str | None:
        """A UTF-8 text of the folder; None where the file is absent. Raises InvalidCheckpoint."""
        return _read_text(self.folder / file)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Open a folder. Raises InvalidCheckpoint or IncompleteCheckpoint; reads no weight yet."""
    if not folder.exists():
        raise InvalidCheckpoint(
            f"{folder} does not exist; a model folder with config.json was expected; check the path"
        )
    if not folder.is_dir():
        raise InvalidCheckpoint(
            f"{folder} is a file; a model folder was expected; give the folder that holds config.json"
        )
    config = read_json(folder / "config.json")
    if config is None:
        raise InvalidCheckpoint(
            f"{folder} has no config.json; a Hugging Face model folder was expected; give the folder that holds it"
        )
    return Checkpoint(folder, config, read_json(folder / "generation_config.json") or {}, _read_weights(folder))


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where the file is absent. Raises InvalidCheckpoint where it is anything else."""
    text = _read_text(path)
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidCheckpoint(f"{path.name} is not JSON ({error}); download the file again") from error
    if _SURROGATE.search(text) and not _is_unicode(value):
        raise InvalidCheckpoint(f"{path.name} holds half a character (a lone surrogate); download the file again")
    if not isinstance(value, dict):
        raise InvalidCheckpoint(f"{path.name} holds a {type(value).__name__}; a JSON object was expected")
    return value


def _is_unicode(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _read_text(path: Path) -> str | None:
    try:
        state = path.stat()
        if not S_ISREG(state.st_mode):
            raise InvalidCheckpoint(f"{path.name} is no regular file; a text file was expected; download it again")
        if state.st_size > _MAX_JSON_BYTES:
            raise InvalidCheckpoint(f"{path.name} has {state.st_size:,} bytes; a text file was expected")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidCheckpoint(f"{path.name} cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        raise InvalidCheckpoint(f"{path.name} is not UTF-8 text ({error}); download the file again") from error


def _read_weights(folder: Path) -> dict[str, StoredTensor]:
    index = read_json(folder / _INDEX)
    if index is not None:
        return _read_shards(folder, index)
    if (folder / _SINGLE).is_file():
        return read_safetensors(folder / _SINGLE)
    others = sorted(path.name for pattern in ("*.bin", "*.pt", "*.pth", "*.gguf") for path in folder.glob(pattern))
    shards = sorted(path.name for path in folder.glob("*.safetensors"))
    if shards:
        raise IncompleteCheckpoint(
            f"{folder} has {len(shards)} safetensors file(s) such as {shards[0]} but no {_INDEX}; "
            f"{_SINGLE} or an index was expected; download the index too"
        )
    found = f"only {others[0]}" if others else "no weights"
    raise IncompleteCheckpoint(
        f"{folder} has {found}; {_SINGLE} or {_INDEX} was expected; download the safetensors version of the model"
    )


def _read_shards(folder: Path, index: dict[str, Any]) -> dict[str, StoredTensor]:
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise InvalidCheckpoint(f"{_INDEX} has no weight_map; a map of tensor to file was expected; download it again")
    names = sorted({_shard_name(name) for name in weight_map.values()})
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise IncompleteCheckpoint(
            f"{len(missing)} of {len(names)} shards are missing, first {missing[0]}; {_INDEX} names them; "
            "download the missing files"
        )
    tensors: dict[str, StoredTensor] = {}
    for name in names:
        for tensor in read_safetensors(folder / name).values():
            if tensor.name in tensors:
                raise InvalidCheckpoint(
                    f"{tensor.name} stands in {tensors[tensor.name].path.name} and in {name}; "
                    "each tensor was expected once; download the model again"
                )
            tensors[tensor.name] = tensor
    for tensor_name, file in weight_map.items():
        if tensor_name not in tensors or tensors[tensor_name].path.name != file:
            raise IncompleteCheckpoint(
                f"{tensor_name} is not in {file}, where {_INDEX} says it is; download that file and the index again"
            )
    unlisted = sorted(set(tensors) - set(weight_map))
    if unlisted:
        raise InvalidCheckpoint(
            f"{unlisted[0]} is in {tensors[unlisted[0]].path.name} but not in {_INDEX}; "
            "index and shards of one download were expected; download the model again"
        )
    return tensors


def _shard_name(name: Any) -> str:
    """A plain file name, or InvalidCheckpoint: an index must not make us open files elsewhere."""
    if not isinstance(name, str) or not name or name != Path(name).name or "\\" in name or name in {".", ".."}:
        raise InvalidCheckpoint(
            f"{_INDEX} names the file {name!r}; a plain file name inside the folder was expected; "
            "do not use this checkpoint unless you trust its origin"
        )
    return name
