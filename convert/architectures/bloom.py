"""BLOOM and Firefly: norms with biases, one projection to query, key and value, ALiBi instead of RoPE, the head tied.

The projection holds query, key and value of each head in turn; llama.cpp wants all queries, all keys, all values.
Firefly is BLOOM with a vocabulary pruned by hand: its files say nothing of it and need nothing for it, but keep the
head beside the embedding, which must then be equal. llama.cpp has BLOOM's ALiBi (slopes from 2^-8 down) built in and
the GELU by tanh, as BLOOM does.
"""

from convert.architectures.blocks import affine, untied
from convert.architectures.keys import layer_norm_keys
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.hyperparameters import Hyperparameters
from convert.rope import no_rope
from convert.spec import Architecture, Tensor
from convert.transforms import Order, by_part

_TRAINED = 2048
"""Tokens BLOOM was trained with (https://huggingface.co/bigscience/bloom, training). ALiBi itself has no limit."""

_LAYER = "transformer.h.{i}"


def whole_name(name: str) -> str:
    """A tensor's name in a model with a head: the published BLOOMs were saved from the model without."""
    return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"


def parts_of_heads(hyper: Hyperparameters) -> Order:
    """Rows of the fused projection, or items of its bias, as llama.cpp wants them."""
    return by_part(hyper.heads, hyper.head_dim)


def hyperparameters(config: Config) -> Hyperparameters:
    """In BLOOM's spelling, old and new, with the defaults of transformers' BloomConfig. Raises InvalidCheckpoint."""
    hidden = config.integer(config.spelled("hidden_size", "n_embed"))
    heads = config.integer(config.spelled("n_head", "num_attention_heads"))
    if hidden % heads:
        raise InvalidCheckpoint(f"hidden_size {hidden} is no multiple of n_head {heads} in config.json; restore it")
    stated = config.has("seq_length")
    rope = no_rope(
        config,
        kind_source="BLOOM's ALiBi",
        context=config.integer("seq_length", _TRAINED),
        context_source="config.json: seq_length" if stated else "the length BLOOM was trained with",
    )
    return Hyperparameters(
        layers=config.layers("n_layer", "num_hidden_layers"),
        hidden=hidden,
        feed_forward=config.integer("n_inner", 4 * hidden),
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        vocabulary=config.integer("vocab_size"),
        context=rope.context,
        norm_epsilon=config.number("layer_norm_epsilon", 1e-5),
        tied=config.flag("tie_word_embeddings", default=True),
        attention_bias=True,
        mlp_bias=True,
        rope=rope,
    )


BLOOM = Architecture(
    name="bloom",
    classes=("BloomForCausalLM",),
    tensors=(
        Tensor("token_embd.weight", "transformer.word_embeddings.weight", ("vocabulary", "hidden")),
        *affine("token_embd_norm", "transformer.word_embeddings_layernorm", "hidden"),
        *affine("output_norm", "transformer.ln_f", "hidden"),
        Tensor("output.weight", "lm_head.weight", ("vocabulary", "hidden"), when=untied),
        *affine("blk.{i}.attn_norm", f"{_LAYER}.input_layernorm", "hidden"),
        *affine(
            "blk.{i}.attn_qkv", f"{_LAYER}.self_attention.query_key_value", "qkv_width", "hidden", rows=parts_of_heads
        ),
        *affine("blk.{i}.attn_output", f"{_LAYER}.self_attention.dense", "hidden", "q_width"),
        *affine("blk.{i}.ffn_norm", f"{_LAYER}.post_attention_layernorm", "hidden"),
        *affine("blk.{i}.ffn_up", f"{_LAYER}.mlp.dense_h_to_4h", "feed_forward", "hidden"),
        *affine("blk.{i}.ffn_down", f"{_LAYER}.mlp.dense_4h_to_h", "hidden", "feed_forward"),
    ),
    hyperparameters=hyperparameters,
    metadata=layer_norm_keys,
    whole_name=whole_name,
    tied_head="lm_head.weight",
    embedding="transformer.word_embeddings.weight",
)
