"""RoPE from configuration to numbers: every accepted spelling, and every refusal."""

from typing import Any

import pytest

from convert.config import Config
from convert.errors import UnsupportedRope
from convert.rope import Graph, read_rope
from tests.convert.rope_settings import GEMMA, HEAD, LLAMA3, LONGROPE, PARTIAL, YARN, plain, read


@pytest.mark.parametrize(
    ("config", "source"),
    [
        ({"rope_theta": 5e5}, "config.json: rope_theta"),
        ({"rope_theta": 500000, "rope_scaling": None}, "config.json: rope_theta"),
        ({"rope_theta": 5e5, "rope_scaling": {}}, "config.json: rope_theta"),
        ({"rope_theta": 5e5, "rope_scaling": {"type": "default"}}, "config.json: rope_theta"),
        ({"rope_theta": 5e5, "rope_parameters": None}, "config.json: rope_theta"),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}, "config.json: rope_parameters.rope_theta"),
        ({"rope_parameters": {"rope_theta": 5e5}}, "config.json: rope_parameters.rope_theta"),
        (
            {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5, "partial_rotary_factor": 1.0}},
            "config.json: rope_parameters.rope_theta",
        ),
        (
            {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 5e5}}},
            "config.json: rope_parameters.full_attention.rope_theta",
        ),
        ({"rotary_emb_base": 500000}, "config.json: rotary_emb_base"),
        ({"rotary_emb_base": 500000, "rotary_pct": 1}, "config.json: rotary_emb_base"),
        ({"default_theta": 5e5}, "config.json: default_theta"),
        ({"rope_theta": 500000, "rotary_emb_base": 5e5}, "config.json: rope_theta"),
        *(
            ({key: 5e5}, f"config.json: {key}")
            for key in ("global_rope_theta", "rope_global_theta", "rope_theta_global")
        ),
    ],
)
def test_plain_rope_in_every_spelling(config: dict[str, Any], source: str) -> None:
    rope = read(**config)
    assert (rope.kind, rope.base, rope.source, rope.dimension) == ("default", 5e5, source, HEAD)
    assert (dict(rope.keys), dict(rope.tensors), rope.warnings) == (plain(5e5), {}, ())


@pytest.mark.parametrize("key", ["type", "rope_type"])
def test_linear_in_both_spellings(key: str) -> None:
    rope = read(rope_theta=1e4, rope_scaling={key: "linear", "factor": 4})
    assert rope.kind == "linear"
    assert rope.keys == plain(1e4) | {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}


def test_same_scaling_in_old_and_new_spelling_is_one_scaling() -> None:
    rope = read(
        rope_theta=1e4,
        rope_scaling={"type": "linear", "factor": 4},
        rope_parameters={"rope_type": "linear", "factor": 4, "rope_theta": 1e4},
    )
    assert (rope.kind, rope.keys["rope.scaling.factor"], rope.warnings) == ("linear", 4.0, ())


def test_two_bases_are_reported() -> None:
    rope = read(rope_theta=1e4, rope_parameters={"rope_type": "default", "rope_theta": 5e5})
    assert rope.base == 5e5
    assert rope.warnings == (
        "config.json has rope_theta 10000.0 and rope_parameters.rope_theta 500000.0; "
        "the latter was used, as transformers 5 does",
    )


@pytest.mark.parametrize(
    ("config", "base", "source"),
    [
        ({"rope_ratio": 32}, 320000, "config.json: rope_ratio 32 × 10000"),
        ({"rope_ratio": 32.0, "rope_theta": 10000}, 320000, "config.json: rope_ratio 32 × 10000"),
        ({"rope_ratio": 32, "rope_theta": 320000}, 320000, "config.json: rope_theta"),
        ({"rope_ratio": 32, "rope_parameters": {"rope_theta": 320000.0}}, 320000,
         "config.json: rope_parameters.rope_theta"),
        ({"rope_ratio": 32, "rope_parameters": {"rope_theta": 10000.0}}, 320000, "config.json: rope_ratio 32 × 10000"),
        ({"rope_theta": 320000}, 320000, "config.json: rope_theta"),
        ({"rope_parameters": {"rope_theta": 320000.0, "rope_type": "default"}}, 320000,
         "config.json: rope_parameters.rope_theta"),
        ({"rope_ratio": 1, "rope_theta": 320000}, 320000, "config.json: rope_theta"),
        ({"rope_ratio": None, "rope_theta": 320000}, 320000, "config.json: rope_theta"),
    ],
)  # fmt: skip
def test_a_ratio_multiplies_once(config: dict[str, Any], base: float, source: str) -> None:
    rope = read(32768, family={"ratio": True}, **config)
    assert (rope.base, rope.source, rope.keys["rope.freq_base"], rope.warnings) == (base, source, base, ())


def test_a_ratio_counts_as_stated_and_one_that_contradicts_is_refused() -> None:
    assert read(4096, family={"ratio": True}, rope_ratio=1).warnings == ()
    with pytest.raises(UnsupportedRope, match=r"rope_theta is 20000 and rope_ratio 32 makes the RoPE base 320000"):
        read(family={"ratio": True}, rope_ratio=32, rope_theta=20000)


def test_a_ratio_is_left_to_be_refused_by_families_that_have_none() -> None:
    config = Config({"rope_ratio": 32, "rope_theta": 1e4, "max_position_embeddings": 4096})
    read_rope(config, head_dim=HEAD, default_base=1e4, default_source="the class")
    with pytest.raises(Exception, match="rope_ratio is 32"):
        config.finish()


@pytest.mark.parametrize("key", ["partial_rotary_factor", "rotary_pct", "rope_pct", "rope_percent"])
def test_partial_rotary_in_every_spelling(key: str) -> None:
    config: dict[str, Any] = {"rope_theta": 1e4, key: 0.25}
    rope = read(family=PARTIAL, **config)
    assert (rope.dimension, rope.keys["rope.dimension_count"]) == (16, 16)
    with pytest.raises(UnsupportedRope, match=f"{key} turns 16 of the 64 elements of a head; .* whole heads"):
        read(**config)


def test_partial_rotary_by_the_class_by_the_family_and_inside() -> None:
    inner: dict[str, Any] = {"rope_parameters": {"rope_theta": 1e4, "partial_rotary_factor": 0.5}}
    assert read(family=PARTIAL, **inner).dimension == 32
    assert read(family=PARTIAL | {"default_rotated": 0.25}, rope_theta=1e4).dimension == 16
    assert read(family=PARTIAL | {"default_rotated": 0.25}, **inner).dimension == 32
    assert read(family=PARTIAL | {"rotated": 32}, rope_theta=1e4).dimension == 32
    assert read(family=PARTIAL | {"rotated": 32}, **inner).dimension == 32
    with pytest.raises(UnsupportedRope, match="turns 16 and 32 elements"):
        read(family=PARTIAL | {"rotated": 16}, **inner)
    with pytest.raises(UnsupportedRope, match="turns 16 and 32 elements"):
        read(family=PARTIAL, partial_rotary_factor=0.25, **inner)


def test_local_and_global_bases_in_old_and_new_spelling() -> None:
    old = read(family=GEMMA, rope_theta=1e6, rope_local_base_freq=2e4, rope_scaling={"type": "linear", "factor": 8.0})
    new = read(
        family=GEMMA,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
        },
    )
    keys = plain(1e6) | {"rope.freq_base_swa": 2e4, "rope.scaling.type": "linear", "rope.scaling.factor": 8.0}
    assert (old.keys, new.keys, old.kind, new.kind) == (keys, keys, "linear", "linear")
    assert (old.source, old.warnings) == ("config.json: rope_theta", ())
    assert (new.source, new.warnings) == ("config.json: rope_parameters.full_attention.rope_theta", ())


def test_a_sliding_base_that_no_key_states_is_the_class_s_with_a_warning() -> None:
    rope = read(family=GEMMA, rope_theta=1e6)
    assert rope.keys == plain(1e6) | {"rope.freq_base_swa": 1e4}
    assert rope.warnings == (
        "config.json names no RoPE base for sliding layers; 10000 was taken from the family's configuration class",
    )


def test_a_scaled_sliding_rope_is_refused() -> None:
    layers: dict[str, Any] = {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}
    with pytest.raises(UnsupportedRope, match="gives sliding layers a RoPE of their own"):
        read(rope_parameters=layers)
    layers["sliding_attention"] |= {"rope_type": "linear", "factor": 2.0}
    with pytest.raises(UnsupportedRope, match="turns sliding layers without scaling"):
        read(family=GEMMA, rope_parameters=layers)
    with pytest.raises(UnsupportedRope, match="apply it to the sliding layers"):
        read(family=GEMMA, rope_theta=1e6, rope_scaling={**YARN, "attention_factor": 1.5})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rope_parameters": {"rope_type": "weird"}}, "rope type 'weird' in rope_parameters .* known: default, linear"),
        ({"rope_scaling": {"type": "proportional"}}, "share of the frequencies"),
        ({"rope_scaling": {"type": "mrope", "mrope_section": [8, 12, 12]}}, "three positions"),
        ({"rope_scaling": {"type": "default", "mrope_section": [8, 12, 12]}}, "three positions"),
        ({"rope_scaling": {"type": "linear", "rope_type": "llama3", "factor": 2}}, "one rope_type was expected"),
        ({"rope_scaling": {"factor": 2}}, "one rope_type was expected"),
        ({"rope_scaling": {"type": ["yarn"], "factor": 2}}, "one rope_type was expected"),
        ({"rope_scaling": {"type": "linear"}}, "lacks 'factor'"),
        ({"rope_scaling": {"type": "linear", "factor": None}}, "lacks 'factor'"),
        ({"rope_scaling": {"type": "linear", "factor": 2, "attention_factor": 1.2}}, "the key 'attention_factor'"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2, "alpha": 1000.0}}, "the key 'alpha'"),
        ({"rope_scaling": {"type": "linear", "factor": 0}}, "factor is 0; a number of 1 or more"),
        ({"rope_scaling": {"type": "linear", "factor": "2"}}, "factor is '2'"),
        ({"rope_scaling": {"type": "linear", "factor": True}}, "factor is True"),
        ({"rope_scaling": {"type": "yarn", "factor": 0.5}}, "factor is 0.5; a number of 1 or more"),
        ({"rope_scaling": {**YARN, "finetuned": False}}, "finetuned is false"),
        ({"rope_scaling": {**YARN, "truncate": "no"}}, "truncate is 'no'; true or false"),
        ({"rope_scaling": {**YARN, "original_max_position_embeddings": 4096.5}}, "a number of tokens was expected"),
        ({"rope_scaling": {**YARN, "original_max_position_embeddings": 2**31}}, "a number of tokens was expected"),
        ({"rope_scaling": {**YARN, "attention_factor": 0}}, "attention_factor is 0; a positive number"),
        ({"rope_scaling": {**YARN, "attention_factor": 1e-300}}, "attention_factor is 1e-300; a positive number"),
        ({"rope_scaling": {**YARN, "short_factor": [1.0] * 32}}, "the key 'short_factor'"),
        ({"rope_scaling": "linear"}, "an object was expected"),
        ({"rope_scaling": {**LLAMA3, "high_freq_factor": 1.0}}, "high_freq_factor 1 and low_freq_factor 1"),
        ({"rope_scaling": {**LONGROPE, "short_factor": [1.0] * 31}}, "a list of 31; a list of 32 numbers"),
        ({"rope_scaling": {**LONGROPE, "long_factor": [1.0] * 31 + [float("nan")]}}, r"long_factor\[31\] is nan"),
        ({"rope_scaling": {**LONGROPE, "long_factor": 4.0}}, "long_factor is 4.0; a list of 32"),
        ({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "turns 32 of the 64"),
        ({"partial_rotary_factor": 0.001}, "makes 0 of the 64"),
        ({"partial_rotary_factor": 1.5}, "makes 96 of the 64"),
        (
            {"rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_type": "default", "x": 1}},
            "one of the two",
        ),
        (
            {"rope_scaling": {"type": "linear", "factor": 2},
             "rope_parameters": {"rope_type": "linear", "factor": 2, "rope_theta": 5e5}},
            "one RoPE base was expected",
        ),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e4}, "rope_theta": 1e4}}, "each type of layer"),
        (
            {"rope_parameters": {"full_attention": {"rope_theta": 1e4}, "chunked_attention": {"rope_theta": 1e6}}},
            "rope_parameters.chunked_attention is",
        ),
        ({"rope_parameters": {"full_attention": None, "sliding_attention": 4}}, "each type of layer"),
        ({"rope_theta": float("inf")}, "rope_theta is inf"),
        ({"rope_theta": 10**400}, "rope_theta is 1000"),
        ({"rope_theta": -1}, "rope_theta is -1"),
        ({"rope_theta": 1, "rope_scaling": YARN}, "rope_theta is 1; a number of 2 or more"),
        ({"rotary_emb_base": 5e5}, "rope_theta 10000 and rotary_emb_base 500000; one RoPE base"),
    ],
)  # fmt: skip
def test_everything_else_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedRope, match=message):
        read(**({"rope_theta": 1e4} | config))


@pytest.mark.parametrize(
    ("scaling", "message"),
    [
        (LLAMA3, "needs a tensor of divisors"),
        (LONGROPE, "does not read its factors"),
        ({**YARN, "beta_fast": 16}, "has 32, 1 and true built in"),
        ({**YARN, "truncate": False}, "has 32, 1 and true built in"),
    ],
)
def test_what_a_graph_cannot_do_is_refused(scaling: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedRope, match=message):
        read(family={"graph": Graph(partial=True)}, rope_theta=1e4, rope_scaling=scaling)
