"""How the states of a text's tokens become one vector, as the files of sentence-transformers beside a model say it.

Those files are a list of steps (`modules.json`): the model, a pooling, perhaps a division by the length. llama.cpp
pools inside the graph and leaves the division to the program that asks; it is recorded for that program.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from convert.config import Config
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture

NONE, MEAN, FIRST, LAST = 0, 1, 2, 3
"""llama.cpp's `llama_pooling_type`."""

_MODULES = "modules.json"
_USUAL = "1_Pooling"
_KINDS = {"cls_token": FIRST, "mean_tokens": MEAN, "lasttoken": LAST}
"""Endings of sentence-transformers' flags `pooling_mode_…`."""
_NAMES = {"cls": FIRST, "mean": MEAN, "lasttoken": LAST}
"""Its newer spelling, one key `pooling_mode`."""
_FOLDER = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`pooling` is llama.cpp's number; `normalized`: vectors are divided by their length in the end."""

    pooling: int
    normalized: bool
    source: str
    warnings: tuple[str, ...] = ()


def read_sentence(config: Config) -> Sentence:
    """The steps after the model. Raises InvalidCheckpoint, UnsupportedArchitecture for a step llama.cpp has not."""
    text = config.beside(_MODULES)
    steps = [("Pooling", _USUAL)] if text is None else _steps(text)
    other = next((kind for kind, _ in steps if kind not in {"Transformer", "Pooling", "Normalize"}), None)
    if other is not None:
        raise UnsupportedArchitecture(
            f"{_MODULES} has the step {other!r:.60}; Transformer, Pooling and Normalize were expected, since "
            "llama.cpp's graph has no other; no file was written because its vectors would be wrong"
        )
    normalized = any(kind == "Normalize" for kind, _ in steps)
    folders = [folder for kind, folder in steps if kind == "Pooling"]
    if len(folders) > 1:
        raise UnsupportedArchitecture(f"{_MODULES} pools {len(folders)} times; once was expected")
    file = f"{folders[0]}/config.json" if folders else ""
    settings = config.beside(file) if file else None
    if settings is not None:
        return Sentence(_pooling(settings, file), normalized, file)
    if text is not None and file:
        raise InvalidCheckpoint(f"{_MODULES} names {file}, which is not there; download the whole repository")
    return Sentence(
        NONE,
        normalized,
        "no file says how token states are pooled",
        (
            f"neither {_MODULES} nor {_USUAL}/config.json names a pooling, so none is written: the file gives one "
            "vector for each token; to search with it, add those files from the model's repository",
        ),
    )


def _steps(text: str) -> list[tuple[str, str]]:
    """Kind and folder of each module."""
    steps = _parsed(text, _MODULES)
    found = []
    for step in steps if isinstance(steps, list) else [None]:
        kind, folder = (step.get("type"), step.get("path")) if isinstance(step, dict) else (None, None)
        if not isinstance(kind, str) or not isinstance(folder, str) or (folder and not _FOLDER.fullmatch(folder)):
            raise InvalidCheckpoint(
                f"{_MODULES} has the step {str(step)[:80]}; a type and a folder beside it were expected; restore it"
            )
        found.append((kind.rsplit(".", 1)[-1], folder))
    return found


def _pooling(text: str, file: str) -> int:
    settings = _parsed(text, file)
    if not isinstance(settings, dict):
        raise InvalidCheckpoint(f"{file} is no JSON object; restore the file")
    named = settings.get("pooling_mode")
    flags = [key.removeprefix("pooling_mode_") for key, value in settings.items() if value is True]
    modes = [key for key in flags if f"pooling_mode_{key}" in settings]
    kinds = [_NAMES.get(named)] if isinstance(named, str) else [_KINDS.get(mode) for mode in modes]
    if len(kinds) != 1 or kinds[0] is None:
        raise UnsupportedArchitecture(
            f"{file} pools by {named or ' and '.join(modes) or 'nothing'}; one of cls_token, mean_tokens and lasttoken "
            "was expected, since llama.cpp's graph has no other; no file was written because its vectors would be wrong"
        )
    return kinds[0]


def _parsed(text: str, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidCheckpoint(f"{file} is not JSON ({error}); download the file again") from error
