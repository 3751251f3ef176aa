"""Granite 3: Llama with four multipliers."""

from functools import partial

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.architectures.multipliers import MultiplierHyperparameters, metadata
from convert.config import Config
from convert.hyperparameters import read_llama
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture


def hyperparameters(config: Config) -> MultiplierHyperparameters:
    """With the defaults of transformers' GraniteConfig, where all multipliers are 1, that of the scores too."""
    return read_llama(
        config,
        MultiplierHyperparameters,
        norm_epsilon=1e-6,
        rope=partial(
            read_rope, default_base=10000.0, default_source="the default of transformers' GraniteConfig", graph=GRAPH
        ),
        embedding_scale=config.number("embedding_multiplier", 1.0),
        residual_scale=config.number("residual_multiplier", 1.0),
        logit_divisor=config.number("logits_scaling", 1.0),
        score_scale=config.number("attention_multiplier", 1.0),
    )


GRANITE = Architecture(
    name="granite",
    classes=("GraniteForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
