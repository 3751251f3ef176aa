"""Each kind of RoPE scaling: the frequencies of transformers, and the keys llama.cpp reads."""

from typing import Any

import numpy as np
import pytest
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from convert.choices import Choices
from tests.convert.rope_settings import HEAD, LLAMA3, LONGROPE, YARN, plain, read, yarn_keys


def transformers_frequencies(kind: str, context: int, parameters: dict[str, Any]) -> tuple[Any, float]:
    config = LlamaConfig(
        hidden_size=8 * HEAD, num_attention_heads=8, max_position_embeddings=context, rope_parameters=parameters
    )
    frequencies, attention = ROPE_INIT_FUNCTIONS[kind](config, device="cpu")
    return frequencies.numpy(), attention


def test_llama3_divisors_give_the_frequencies_of_transformers() -> None:
    parameters = {**LLAMA3, "rope_theta": 5e5}
    expected, scale = transformers_frequencies("llama3", 131072, parameters)
    rope = read(131072, rope_parameters=parameters)
    divisors = np.array(rope.tensors["rope_freqs.weight"], dtype=np.float32)
    assert (scale, rope.kind, rope.keys) == (1.0, "llama3", plain(5e5))
    assert divisors.shape == (HEAD // 2,)
    np.testing.assert_allclose(5e5 ** (-np.arange(0, HEAD, 2) / HEAD) / divisors, expected, rtol=1e-6)
    assert divisors[0] == 1.0, "short waves keep their frequency"
    assert divisors[-1] == 8.0, "long waves are slowed by the factor"


@pytest.mark.parametrize(
    "further",
    [
        {"beta_fast": 16, "beta_slow": 2},
        {"beta_fast": 4.0, "beta_slow": 4.0},
        {"truncate": False},
        {"truncate": False, "attention_factor": 1.3},
        {"beta_fast": 64, "mscale": 1.0, "mscale_all_dim": 0.5},
        {"beta_slow": 1000},
    ],
)
def test_yarn_divisors_give_the_frequencies_of_transformers(further: dict[str, Any]) -> None:
    parameters = {**YARN, "rope_theta": 5e5, **further}
    expected, attention = transformers_frequencies("yarn", 16384, parameters)
    rope = read(16384, rope_parameters=parameters)
    assert rope.kind == "yarn"
    assert "rope.scaling.type" not in rope.keys
    assert "rope.scaling.factor" not in rope.keys
    assert rope.keys["rope.scaling.attn_factor"] == pytest.approx(attention, rel=1e-9)
    divisors = np.array(rope.tensors["rope_freqs.weight"])
    np.testing.assert_allclose(5e5 ** (-np.arange(0, HEAD, 2) / HEAD) / divisors, expected, rtol=1e-6)


def test_yarn_is_not_left_to_llama_cpp_where_float32_finds_another_ramp() -> None:
    """Pair 8 turns 32 times within 4,096 tokens by a hair; within 4 tokens none turns once, and the ramp falls."""
    for base, original in (((4096 / (64 * np.pi)) ** 4 * (1 + 1e-8), 4096), (1e4, 4)):
        parameters = {**YARN, "rope_theta": base, "original_max_position_embeddings": original}
        expected, _ = transformers_frequencies("yarn", 16384, parameters)
        rope = read(16384, rope_parameters=parameters)
        assert "rope.scaling.type" not in rope.keys
        divisors = np.array(rope.tensors["rope_freqs.weight"])
        np.testing.assert_allclose(base ** (-np.arange(0, HEAD, 2) / HEAD) / divisors, expected, rtol=1e-6)


def test_yarn_by_llama_cpps_own() -> None:
    rope = read(16384, rope_theta=5e5, rope_scaling=YARN)
    assert (rope.kind, rope.keys, dict(rope.tensors)) == ("yarn", plain(5e5) | yarn_keys(), {})
    same = {"beta_fast": 32.0, "beta_slow": 1, "truncate": True, "attention_factor": None, "finetuned": True}
    assert read(16384, rope_theta=5e5, rope_scaling={**YARN, **same}).keys == rope.keys


def test_yarn_writes_another_attention_factor_as_its_share() -> None:
    usual = 0.1 * np.log(4.0) + 1.0
    one = read(16384, rope_theta=5e5, rope_scaling={**YARN, "attention_factor": 1.0})
    assert one.keys["rope.scaling.attn_factor"] == pytest.approx(1.0 / usual)
    scaled = read(16384, rope_theta=5e5, rope_scaling={**YARN, "mscale": 0.7, "mscale_all_dim": 0.4})
    expected = (0.07 * np.log(4.0) + 1) / (0.04 * np.log(4.0) + 1)
    assert scaled.keys["rope.scaling.attn_factor"] == pytest.approx(expected / usual)
    assert "rope.scaling.attn_factor" not in read(16384, rope_theta=5e5, rope_scaling={**YARN, "mscale": 0.7}).keys


def test_yarn_finds_the_original_context_as_transformers_does() -> None:
    bare = {"rope_type": "yarn", "factor": 4.0}
    outer = read(16384, rope_theta=5e5, rope_scaling=YARN, original_max_position_embeddings=2048)
    assert outer.keys["rope.scaling.original_context_length"] == 2048
    assert outer.warnings == (
        "config.json has original_max_position_embeddings 2048 and rope_scaling.original_max_position_embeddings 4096; "
        "the first was used",
    )
    layers = {"full_attention": {**YARN, "rope_theta": 5e5}}
    within = read(16384, rope_parameters=layers, original_max_position_embeddings=2048)
    assert within.keys["rope.scaling.original_context_length"] == 4096
    assert within.warnings == ()
    neither = read(4096, rope_theta=5e5, rope_scaling=bare)
    assert neither.keys["rope.scaling.original_context_length"] == 4096
    assert "names no original_max_position_embeddings; 4,096 was taken" in neither.warnings[0]
    nullfactor = read(16384, rope_theta=5e5, rope_scaling={**YARN, "factor": None})
    assert nullfactor.keys == plain(5e5) | yarn_keys()


def test_yarn_added_by_hand_stretches_the_context() -> None:
    rope = read(4096, rope_theta=5e5, rope_scaling=YARN)
    assert (rope.context, rope.context_source) == (
        16384, "rope_scaling: factor × original_max_position_embeddings",
    )  # fmt: skip
    assert read(32768, rope_theta=5e5, rope_scaling=YARN).context == 32768
    assert read(16384, rope_theta=5e5, rope_scaling=YARN).context_source == "config.json: max_position_embeddings"


def test_longrope_keeps_both_tensors() -> None:
    rope = read(131072, rope_theta=1e4, rope_scaling=LONGROPE)
    _, attention = transformers_frequencies("longrope", 131072, {**LONGROPE, "rope_theta": 1e4})
    assert rope.kind == "longrope"
    assert rope.tensors == {
        "rope_factors_long.weight": tuple(LONGROPE["long_factor"]),
        "rope_factors_short.weight": tuple(LONGROPE["short_factor"]),
    }
    assert rope.keys == plain(1e4) | {
        "rope.scaling.type": "longrope",
        "rope.scaling.original_context_length": 4096,
        "rope.scaling.attn_factor": pytest.approx(attention),
    }
    assert "long factors whenever it is started with more than 4,096 tokens" in rope.warnings[0]


def test_longrope_in_the_older_spelling_of_phi3() -> None:
    old = {
        key: value for key, value in LONGROPE.items() if key not in {"rope_type", "original_max_position_embeddings"}
    }
    rope = read(131072, rope_theta=1e4, rope_scaling={"type": "su", **old}, original_max_position_embeddings=4096)
    new = read(131072, rope_theta=1e4, rope_scaling=LONGROPE)
    assert (rope.kind, rope.keys, rope.tensors) == (new.kind, new.keys, new.tensors)
    stated = read(131072, rope_theta=1e4, rope_scaling={**LONGROPE, "attention_factor": 1.5})
    assert stated.keys["rope.scaling.attn_factor"] == 1.5


def test_dynamic_scaling_is_resolved_for_the_chosen_context() -> None:
    scaling = {"type": "dynamic", "factor": 2.0}
    rope = read(4096, Choices(context=16384), rope_theta=1e4, rope_scaling=scaling)
    expected = 1e4 * (2 * 16384 / 4096 - 1) ** (HEAD / (HEAD - 2))
    assert rope.kind == "dynamic"
    assert (rope.context, rope.context_source) == (16384, "--context")
    assert rope.keys == plain(rope.base or 0)
    assert rope.base == pytest.approx(expected)
    assert rope.source == "config.json: rope_theta 10000, dynamic scaling by 2 resolved for 16,384 tokens"
    (warning,) = rope.warnings
    assert f"resolved for 16,384 tokens: the RoPE base is {expected:.1f} at every length" in warning


def test_dynamic_scaling_without_a_chosen_context_is_the_unscaled_model() -> None:
    rope = read(4096, rope_theta=1e4, rope_scaling={"type": "dynamic", "factor": 2.0})
    assert (rope.kind, rope.keys, rope.context) == ("dynamic", plain(1e4), 4096)
    assert rope.warnings == (
        "dynamic scaling starts beyond 4,096 tokens and llama.cpp has none; the file is made for texts up to there, "
        "exactly; pass --context for longer ones",
    )
