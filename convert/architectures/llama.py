"""Llama: RMS norms, grouped-query attention with RoPE over the whole head, SwiGLU, no position table."""

from collections.abc import Mapping
from functools import partial

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.hyperparameters import Hyperparameters, read_llama
from convert.spec import Architecture


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


LLAMA = Architecture(
    name="llama",
    classes=("LlamaForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=partial(read_llama, kind=Hyperparameters),
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
