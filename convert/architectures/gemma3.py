"""Gemma 3 (text): Gemma 2 with a norm on each query and key head instead of the cap on scores, five sliding layers to
each full one, and a RoPE of its own for each kind.
"""

from collections.abc import Mapping
from functools import partial

from convert.architectures.blocks import GATED_MLP, PLAIN_ATTENTION, untied
from convert.architectures.gemma2 import EMBEDDING, NORMS, GemmaHyperparameters, check_score_scale, norm
from convert.architectures.gemma2 import metadata as gemma2_keys
from convert.architectures.windows import read_layer_types
from convert.config import Config
from convert.hyperparameters import read_llama
from convert.rope import read_rope
from convert.spec import Architecture, Tensor

_LARGEST = 62
"""llama.cpp takes a Gemma 3 of so many layers for the 27B."""


def hyperparameters(config: Config) -> GemmaHyperparameters:
    """With the defaults of transformers' Gemma3TextConfig. A cap on scores is refused: the graph has none."""
    config.only("hidden_activation", "gelu_pytorch_tanh", default="gelu_pytorch_tanh")
    layers = config.layers("num_hidden_layers")
    pattern = config.integer(config.spelled("sliding_window_pattern", "_sliding_window_pattern"), 6)
    hyper = read_llama(
        config,
        GemmaHyperparameters,
        head_dim=256,
        norm_epsilon=1e-6,
        tied=True,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=1e6,
            default_source="the default of transformers' Gemma3TextConfig",
            sliding_base=10000.0,
        ),
        window=config.integer("sliding_window", 4096),
        slides=read_layer_types(config, layers) or tuple((layer + 1) % pattern != 0 for layer in range(layers)),
        score_cap=None,
        logit_cap=config.number("final_logit_softcapping") if config.has("final_logit_softcapping") else None,
    )
    check_score_scale(config, hyper, _LARGEST)
    return hyper


def metadata(hyper: GemmaHyperparameters) -> Mapping[str, int | float | str | tuple[bool, ...]]:
    """Gemma 2's keys; without a sliding layer no window, which is how llama.cpp tells that there is none."""
    keys = gemma2_keys(hyper)
    return keys if any(hyper.slides) else {key: keys[key] for key in keys if "sliding" not in key}


GEMMA3 = Architecture(
    name="gemma3",
    classes=("Gemma3ForCausalLM",),
    tensors=(
        EMBEDDING,
        Tensor("output.weight", "lm_head.weight", ("vocabulary", "hidden"), when=untied),
        *NORMS,
        *PLAIN_ATTENTION,
        norm("blk.{i}.attn_q_norm", "model.layers.{i}.self_attn.q_norm", "head_dim"),
        norm("blk.{i}.attn_k_norm", "model.layers.{i}.self_attn.k_norm", "head_dim"),
        *GATED_MLP,
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq", "*.rotary_emb_local.inv_freq"),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
