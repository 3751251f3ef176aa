"""OLMo 2: norms after each part instead of before, and one each over all queries and all keys of a token."""

from functools import partial

from convert.architectures.blocks import GATED_MLP, OUTER, PLAIN_ATTENTION, tied
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture, Tensor

_LAYER = "model.layers.{i}"


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' Olmo2Config.

    `attention_bias` is left unread: llama.cpp's graph has no bias on the output projection, so true is refused.
    """
    hyper = read_llama(
        config,
        Hyperparameters,
        norm_epsilon=1e-5,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(read_rope, default_base=10000.0, default_source="the default of transformers' Olmo2Config"),
    )
    check_square(hyper, "olmo2")
    return hyper


OLMO2 = Architecture(
    name="olmo2",
    classes=("Olmo2ForCausalLM",),
    tensors=(
        *OUTER,
        # the graph always wants a head of its own
        Tensor("output.weight", "model.embed_tokens.weight", ("vocabulary", "hidden"), when=tied),
        *PLAIN_ATTENTION,
        Tensor("blk.{i}.attn_q_norm.weight", f"{_LAYER}.self_attn.q_norm.weight", ("q_width",)),
        Tensor("blk.{i}.attn_k_norm.weight", f"{_LAYER}.self_attn.k_norm.weight", ("kv_width",)),
        Tensor("blk.{i}.post_attention_norm.weight", f"{_LAYER}.post_attention_layernorm.weight", ("hidden",)),
        *GATED_MLP,
        Tensor("blk.{i}.post_ffw_norm.weight", f"{_LAYER}.post_feedforward_layernorm.weight", ("hidden",)),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
