"""Mistral and Mixtral: the window that caps the context, heads of their own width, experts."""

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

MISTRAL: dict[str, Any] = {"num_key_value_heads": 2, "sliding_window": None}


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({}, id="null window"),
        pytest.param({"head_dim": 32, "num_key_value_heads": 1}, id="Nemo: heads wider than the model's share"),
        pytest.param({"tie_word_embeddings": True}, id="tied"),
    ],
)
def test_mistral(overrides: dict[str, Any], tmp_path: Path) -> None:
    model = tiny_model("MistralForCausalLM", **(MISTRAL | overrides))
    assert_family(save(model, tmp_path / "tiny"), of(model))


def test_a_window_caps_the_context_where_both_are_the_same(tmp_path: Path) -> None:
    model = tiny_model("MistralForCausalLM", num_key_value_heads=2, sliding_window=200)
    folder = save(model, tmp_path / "tiny")
    assert metadata(folder)["llama.context_length"] == 200
    assert any("cut from 512 to 200 tokens" in text and "sliding_window" in text for text in warnings_of(folder))
    assert_logits(folder, of(model), length=200)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model), length=260)
    assert "sliding_window" in refusal(folder, context=400)


@pytest.mark.parametrize(
    ("window", "context"),
    [
        pytest.param(None, 512, id="null"),
        pytest.param(4096, 512, id="wider than the context"),
        pytest.param(..., 512, id="absent: the class's 4096"),
        pytest.param(128, 128, id="narrower"),
    ],
)
def test_context_by_window(window: object, context: int, tmp_path: Path) -> None:
    model = tiny_model("MistralForCausalLM", **MISTRAL)
    folder = save(model, tmp_path / "tiny", sliding_window=window)
    assert metadata(folder)["llama.context_length"] == context


def test_an_absent_window_is_the_class_default(tmp_path: Path) -> None:
    model = tiny_model("MistralForCausalLM", **(MISTRAL | {"max_position_embeddings": 8192}))
    folder = save(model, tmp_path / "tiny", sliding_window=...)
    assert metadata(folder)["llama.context_length"] == 4096


def test_layer_types_of_a_later_mistral_are_refused(tmp_path: Path) -> None:
    model = tiny_model("MistralForCausalLM", **MISTRAL)
    folder = save(model, tmp_path / "tiny", layer_types=["sliding_attention", "full_attention"])
    assert "layer_types" in refusal(folder)


@pytest.mark.parametrize(("experts", "used"), [(4, 2), (8, 3)])
def test_mixtral(experts: int, used: int, tmp_path: Path) -> None:
    model = tiny_model(
        "MixtralForCausalLM",
        **(MISTRAL | {"num_local_experts": experts, "num_experts_per_tok": used, "intermediate_size": 64}),
    )
    assert_family(save(model, tmp_path / "tiny"), of(model))


def test_more_experts_picked_than_there_are(tmp_path: Path) -> None:
    model = tiny_model("MixtralForCausalLM", **MISTRAL, num_local_experts=4, intermediate_size=64)
    folder = save(model, tmp_path / "tiny", num_experts_per_tok=5)
    assert "5 of 4 experts" in refusal(folder)
