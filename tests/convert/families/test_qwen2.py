"""Qwen2, Qwen2.5, QwQ: biases on query, key and value; windows that the graph does not have."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import (
    assert_family,
    assert_logits,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
    warnings_of,
)
from tests.convert.toy_tokenizers import write_qwen


def qwen(**settings: Any) -> Any:
    return tiny_model("Qwen2ForCausalLM", num_key_value_heads=2, spread=0.12, **settings)


@pytest.mark.parametrize("tied", [False, True])
def test_the_family(tied: bool, tmp_path: Path) -> None:
    model = qwen(tie_word_embeddings=tied, rope_parameters={"rope_type": "default", "rope_theta": 1e6})
    folder = save(model, tmp_path / "qwen")
    assert_family(folder, of(model))
    assert metadata(folder)["qwen2.rope.freq_base"] == 1e6


def test_a_window_that_is_switched_off_changes_nothing(tmp_path: Path) -> None:
    """As Qwen2.5 has it: the keys are there, `use_sliding_window` is false."""
    model = qwen()
    folder = save(
        model, tmp_path / "qwen", use_sliding_window=False, sliding_window=64, max_window_layers=1, layer_types=...
    )
    assert_logits(folder, of(model))
    assert metadata(folder)["qwen2.context_length"] == 512


def test_a_window_that_slides_caps_the_context_where_both_are_the_same(tmp_path: Path) -> None:
    model = qwen(use_sliding_window=True, sliding_window=64, max_window_layers=1)
    folder = save(model, tmp_path / "qwen", layer_types=...)
    assert metadata(folder)["qwen2.context_length"] == 64
    assert any("64 tokens: config.json: sliding_window" in warning for warning in warnings_of(folder))
    assert_logits(folder, of(model), length=64)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model), length=200)  # beyond, the window matters
    assert "64 at most was expected" in refusal(folder, context=128)


def test_a_window_from_a_layer_on_that_does_not_exist_is_none(tmp_path: Path) -> None:
    model = qwen(use_sliding_window=True, sliding_window=64, max_window_layers=2)
    folder = save(model, tmp_path / "qwen", layer_types=...)
    assert metadata(folder)["qwen2.context_length"] == 512
    assert_logits(folder, of(model))


def test_layer_types_say_which_layers_slide(tmp_path: Path) -> None:
    types = ["full_attention", "sliding_attention"]
    folder = save(qwen(use_sliding_window=True, sliding_window=64, layer_types=types), tmp_path / "qwen")
    assert metadata(folder)["qwen2.context_length"] == 64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"head_dim": 32}, "4 heads of 32 are 128 wide"),
        ({"partial_rotary_factor": 0.5}, "whole heads"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"layer_types": ["full_attention", "linear_attention"]}, "'linear_attention'"),
        ({"layer_types": ["full_attention"]}, "a list of 2 names"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "use_sliding_window is not true"),
        ({"use_sliding_window": True, "max_window_layers": -1, "layer_types": ...}, "max_window_layers is -1"),
        ({"use_mrope": True}, "use_mrope is True"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(qwen(), tmp_path / "qwen", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = qwen(vocab_size=650)
    folder = save(model, tmp_path / "qwen", tokenizer=write_qwen)
    assert_logits(folder, of(model))
    assert metadata(folder)["tokenizer.ggml.pre"] == "qwen2"
