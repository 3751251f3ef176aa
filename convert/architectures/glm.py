"""GLM-4-9B in transformers' own layout: Llama with a fused gate-up projection, whose heads turn in adjacent pairs over
their first half, as llama.cpp's graph `chatglm` turns them; queries, keys and values have biases.
"""

from functools import partial

from convert.architectures.blocks import FUSED_MLP, NORMS, OUTER, PLAIN_ATTENTION, QKV_BIASES
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import Graph, read_rope
from convert.spec import Architecture

ROPE = partial(
    read_rope,
    default_base=10000.0,
    default_source="the default of transformers' GlmConfig",
    default_rotated=0.5,
    graph=Graph(partial=True),
)


def read_glm(config: Config) -> Hyperparameters:
    """With the defaults of transformers' GlmConfig and Glm4Config."""
    return read_llama(
        config,
        Hyperparameters,
        head_dim=128,
        norm_epsilon=1.5625e-07,
        attention_bias=config.flag("attention_bias", default=True),
        mlp_bias=False,
        rope=ROPE,
    )


def hyperparameters(config: Config) -> Hyperparameters:
    """The same, for a graph whose heads are as wide as the model."""
    hyper = read_glm(config)
    check_square(hyper, "chatglm")
    return hyper


GLM = Architecture(
    name="chatglm",
    classes=("GlmForCausalLM",),
    tensors=OUTER + NORMS + PLAIN_ATTENTION + QKV_BIASES + FUSED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
