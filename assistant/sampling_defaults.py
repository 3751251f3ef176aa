"""How a model wants to be sampled: what its user, its file or its family says, and ours where nobody does.

For each field the first of these that says something: the command line, the settings for this model, the settings, the
file's `general.sampling.*`, its family's published values, `Sampling`. Summaries are written greedily by wording tried
here (`SUMMARY_SAMPLING`), where the family has no values of its own for long documents.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.engine import ModelInfo
from assistant.errors import InvalidSetting
from assistant.gguf.file import Header, read_header
from assistant.messages import Sampling
from assistant.models import find_model
from assistant.settings import Settings, read_settings
from assistant.summary.values import SUMMARY_SAMPLING

FILE_KEYS = {
    "temp": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "penalty_repeat": "repeat_penalty",
    "penalty_last_n": "penalty_window",
}
"""Last part of `general.sampling.*` (llama.cpp's `llama_model_meta_key`, gguf-py's `Keys.General`) and our field."""
_PREFIX = "general.sampling."

# Published by the models' authors: their demos and cards. Hugging Face has no min-p, and 50 for an unsaid top-k.
_INDEX = {"temperature": 0.3, "top_k": 5, "top_p": 0.8, "min_p": 0.0, "repeat_penalty": 1.1}
"""bilibili Index-1.9B: `demo/cli_demo.py`."""
_INDEX_CHARACTER = {**_INDEX, "temperature": 0.85, "repeat_penalty": 1.0}
"""Its `roleplay` demo."""
_INDEX_32K = {"temperature": 0.0, "repeat_penalty": 1.1}
"""`demo/cli_long_text_demo.py`: no sampling."""
_ZIYA = {"temperature": 1.0, "top_k": 50, "top_p": 0.85, "min_p": 0.0, "stop": ("<human>:",)}
"""Ziya-LLaMA-13B: Fengshenbang-LM's `generate.py`."""
_ZIYA2 = {**_ZIYA, "temperature": 0.85, "top_p": 0.9, "repeat_penalty": 1.05}
"""The card of Ziya2-13B-Chat."""
_FIREFLY = {"temperature": 0.35, "top_k": 50, "top_p": 0.8, "min_p": 0.0, "repeat_penalty": 1.2}
"""The article that announced Firefly, and its README."""
_SUS = {"temperature": 0.6, "top_k": 50, "top_p": 0.8, "min_p": 0.0, "stop": ("### Human:",)}
"""Yi's, which SUS-Chat-34B continues; its own card shows a greedy example."""


def model_sampling(model: str | None = None, **chosen: object) -> Sampling:
    """How a MODEL of the command line answers; `chosen` fields come first.

    Raises ModelNotFound, InvalidModelFile, InvalidSetting.
    """
    path, header = _found(model)
    return sampling_for(header, read_settings(), path.stem, **chosen)


def model_summary_sampling(model: str | None = None, **chosen: object) -> Sampling:
    """How a MODEL summarizes. Raises what `model_sampling` raises."""
    path, header = _found(model)
    return summary_sampling_for(header, read_settings(), path.stem, **chosen)


def info_sampling(info: ModelInfo | None) -> Sampling:
    """How a loaded model answers. A scripted engine has no file, and ours are its defaults.

    Raises InvalidModelFile, InvalidSetting.
    """
    if info is None or not Path(info.path).is_file():
        return Sampling()
    return sampling_for(read_header(Path(info.path)), read_settings(), info.name)


def info_summary_sampling(info: ModelInfo | None) -> Sampling:
    """How a loaded model summarizes. Raises what `info_sampling` raises."""
    if info is None or not Path(info.path).is_file():
        return SUMMARY_SAMPLING
    return summary_sampling_for(read_header(Path(info.path)), read_settings(), info.name)


def sampling_for(header: Header, settings: Settings, name: str, **chosen: object) -> Sampling:
    """How the model with this header, in a file of this name, answers. Raises InvalidSetting."""
    said = settings.sampling.for_model(name, header.name)
    return _sampling({**family_sampling(header)[1], **file_sampling(header), **said, **chosen})


def summary_sampling_for(header: Header, settings: Settings, name: str, **chosen: object) -> Sampling:
    """How it summarizes: greedily, unless the settings for summaries or `chosen` say more. Raises InvalidSetting."""
    said = settings.summary.for_model(name, header.name)
    base = asdict(SUMMARY_SAMPLING)
    if family_sampling(header)[0] == "Index-1.9B-32K":
        base |= {**_INDEX_32K, "dry_multiplier": 0.0, "max_tokens": 500}
    return _sampling({**base, **said, **chosen})


def file_sampling(header: Header) -> dict[str, object]:
    """Fields that the file itself states, as far as they can be meant: a model with noise in them is no broken one."""
    found: dict[str, object] = {}
    for key, field in FILE_KEYS.items():
        value = header.metadata.get(_PREFIX + key)
        try:
            _sampling({field: value})
        except InvalidSetting:
            continue
        found[field] = value
    return found


def file_statements(header: Header) -> Mapping[str, object]:
    """All that the file states of sampling, also what is not used."""
    return {key.removeprefix(_PREFIX): value for key, value in header.metadata.items() if key.startswith(_PREFIX)}


def family_sampling(header: Header) -> tuple[str, dict[str, object]]:
    """The family by what is in the header, and its published values; empty for others."""
    tokens, architecture = header.tokens, header.architecture
    if architecture == "llama" and len(tokens) == 65029 and tokens[3:5] == ("reserved_0", "reserved_1"):
        if (header.context or 0) >= 32768:
            return "Index-1.9B-32K", dict(_INDEX_32K)
        if "character" in (header.name or "").lower():
            return "Index-1.9B-Character", dict(_INDEX_CHARACTER)
        return "Index-1.9B", dict(_INDEX)
    if architecture == "llama" and len(tokens) == 39424:
        return ("Ziya2", dict(_ZIYA2)) if (header.context or 0) >= 4096 else ("Ziya", dict(_ZIYA))
    if architecture == "bloom" and len(tokens) == 46145:
        return "Firefly", dict(_FIREFLY)
    if architecture == "llama" and len(tokens) == 64000 and "### Human: " in (header.chat_template or ""):
        return "SUS-Chat", dict(_SUS)
    return "", {}


def _found(model: str | None) -> tuple[Path, Header]:
    path = find_model(model)
    return path, read_header(path)


def _sampling(fields: Mapping[str, Any]) -> Sampling:
    """Values of any kind: Sampling itself refuses the wrong ones."""
    return Sampling(**fields)
