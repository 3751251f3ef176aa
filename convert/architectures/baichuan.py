"""Baichuan: Llama with one projection to query, key and value. The 13B has ALiBi instead of RoPE; the head of both
models of Baichuan 2 is a NormHead.

llama.cpp's graph tells the two sizes apart by their layers, 32 and 40; with another number it would compute without any
positions. What tells Baichuan 2 is its vocabulary of 125,696 tokens, or a key that only its configuration class has;
the head of Baichuan 1, with 64,000 tokens, is plain.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from convert.architectures.blocks import GATED_MLP, NORMS, interleaved_heads, interleaved_kv_heads
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.architectures.norm_head import OUTER_WITH_NORM_HEAD, NormHeadHyperparameters
from convert.architectures.references import llama_config, with_alibi, with_unit_rows
from convert.config import Config
from convert.errors import UnsupportedArchitecture
from convert.hyperparameters import read_llama
from convert.reference import Reference
from convert.rope import Rope, no_rope, read_rope
from convert.spec import Architecture, Tensor
from convert.transforms import Order
from convert.weights.stored import Array

_TURNED, _SLOPED = 32, 40
"""Layers of the 7B and of the 13B."""
_FIRST, _SECOND = 64000, 125696
"""Vocabularies of Baichuan 1 and 2."""


def read_norm_head(config: Config) -> bool:
    """Whether this is Baichuan 2. Raises UnsupportedArchitecture where nothing tells."""
    vocabulary = config.integer("vocab_size")
    if vocabulary == _SECOND or config.states("z_loss_weight"):
        return True
    if vocabulary == _FIRST:
        return False
    raise UnsupportedArchitecture(
        f"vocab_size is {vocabulary} in config.json; {_FIRST} (Baichuan 1) or {_SECOND} (Baichuan 2) was expected, "
        "since the head of the second is normalised; no file was written because a guess would be wrong"
    )


def read_positions(config: Config, *, head_dim: int) -> Rope:
    """RoPE of the 7B, whose base no key states; ALiBi of the 13B. Raises UnsupportedArchitecture."""
    layers = config.layers("num_hidden_layers")
    if layers == _TURNED:
        return read_rope(
            config,
            head_dim=head_dim,
            default_base=10000.0,
            default_source="the base in Baichuan's code",
            context_keys=("max_position_embeddings", "model_max_length"),
        )
    if layers != _SLOPED:
        raise UnsupportedArchitecture(
            f"num_hidden_layers is {layers} in config.json; {_TURNED} (RoPE) or {_SLOPED} (ALiBi) was expected, since "
            "llama.cpp's graph baichuan tells the two by it and computes others without positions"
        )
    key = config.spelled("model_max_length", "max_position_embeddings")
    return no_rope(
        config, kind_source="Baichuan's ALiBi", context=config.integer(key), context_source=f"config.json: {key}"
    )


def hyperparameters(config: Config) -> NormHeadHyperparameters:
    """With the defaults of the configuration classes that the checkpoints carry."""
    config.only("tie_word_embeddings", False, default=False)
    hyper = read_llama(
        config,
        NormHeadHyperparameters,
        norm_epsilon=1e-6,
        attention_bias=False,
        mlp_bias=False,
        rope=read_positions,
        norm_head=read_norm_head(config),
    )
    check_square(hyper, "baichuan")
    return hyper


def queries(hyper: NormHeadHyperparameters) -> Order:
    """Rows of the projection that make queries, in adjacent pairs where they turn."""
    return np.arange(hyper.q_width) if hyper.rope.base is None else interleaved_heads(hyper)


def keys(hyper: NormHeadHyperparameters) -> Order:
    """The same for keys, which follow."""
    return hyper.q_width + (np.arange(hyper.kv_width) if hyper.rope.base is None else interleaved_kv_heads(hyper))


def values(hyper: NormHeadHyperparameters) -> Order:
    """Rows that make values, the last."""
    return hyper.q_width + hyper.kv_width + np.arange(hyper.kv_width)


def unpacked(name: str, weights: Array, config: Mapping[str, Any]) -> Iterable[tuple[str, Array]]:
    """Llama's three projections of the one."""
    if not name.endswith(".W_pack.weight"):
        yield name, weights
        return
    queries_end = config["hidden_size"]
    keys_end = (queries_end + len(weights)) // 2
    for part, rows in zip("qkv", np.split(weights, [queries_end, keys_end]), strict=True):
        yield name.replace("W_pack", f"{part}_proj"), rows


def finish(model: Any, config: Mapping[str, Any]) -> None:
    """The 13B's positions and Baichuan 2's head."""
    if config["num_hidden_layers"] == _SLOPED:
        with_alibi(model, config["num_attention_heads"])
    if config["vocab_size"] == _SECOND or "z_loss_weight" in config:
        with_unit_rows(model)


_PACK = "model.layers.{i}.self_attn.W_pack.weight"

BAICHUAN = Architecture(
    name="baichuan",
    classes=("BaichuanForCausalLM", "BaiChuanForCausalLM"),
    tensors=(
        *OUTER_WITH_NORM_HEAD,
        *NORMS,
        Tensor("blk.{i}.attn_q.weight", _PACK, ("q_width", "hidden"), queries, stored=("qkv_width", "hidden")),
        Tensor("blk.{i}.attn_k.weight", _PACK, ("kv_width", "hidden"), keys, stored=("qkv_width", "hidden")),
        Tensor("blk.{i}.attn_v.weight", _PACK, ("kv_width", "hidden"), values, stored=("qkv_width", "hidden")),
        Tensor("blk.{i}.attn_output.weight", "model.layers.{i}.self_attn.o_proj.weight", ("hidden", "q_width")),
        *GATED_MLP,
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    embedding="model.embed_tokens.weight",
    reference=Reference(model_class="LlamaForCausalLM", config=llama_config, weights=unpacked, finish=finish),
)
