"""bilibili Index-1.9B (base, pure, chat, character, 32K): Llama with a NormHead.

Its turns are marked by ids 0, 3 and 4 (`<unk>`, `reserved_0`, `reserved_1`), and finetunes close their answers with 0:
all of them end an answer. The 32K model turns by 320,000, which one key or another states, with or without the factor
32 that made it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS
from convert.architectures.llama import metadata
from convert.architectures.norm_head import OUTER_WITH_NORM_HEAD, NormHeadHyperparameters
from convert.architectures.references import llama_config, with_unit_rows
from convert.config import Config
from convert.errors import InvalidCheckpoint
from convert.hyperparameters import read_llama
from convert.reference import Reference
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture


def hyperparameters(config: Config) -> NormHeadHyperparameters:
    """The head's kind must be stated: either way of guessing it would spoil some checkpoint."""
    config.only("tie_word_embeddings", False, default=False)
    if not config.has("norm_head"):
        raise InvalidCheckpoint(
            "norm_head is missing in config.json; true or false was expected, since a head without it answers with "
            "noise; take the key from the model's author (bilibili's Index models have 1)"
        )
    return read_llama(
        config,
        NormHeadHyperparameters,
        norm_epsilon=1e-6,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the base of Index's 4K models",
            default_context=(4096, "the length of Index's 4K models"),
            graph=GRAPH,
            ratio=True,
        ),
        norm_head=bool(config.only("norm_head", True, 1, False, 0, default=None)),
    )


def finish(model: Any, config: Mapping[str, Any]) -> None:
    """The step beyond Llama."""
    if config.get("norm_head"):
        with_unit_rows(model)


INDEX = Architecture(
    name="llama",
    classes=("IndexForCausalLM",),
    tensors=OUTER_WITH_NORM_HEAD + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    embedding="model.embed_tokens.weight",
    ends=(0, 2, 3, 4),
    reference=Reference(model_class="LlamaForCausalLM", config=llama_config, finish=finish),
)
