"""BLOOM and Firefly: ALiBi, the fused projection, the pruned vocabulary with its head, old spellings and names."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import (
    ROWS,
    assert_family,
    assert_logits,
    checkpoint_tensors,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
)
from tests.convert.toy_tokenizers import write_bloom

EMBEDDING = "transformer.word_embeddings.weight"


def bloom(heads: int = 6, **settings: Any) -> Any:
    return tiny_model("BloomForCausalLM", hidden_size=60, num_attention_heads=heads, spread=0.12, **settings)


@pytest.mark.parametrize("heads", [4, 6])  # ALiBi's slopes are another series where the heads are no power of two
def test_the_family(heads: int, tmp_path: Path) -> None:
    model = bloom(heads)
    folder = save(model, tmp_path / "bloom")
    assert_family(folder, of(model), tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    keys = metadata(folder)
    assert keys["bloom.context_length"] == 2048
    assert not any(".rope." in key for key in keys if not key.startswith("luciole."))


def test_the_old_spelling_of_the_config_is_read(tmp_path: Path) -> None:
    """As the published BLOOMs have it; ALiBi leaves the context to `seq_length`."""
    model = with_half_gelu(bloom())
    folder = save(
        model, tmp_path / "bloom", hidden_size=..., n_head=..., n_layer=..., tie_word_embeddings=...,
        n_embed=60, num_attention_heads=6, num_hidden_layers=2, seq_length=1024, n_inner=None, offset_alibi=100,
        masked_softmax_fusion=True, skip_bias_add_qkv=False, attention_softmax_in_fp32=True, pretraining_tp=2,
    )  # fmt: skip
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["bloom.context_length"] == 1024


def test_names_without_the_prefix_are_the_same_model(tmp_path: Path) -> None:
    """The published BLOOMs were saved from the model without its head."""
    model = bloom()
    folder = save(model, tmp_path / "bloom")
    tensors = {name.removeprefix("transformer."): tensor for name, tensor in checkpoint_tensors(folder).items()}
    save_file(tensors, folder / "model.safetensors")
    assert_family(folder, of(model), tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)


def test_a_tensor_under_two_names_is_refused(tmp_path: Path) -> None:
    folder = save(bloom(), tmp_path / "bloom")
    save_file(checkpoint_tensors(folder) | {"ln_f.weight": torch.ones(60)}, folder / "model.safetensors")
    assert "two names of one tensor" in refusal(folder)


def test_firefly_s_head_is_compared_with_the_embedding(tmp_path: Path) -> None:
    """The vocabulary was pruned with the head kept: equal it is written once, different it is refused."""
    model = with_half_gelu(bloom())
    folder = save(model, tmp_path / "firefly")
    tensors = checkpoint_tensors(folder)
    save_file(tensors | {"lm_head.weight": tensors[EMBEDDING].clone()}, folder / "model.safetensors")
    assert_logits(folder, of(model), tolerance=HALF)
    other = tensors[EMBEDDING].clone()
    other[ROWS - 1, 59] += 1
    save_file(tensors | {"lm_head.weight": other}, folder / "model.safetensors")
    assert f"lm_head.weight differs from {EMBEDDING}" in refusal(folder)


def test_a_head_of_its_own_is_written(tmp_path: Path) -> None:
    model = bloom(tie_word_embeddings=False)
    folder = save(model, tmp_path / "bloom")
    assert_family(folder, of(model), tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"apply_residual_connection_post_layernorm": True}, "apply_residual_connection_post_layernorm is True"),
        ({"n_head": 7}, "hidden_size 60 is no multiple of n_head 7"),
        ({"n_inner": 200}, "shape"),
        ({"hidden_size": 48, "n_head": 4}, "shape"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(bloom(), tmp_path / "bloom", **changes))


def test_options_about_rope_are_refused(tmp_path: Path) -> None:
    folder = save(bloom(), tmp_path / "bloom")
    assert "no RoPE (BLOOM's ALiBi)" in refusal(folder, rope_base=1e6)
    assert "2048 at most" in refusal(folder, context=4096)


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = with_half_gelu(bloom(vocab_size=650))
    folder = save(model, tmp_path / "bloom", tokenizer=write_bloom)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["tokenizer.ggml.pre"] == "bloom"
