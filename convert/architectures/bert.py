"""BERT and the embedding models made of it (BGE, E5, GTE, MiniLM): an encoder that sees both ways, learned positions,
norms after each part; its output are states, pooled to one vector for a text as the files beside it say.

llama.cpp takes the first token type for all tokens, as for one text by itself. The pooler of the checkpoint (a layer
for the training task) is not on the way to these vectors and is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from convert.architectures.activations import read_gelu
from convert.architectures.blocks import affine
from convert.architectures.gpt2 import PositionHyperparameters, check_table, positions
from convert.architectures.keys import layer_norm_keys
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.rope import no_rope
from convert.sentence import read_sentence
from convert.spec import Architecture, Tensor

_LAYER = "encoder.layer.{i}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BertHyperparameters(PositionHyperparameters):
    """An encoder's way to one vector."""

    token_types: int
    pooling: int
    """llama.cpp's `llama_pooling_type`."""
    normalized: bool
    """The vector is divided by its length; llama.cpp leaves that to the program."""


def whole_name(name: str) -> str:
    """A tensor's name in the encoder by itself, and in transformers' spelling: TensorFlow's was gamma and beta."""
    name = name.removeprefix("bert.").removeprefix("roberta.")
    for old, new in ((".gamma", ".weight"), (".beta", ".bias")):
        name = name.removesuffix(old) + new if name.endswith(old) else name
    return name


def read_bert(config: Config, *, first_position: int, kind_source: str) -> BertHyperparameters:
    """In BERT's spelling, with the defaults of transformers' BertConfig; the text's first token is at `first_position`.

    Raises InvalidCheckpoint, UnsupportedArchitecture, UnsupportedRope.
    """
    config.only("position_embedding_type", "absolute", default="absolute")
    config.only("is_decoder", False, default=False)
    hidden, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    if hidden % heads:
        raise InvalidCheckpoint(
            f"hidden_size {hidden} is no multiple of num_attention_heads {heads} in config.json; restore it"
        )
    table = config.integer("max_position_embeddings")
    if table <= first_position:
        raise InvalidCheckpoint(
            f"max_position_embeddings is {table} in config.json; more than {first_position} were expected; restore it"
        )
    sentence = read_sentence(config)
    rope = no_rope(
        config,
        kind_source=kind_source,
        context=table - first_position,
        context_source="config.json: max_position_embeddings" + (f" - {first_position}" if first_position else ""),
    )
    check_table(rope.context, table - first_position)
    return BertHyperparameters(
        layers=config.layers("num_hidden_layers"),
        hidden=hidden,
        feed_forward=config.integer("intermediate_size"),
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        vocabulary=config.integer("vocab_size"),
        context=rope.context,
        norm_epsilon=config.number("layer_norm_eps", 1e-12),
        tied=False,
        attention_bias=True,
        mlp_bias=True,
        rope=rope,
        warnings=read_gelu(config, "hidden_act", default="gelu") + sentence.warnings,
        positions=table,
        first_position=first_position,
        token_types=config.integer("type_vocab_size", 2),
        pooling=sentence.pooling,
        normalized=sentence.normalized,
    )


def hyperparameters(config: Config) -> BertHyperparameters:
    """BERT's own: positions count from the table's first row."""
    return read_bert(config, first_position=0, kind_source="BERT's learned positions")


def metadata(hyper: BertHyperparameters) -> Mapping[str, bool | int | float | str]:
    """The usual keys; that every token sees every other; the pooling."""
    return {
        **layer_norm_keys(hyper),
        "attention.causal": False,
        "pooling_type": hyper.pooling,
        "tokenizer.ggml.token_type_count": hyper.token_types,
        "luciole.embedding.normalized": hyper.normalized,
    }


BERT = Architecture(
    name="bert",
    classes=("BertModel",),
    tensors=(
        Tensor("token_embd.weight", "embeddings.word_embeddings.weight", ("vocabulary", "hidden")),
        Tensor("token_types.weight", "embeddings.token_type_embeddings.weight", ("token_types", "hidden")),
        positions("embeddings.position_embeddings.weight"),
        *affine("token_embd_norm", "embeddings.LayerNorm", "hidden"),
        *affine("blk.{i}.attn_q", f"{_LAYER}.attention.self.query", "q_width", "hidden"),
        *affine("blk.{i}.attn_k", f"{_LAYER}.attention.self.key", "kv_width", "hidden"),
        *affine("blk.{i}.attn_v", f"{_LAYER}.attention.self.value", "kv_width", "hidden"),
        *affine("blk.{i}.attn_output", f"{_LAYER}.attention.output.dense", "hidden", "q_width"),
        *affine("blk.{i}.attn_output_norm", f"{_LAYER}.attention.output.LayerNorm", "hidden"),
        *affine("blk.{i}.ffn_up", f"{_LAYER}.intermediate.dense", "feed_forward", "hidden"),
        *affine("blk.{i}.ffn_down", f"{_LAYER}.output.dense", "hidden", "feed_forward"),
        *affine("blk.{i}.layer_output_norm", f"{_LAYER}.output.LayerNorm", "hidden"),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("pooler.dense.*", "embeddings.position_ids", "embeddings.token_type_ids"),
    whole_name=whole_name,
    generates=False,
    embedding="embeddings.word_embeddings.weight",
)
