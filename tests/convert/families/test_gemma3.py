"""Gemma 3 (text): the pattern of windows, two RoPE bases and scaling on one, norms on heads, the scale of scores."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import (
    assert_family,
    assert_logits,
    assert_nothing_lost,
    assert_reference,
    checkpoint_tensors,
    lay_out,
    logits_of,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
    warnings_of,
    write_config,
)
from tests.convert.toy_tokenizers import write_gemma_json
from tests.support import converted_file, llama_model

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


def with_eyes(folder: Path, model: Any, **text: Any) -> Path:
    """A checkpoint of the larger models: the text model under a prefix, its config inside another, parts for images."""
    tensors = {f"language_model.{name}": tensor for name, tensor in checkpoint_tensors(save(model, folder)).items()}
    tensors |= {
        "vision_tower.vision_model.post_layernorm.weight": torch.ones(8),
        "vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight": torch.ones(8, 8),
        "multi_modal_projector.mm_input_projection_weight": torch.ones(8, 64),
    }
    own = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    inside = {key: value for key, value in (own | text).items() if value is not ... and key != "architectures"}
    outside = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "eos_token_id": [1, 2]}
    return lay_out(folder, tensors, outside | {"text_config": inside, "vision_config": {}, "mm_tokens_per_image": 4})


def test_the_text_model_of_the_larger_ones(tmp_path: Path) -> None:
    model = gemma()
    folder = with_eyes(tmp_path / "gemma", model)
    tokens, positions = list(range(3, 203)), [0, 1, 100, 199]
    with llama_model(converted_file(folder, tmp_path / "gemma.gguf", "f32")) as file:
        found = file.logits(tokens, positions)
    expected = logits_of(model, tokens, positions)
    assert np.abs(found - expected).max() < PLAIN * expected.std()
    assert any("answers to text only" in warning for warning in warnings_of(folder))
    assert_nothing_lost(folder, stepped=NORMS, left_out=["vision_tower.*", "multi_modal_projector.*"])
    assert_reference(folder, of(model))


def test_what_the_larger_ones_leave_out_is_the_class_s_own(tmp_path: Path) -> None:
    """The published text_config lacks heads, vocabulary and context; a base for 131,072 tokens is asked for."""
    model = gemma(num_attention_heads=8, num_key_value_heads=4, head_dim=16, query_pre_attn_scalar=16)
    left_out = {"num_attention_heads": ..., "num_key_value_heads": ..., "max_position_embeddings": ...}
    folder = with_eyes(tmp_path / "gemma", model, **left_out, rope_parameters=..., rope_local_base_freq=3e3)
    assert "names no RoPE base for a context of 131072 tokens" in refusal(folder)
    with llama_model(converted_file(folder, tmp_path / "gemma.gguf", "f32", rope_base=5e4)) as file:
        found = file.logits(list(range(3, 203)), [0, 100, 199])
    expected = logits_of(model, list(range(3, 203)), [0, 100, 199])
    assert np.abs(found - expected).max() < PLAIN * expected.std()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"query_pre_attn_scalar": 24}, "query_pre_attn_scalar is 24"),
        ({"attention_bias": True}, "attention_bias is True"),
    ],
)
def test_the_text_model_is_read_as_strictly(text: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(with_eyes(tmp_path / "gemma", gemma(), **text))


def test_a_config_without_a_text_model_is_refused(tmp_path: Path) -> None:
    folder = with_eyes(tmp_path / "gemma", gemma())
    write_config(folder, json.loads((folder / "config.json").read_text(encoding="utf-8")), text_config=[])
    assert "text_config is []" in refusal(folder)
