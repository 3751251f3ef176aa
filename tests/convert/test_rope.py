"""RoPE from configuration to numbers: every accepted spelling, every refusal, and the frequencies of transformers."""

from typing import Any

import numpy as np
import pytest
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from convert.config import Config
from convert.errors import UnsupportedRope
from convert.rope import Rope, read_rope

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def read(context: int = 8192, **config: Any) -> Rope:
    return read_rope(Config(config), dimension=64, context=context, default_base=10000.0, default_source="the class")


@pytest.mark.parametrize(
    ("config", "source"),
    [
        ({"rope_theta": 5e5}, "config.json: rope_theta"),
        ({"rope_theta": 500000, "rope_scaling": None}, "config.json: rope_theta"),
        ({"rope_theta": 5e5, "rope_scaling": {"type": "default"}}, "config.json: rope_theta"),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, "config.json: rope_parameters.rope_theta"),
        ({"rope_parameters": {"rope_theta": 5e5}}, "config.json: rope_parameters.rope_theta"),
        (
            {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5, "partial_rotary_factor": 1.0}},
            "config.json: rope_parameters.rope_theta",
        ),
    ],
)
def test_plain_rope_in_every_spelling(config: dict[str, Any], source: str) -> None:
    rope = read(**config)
    assert (rope.kind, rope.base, rope.source, rope.divisors, rope.factor) == ("default", 5e5, source, None, None)
    assert rope.warnings == ()


@pytest.mark.parametrize("key", ["type", "rope_type"])
def test_linear_in_both_spellings(key: str) -> None:
    rope = read(rope_theta=1e4, rope_scaling={key: "linear", "factor": 4})
    assert (rope.kind, rope.base, rope.factor) == ("linear", 1e4, 4.0)


def test_same_scaling_in_old_and_new_spelling_is_one_scaling() -> None:
    rope = read(
        rope_theta=1e4,
        rope_scaling={"type": "linear", "factor": 4},
        rope_parameters={"rope_type": "linear", "factor": 4, "rope_theta": 1e4},
    )
    assert (rope.kind, rope.factor, rope.warnings) == ("linear", 4.0, ())


def test_two_bases_are_reported() -> None:
    rope = read(rope_theta=1e4, rope_parameters={"rope_type": "default", "rope_theta": 5e5})
    assert rope.base == 5e5
    assert rope.warnings == ("config.json has rope_theta 10000.0 and rope_parameters.rope_theta 500000.0; "
                             "the latter was used",)  # fmt: skip


def test_llama3_divisors_give_the_frequencies_of_transformers() -> None:
    config = LlamaConfig(
        hidden_size=512,
        num_attention_heads=8,
        max_position_embeddings=131072,
        rope_parameters={**LLAMA3, "rope_theta": 5e5},
    )
    expected, scale = ROPE_INIT_FUNCTIONS["llama3"](config, device="cpu")
    divisors = np.array(read(131072, rope_parameters={**LLAMA3, "rope_theta": 5e5}).divisors, dtype=np.float32)
    plain = 5e5 ** (-np.arange(0, 64, 2) / 64)
    assert scale == 1.0
    assert divisors.shape == (32,)
    np.testing.assert_allclose(plain / divisors, expected.numpy(), rtol=1e-6)
    assert divisors[0] == 1.0, "short waves keep their frequency"
    assert divisors[-1] == 8.0, "long waves are slowed by the factor"


def test_a_missing_base_is_believed_only_for_short_contexts() -> None:
    rope = read(4096)
    assert (rope.base, rope.source) == (1e4, "the class")
    assert "names no RoPE base" in rope.warnings[0]
    with pytest.raises(UnsupportedRope, match="no RoPE base for a context of 4097 tokens"):
        read(4097)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rope_parameters": {"rope_type": "weird"}}, "rope type 'weird' .* known: default, linear, llama3"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2}}, "'dynamic'"),
        ({"rope_scaling": {"type": "yarn", "factor": 2}}, "'yarn'"),
        ({"rope_scaling": {"type": "linear", "rope_type": "llama3", "factor": 2}}, "two types, linear and llama3"),
        ({"rope_scaling": {"factor": 2}}, "without a rope_type"),
        ({"rope_scaling": {"type": "linear"}}, "lacks 'factor'"),
        ({"rope_scaling": {"type": "linear", "factor": 2, "attention_factor": 1.2}}, "the key 'attention_factor'"),
        ({"rope_scaling": {"type": "linear", "factor": 0}}, "factor is 0 .* positive number"),
        ({"rope_scaling": {"type": "linear", "factor": "2"}}, "factor is '2'"),
        ({"rope_scaling": {"type": "linear", "factor": True}}, "factor is True"),
        ({"rope_scaling": "linear"}, "an object was expected"),
        ({"rope_scaling": {**LLAMA3, "high_freq_factor": 1.0}}, "not above low_freq_factor"),
        ({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "'partial_rotary_factor'"),
        (
            {"rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_type": "default", "x": 1}},
            "one of the two",
        ),
        ({"rope_theta": float("inf")}, "rope_theta is inf"),
        ({"rope_theta": -1}, "rope_theta is -1"),
    ],
)
def test_everything_else_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedRope, match=message):
        read(**({"rope_theta": 1e4} | config))
