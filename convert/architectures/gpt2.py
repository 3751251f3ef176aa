"""GPT-2: norms with biases, learned positions, all projections stored [in, out], the head tied.

Query, key and value are one projection, already in llama.cpp's order. The published checkpoints were saved from the
model without its head, so their names lack a prefix; they carry the causal masks as buffers.
"""

from dataclasses import dataclass

import numpy as np

from convert.architectures.activations import BY_TANH
from convert.architectures.blocks import affine, untied
from convert.architectures.keys import layer_norm_keys
from convert.config import Config
from convert.errors import InvalidCheckpoint, UnsupportedRope
from convert.hyperparameters import Hyperparameters
from convert.rope import no_rope
from convert.spec import Architecture, Tensor
from convert.transforms import Order

_LAYER = "transformer.h.{i}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionHyperparameters(Hyperparameters):
    """A model with a table of positions: the context cannot be longer than it."""

    positions: int
    """Rows of the table."""
    first_position: int = 0
    """The row of a text's first token."""


def used_positions(hyper: PositionHyperparameters) -> Order:
    """The rows of the position table that the context uses: llama.cpp wants as many as the context has tokens."""
    return np.arange(hyper.first_position, hyper.first_position + hyper.context)


def positions(source: str) -> Tensor:
    """The row of the position table."""
    return Tensor(
        "position_embd.weight", source, ("context", "hidden"), rows=used_positions, stored=("positions", "hidden")
    )


def check_table(context: int, rows: int) -> None:
    """Raises UnsupportedRope where the user insists on more tokens than there are positions."""
    if context > rows:
        raise UnsupportedRope(
            f"--context is {context}; {rows} at most was expected: the table of positions has no more rows; "
            "choose a shorter context"
        )


def whole_name(name: str) -> str:
    """A tensor's name in a model with a head."""
    return name if name.startswith(("transformer.", "lm_head.")) else f"transformer.{name}"


def hyperparameters(config: Config) -> PositionHyperparameters:
    """In GPT-2's spelling, with the defaults of transformers' GPT2Config. Raises InvalidCheckpoint."""
    config.only("activation_function", *BY_TANH, default="gelu_new")
    hidden, heads = config.integer("n_embd"), config.integer("n_head")
    if hidden % heads:
        raise InvalidCheckpoint(f"n_embd {hidden} is no multiple of n_head {heads} in config.json; restore it")
    table = config.integer(config.spelled("n_positions", "n_ctx"))
    rope = no_rope(
        config,
        kind_source="GPT-2's learned positions",
        context=table,
        context_source="config.json: n_positions",
    )
    check_table(rope.context, table)
    return PositionHyperparameters(
        layers=config.layers("n_layer"),
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
        positions=table,
    )


GPT2 = Architecture(
    name="gpt2",
    classes=("GPT2LMHeadModel",),
    tensors=(
        Tensor("token_embd.weight", "transformer.wte.weight", ("vocabulary", "hidden")),
        positions("transformer.wpe.weight"),
        *affine("output_norm", "transformer.ln_f", "hidden"),
        Tensor("output.weight", "lm_head.weight", ("vocabulary", "hidden"), when=untied),
        *affine("blk.{i}.attn_norm", f"{_LAYER}.ln_1", "hidden"),
        *affine("blk.{i}.attn_qkv", f"{_LAYER}.attn.c_attn", "qkv_width", "hidden", transposed=True),
        *affine("blk.{i}.attn_output", f"{_LAYER}.attn.c_proj", "hidden", "q_width", transposed=True),
        *affine("blk.{i}.ffn_norm", f"{_LAYER}.ln_2", "hidden"),
        *affine("blk.{i}.ffn_up", f"{_LAYER}.mlp.c_fc", "feed_forward", "hidden", transposed=True),
        *affine("blk.{i}.ffn_down", f"{_LAYER}.mlp.c_proj", "hidden", "feed_forward", transposed=True),
    ),
    hyperparameters=hyperparameters,
    metadata=layer_norm_keys,
    ignored=("*.attn.bias", "*.attn.masked_bias"),
    whole_name=whole_name,
    tied_head="lm_head.weight",
    embedding="transformer.wte.weight",
)
