"""Whatever stands in a config.json, a family reads it or refuses it in one line; none breaks, hangs or fills memory."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.architectures import find_architecture
from convert.config import Config
from convert.errors import ConversionError
from convert.plan import plan

LLAMA: Mapping[str, Any] = {
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 160,
    "max_position_embeddings": 512,
    "num_attention_heads": 4,
    "num_hidden_layers": 32,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "tie_word_embeddings": False,
    "attention_bias": False,
    "vocab_size": 600,
}
FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "LlamaForCausalLM": {"mlp_bias": False, "rotary_emb_base": 10000, "rotary_pct": 1},
    "IndexForCausalLM": {"norm_head": 1, "rope_ratio": 1.0},
    "YiForCausalLM": {},
    "MistralForCausalLM": {"sliding_window": 256},
    "MixtralForCausalLM": {"sliding_window": None, "num_local_experts": 8, "num_experts_per_tok": 2},
    "BaichuanForCausalLM": {"num_key_value_heads": 4, "model_max_length": 512, "z_loss_weight": 0},
    "InternLM2ForCausalLM": {"bias": False},
    "MiniCPMForCausalLM": {"scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 256},
    "SmolLM3ForCausalLM": {
        "no_rope_layers": [1, 1, 1, 0] * 8,
        "no_rope_layer_interval": 4,
        "layer_types": ["full_attention"] * 32,
        "max_window_layers": 28,
    },
    "Olmo2ForCausalLM": {},
    "GraniteForCausalLM": {
        "embedding_multiplier": 12.0,
        "residual_multiplier": 0.22,
        "attention_multiplier": 0.1,
        "logits_scaling": 8.0,
    },
}

LEAST, LARGEST = 1.2e-38, 3.4e38
"""What float32 holds."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2, 3, 5, 7, 32, 40, 512, 2**31 - 1, 2**31, 2**64, 10**40]),
    st.sampled_from([0.0, -0.5, 0.5, 1.0, 1e-40, 1e-300, 1e38, 1e308, math.inf, -math.inf, math.nan]),
    st.sampled_from(["", "silu", "4", "none", "full_attention", "\ud800"]),
    st.lists(st.sampled_from([0, 1, -1, None, "full_attention", 2**40]), max_size=40),
    st.dictionaries(
        st.sampled_from(["rope_type", "type", "factor", "rope_theta", "x"]), st.sampled_from([2, "linear", None])
    ),
)


def values_of(name: str) -> dict[str, Any]:
    """A sound config.json of the class."""
    return {"architectures": [name], **LLAMA, **FAMILIES[name]}


def read(values: Mapping[str, Any]) -> None:
    """All that a conversion makes of a config before it looks at the first tensor."""
    architecture = find_architecture(values)
    config = Config(values)
    hyper = architecture.hyperparameters(config)
    config.finish()
    keys = {**architecture.metadata(hyper), **hyper.rope.keys}
    numbers = [value for value in keys.values() if not isinstance(value, bool | str | tuple)]
    assert all(LEAST < value < LARGEST for value in numbers)
    assert all(not isinstance(value, int) or abs(value) < 2**32 for value in keys.values())
    plan(architecture, hyper, {})


@pytest.mark.parametrize("name", FAMILIES)
def test_a_sound_config_lacks_only_weights(name: str) -> None:
    with pytest.raises(ConversionError, match="the checkpoint has no"):
        read(values_of(name))


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=150, deadline=2000)
@given(data=st.data())
def test_a_damaged_config_is_refused_in_one_line(name: str, data: st.DataObject) -> None:
    values = values_of(name)
    for key in data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3, unique=True)):
        value = data.draw(ODD | st.just(...))
        if value is ...:
            del values[key]
        else:
            values[key] = value
    with pytest.raises(ConversionError) as caught:
        read(values)
    assert "\n" not in str(caught.value)
