"""Yi as first published, and SUS-Chat, which is Yi under Llama's names."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

from tests.convert.families.support import (
    PIECES,
    assert_family,
    assert_logits,
    checkpoint_tensors,
    lay_out,
    metadata,
    of,
    refusal,
    save,
    sentencepiece,
    tiny_model,
)

yi_tokenizer = sentencepiece(dummy_prefix=False, bos="<|startoftext|>", eos="<|endoftext|>", add_bos=False)
FAR = {"rope_type": "default", "rope_theta": 5000000.0}


def yi_model(**settings: Any) -> Any:
    """Yi's shape: grouped heads and a far base."""
    shape: dict[str, Any] = {"num_key_value_heads": 2, "rms_norm_eps": 1e-5, "vocab_size": PIECES}
    return tiny_model("LlamaForCausalLM", rope_parameters=FAR, **shape, **settings)


def write_yi(folder: Path, model: Any, **changes: Any) -> Path:
    """The tensors under Yi's own names, and the config.json of its first upload."""
    config = model.config
    values = {
        "architectures": ["YiForCausalLM"],
        "auto_map": {"AutoConfig": "configuration_yi.YiConfig", "AutoModelForCausalLM": "modeling_yi.YiForCausalLM"},
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": 4096,
        "model_type": "Yi",
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "pad_token_id": 0,
        "rms_norm_eps": 1e-05,
        "rope_theta": 5000000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.34.0",
        "use_cache": True,
        "vocab_size": config.vocab_size,
    } | changes
    tensors = {
        name.replace("input_layernorm", "ln1").replace("post_attention_layernorm", "ln2"): tensor
        for name, tensor in model.state_dict().items()
    }
    assert "model.layers.1.ln2.weight" in tensors
    return lay_out(
        folder, tensors, {key: value for key, value in values.items() if value is not ...}, tokenizer=yi_tokenizer
    )


def test_yi_under_its_own_names(tmp_path: Path) -> None:
    model = yi_model()
    assert_family(write_yi(tmp_path / "yi", model), of(model))


def test_the_base_of_its_class_where_the_file_is_silent(tmp_path: Path) -> None:
    model = yi_model()
    folder = write_yi(tmp_path / "yi", model, rope_theta=...)
    assert metadata(folder)["llama.rope.freq_base"] == 5000000.0
    assert_logits(folder, of(model))


def test_norms_under_both_names_are_refused(tmp_path: Path) -> None:
    model = yi_model()
    folder = write_yi(tmp_path / "yi", model)
    tensors = checkpoint_tensors(folder)
    tensors["model.layers.0.input_layernorm.weight"] = tensors["model.layers.0.ln1.weight"] + 1
    save_file(tensors, folder / "model.safetensors")
    assert "two names of one tensor" in refusal(folder)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_sus_chat_is_a_plain_llama(dtype: str, tmp_path: Path) -> None:
    model = yi_model(max_position_embeddings=8192).to(getattr(torch, dtype))
    folder = save(model, tmp_path / "sus", tokenizer=yi_tokenizer)
    stored = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert metadata(folder)["llama.context_length"] == 8192
    assert_logits(folder, of(stored))
