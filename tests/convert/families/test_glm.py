"""GLM-4 in transformers' layout, GLM-4-0414, and ChatGLM's own layout, laid out from transformers' Glm."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.convert.families.support import (
    ROWS,
    Tensors,
    assert_family,
    assert_logits,
    assert_nothing_lost,
    assert_reference,
    lay_out,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
)

NAMES = (
    ("model.embed_tokens.", "transformer.embedding.word_embeddings."),
    ("model.norm.", "transformer.encoder.final_layernorm."),
    ("lm_head.", "transformer.output_layer."),
    ("model.layers.", "transformer.encoder.layers."),
    (".self_attn.o_proj.", ".self_attention.dense."),
    (".mlp.gate_up_proj.", ".mlp.dense_h_to_4h."),
    (".mlp.down_proj.", ".mlp.dense_4h_to_h."),
)


def glm(kind: str = "GlmForCausalLM", *, base: float = 10000.0, **settings: Any) -> Any:
    rope = {"rope_type": "default", "rope_theta": base, "partial_rotary_factor": 0.5}
    usual: dict[str, Any] = {"num_key_value_heads": 2, "head_dim": 16, "rope_parameters": rope, "spread": 0.12}
    return tiny_model(kind, **(usual | settings))


@pytest.mark.parametrize("bias", [True, False])
def test_glm(bias: bool, tmp_path: Path) -> None:
    model = glm(attention_bias=bias)
    folder = save(model, tmp_path / "glm")
    assert_family(folder, of(model))
    assert metadata(folder)["chatglm.rope.dimension_count"] == 8


def test_the_config_as_published(tmp_path: Path) -> None:
    """Biases and half of the head by the class's defaults."""
    model = glm(base=5e6, rms_norm_eps=1.5625e-07)
    folder = save(model, tmp_path / "glm", rope_parameters=..., rope_theta=5e6, rms_norm_eps=..., attention_bias=...)
    assert_logits(folder, of(model))


@pytest.mark.parametrize("bias", [True, False])
def test_glm4(bias: bool, tmp_path: Path) -> None:
    model = glm("Glm4ForCausalLM", attention_bias=bias, head_dim=32)
    assert_family(save(model, tmp_path / "glm4"), of(model))


def test_heads_wider_than_the_model_are_refused_where_the_graph_has_none(tmp_path: Path) -> None:
    assert "4 heads of 32 are 128 wide" in refusal(save(glm(head_dim=32), tmp_path / "glm"))


def fused(tensors: Tensors) -> dict[str, torch.Tensor]:
    """Glm's tensors under ChatGLM's names, query, key and value in one."""
    found = {}
    for name, tensor in tensors.items():
        if ".self_attn." in name and "o_proj" not in name:
            continue
        for old, new in NAMES:
            name = name.replace(old, new)  # noqa: PLW2901 - one name, step by step
        found[name] = tensor
    for layer in range(2):
        for kind in ("weight", "bias"):
            parts = [f"model.layers.{layer}.self_attn.{part}_proj.{kind}" for part in "qkv"]
            if parts[0] in tensors:
                name = f"transformer.encoder.layers.{layer}.self_attention.query_key_value.{kind}"
                found[name] = torch.cat([tensors[part] for part in parts])
    return found | {"transformer.rotary_pos_emb.inv_freq": torch.ones(4)}


def chatglm(folder: Path, model: Any, **changes: Any) -> Path:
    """A checkpoint as ChatGLM3 and GLM-4 were published."""
    config = {
        "architectures": ["ChatGLMModel"], "model_type": "chatglm", "add_bias_linear": False,
        "add_qkv_bias": True, "apply_query_key_layer_scaling": True,
        "apply_residual_connection_post_layernorm": False, "attention_dropout": 0.0,
        "attention_softmax_in_fp32": True, "bias_dropout_fusion": True, "ffn_hidden_size": 160,
        "fp32_residual_connection": False, "hidden_dropout": 0.0, "hidden_size": 64, "kv_channels": 16,
        "layernorm_epsilon": model.config.rms_norm_eps, "multi_query_attention": True, "multi_query_group_num": 2,
        "num_attention_heads": 4, "num_layers": 2, "original_rope": True, "padded_vocab_size": ROWS,
        "vocab_size": ROWS, "post_layer_norm": True, "rmsnorm": True, "seq_length": 512,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "eos_token_id": 2, "pad_token_id": 0,
    } | changes  # fmt: skip
    kept = {key: value for key, value in config.items() if value is not ...}
    return lay_out(folder, fused(model.state_dict()), kept)


@pytest.mark.parametrize("ratio", [..., 1, 50, 500])
def test_chatglm_multiplies_the_base(ratio: Any, tmp_path: Path) -> None:
    base = 10000.0 * (1 if ratio is ... else ratio)
    model = glm(base=base)
    folder = chatglm(tmp_path / "chatglm", model, rope_ratio=ratio)
    assert_logits(folder, of(model))
    assert_reference(folder, of(model))
    assert metadata(folder)["chatglm.rope.freq_base"] == base


def test_chatglm_loses_nothing(tmp_path: Path) -> None:
    model = glm(attention_bias=False)
    folder = chatglm(tmp_path / "chatglm", model, add_qkv_bias=False, architectures=["ChatGLMForConditionalGeneration"])
    assert_nothing_lost(folder, left_out=["*.inv_freq"])
    assert_logits(folder, of(model))


def test_a_ratio_of_chatglm2_needs_an_option(tmp_path: Path) -> None:
    """Its 32K model divides positions by the ratio, which a file cannot tell from multiplying the base."""
    positions = {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0, "partial_rotary_factor": 0.5}
    model = glm(rope_parameters=positions)
    folder = chatglm(tmp_path / "chatglm", model, rope_ratio=4)
    assert "--rope-scaling linear:4 --rope-base 10000" in refusal(folder)
    assert_logits(folder, of(model), rope_scaling="linear:4", rope_base=10000.0)
    named = chatglm(tmp_path / "named", model, rope_ratio=50, _name_or_path="THUDM/chatglm2-6b-32k")
    assert "divides positions" in refusal(named)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position_encoding_2d": True}, "the first ChatGLM's"),
        ({"multi_query_attention": False}, "multi_query_attention is False"),
        ({"rmsnorm": False}, "rmsnorm is False"),
        ({"add_bias_linear": True}, "add_bias_linear is True"),
        ({"apply_residual_connection_post_layernorm": True}, "apply_residual_connection_post_layernorm is True"),
        ({"post_layer_norm": False}, "post_layer_norm is False"),
        ({"quantization_bit": 4}, "quantization_bit is 4"),
        ({"pre_seq_len": 128}, "pre_seq_len is 128"),
        ({"multi_query_group_num": 4}, "shape"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(chatglm(tmp_path / "chatglm", glm(), **changes))
