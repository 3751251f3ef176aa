"""Phi-3, Phi-3.5, Phi-4-mini: fused projections, longrope, part of the head, windows that the graph does not have."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import assert_family, assert_logits, metadata, of, refusal, save, tiny_model
from tests.convert.toy_tokenizers import write_llama_json

LONG = {
    "rope_type": "longrope",
    "short_factor": [1.0, 1.05, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0],
    "long_factor": [1.0, 1.3, 1.9, 2.8, 4.5, 7.0, 11.0, 16.0],
}


def phi(**settings: Any) -> Any:
    return tiny_model("Phi3ForCausalLM", **({"num_key_value_heads": 2, "spread": 0.12} | settings))


@pytest.mark.parametrize("tied", [False, True])
def test_the_family(tied: bool, tmp_path: Path) -> None:
    model = phi(tie_word_embeddings=tied)
    assert_family(save(model, tmp_path / "phi"), of(model))


def test_part_of_the_head_turns(tmp_path: Path) -> None:
    """As in Phi-4-mini, whose heads turn over three quarters."""
    rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.75}
    model = phi(rope_parameters=rope, hidden_size=128)
    folder = save(model, tmp_path / "phi")
    assert_logits(folder, of(model))
    assert metadata(folder)["phi3.rope.dimension_count"] == 24


def test_part_of_the_head_as_published(tmp_path: Path) -> None:
    rope = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.75}
    model = phi(rope_parameters=rope, hidden_size=128)
    folder = save(
        model, tmp_path / "phi", rope_parameters=..., rope_theta=10000.0, rope_scaling=None, partial_rotary_factor=0.75,
        attention_bias=False, mlp_bias=False, lm_head_bias=False, full_attn_mod=1, interpolate_factor=1,
        sliding_window=262144,
    )  # fmt: skip
    assert_logits(folder, of(model))


@pytest.mark.parametrize("length", [64, 300])
def test_longrope_in_the_spelling_of_phi_3_5(length: int, tmp_path: Path) -> None:
    """Short factors up to the original length, long ones beyond; for llama.cpp the context's length counts."""
    rope = {**LONG, "rope_theta": 10000.0, "original_max_position_embeddings": 256}
    model = phi(rope_parameters=rope, original_max_position_embeddings=256, max_position_embeddings=1024)
    folder = save(
        model, tmp_path / "phi", rope_parameters=..., rope_theta=10000.0,
        rope_scaling={"type": "longrope", "short_factor": LONG["short_factor"], "long_factor": LONG["long_factor"]},
    )  # fmt: skip
    assert_logits(folder, of(model), length=length)
    assert metadata(folder)["phi3.rope.scaling.original_context_length"] == 256


def test_a_window_caps_the_context_where_both_are_the_same(tmp_path: Path) -> None:
    """As in Phi-3-mini-4k, whose window is 2,047."""
    model = phi(sliding_window=63)
    folder = save(model, tmp_path / "phi")
    assert metadata(folder)["phi3.context_length"] == 63
    assert_logits(folder, of(model), length=63)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model), length=200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lm_head_bias": True}, "lm_head_bias is True"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"head_dim": 32}, "4 heads of 32 are 128 wide"),
        ({"num_key_value_heads": 4}, "shape"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(phi(), tmp_path / "phi", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = phi(vocab_size=650)
    folder = save(model, tmp_path / "phi", tokenizer=write_llama_json)
    assert_logits(folder, of(model))
    assert metadata(folder)["tokenizer.ggml.model"] == "llama"
