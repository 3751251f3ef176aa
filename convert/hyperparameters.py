"""The numbers that shape a model, read once from config.json into one frozen value. Nobody else opens the config."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.rope import LLAMA, Rope, read_rope


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """Sizes are counts of elements. Names double as the dimensions that the architecture rows are checked against.

    A family that needs more extends this class in its own file.
    """

    layers: int
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    """Rows of the embedding, padding included."""
    context: int
    """Trained length in tokens."""
    norm_epsilon: float
    tied: bool
    """The output head is the embedding."""
    attention_bias: bool
    mlp_bias: bool
    rope: Rope
    warnings: tuple[str, ...] = ()
    """What the user should know about how the config was understood; RoPE has its own."""

    @property
    def q_width(self) -> int:
        """Rows of the query projection."""
        return self.heads * self.head_dim

    @property
    def kv_width(self) -> int:
        """Rows of the key and of the value projection."""
        return self.kv_heads * self.head_dim

    @property
    def qkv_width(self) -> int:
        """Rows of one projection to query, key and value."""
        return self.q_width + 2 * self.kv_width

    @property
    def gate_up_width(self) -> int:
        """Rows of one projection to gate and up."""
        return 2 * self.feed_forward


LLAMA_ROPE = partial(
    read_rope, default_base=10000.0, default_source="the default of transformers' LlamaConfig", graph=LLAMA
)

Kind = TypeVar("Kind", bound=Hyperparameters)


def read_llama(
    config: Config,
    kind: type[Kind],
    *,
    head_dim: int | None = None,
    kv_heads: int | None = None,
    norm_epsilon: float | None = None,
    tied: bool = False,
    attention_bias: bool | None = None,
    mlp_bias: bool | None = None,
    rope: Callable[..., Rope] = LLAMA_ROPE,
    **further: Any,
) -> Kind:
    """Hyperparameters in the spelling of transformers' LlamaConfig, which most families share.

    The keywords are what the family's own configuration class takes where config.json is silent (None: the key must be
    there; for `head_dim` and `kv_heads` what follows from the heads). A bias given as True or False is the family's
    nature: its key is then not read. `rope`: `read_rope` with what is special to the family. `further`: the fields that
    `kind` adds. Raises InvalidCheckpoint, UnsupportedRope.
    """
    hidden, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    groups = config.integer("num_key_value_heads", kv_heads or heads)
    if heads % groups:
        raise InvalidCheckpoint(
            f"num_attention_heads {heads} is no multiple of num_key_value_heads {groups} in config.json; "
            "restore the file"
        )
    if not config.has("head_dim") and head_dim is None and hidden % heads:
        raise InvalidCheckpoint(
            f"hidden_size {hidden} is no multiple of num_attention_heads {heads} in config.json without head_dim; "
            "restore the file"
        )
    width = config.integer("head_dim", head_dim or hidden // heads)
    if width % 2:
        raise InvalidCheckpoint(f"head_dim is {width}; an even number was expected, since RoPE turns pairs")
    turns = rope(config, head_dim=width)
    return kind(
        layers=config.layers("num_hidden_layers"),
        hidden=hidden,
        feed_forward=config.integer("intermediate_size"),
        heads=heads,
        kv_heads=groups,
        head_dim=width,
        vocabulary=config.integer("vocab_size"),
        context=turns.context,
        norm_epsilon=config.number("rms_norm_eps", *([norm_epsilon] if norm_epsilon else [])),
        tied=config.flag("tie_word_embeddings", default=tied),
        attention_bias=config.flag("attention_bias", default=False) if attention_bias is None else attention_bias,
        mlp_bias=config.flag("mlp_bias", default=False) if mlp_bias is None else mlp_bias,
        rope=turns,
        **further,
    )
