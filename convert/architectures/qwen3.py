"""Qwen3 (dense): Llama with a norm on each query and key head, rotated half against half."""

from functools import partial

from convert.architectures.blocks import GATED_MLP, HEAD_NORMS, NORMS, OUTER, PLAIN_ATTENTION
from convert.architectures.llama import metadata
from convert.architectures.windows import read_qwen_window
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' Qwen3Config: heads of 128 where the key is absent.

    `attention_bias` is left unread: llama.cpp's graph has no bias on the output projection, so true is refused.
    """
    return read_llama(
        config,
        Hyperparameters,
        head_dim=128,
        norm_epsilon=1e-6,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of transformers' Qwen3Config",
            longest=read_qwen_window(config, config.layers("num_hidden_layers")),
        ),
    )


QWEN3 = Architecture(
    name="qwen3",
    classes=("Qwen3ForCausalLM",),
    tensors=OUTER + NORMS + PLAIN_ATTENTION + HEAD_NORMS + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
