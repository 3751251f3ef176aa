"""InternLM2 and 2.5: Llama under other names, with one projection to query, key and value.

The projection holds, for each key head in turn, the query heads that share it, the key and the value.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from convert.architectures.blocks import tied, untied
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.architectures.references import llama_config
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.reference import Reference
from convert.rope import read_rope
from convert.spec import Architecture, Rearrange, Tensor
from convert.transforms import Order, interleaved
from convert.weights.stored import Array


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of the configuration class that the checkpoints carry, where `bias` is true.

    llama.cpp's graph has no bias on the output projection; all published models say false.
    """
    config.only("bias", False, default=True)
    hyper = read_llama(
        config,
        Hyperparameters,
        norm_epsilon=1e-6,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope, default_base=10000.0, default_source="the default of the checkpoints' own config class"
        ),
    )
    check_square(hyper, "internlm2")
    return hyper


def _grouped(hyper: Hyperparameters) -> Order:
    """Rows of the projection, [key heads, query heads of each + 2, head_dim]."""
    return np.arange(hyper.qkv_width).reshape(hyper.kv_heads, -1, hyper.head_dim)


def queries(hyper: Hyperparameters) -> Order:
    """Rows that make queries, head by head, in adjacent pairs."""
    return _grouped(hyper)[:, :-2].reshape(-1)[interleaved(hyper.heads, hyper.head_dim)]


def keys(hyper: Hyperparameters) -> Order:
    """Rows that make keys, in adjacent pairs."""
    return _grouped(hyper)[:, -2].reshape(-1)[interleaved(hyper.kv_heads, hyper.head_dim)]


def values(hyper: Hyperparameters) -> Order:
    """Rows that make values."""
    return _grouped(hyper)[:, -1].reshape(-1)


_NAMES = {
    "tok_embeddings": "embed_tokens",
    "attention.wo": "self_attn.o_proj",
    "attention_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "feed_forward.w1": "mlp.gate_proj",
    "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj",
}


def as_llama(name: str, weights: Array, config: Mapping[str, Any]) -> Iterable[tuple[str, Array]]:
    """Llama's names, and its three projections of the one."""
    if name == "output.weight":
        yield "lm_head.weight", weights
    elif name.endswith(".attention.wqkv.weight"):
        groups = config.get("num_key_value_heads") or config["num_attention_heads"]
        columns = weights.shape[-1]
        parts = weights.reshape(groups, -1, config["hidden_size"] // config["num_attention_heads"], columns)
        for part, rows in (("q", parts[:, :-2]), ("k", parts[:, -2]), ("v", parts[:, -1])):
            yield name.replace("attention.wqkv", f"self_attn.{part}_proj"), rows.reshape(-1, columns)
    else:
        for theirs, ours in _NAMES.items():
            name = name.replace(f".{theirs}.", f".{ours}.")
        yield name, weights


_LAYER = "model.layers.{i}"


def _part(name: str, width: str, rows: Rearrange) -> Tensor:
    source = f"{_LAYER}.attention.wqkv.weight"
    return Tensor(f"blk.{{i}}.{name}.weight", source, (width, "hidden"), rows, stored=("qkv_width", "hidden"))


INTERNLM2 = Architecture(
    name="internlm2",
    classes=("InternLM2ForCausalLM",),
    tensors=(
        Tensor("token_embd.weight", "model.tok_embeddings.weight", ("vocabulary", "hidden")),
        Tensor("output_norm.weight", "model.norm.weight", ("hidden",)),
        Tensor("output.weight", "output.weight", ("vocabulary", "hidden"), when=untied),
        Tensor("output.weight", "model.tok_embeddings.weight", ("vocabulary", "hidden"), when=tied),
        Tensor("blk.{i}.attn_norm.weight", f"{_LAYER}.attention_norm.weight", ("hidden",)),
        Tensor("blk.{i}.ffn_norm.weight", f"{_LAYER}.ffn_norm.weight", ("hidden",)),
        _part("attn_q", "q_width", queries),
        _part("attn_k", "kv_width", keys),
        _part("attn_v", "kv_width", values),
        Tensor("blk.{i}.attn_output.weight", f"{_LAYER}.attention.wo.weight", ("hidden", "q_width")),
        Tensor("blk.{i}.ffn_gate.weight", f"{_LAYER}.feed_forward.w1.weight", ("feed_forward", "hidden")),
        Tensor("blk.{i}.ffn_down.weight", f"{_LAYER}.feed_forward.w2.weight", ("hidden", "feed_forward")),
        Tensor("blk.{i}.ffn_up.weight", f"{_LAYER}.feed_forward.w3.weight", ("feed_forward", "hidden")),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="output.weight",
    embedding="model.tok_embeddings.weight",
    reference=Reference(model_class="LlamaForCausalLM", config=llama_config, weights=as_llama),
)
