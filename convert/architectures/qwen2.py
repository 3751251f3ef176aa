"""Qwen2, Qwen2.5, QwQ: Llama with biases on query, key and value, rotated half against half."""

from functools import partial

from convert.architectures.blocks import GATED_MLP, NORMS, OUTER, PLAIN_ATTENTION, QKV_BIASES
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.architectures.windows import read_qwen_window
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' Qwen2Config. A window that slides caps the context: the graph has none."""
    hyper = read_llama(
        config,
        Hyperparameters,
        norm_epsilon=1e-6,
        attention_bias=True,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of transformers' Qwen2Config",
            longest=read_qwen_window(config, config.layers("num_hidden_layers")),
        ),
    )
    check_square(hyper, "qwen2")
    return hyper


QWEN2 = Architecture(
    name="qwen2",
    classes=("Qwen2ForCausalLM",),
    tensors=OUTER + NORMS + PLAIN_ATTENTION + QKV_BIASES + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
