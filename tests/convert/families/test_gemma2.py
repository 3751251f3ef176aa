"""Gemma 2: norms stored less one, four to a layer; both caps; alternating windows; the scale of the scores."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import assert_family, assert_logits, metadata, of, refusal, save, tiny_model
from tests.convert.toy_tokenizers import write_gemma_json

NORMS = ("*norm.weight", "*layernorm.weight")


def gemma(**settings: Any) -> Any:
    usual: dict[str, Any] = {
        "norm": 0.0, "num_key_value_heads": 2, "num_hidden_layers": 3, "head_dim": 32, "query_pre_attn_scalar": 32,
        "sliding_window": 64, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 5.0, "spread": 0.12,
    }  # fmt: skip
    return tiny_model("Gemma2ForCausalLM", **(usual | settings))


def test_the_family(tmp_path: Path) -> None:
    model = gemma()
    folder = save(model, tmp_path / "gemma")
    assert_family(folder, of(model), stepped=NORMS, tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    keys = metadata(folder)
    assert keys["gemma2.attention.sliding_window"] == 64
    assert keys["gemma2.attention.sliding_window_pattern"] == [1, 0, 1]
    assert keys["gemma2.attn_logit_softcapping"] == 2.0
    assert keys["gemma2.final_logit_softcapping"] == 5.0


@pytest.mark.parametrize("types", ["fss", "sff", "sss"])
def test_layer_types_other_than_alternating(types: str, tmp_path: Path) -> None:
    names = {"f": "full_attention", "s": "sliding_attention"}
    model = with_half_gelu(gemma(layer_types=[names[letter] for letter in types]))
    assert_logits(save(model, tmp_path / "gemma"), of(model), tolerance=HALF)


def test_the_config_as_published_with_transformers_4(tmp_path: Path) -> None:
    model = with_half_gelu(gemma())
    folder = save(
        model, tmp_path / "gemma", layer_types=..., rope_parameters=..., rope_theta=10000.0, attention_bias=False,
        hidden_act="gelu_pytorch_tanh", cache_implementation="hybrid", tie_word_embeddings=...,
    )  # fmt: skip
    assert_logits(folder, of(model), tolerance=HALF)


def test_the_27b_scales_by_the_width_that_a_head_would_have(tmp_path: Path) -> None:
    """llama.cpp knows it by its 46 layers: 4,608 wide with 32 heads of 128, scores over the root of 144."""
    model = with_half_gelu(
        gemma(num_hidden_layers=46, hidden_size=48, head_dim=16, query_pre_attn_scalar=12, spread=0.06)
    )
    folder = save(model, tmp_path / "gemma")
    assert_logits(folder, of(model), length=60, tolerance=PLAIN)
    assert "query_pre_attn_scalar is 16" in refusal(save(model, tmp_path / "other", query_pre_attn_scalar=16))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_pre_attn_scalar": 24}, "query_pre_attn_scalar is 24"),
        ({"query_pre_attn_scalar": ...}, "query_pre_attn_scalar is 256"),
        ({"attn_logit_softcapping": None}, "attn_logit_softcapping is missing"),
        ({"final_logit_softcapping": None}, "final_logit_softcapping is missing"),
        ({"hidden_activation": "gelu"}, "hidden_activation is 'gelu'"),
        ({"tie_word_embeddings": False}, "tie_word_embeddings is False"),
        ({"attention_bias": True}, "attention_bias is True"),
        ({"num_hidden_layers": 2**31 - 1, "layer_types": ...}, "512 at most"),  # and at once
        ({"layer_types": ["full_attention"] * 3}, "no layer slides"),  # llama.cpp would abort
        ({"use_bidirectional_attention": True}, "use_bidirectional_attention is True"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(gemma(), tmp_path / "gemma", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = with_half_gelu(gemma(vocab_size=650, bos_token_id=2, eos_token_id=1, pad_token_id=0))
    folder = save(model, tmp_path / "gemma", tokenizer=write_gemma_json)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["tokenizer.ggml.model"] == "llama"
