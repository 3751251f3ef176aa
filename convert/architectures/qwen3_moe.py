"""Qwen3-MoE: Qwen3 with experts in every layer, of which a router picks some; their weights are made to add up to 1.

llama.cpp's graph knows no dense layer among them and always normalizes the picked weights; a config that asks for
anything else is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from convert.architectures.blocks import HEAD_NORMS, NORMS, OUTER, PLAIN_ATTENTION
from convert.architectures.llama import metadata as llama_keys
from convert.architectures.windows import read_qwen_window
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture, Tensor

_MLP = "model.layers.{i}.mlp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertHyperparameters(Hyperparameters):
    """A layer's experts."""

    experts: int
    experts_used: int
    """How many the router picks for a token."""
    expert_feed_forward: int


def hyperparameters(config: Config) -> ExpertHyperparameters:
    """With the defaults of transformers' Qwen3MoeConfig, whose experts are not normalized unless it says so."""
    config.only("norm_topk_prob", True, default=False)
    config.only("decoder_sparse_step", 1, default=1)
    config.only("mlp_only_layers", [], default=[])
    hyper = read_llama(
        config,
        ExpertHyperparameters,
        norm_epsilon=1e-6,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of transformers' Qwen3MoeConfig",
            longest=read_qwen_window(config, config.layers("num_hidden_layers"), first_default=0),
        ),
        experts=config.experts("num_experts", "num_local_experts"),
        experts_used=config.integer("num_experts_per_tok"),
        expert_feed_forward=config.integer("moe_intermediate_size"),
    )
    if hyper.experts_used > hyper.experts:
        raise InvalidCheckpoint(
            f"num_experts_per_tok is {hyper.experts_used} of {hyper.experts} experts in config.json; restore the file"
        )
    return hyper


def metadata(hyper: ExpertHyperparameters) -> Mapping[str, int | float | str]:
    """Llama's keys and the experts'."""
    return {
        **llama_keys(hyper),
        "expert_count": hyper.experts,
        "expert_used_count": hyper.experts_used,
        "expert_feed_forward_length": hyper.expert_feed_forward,
    }


QWEN3_MOE = Architecture(
    name="qwen3moe",
    classes=("Qwen3MoeForCausalLM",),
    tensors=(
        *OUTER,
        *NORMS,
        *PLAIN_ATTENTION,
        *HEAD_NORMS,
        Tensor("blk.{i}.ffn_gate_inp.weight", f"{_MLP}.gate.weight", ("experts", "hidden")),
        *(
            Tensor(f"blk.{{i}}.ffn_{part}_exps.weight", f"{_MLP}.experts.{{e}}.{part}_proj.weight", shape)
            for part, shape in (
                ("gate", ("expert_feed_forward", "hidden")),
                ("up", ("expert_feed_forward", "hidden")),
                ("down", ("hidden", "expert_feed_forward")),
            )
        ),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
