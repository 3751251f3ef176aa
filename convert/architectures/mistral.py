"""Mistral: Llama whose tokens look back over a window only, in its first release; heads may be of another width than
the model's share (Mistral Nemo).

llama.cpp's graph of Llama has no window: the context is capped there, where both are the same.
"""

from functools import partial

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.architectures.llama import metadata
from convert.config import Config
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import LLAMA as GRAPH
from convert.rope import read_rope
from convert.spec import Architecture


def read_window(config: Config, default: int | None) -> tuple[int, str] | None:
    """The context up to which full attention is the same, and why; None where nothing slides.

    Null means no window; `default` is what the family's configuration class takes where the key is absent.
    """
    if config.has("sliding_window"):
        return config.integer("sliding_window"), "config.json: sliding_window, which llama.cpp does not apply"
    if default is None or config.states("sliding_window"):
        return None
    return default, "the default window of transformers' MistralConfig, which llama.cpp does not apply"


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' MistralConfig, whose context has none: 131,072 would be a guess."""
    return read_llama(
        config,
        Hyperparameters,
        kv_heads=8,
        norm_epsilon=1e-6,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(
            read_rope,
            default_base=10000.0,
            default_source="the default of transformers' MistralConfig",
            graph=GRAPH,
            longest=read_window(config, 4096),
        ),
    )


MISTRAL = Architecture(
    name="llama",
    classes=("MistralForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
