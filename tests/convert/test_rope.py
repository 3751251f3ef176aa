"""RoPE from configuration to numbers: every accepted spelling, every refusal, and the frequencies of transformers."""

from typing import Any

import numpy as np
import pytest
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from convert.choices import Choices
from convert.config import Config
from convert.errors import InvalidCheckpoint, UnsupportedRope
from convert.rope import LLAMA, Graph, Rope, no_rope, read_rope

HEAD = 64
AS_STATED = Choices()
LLAMA3: dict[str, Any] = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
YARN: dict[str, Any] = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096}
LONGROPE: dict[str, Any] = {
    "rope_type": "longrope",
    "short_factor": [1.0 + index / 100 for index in range(HEAD // 2)],
    "long_factor": [1.0 + index for index in range(HEAD // 2)],
    "original_max_position_embeddings": 4096,
}


def read(context: int | None = 8192, choices: Choices = AS_STATED, family: Any = None, **config: Any) -> Rope:
    """What is decided for a context and whatever keys, by a graph that can do all that `llama` can."""
    settings: dict[str, Any] = {
        "head_dim": HEAD,
        "default_base": 10000.0,
        "default_source": "the class",
        "graph": LLAMA,
    } | (family or {})
    keys = config if context is None else {"max_position_embeddings": context} | config
    return read_rope(Config(keys, choices), **settings)


def plain(base: float) -> dict[str, Any]:
    return {"rope.dimension_count": HEAD, "rope.freq_base": base}


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


def yarn_keys(factor: float = 4.0, original: int = 4096) -> dict[str, Any]:
    return {
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": factor,
        "rope.scaling.original_context_length": original,
    }


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


PARTIAL: dict[str, Any] = {"graph": Graph(partial=True)}


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


GEMMA: dict[str, Any] = {"sliding_base": 1e4, "graph": Graph(), "default_base": 1e6}


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


def test_a_missing_base_is_believed_only_for_short_contexts() -> None:
    rope = read(8192)
    assert (rope.base, rope.source) == (1e4, "the class")
    assert rope.warnings == ("config.json names no RoPE base; 10000 was taken from the class",)
    with pytest.raises(UnsupportedRope, match=r"no RoPE base for a context of 8193 tokens.*--rope-base \(or --force"):
        read(8193)
    with pytest.raises(UnsupportedRope, match="no RoPE base for a context of 8193 tokens"):
        read(8193, Choices(context=4096))
    with pytest.raises(UnsupportedRope, match="no RoPE base for a context of 9000 tokens"):
        read(8192, Choices(context=9000))
    forced = read(8193, Choices(force=True))
    assert (forced.base, forced.source) == (1e4, "the class (CHECK THIS, see the warning)")
    assert forced.warnings[0].startswith("CHECK THIS: config.json names no RoPE base")
    assert read(8193, Choices(rope_base=5e5)).source == "--rope-base"


def test_a_stated_10000_without_scaling_is_doubted_beyond_8192() -> None:
    assert read(8192, rope_theta=1e4).warnings == ()
    rope = read(8193, rope_theta=1e4)
    assert rope.source == "config.json: rope_theta (CHECK THIS, see the warning)"
    (warning,) = rope.warnings
    assert warning.startswith(
        "CHECK THIS: config.json: rope_theta states the RoPE base 10000 without scaling for 8,193"
    )
    assert read(32768, rope_theta=1e4, rope_scaling={"type": "linear", "factor": 8.0}).warnings == ()
    assert read(32768, rope_theta=10001).warnings == ()
    assert read(32768, Choices(rope_base=1e4)).warnings == ()
    window = {"longest": (4096, "config.json: sliding_window")}
    assert "CHECK THIS" not in " ".join(read(32768, family=window, rope_theta=1e4).warnings)


def test_the_base_of_the_command_line_wins_over_every_key() -> None:
    config = Config(
        {"rope_ratio": 16, "rotary_emb_base": 2e4, "max_position_embeddings": 32768}, Choices(rope_base=1e6)
    )
    read_rope(config, head_dim=HEAD, default_base=1e4, default_source="the class")
    assert config.finish() == (), "keys that the option answers are not refused"
    rope = read(32768, Choices(rope_base=320000), family={"ratio": True}, rope_ratio=16, rope_theta=1e4)
    assert (rope.base, rope.source, rope.kind) == (320000.0, "--rope-base", "default")
    both = read(32768, Choices(rope_base=5e5), rope_theta=1e4, rotary_emb_base=2e4)
    assert both.base == 5e5
    scaled = read(131072, Choices(rope_base=2e6), rope_parameters={**LLAMA3, "rope_theta": 5e5})
    expected = read(131072, rope_parameters={**LLAMA3, "rope_theta": 2e6})
    assert scaled.tensors == expected.tensors


@pytest.mark.parametrize(
    ("text", "kind", "keys"),
    [
        ("none", "default", {}),
        (" None ", "default", {}),
        ("linear:4", "linear", {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}),
        ("yarn:4:2048", "yarn", yarn_keys(4.0, 2048)),
        ("yarn:2.5", "yarn", yarn_keys(2.5, 8192)),
        ('{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 2048}', "yarn", yarn_keys(4.0, 2048)),
    ],
)
def test_the_scaling_of_the_command_line_wins_over_the_config(text: str, kind: str, keys: dict[str, Any]) -> None:
    rope = read(choices=Choices(rope_scaling=text), rope_parameters={**LLAMA3, "rope_theta": 5e5})
    assert (rope.kind, rope.keys, rope.tensors) == (kind, plain(5e5) | keys, {})
    assert rope.source == "config.json: rope_parameters.rope_theta; scaling from --rope-scaling"


def test_the_scaling_of_the_command_line_may_state_the_base() -> None:
    rope = read(rope_theta=1e4, choices=Choices(rope_scaling='{"type": "linear", "factor": 2, "rope_theta": 5e5}'))
    assert (rope.base, rope.source) == (5e5, "--rope-scaling; scaling from --rope-scaling")


@pytest.mark.parametrize(
    "text", ["", "linear", "linear:", "linear:x", "yarn:4:x", "yarn:4:8:9", "weird:2", "{", "{}x", "linear:nan",
             "linear:0.5", "yarn:inf:4096", '{"factor": 2}', '{"type": 7}', "[" * 5000, "{" * 5000, "llama3:8:8192",
             "yarn:4:0", "longrope:4:4096", "dynamic:4:4096", '{"full_attention": {"type": "linear", "factor": 2}}'],
)  # fmt: skip
def test_a_scaling_of_the_command_line_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedRope):
        read(rope_theta=1e4, choices=Choices(rope_scaling=text))


def test_the_context_comes_from_the_first_key_there_is() -> None:
    family = {"context_keys": ("seq_length", "max_position_embeddings"), "default_context": (2048, "the class")}
    assert read(4096, family=family, rope_theta=1e4).context_source == "config.json: max_position_embeddings"
    rope = read(4096, family=family, rope_theta=1e4, seq_length=1024)
    assert (rope.context, rope.context_source) == (1024, "config.json: seq_length")
    rope = read(None, family=family, rope_theta=1e4)
    assert (rope.context, rope.context_source) == (2048, "the class")
    with pytest.raises(InvalidCheckpoint, match="max_position_embeddings is missing"):
        read(None, rope_theta=1e4)
    with pytest.raises(InvalidCheckpoint, match="max_position_embeddings is '4096'"):
        read(None, rope_theta=1e4, max_position_embeddings="4096")


def test_a_chosen_context_is_recorded_and_warned_about_beyond_the_trained_one() -> None:
    rope = read(4096, Choices(context=1024), rope_theta=1e4)
    assert (rope.context, rope.context_source, rope.warnings) == (1024, "--context", ())
    rope = read(4096, Choices(context=8192), rope_theta=1e4)
    assert (rope.context, rope.context_source) == (8192, "--context")
    assert rope.warnings == (
        "--context 8,192 goes beyond the 4,096 tokens of config.json: max_position_embeddings",
    )  # fmt: skip
    with pytest.raises(UnsupportedRope, match="--context is 0"):
        read(4096, Choices(context=0), rope_theta=1e4)


def test_a_graph_that_is_exact_only_so_far_cuts_the_context() -> None:
    family = {"longest": (4096, "config.json: sliding_window, which llama.cpp does not apply")}
    rope = read(32768, family=family, rope_theta=1e6)
    assert (rope.context, rope.context_source) == (4096, family["longest"][1])
    assert rope.warnings == (f"the context is cut from 32,768 to 4,096 tokens: {family['longest'][1]}",)
    assert read(2048, family=family, rope_theta=1e6).warnings == ()
    assert read(32768, Choices(context=2048), family=family, rope_theta=1e6).context_source == "--context"
    with pytest.raises(UnsupportedRope, match="--context is 8192; 4096 at most was expected"):
        read(32768, Choices(context=8192), family=family, rope_theta=1e6)
    forced = read(32768, Choices(context=8192, force=True), family=family, rope_theta=1e6)
    assert forced.context == 8192
    assert forced.warnings[0].startswith("CHECK THIS: beyond 4,096 tokens")


def test_a_model_without_rope() -> None:
    def none(choices: Choices = AS_STATED) -> Rope:
        return no_rope(Config({}, choices), kind_source="ALiBi", context=2048, context_source="config.json: seq_length")

    rope = none()
    assert (rope.kind, rope.base, rope.source, rope.dimension) == ("none", None, "ALiBi", 0)
    assert (rope.context, rope.context_source) == (2048, "config.json: seq_length")
    assert (dict(rope.keys), dict(rope.tensors), rope.warnings) == ({}, {}, ())
    assert none(Choices(context=512)).context == 512
    with pytest.raises(UnsupportedRope, match=r"--context is 4096; 2048 at most .*ALiBi"):
        none(Choices(context=4096))
    with pytest.raises(UnsupportedRope, match=r"--rope-base is given, but this model has no RoPE \(ALiBi\)"):
        none(Choices(rope_base=1e4))
    with pytest.raises(UnsupportedRope, match="--rope-scaling is given"):
        none(Choices(rope_scaling="none"))


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
