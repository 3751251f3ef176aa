"""Gemma 2: norms before and after each part, stored as their difference from one; scores and logits squeezed by tanh;
every other layer looks back over a window only; the head is the embedding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from convert.architectures.blocks import GATED_MLP, PLAIN_ATTENTION
from convert.architectures.llama import metadata as llama_keys
from convert.architectures.windows import read_layer_types
from convert.config import Config
from convert.errors import UnsupportedArchitecture
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture, Tensor
from convert.transforms import plus_one
from convert.weights.stored import Array

_LARGEST = 46
"""llama.cpp takes a Gemma 2 of so many layers for the 27B, whose scores it scales by the width a head would have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GemmaHyperparameters(Hyperparameters):
    """Sliding layers and soft caps."""

    window: int
    """Tokens a sliding layer looks back over, its own included."""
    slides: tuple[bool, ...]
    """For each layer."""
    score_cap: float | None
    logit_cap: float | None


def stored_less_one(rows: Array, _hyper: Hyperparameters) -> Array:
    """The norm weights as they are used; the sum is made in float32, as Gemma's own code makes it."""
    return plus_one(rows)


def norm(name: str, source: str, width: str = "hidden") -> Tensor:
    """A row of norm weights."""
    return Tensor(f"{name}.weight", f"{source}.weight", (width,), values=stored_less_one)


NORMS = (
    norm("output_norm", "model.norm"),
    norm("blk.{i}.attn_norm", "model.layers.{i}.input_layernorm"),
    norm("blk.{i}.post_attention_norm", "model.layers.{i}.post_attention_layernorm"),
    norm("blk.{i}.ffn_norm", "model.layers.{i}.pre_feedforward_layernorm"),
    norm("blk.{i}.post_ffw_norm", "model.layers.{i}.post_feedforward_layernorm"),
)

EMBEDDING = Tensor("token_embd.weight", "model.embed_tokens.weight", ("vocabulary", "hidden"))


def check_score_scale(config: Config, hyper: Hyperparameters, largest: int) -> None:
    """The divisor of the scores is not a key of GGUF: llama.cpp derives it. Raises UnsupportedArchitecture."""
    wanted = config.number("query_pre_attn_scalar", 256)
    graph = hyper.hidden // hyper.heads if hyper.layers == largest else hyper.head_dim
    if wanted != graph:
        raise UnsupportedArchitecture(
            f"query_pre_attn_scalar is {wanted:g} in config.json; llama.cpp computes with {graph} for {hyper.layers} "
            f"layers and heads of {hyper.head_dim}; no file was written because it would be wrong"
        )


def hyperparameters(config: Config) -> GemmaHyperparameters:
    """With the defaults of transformers' Gemma2Config. Without caps or untied it is refused: the graph always caps."""
    config.only("hidden_activation", "gelu_pytorch_tanh", default="gelu_pytorch_tanh")
    config.value("hidden_act")  # an older spelling that Gemma 2's code does not look at
    config.only("tie_word_embeddings", True, default=True)
    layers = config.layers("num_hidden_layers")
    hyper = read_llama(
        config,
        GemmaHyperparameters,
        head_dim=256,
        norm_epsilon=1e-6,
        tied=True,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(read_rope, default_base=10000.0, default_source="the default of transformers' Gemma2Config"),
        window=config.integer("sliding_window", 4096),
        slides=read_layer_types(config, layers) or tuple(layer % 2 == 0 for layer in range(layers)),
        score_cap=config.number("attn_logit_softcapping"),
        logit_cap=config.number("final_logit_softcapping"),
    )
    check_score_scale(config, hyper, _LARGEST)
    if not any(hyper.slides):
        raise UnsupportedArchitecture(
            "no layer slides in config.json's layer_types; llama.cpp's graph gemma2 needs one that does and "
            "would abort without; no file was written because it would not load"
        )
    return hyper


def metadata(hyper: GemmaHyperparameters) -> Mapping[str, int | float | str | tuple[bool, ...]]:
    """Llama's keys, the window, which layers it holds for, and the caps that there are."""
    caps = {"attn_logit_softcapping": hyper.score_cap, "final_logit_softcapping": hyper.logit_cap}
    keys = dict(llama_keys(hyper)) | {key: cap for key, cap in caps.items() if cap is not None}
    return keys | {
        "attention.sliding_window": hyper.window,
        "attention.sliding_window_pattern": hyper.slides,
    }


GEMMA2 = Architecture(
    name="gemma2",
    classes=("Gemma2ForCausalLM",),
    tensors=(EMBEDDING, *NORMS, *PLAIN_ATTENTION, *GATED_MLP),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
