"""MiniCPM (1B, 2B, 4): Llama whose embedding, residual branches and logits are scaled, since a small model's learning
rates were carried over to it.

Its nearest class in transformers is Granite's, which has the same scales under other names.
"""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.architectures.multipliers import MultiplierHyperparameters, metadata
from convert.architectures.references import llama_config
from convert.config import Config
from convert.hyperparameters import read_llama
from convert.reference import Reference
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture


def hyperparameters(config: Config) -> MultiplierHyperparameters:
    """With the defaults of the configuration class that the checkpoints carry, where all three keys are 1."""
    return read_llama(
        config,
        MultiplierHyperparameters,
        norm_epsilon=1e-6,
        tied=True,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of the checkpoints' own MiniCPMConfig",
            graph=GRAPH,
        ),
        embedding_scale=config.number("scale_emb", 1.0),
        residual_scale=config.number("scale_depth", 1.0) / math.sqrt(config.layers("num_hidden_layers")),
        logit_divisor=config.integer("hidden_size") / config.integer("dim_model_base", 1),
        score_scale=None,
    )


def reference_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Granite's keys for the same scales."""
    return {
        **llama_config(config, tied=True),
        "embedding_multiplier": config.get("scale_emb") or 1,
        "residual_multiplier": (config.get("scale_depth") or 1) / config["num_hidden_layers"] ** 0.5,
        "logits_scaling": config["hidden_size"] / (config.get("dim_model_base") or 1),
        "attention_multiplier": (config["hidden_size"] / config["num_attention_heads"]) ** -0.5,
    }


MINICPM = Architecture(
    name="minicpm",
    classes=("MiniCPMForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
    reference=Reference(model_class="GraniteForCausalLM", config=reference_config),
)
