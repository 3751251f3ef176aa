"""Frozen facts to GGUF keys and values; pure. Python types carry the GGUF type: int is uint32, float is float32.

Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Ours begin with `luciole.` and say where a value came
from; other programs skip them.
"""

from collections.abc import Sequence
from importlib.metadata import version

from convert.hyperparameters import Hyperparameters
from convert.spec import Architecture
from convert.templates import Template

Metadata = dict[str, bool | int | float | str | Sequence[str] | Sequence[int] | Sequence[float] | Sequence[bool]]

_QUANTIZATION_VERSION = 2  # GGML_QNT_VERSION of the block formats


def model_metadata(
    architecture: Architecture,
    hyper: Hyperparameters,
    *,
    name: str,
    recipe: int,
    parameters: int,
    unread: Sequence[str],
) -> Metadata:
    """`general.*`, the architecture's own keys and its RoPE. `recipe` is llama.cpp's `llama_ftype`."""
    prefix = architecture.name
    keys: Metadata = {
        "general.architecture": prefix,
        "general.type": "model",
        "general.name": name,
        "general.size_label": _size_label(parameters),
        "general.file_type": recipe,
        "general.quantization_version": _QUANTIZATION_VERSION,
        "luciole.version": version("luciole"),
        "luciole.rope.source": hyper.rope.source,
        "luciole.context.source": hyper.rope.context_source,
        "luciole.config.unread": ", ".join(unread),
    }
    keys |= {_whole(prefix, key): value for key, value in architecture.metadata(hyper).items()}
    keys |= {f"{prefix}.{key}": value for key, value in hyper.rope.keys.items()}
    return keys


def _whole(prefix: str, key: str) -> str:
    """An architecture's key with its prefix; keys of the tokenizer and of ours have none."""
    return key if key.startswith(("tokenizer.", "luciole.")) else f"{prefix}.{key}"


def template_metadata(template: Template) -> Metadata:
    """The chat template, and further named ones the way llama.cpp looks for them."""
    keys: Metadata = {"luciole.template.source": template.source}
    if template.text is not None:
        keys["tokenizer.chat_template"] = template.text
    if template.named:
        keys["tokenizer.chat_templates"] = tuple(sorted(template.named))
        keys |= {f"tokenizer.chat_template.{name}": text for name, text in template.named.items()}
    return keys


def _size_label(parameters: int) -> str:
    return f"{parameters / 1e9:.1f}B" if parameters >= 1e9 else f"{parameters / 1e6:.0f}M"
