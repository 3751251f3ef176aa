"""Yi as first published: Llama with other names for the norms of a layer, and RoPE's base 5,000,000 by default.

Later uploads, Yi-1.5 and SUS-Chat are plain `LlamaForCausalLM`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from convert.architectures.llama import LLAMA
from convert.architectures.references import llama_config
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.reference import Reference
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture

_BASE = 5e6
_NORMS = {"ln1": "input_layernorm", "ln2": "post_attention_layernorm"}


def as_llama(name: str) -> str:
    """Llama's name of a tensor."""
    return re.sub(r"^(model\.layers\.\d+\.)(ln[12])\.", lambda found: f"{found[1]}{_NORMS[found[2]]}.", name)


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of the configuration class that the checkpoints carry."""
    return read_llama(
        config,
        Hyperparameters,
        norm_epsilon=1e-5,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope, default_base=_BASE, default_source="the default of the checkpoints' own YiConfig", graph=GRAPH
        ),
    )


def reference_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Llama's keys, with Yi's base where none is stated."""
    return llama_config(config, base=_BASE, norm_epsilon=1e-5)


YI: Architecture = replace(
    LLAMA,
    classes=("YiForCausalLM",),
    hyperparameters=hyperparameters,
    whole_name=as_llama,
    reference=Reference(
        model_class="LlamaForCausalLM",
        config=reference_config,
        weights=lambda name, values, _config: [(as_llama(name), values)],
    ),
)
