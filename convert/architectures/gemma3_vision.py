"""Gemma 3 with a part that sees images (4B, 12B, 27B): the text model in it, without that part.

Its config.json holds one for each part. The published ones leave out what transformers' Gemma3TextConfig takes anyway;
a RoPE base is still wanted in words, as of any model with so long a context.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from convert.architectures.gemma2 import GemmaHyperparameters
from convert.architectures.gemma3 import GEMMA3
from convert.architectures.gemma3 import hyperparameters as read_text
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.reference import Reference
from convert.weights.stored import Array

_DEFAULTS: Mapping[str, Any] = {
    "vocab_size": 262208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "max_position_embeddings": 131072,
}
"""Of transformers' Gemma3TextConfig."""

_BLIND = "the part of the checkpoint that sees images is left out; the file answers to text only"


def whole_name(name: str) -> str:
    """A tensor's name in the text model by itself."""
    return name.removeprefix("language_model.")


def hyperparameters(config: Config) -> GemmaHyperparameters:
    """Those of the text model. Raises InvalidCheckpoint, and what Gemma 3's reader raises."""
    text = config.value("text_config")
    if not isinstance(text, dict):
        raise InvalidCheckpoint(
            f"text_config is {str(text)[:60]} in config.json; an object was expected; restore the file"
        )
    inner = Config({**_DEFAULTS, **text}, config.choices, "config.json: text_config", config.beside)
    hyper = read_text(inner)
    inner.finish()
    return replace(hyper, warnings=(*hyper.warnings, _BLIND))


def reference_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The text model's own."""
    return {key: value for key, value in config["text_config"].items() if key != "model_type"}


def reference_weights(name: str, values: Array, _config: Mapping[str, Any]) -> Iterable[tuple[str, Array]]:
    """The text model's tensors."""
    if name.startswith(("model.", "lm_head.")):
        yield name, values


GEMMA3_VISION = replace(
    GEMMA3,
    classes=("Gemma3ForConditionalGeneration",),
    hyperparameters=hyperparameters,
    ignored=(*GEMMA3.ignored, "vision_tower.*", "multi_modal_projector.*"),
    whole_name=whole_name,
    reference=Reference("Gemma3ForCausalLM", reference_config, reference_weights),
)
