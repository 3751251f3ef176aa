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
from convert.weights.hub_cache import model_name, remedy
from convert.weights.stored import SourceFile, Weight
from convert.weights.weight_files import read_weights

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
    notes: tuple[str, ...] = ()
    """What a user should know about the files: weights that were left aside."""
    files: tuple[SourceFile, ...] = ()
    """The files the tensors lie in."""

    @property
    def name(self) -> str:
        """A name for people: the folder's own, or the model's in the hub cache."""
        return model_name(self.folder)

    def json(self, file: str) -> dict[str, Any] | None:
        """A JSON object of the folder; None where the file is absent. Raises InvalidCheckpoint."""
        return read_json(self.folder / file)

    def text(self, file: str) -> str | None:
        """A UTF-8 text of the folder; None where the file is absent. Raises InvalidCheckpoint."""
        return _read_text(self.folder / file)

    def check_unchanged(self) -> None:
        """Raises InvalidCheckpoint where a file of weights is no longer the one that was opened."""
        for file in self.files:
            file.check_unchanged()


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
    if config is None and remedy(folder):
        raise IncompleteCheckpoint(
            f"{model_name(folder)} has no config.json in the local hub cache; a whole download was expected; "
            f"fetch the rest{remedy(folder)}"
        )
    if config is None:
        raise InvalidCheckpoint(
            f"{folder} has no config.json; a Hugging Face model folder was expected; give the folder that holds it"
        )
    generation = read_json(folder / "generation_config.json") or {}
    try:
        tensors, notes = read_weights(folder, read_json)
    except IncompleteCheckpoint as error:
        raise IncompleteCheckpoint(f"{error}{remedy(folder)}") from error
    files = tuple(dict.fromkeys(tensor.file for tensor in tensors.values()))
    return Checkpoint(folder, config, generation, tensors, notes, files)


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
