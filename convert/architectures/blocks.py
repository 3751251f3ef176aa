"""Rows that families share, so that a family reads like the summary of its paper."""

from convert.hyperparameters import Hyperparameters
from convert.spec import Rearrange, Tensor
from convert.transforms import Order, interleaved


def untied(hyper: Hyperparameters) -> bool:
    """The model has an output head of its own."""
    return not hyper.tied


def tied(hyper: Hyperparameters) -> bool:
    """The head is the embedding; for graphs that want it written as a head, too."""
    return hyper.tied


def with_attention_bias(hyper: Hyperparameters) -> bool:
    """The four projections of the attention have biases."""
    return hyper.attention_bias


def with_mlp_bias(hyper: Hyperparameters) -> bool:
    """The three projections of the feed-forward part have biases."""
    return hyper.mlp_bias


def interleaved_heads(hyper: Hyperparameters) -> Order:
    """Query rows in adjacent pairs, head by head."""
    return interleaved(hyper.heads, hyper.head_dim)


def interleaved_kv_heads(hyper: Hyperparameters) -> Order:
    """Key rows in adjacent pairs, head by head."""
    return interleaved(hyper.kv_heads, hyper.head_dim)


OUTER = (
    Tensor("token_embd.weight", "model.embed_tokens.weight", ("vocabulary", "hidden")),
    Tensor("output_norm.weight", "model.norm.weight", ("hidden",)),
    Tensor("output.weight", "lm_head.weight", ("vocabulary", "hidden"), when=untied),
)

NORMS = (
    Tensor("blk.{i}.attn_norm.weight", "model.layers.{i}.input_layernorm.weight", ("hidden",)),
    Tensor("blk.{i}.ffn_norm.weight", "model.layers.{i}.post_attention_layernorm.weight", ("hidden",)),
)

_Q, _K, _V, _O = (f"model.layers.{{i}}.self_attn.{part}_proj" for part in "qkvo")

INTERLEAVED_ATTENTION = (
    Tensor("blk.{i}.attn_q.weight", f"{_Q}.weight", ("q_width", "hidden"), interleaved_heads),
    Tensor("blk.{i}.attn_k.weight", f"{_K}.weight", ("kv_width", "hidden"), interleaved_kv_heads),
    Tensor("blk.{i}.attn_v.weight", f"{_V}.weight", ("kv_width", "hidden")),
    Tensor("blk.{i}.attn_output.weight", f"{_O}.weight", ("hidden", "q_width")),
    Tensor("blk.{i}.attn_q.bias", f"{_Q}.bias", ("q_width",), interleaved_heads, with_attention_bias),
    Tensor("blk.{i}.attn_k.bias", f"{_K}.bias", ("kv_width",), interleaved_kv_heads, with_attention_bias),
    Tensor("blk.{i}.attn_v.bias", f"{_V}.bias", ("kv_width",), when=with_attention_bias),
    Tensor("blk.{i}.attn_output.bias", f"{_O}.bias", ("hidden",), when=with_attention_bias),
)

_GATE, _UP, _DOWN = (f"model.layers.{{i}}.mlp.{part}_proj" for part in ("gate", "up", "down"))

GATED_MLP = (
    Tensor("blk.{i}.ffn_gate.weight", f"{_GATE}.weight", ("feed_forward", "hidden")),
    Tensor("blk.{i}.ffn_up.weight", f"{_UP}.weight", ("feed_forward", "hidden")),
    Tensor("blk.{i}.ffn_down.weight", f"{_DOWN}.weight", ("hidden", "feed_forward")),
    Tensor("blk.{i}.ffn_gate.bias", f"{_GATE}.bias", ("feed_forward",), when=with_mlp_bias),
    Tensor("blk.{i}.ffn_up.bias", f"{_UP}.bias", ("feed_forward",), when=with_mlp_bias),
    Tensor("blk.{i}.ffn_down.bias", f"{_DOWN}.bias", ("hidden",), when=with_mlp_bias),
)

PLAIN_ATTENTION = (
    # for graphs that rotate the two halves of a head against each other, as the checkpoint does
    Tensor("blk.{i}.attn_q.weight", f"{_Q}.weight", ("q_width", "hidden")),
    Tensor("blk.{i}.attn_k.weight", f"{_K}.weight", ("kv_width", "hidden")),
    Tensor("blk.{i}.attn_v.weight", f"{_V}.weight", ("kv_width", "hidden")),
    Tensor("blk.{i}.attn_output.weight", f"{_O}.weight", ("hidden", "q_width")),
)

QKV_BIASES = (
    Tensor("blk.{i}.attn_q.bias", f"{_Q}.bias", ("q_width",), when=with_attention_bias),
    Tensor("blk.{i}.attn_k.bias", f"{_K}.bias", ("kv_width",), when=with_attention_bias),
    Tensor("blk.{i}.attn_v.bias", f"{_V}.bias", ("kv_width",), when=with_attention_bias),
)

HEAD_NORMS = (
    Tensor("blk.{i}.attn_q_norm.weight", "model.layers.{i}.self_attn.q_norm.weight", ("head_dim",)),
    Tensor("blk.{i}.attn_k_norm.weight", "model.layers.{i}.self_attn.k_norm.weight", ("head_dim",)),
)

FUSED_MLP = (
    # gate rows first, then up rows, in the checkpoint as in the graph
    Tensor("blk.{i}.ffn_up.weight", "model.layers.{i}.mlp.gate_up_proj.weight", ("gate_up_width", "hidden")),
    Tensor("blk.{i}.ffn_down.weight", f"{_DOWN}.weight", ("hidden", "feed_forward")),
)


def affine(
    name: str, source: str, *shape: str, rows: Rearrange | None = None, transposed: bool = False
) -> tuple[Tensor, Tensor]:
    """A layer with weight and bias: `shape` [rows, columns] of the weight in GGUF, or [width] for a norm."""
    return (
        Tensor(f"{name}.weight", f"{source}.weight", shape, rows, transposed=transposed),
        Tensor(f"{name}.bias", f"{source}.bias", shape[:1], rows),
    )
