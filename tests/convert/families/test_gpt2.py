"""GPT-2: projections stored [in, out], learned positions, the head tied, names with and without the prefix."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import (
    assert_family,
    assert_logits,
    checkpoint_tensors,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
)
from tests.convert.toy_tokenizers import write_gpt2


def gpt2(**settings: Any) -> Any:
    return tiny_model(
        "GPT2LMHeadModel", **({"n_positions": 320, "max_position_embeddings": 320, "spread": 0.12} | settings)
    )


@pytest.mark.parametrize("tied", [True, False])
def test_the_family(tied: bool, tmp_path: Path) -> None:
    model = gpt2(tie_word_embeddings=tied)
    folder = save(model, tmp_path / "gpt2")
    assert_family(folder, of(model), tolerance=PLAIN)
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    assert metadata(folder)["gpt2.context_length"] == 320


def test_the_published_layout(tmp_path: Path) -> None:
    """Saved from the model without its head, with the causal masks as buffers and old keys in config.json."""
    model = with_half_gelu(gpt2(n_inner=192))
    folder = save(model, tmp_path / "gpt2", n_ctx=320, task_specific_params={"text-generation": {"max_length": 50}})
    tensors = {name.removeprefix("transformer."): tensor for name, tensor in checkpoint_tensors(folder).items()}
    masks = {f"h.{layer}.attn.bias": torch.ones(1, 1, 320, 320, dtype=torch.bool) for layer in range(2)}
    masks |= {f"h.{layer}.attn.masked_bias": torch.tensor(-1e4) for layer in range(2)}
    save_file(tensors | masks, folder / "model.safetensors")
    assert_logits(folder, of(model), tolerance=HALF)


def test_a_shorter_context_takes_the_first_positions(tmp_path: Path) -> None:
    model = with_half_gelu(gpt2())
    folder = save(model, tmp_path / "gpt2")
    assert_logits(folder, of(model), length=128, context=128, tolerance=HALF)
    assert metadata(folder, context=128)["gpt2.context_length"] == 128


@pytest.mark.parametrize("force", [False, True])
def test_more_tokens_than_positions_are_refused(force: bool, tmp_path: Path) -> None:
    assert "320 at most was expected" in refusal(save(gpt2(), tmp_path / "gpt2"), context=321, force=force)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation_function": "gelu"}, "activation_function is 'gelu'"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ({"scale_attn_weights": False}, "scale_attn_weights is False"),
        ({"add_cross_attention": True}, "add_cross_attention is True"),
        ({"n_head": 5}, "n_embd 64 is no multiple of n_head 5"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(gpt2(), tmp_path / "gpt2", **changes))


def test_with_its_own_tokenizer(tmp_path: Path) -> None:
    model = with_half_gelu(gpt2(vocab_size=650))
    folder = save(model, tmp_path / "gpt2", tokenizer=write_gpt2)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["tokenizer.ggml.pre"] == "gpt-2"
