"""What RoPE owes to the command line, to doubt and to the context."""

from typing import Any

import pytest

from convert.choices import Choices
from convert.config import Config
from convert.errors import InvalidCheckpoint, UnsupportedRope
from convert.rope import Rope, no_rope, read_rope
from tests.convert.rope_settings import AS_STATED, HEAD, LLAMA3, plain, read, yarn_keys


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
