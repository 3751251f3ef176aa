"""Phi-3, Phi-3.5, Phi-4-mini: Llama with fused query-key-value and gate-up projections, rotated half against half, by
longrope and over part of the head in some.

Phi-3-mini-4k and Phi-3-medium-4k look back over 2,047 tokens only, which llama.cpp's graph does not do: their context
is capped there, where both are the same.
"""

from functools import partial

from convert.architectures.blocks import FUSED_MLP, NORMS, OUTER
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import Graph, read_rope
from convert.spec import Architecture, Tensor


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' Phi3Config."""
    window = config.integer("sliding_window") if config.has("sliding_window") else None
    longest = None if window is None else (window, "config.json: sliding_window, which llama.cpp does not apply")
    hyper = read_llama(
        config,
        Hyperparameters,
        norm_epsilon=1e-5,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of transformers' Phi3Config",
            graph=Graph(partial=True, long_short=True),
            longest=longest,
        ),
    )
    check_square(hyper, "phi3")
    return hyper


PHI3 = Architecture(
    name="phi3",
    classes=("Phi3ForCausalLM",),
    tensors=(
        *OUTER,
        *NORMS,
        # queries, keys, values in the checkpoint as in the graph
        Tensor("blk.{i}.attn_qkv.weight", "model.layers.{i}.self_attn.qkv_proj.weight", ("qkv_width", "hidden")),
        Tensor("blk.{i}.attn_output.weight", "model.layers.{i}.self_attn.o_proj.weight", ("hidden", "q_width")),
        *FUSED_MLP,
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
