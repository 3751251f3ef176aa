"""Qwen3, dense and with experts: norms on query and key heads, heads of a width of their own, the router."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import assert_family, assert_logits, metadata, of, refusal, save, tiny_model
from tests.convert.toy_tokenizers import write_qwen


def qwen(**settings: Any) -> Any:
    usual: dict[str, Any] = {"num_key_value_heads": 2, "head_dim": 32, "spread": 0.12}
    return tiny_model("Qwen3ForCausalLM", **(usual | settings))


def experts(**settings: Any) -> Any:
    usual: dict[str, Any] = {
        "num_key_value_heads": 2, "head_dim": 16, "spread": 0.12, "num_experts": 5, "num_experts_per_tok": 2,
        "moe_intermediate_size": 32, "norm_topk_prob": True,
    }  # fmt: skip
    return tiny_model("Qwen3MoeForCausalLM", **(usual | settings))


@pytest.mark.parametrize("tied", [False, True])
def test_the_dense_family(tied: bool, tmp_path: Path) -> None:
    model = qwen(tie_word_embeddings=tied)
    assert_family(save(model, tmp_path / "qwen"), of(model))


def test_heads_are_128_wide_where_the_config_is_silent(tmp_path: Path) -> None:
    model = qwen(head_dim=128)
    folder = save(model, tmp_path / "qwen", head_dim=...)
    assert_logits(folder, of(model))
    assert metadata(folder)["qwen3.attention.key_length"] == 128


def test_a_window_that_slides_caps_the_context(tmp_path: Path) -> None:
    model = qwen(use_sliding_window=True, sliding_window=64, max_window_layers=0)
    folder = save(model, tmp_path / "qwen")
    assert metadata(folder)["qwen3.context_length"] == 64
    assert_logits(folder, of(model), length=64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention_bias": True}, "attention_bias is True"),  # the graph has no bias on the output projection
        ({"partial_rotary_factor": 0.5}, "whole heads"),
    ],
)
def test_what_the_dense_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(qwen(), tmp_path / "qwen", **changes))


def test_the_family_with_experts(tmp_path: Path) -> None:
    model = experts()
    folder = save(model, tmp_path / "experts")
    assert_family(folder, of(model))
    keys = metadata(folder)
    assert keys["qwen3moe.expert_count"] == 5
    assert keys["qwen3moe.expert_used_count"] == 2
    assert keys["qwen3moe.expert_feed_forward_length"] == 32


def test_the_number_of_experts_in_the_published_spelling(tmp_path: Path) -> None:
    model = experts()
    assert_logits(save(model, tmp_path / "experts", num_local_experts=..., num_experts=5), of(model))


def test_with_experts_every_layer_slides_or_none(tmp_path: Path) -> None:
    model = experts(use_sliding_window=True, sliding_window=64)
    folder = save(model, tmp_path / "experts")
    assert metadata(folder)["qwen3moe.context_length"] == 64
    assert_logits(folder, of(model), length=64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"norm_topk_prob": False}, "norm_topk_prob is False"),
        ({"norm_topk_prob": ...}, "norm_topk_prob is False"),  # the class's own default
        ({"decoder_sparse_step": 2}, "decoder_sparse_step is 2"),
        ({"mlp_only_layers": [0]}, "mlp_only_layers is [0]"),
        ({"num_experts_per_tok": 6}, "num_experts_per_tok is 6 of 5"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"num_local_experts": 4}, "shape"),
        ({"num_local_experts": 2**31 - 1}, "1024 at most"),
    ],
)
def test_what_the_graph_with_experts_cannot_do_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    assert message in refusal(save(experts(), tmp_path / "experts", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = qwen(vocab_size=650)
    folder = save(model, tmp_path / "qwen", tokenizer=write_qwen)
    assert_logits(folder, of(model))
    assert metadata(folder)["tokenizer.ggml.pre"] == "qwen2"
