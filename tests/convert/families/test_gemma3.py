"""Gemma 3 (text): the pattern of windows, two RoPE bases and scaling on one, norms on heads, the scale of scores."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import assert_family, assert_logits, metadata, of, refusal, save, tiny_model
from tests.convert.toy_tokenizers import write_gemma_json

NORMS = ("*norm.weight", "*layernorm.weight")
LINEAR = {"rope_type": "linear", "factor": 8.0}


def gemma(full: dict[str, Any] | None = None, **settings: Any) -> Any:
    usual: dict[str, Any] = {
        "norm": 0.0, "num_key_value_heads": 2, "num_hidden_layers": 3, "head_dim": 32, "query_pre_attn_scalar": 32,
        "sliding_window": 64, "sliding_window_pattern": 3, "spread": 0.12,
        "rope_parameters": {
            "full_attention": {"rope_type": "default", "rope_theta": 5e4} | (full or {}),
            "sliding_attention": {"rope_type": "default", "rope_theta": 3e3},
        },
    }  # fmt: skip
    return tiny_model("Gemma3ForCausalLM", **(usual | settings))


def published(folder: Path, **further: Any) -> dict[str, Any]:
    """config.json as transformers 4 wrote it."""
    return {
        "layer_types": ..., "_sliding_window_pattern": ..., "rope_parameters": ..., "sliding_window_pattern": 3,
        "rope_theta": 5e4, "rope_local_base_freq": 3e3, "rope_scaling": None, "cache_implementation": "hybrid",
    } | further  # fmt: skip


def test_the_family(tmp_path: Path) -> None:
    model = gemma()
    folder = save(model, tmp_path / "gemma")
    assert_family(folder, of(model), stepped=NORMS, tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    keys = metadata(folder)
    assert keys["gemma3.attention.sliding_window_pattern"] == [1, 1, 0]
    assert keys["gemma3.rope.freq_base"] == 5e4
    assert keys["gemma3.rope.freq_base_swa"] == 3e3


@pytest.mark.parametrize("scaling", [None, LINEAR])
def test_the_config_as_published_with_transformers_4(scaling: dict[str, Any] | None, tmp_path: Path) -> None:
    model = with_half_gelu(gemma(scaling))
    folder = save(model, tmp_path / "gemma")
    values = published(folder, rope_scaling=scaling)
    assert_logits(save(model, tmp_path / "published", **values), of(model), tolerance=HALF)


def test_scaling_of_the_full_layers_in_the_new_spelling(tmp_path: Path) -> None:
    model = with_half_gelu(gemma(LINEAR))
    assert_logits(save(model, tmp_path / "gemma"), of(model), tolerance=HALF)


def test_every_sixth_layer_is_full_where_the_config_is_silent(tmp_path: Path) -> None:
    model = gemma(num_hidden_layers=7, sliding_window_pattern=6, spread=0.08)
    folder = save(model, tmp_path / "gemma", layer_types=..., _sliding_window_pattern=..., sliding_window_pattern=...)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    assert metadata(folder)["gemma3.attention.sliding_window_pattern"] == [1, 1, 1, 1, 1, 0, 1]


def test_the_bases_are_the_class_s_own_where_the_config_is_silent(tmp_path: Path) -> None:
    model = with_half_gelu(gemma(rope_parameters=None))
    folder = save(model, tmp_path / "gemma", rope_parameters=...)
    assert_logits(folder, of(model), tolerance=HALF)
    keys = metadata(folder)
    assert (keys["gemma3.rope.freq_base"], keys["gemma3.rope.freq_base_swa"]) == (1e6, 1e4)


@pytest.mark.parametrize("types", ["ffs", "sss", "fff"])
def test_other_layer_types(types: str, tmp_path: Path) -> None:
    names = {"f": "full_attention", "s": "sliding_attention"}
    model = with_half_gelu(gemma(layer_types=[names[letter] for letter in types]))
    assert_logits(save(model, tmp_path / "gemma"), of(model), tolerance=HALF)


def test_a_cap_on_logits_and_a_head_of_its_own(tmp_path: Path) -> None:
    model = with_half_gelu(gemma(final_logit_softcapping=3.0, tie_word_embeddings=False))
    assert_logits(save(model, tmp_path / "gemma"), of(model), tolerance=HALF)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_pre_attn_scalar": 24}, "query_pre_attn_scalar is 24"),
        ({"attn_logit_softcapping": 50.0}, "attn_logit_softcapping is 50.0"),
        ({"use_bidirectional_attention": True}, "use_bidirectional_attention is True"),
        ({"hidden_activation": "silu"}, "hidden_activation is 'silu'"),
        ({"layer_types": ["full_attention"] * 2}, "a list of 3 names"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(gemma(), tmp_path / "gemma", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = with_half_gelu(gemma(vocab_size=650, bos_token_id=2, eos_token_id=1, pad_token_id=0))
    folder = save(model, tmp_path / "gemma", tokenizer=write_gemma_json)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["tokenizer.ggml.model"] == "llama"
