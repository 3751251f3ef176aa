"""Llama 2, 3 and 3.x, and Ziya: its spelling of RoPE's base, its tokens beyond the model, its delta weights.

Further shapes and kinds of RoPE of this graph are held in tests/parity.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.convert.families.support import (
    PIECES,
    assert_family,
    assert_logits,
    checkpoint_tensors,
    metadata,
    of,
    refusal,
    refused,
    save,
    sentencepiece,
    tiny_model,
    warnings_of,
)

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"num_key_value_heads": 4}, id="Llama 2"),
        pytest.param({"rope_parameters": LLAMA3, "head_dim": 32}, id="Llama 3.1"),
        pytest.param({"rope_parameters": LLAMA3, "tie_word_embeddings": True}, id="Llama 3.2, tied"),
        pytest.param({"attention_bias": True, "mlp_bias": True}, id="biases"),
    ],
)
def test_llama(overrides: dict[str, Any], tmp_path: Path) -> None:
    model = tiny_model("LlamaForCausalLM", **({"num_key_value_heads": 2} | overrides))
    assert_family(save(model, tmp_path / "tiny"), of(model))


ziya_tokenizer = sentencepiece(added={PIECES: "<human>", PIECES + 1: "<bot>"})
"""Pieces of a SentencePiece model, then two added tokens."""


def write_ziya(folder: Path, model: Any, **changes: Any) -> Path:
    """With the keys of GPT-NeoX that Ziya2's config.json kept from its training, and none of transformers' for RoPE."""
    megatron: dict[str, Any] = {
        "rotary_emb_base": 10000,
        "rotary_pct": 1,
        "layer_norm_eps": 1e-05,
        "use_parallel_residual": False,
        "rope_parameters": ...,
        "num_key_value_heads": ...,
        "head_dim": ...,
        "attention_bias": ...,
        "mlp_bias": ...,
    }
    return save(model, folder, tokenizer=ziya_tokenizer, **(megatron | changes))


def ziya_model(**settings: Any) -> Any:
    """A Llama with 22 rows of the embedding beyond the 602 tokens."""
    return tiny_model("LlamaForCausalLM", vocab_size=624, rms_norm_eps=1e-6, pad_token_id=0, **settings)


def test_ziya(tmp_path: Path) -> None:
    model = ziya_model()
    folder = write_ziya(tmp_path / "ziya", model)
    assert_family(folder, of(model))
    assert not any("RoPE" in text for text in warnings_of(folder))
    written = metadata(folder)
    tokens = written["tokenizer.ggml.tokens"]
    assert isinstance(tokens, list)
    assert tokens[PIECES : PIECES + 2] == ["<human>", "<bot>"]
    assert len(set(tokens)) == len(tokens) == 624


def test_ziyas_base_counts(tmp_path: Path) -> None:
    model = ziya_model(rope_parameters={"rope_type": "default", "rope_theta": 500000.0})
    assert_logits(write_ziya(tmp_path / "ziya", model, rotary_emb_base=500000), of(model))
    folder = write_ziya(tmp_path / "ziya", model)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"use_parallel_residual": True}, "use_parallel_residual", id="GPT-NeoX's residual"),
        pytest.param({"rotary_pct": 0.25}, "rotary_pct", id="GPT-NeoX's part of a head"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
    ],
)
def test_leftover_keys_that_mean_something_are_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    assert named in refusal(write_ziya(tmp_path / "ziya", ziya_model(), **changes))


@pytest.mark.parametrize("change", [0.0, 0.03], ids=["norms untouched", "norms trained"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_delta_weights_are_refused(change: float, dtype: torch.dtype, tmp_path: Path) -> None:
    """v1 of Ziya: every tensor but the embeddings less the base model's."""
    folder = write_ziya(tmp_path / "ziya", ziya_model())
    random = np.random.default_rng(1)
    tensors = {
        name: tensor
        if "embed" in name or "lm_head" in name
        else torch.tensor(random.normal(0, change, tensor.shape)).to(dtype)
        for name, tensor in checkpoint_tensors(folder).items()
    }
    save_file(tensors, folder / "model.safetensors")
    assert "apply_delta" in refusal(folder)


def test_a_small_last_norm_is_no_difference(tmp_path: Path) -> None:
    model = ziya_model()
    with torch.no_grad():
        model.model.norm.weight.mul_(0.03)
    refused(write_ziya(tmp_path / "ziya", model))
