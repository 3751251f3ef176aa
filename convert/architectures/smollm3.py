"""SmolLM3: Llama, every fourth layer of which turns nothing."""

from functools import partial

from convert.architectures.blocks import GATED_MLP, INTERLEAVED_ATTENTION, NORMS, OUTER
from convert.architectures.llama import metadata
from convert.architectures.windows import read_layer_types
from convert.config import Config
from convert.errors import UnsupportedArchitecture
from convert.hyperparameters import Hyperparameters, read_llama
from convert.rope import read_rope
from convert.spec import Architecture

_STEP = 4
"""llama.cpp's graph has it built in."""


def check_unturned(config: Config, layers: int) -> None:
    """The layers without RoPE are those of llama.cpp's graph. Raises UnsupportedArchitecture."""
    config.only("no_rope_layer_interval", _STEP, default=_STEP)
    stated = config.value("no_rope_layers")
    expected = [int((layer + 1) % _STEP != 0) for layer in range(layers)]
    if stated is not None and (not isinstance(stated, list) or stated[:layers] != expected):
        raise UnsupportedArchitecture(
            f"no_rope_layers is {str(stated)[:80]} in config.json; {str(expected)[:40]} … for {layers} layers was "
            f"expected, since llama.cpp's graph leaves every {_STEP}th layer unturned; no file was written because it "
            "would be wrong"
        )


def hyperparameters(config: Config) -> Hyperparameters:
    """With the defaults of transformers' SmolLM3Config.

    Biases are left unread: llama.cpp's graph has none on the output projection and in the feed-forward part, so true is
    refused. So is a window.
    """
    layers = config.layers("num_hidden_layers")
    check_unturned(config, layers)
    if any(read_layer_types(config, layers) or ()):
        raise UnsupportedArchitecture(
            "layer_types has sliding layers in config.json; full attention in all was expected, as in llama.cpp's "
            "graph; no file was written because it would be wrong"
        )
    config.value("max_window_layers")  # means nothing without a window
    return read_llama(
        config,
        Hyperparameters,
        kv_heads=4,
        norm_epsilon=1e-6,
        tied=True,
        attention_bias=False,
        mlp_bias=False,
        rope=partial(read_rope, default_base=2e6, default_source="the default of transformers' SmolLM3Config"),
    )


SMOLLM3 = Architecture(
    name="smollm3",
    classes=("SmolLM3ForCausalLM",),
    tensors=OUTER + NORMS + INTERLEAVED_ATTENTION + GATED_MLP,
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)
