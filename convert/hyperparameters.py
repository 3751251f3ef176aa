"""The numbers that shape a model, read once from config.json into one frozen value. Nobody else opens the config."""

from dataclasses import dataclass

from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.rope import Rope, read_rope


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


def read_llama(config: Config) -> Hyperparameters:
    """Hyperparameters in the spelling of transformers' LlamaConfig, with that class's defaults where it has any.

    Raises InvalidCheckpoint, UnsupportedRope.
    """
    hidden, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    kv_heads = config.integer("num_key_value_heads", heads)
    if heads % kv_heads:
        raise InvalidCheckpoint(
            f"num_attention_heads {heads} is no multiple of num_key_value_heads {kv_heads} in config.json; "
            "restore the file"
        )
    if not config.has("head_dim") and hidden % heads:
        raise InvalidCheckpoint(
            f"hidden_size {hidden} is no multiple of num_attention_heads {heads} in config.json without head_dim; "
            "restore the file"
        )
    head_dim = config.integer("head_dim", hidden // heads)
    if head_dim % 2:
        raise InvalidCheckpoint(f"head_dim is {head_dim}; an even number was expected, since RoPE turns pairs")
    context = config.integer("max_position_embeddings")
    return Hyperparameters(
        layers=config.integer("num_hidden_layers"),
        hidden=hidden,
        feed_forward=config.integer("intermediate_size"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        vocabulary=config.integer("vocab_size"),
        context=context,
        norm_epsilon=config.number("rms_norm_eps"),
        tied=config.flag("tie_word_embeddings", default=False),
        attention_bias=config.flag("attention_bias", default=False),
        mlp_bias=config.flag("mlp_bias", default=False),
        rope=read_rope(
            config,
            dimension=head_dim,
            context=context,
            default_base=10000.0,
            default_source="the default of transformers' LlamaConfig",
        ),
    )
