"""Llama: RMS norms, grouped-query attention with RoPE over the whole head, SwiGLU, no position table.

Llama 2, 3 and 3.x, SUS-Chat, Yi-1.5, Ziya and many more. Some of them were published as differences from Meta's
weights (Ziya-LLaMA-13B-v1, Vicuna's first), whose files look the same and answer with noise: those are refused.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.errors import UnsupportedArchitecture
from convert.gguf.ggml import widen
from convert.hyperparameters import Hyperparameters, read_llama
from convert.spec import Architecture
from convert.weights.stored import Weight

_LEAST_NORM = 0.05
"""The last norm of a trained model averages about 1 and more, and has hardly a weight below 0."""


def metadata(hyper: Hyperparameters) -> Mapping[str, int | float | str]:
    """llama.cpp's keys for this graph, all written explicitly: an absent key would be a default in silence."""
    return {
        "block_count": hyper.layers,
        "context_length": hyper.context,
        "embedding_length": hyper.hidden,
        "feed_forward_length": hyper.feed_forward,
        "vocab_size": hyper.vocabulary,
        "attention.head_count": hyper.heads,
        "attention.head_count_kv": hyper.kv_heads,
        "attention.key_length": hyper.head_dim,
        "attention.value_length": hyper.head_dim,
        "attention.layer_norm_rms_epsilon": hyper.norm_epsilon,
    }


def refuse_differences(tensors: Mapping[str, Weight], _hyper: Hyperparameters) -> None:
    """Raises UnsupportedArchitecture for weights that are to be added to a base model's.

    What training changed of a norm is small and of either sign, or nothing.
    """
    norm = widen(tensors["model.norm.weight"].rows(slice(None)))
    if abs(norm.mean()) < _LEAST_NORM and np.count_nonzero(norm <= 0) > len(norm) / 4:
        raise UnsupportedArchitecture(
            f"model.norm.weight averages {norm.mean():.4f}, as the difference of two models does; a whole model was "
            "expected; merge these delta weights with their base first (Ziya-LLaMA-13B-v1: its apply_delta.py)"
        )


LLAMA = Architecture(
    name="llama",
    classes=("LlamaForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=partial(read_llama, kind=Hyperparameters),
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
    examine=refuse_differences,
)
