"""GPT-NeoX and Pythia: norms with biases, one projection to query, key and value head by head, RoPE over part of the
head, and attention and feed-forward part beside each other instead of in turn.

The RoPE base is written like any family's: llama.cpp's own converter leaves it to the loader's 10000.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from convert.architectures.activations import read_gelu
from convert.architectures.blocks import affine, untied
from convert.architectures.bloom import parts_of_heads
from convert.architectures.keys import layer_norm_keys
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.hyperparameters import Hyperparameters
from convert.rope import Graph, read_rope
from convert.spec import Architecture, Tensor

_LAYER = "gpt_neox.layers.{i}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeoxHyperparameters(Hyperparameters):
    """Where the two parts of a layer take their input."""

    parallel: bool
    """Both parts see the layer's input; else the second sees the first's output."""


def tied(hyper: Hyperparameters) -> bool:
    """The graph wants a head of its own, so a tied one is written out."""
    return hyper.tied


def hyperparameters(config: Config) -> NeoxHyperparameters:
    """With the defaults of transformers' GPTNeoXConfig. Raises InvalidCheckpoint, UnsupportedArchitecture."""
    config.only("attention_bias", True, default=True)
    hidden, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    if hidden % heads:
        raise InvalidCheckpoint(
            f"hidden_size {hidden} is no multiple of num_attention_heads {heads} in config.json; restore it"
        )
    rope = read_rope(
        config,
        head_dim=hidden // heads,
        default_base=10000.0,
        default_source="the default of transformers' GPTNeoXConfig",
        default_rotated=0.25,
        graph=Graph(partial=True),
    )
    return NeoxHyperparameters(
        layers=config.layers("num_hidden_layers"),
        hidden=hidden,
        feed_forward=config.integer("intermediate_size"),
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        vocabulary=config.integer("vocab_size"),
        context=rope.context,
        norm_epsilon=config.number("layer_norm_eps", 1e-5),
        tied=config.flag("tie_word_embeddings", default=False),
        attention_bias=True,
        mlp_bias=True,
        rope=rope,
        warnings=read_gelu(config, "hidden_act", default="gelu"),
        parallel=config.flag("use_parallel_residual", default=True),
    )


def metadata(hyper: NeoxHyperparameters) -> Mapping[str, bool | int | float | str]:
    """The usual keys and how a layer's two parts are joined."""
    return {**layer_norm_keys(hyper), "use_parallel_residual": hyper.parallel}


GPTNEOX = Architecture(
    name="gptneox",
    classes=("GPTNeoXForCausalLM",),
    tensors=(
        Tensor("token_embd.weight", "gpt_neox.embed_in.weight", ("vocabulary", "hidden")),
        *affine("output_norm", "gpt_neox.final_layer_norm", "hidden"),
        Tensor("output.weight", "embed_out.weight", ("vocabulary", "hidden"), when=untied),
        Tensor("output.weight", "gpt_neox.embed_in.weight", ("vocabulary", "hidden"), when=tied),
        *affine("blk.{i}.attn_norm", f"{_LAYER}.input_layernorm", "hidden"),
        *affine("blk.{i}.attn_qkv", f"{_LAYER}.attention.query_key_value", "qkv_width", "hidden", rows=parts_of_heads),
        *affine("blk.{i}.attn_output", f"{_LAYER}.attention.dense", "hidden", "q_width"),
        *affine("blk.{i}.ffn_norm", f"{_LAYER}.post_attention_layernorm", "hidden"),
        *affine("blk.{i}.ffn_up", f"{_LAYER}.mlp.dense_h_to_4h", "feed_forward", "hidden"),
        *affine("blk.{i}.ffn_down", f"{_LAYER}.mlp.dense_4h_to_h", "hidden", "feed_forward"),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.attention.bias", "*.attention.masked_bias", "*.rotary_emb.inv_freq"),
    tied_head="embed_out.weight",
    embedding="gpt_neox.embed_in.weight",
)
