"""Mixtral: Mistral with experts in every layer, of which a router picks some; their weights are made to add up to 1,
as llama.cpp's graph of Llama does too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from convert.architectures.blocks import INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.architectures.llama import metadata as llama_keys
from convert.architectures.mistral import read_window
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture, Tensor

_EXPERTS = "model.layers.{i}.block_sparse_moe"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtralHyperparameters(Hyperparameters):
    """A layer's experts, each as wide as `feed_forward`."""

    experts: int
    experts_used: int
    """How many the router picks for a token."""


def hyperparameters(config: Config) -> MixtralHyperparameters:
    """With the defaults of transformers' MixtralConfig."""
    hyper = read_llama(
        config,
        MixtralHyperparameters,
        kv_heads=8,
        norm_epsilon=1e-5,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=1e6,
            default_source="the default of transformers' MixtralConfig",
            graph=GRAPH,
            longest=read_window(config, None),
        ),
        experts=config.experts("num_local_experts", "num_experts", default=8),
        experts_used=config.integer("num_experts_per_tok", 2),
    )
    if hyper.experts_used > hyper.experts:
        raise InvalidCheckpoint(
            f"num_experts_per_tok is {hyper.experts_used} of {hyper.experts} experts in config.json; restore the file"
        )
    return hyper


def metadata(hyper: MixtralHyperparameters) -> Mapping[str, int | float | str]:
    """Llama's keys and the experts'."""
    return {**llama_keys(hyper), "expert_count": hyper.experts, "expert_used_count": hyper.experts_used}


MIXTRAL = Architecture(
    name="llama",
    classes=("MixtralForCausalLM",),
    tensors=(
        *OUTER,
        *NORMS,
        *INTERLEAVED_ATTENTION,
        Tensor("blk.{i}.ffn_gate_inp.weight", f"{_EXPERTS}.gate.weight", ("experts", "hidden")),
        Tensor("blk.{i}.ffn_gate_exps.weight", f"{_EXPERTS}.experts.{{e}}.w1.weight", ("feed_forward", "hidden")),
        Tensor("blk.{i}.ffn_down_exps.weight", f"{_EXPERTS}.experts.{{e}}.w2.weight", ("hidden", "feed_forward")),
        Tensor("blk.{i}.ffn_up_exps.weight", f"{_EXPERTS}.experts.{{e}}.w3.weight", ("feed_forward", "hidden")),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
