"""MiniCPM: Llama whose embedding, residual branches and logits are scaled, written here in torch on a Llama."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import (
    PIECES,
    assert_family,
    assert_logits,
    lay_out,
    of,
    refusal,
    sentencepiece,
    tiny_model,
)

SCALES: dict[str, float] = {"scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 16}


def write_minicpm(folder: Path, model: Any, **changes: Any) -> Path:
    """config.json as MiniCPM-2B carries it; the tensors have Llama's names."""
    config = model.config
    values = {
        "architectures": ["MiniCPMForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling_minicpm.MiniCPMForCausalLM"},
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.1,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "rms_norm_eps": config.rms_norm_eps,
        "rope_scaling": None,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.36.0",
        "use_cache": True,
        "vocab_size": config.vocab_size,
        **SCALES,
    } | changes
    state = model.state_dict()
    if config.tie_word_embeddings:
        state.pop("lm_head.weight")
    else:
        values["tie_word_embeddings"] = False
    kept = {key: value for key, value in values.items() if value is not ...}
    return lay_out(folder, state, kept, tokenizer=sentencepiece())


def minicpm_model(*, scales: dict[str, float] = SCALES, **settings: Any) -> Any:
    """A Llama with MiniCPM's three scales hooked in where MiniCPM's code has them."""
    model = tiny_model("LlamaForCausalLM", vocab_size=PIECES, **settings)
    depth = scales["scale_depth"] / model.config.num_hidden_layers**0.5
    divisor = model.config.hidden_size / scales["dim_model_base"]
    model.model.embed_tokens.register_forward_hook(lambda _m, _a, output: output * scales["scale_emb"])
    for layer in model.model.layers:
        layer.self_attn.register_forward_hook(lambda _m, _a, output: (output[0] * depth, *output[1:]))
        layer.mlp.register_forward_hook(lambda _m, _a, output: output * depth)
    model.lm_head.register_forward_pre_hook(lambda _m, args: (args[0] / divisor, *args[1:]))
    return model


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"tie_word_embeddings": True}, id="2B: tied"),
        pytest.param({"tie_word_embeddings": False, "num_key_value_heads": 2}, id="4: a head of its own, grouped"),
        pytest.param({"num_hidden_layers": 3, "tie_word_embeddings": True}, id="three layers"),
    ],
)
def test_minicpm(overrides: dict[str, Any], tmp_path: Path) -> None:
    model = minicpm_model(**overrides)
    assert_family(write_minicpm(tmp_path / "minicpm", model), of(model))


@pytest.mark.parametrize("key", SCALES)
def test_an_absent_scale_is_one_and_another_one_shows(key: str, tmp_path: Path) -> None:
    model = minicpm_model(scales=SCALES | {key: 1}, tie_word_embeddings=True)
    assert_logits(write_minicpm(tmp_path / "minicpm", model, **{key: ...}), of(model))
    folder = write_minicpm(tmp_path / "minicpm", model)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"num_experts": 8}, "num_experts", id="MiniCPM-MoE"),
        pytest.param({"sparse_config": {"kernel_size": 32}}, "sparse_config", id="MiniCPM 4.1's sparse attention"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
        pytest.param({"scale_depth": "1.4"}, "scale_depth", id="a scale that is no number"),
    ],
)
def test_what_the_graph_lacks_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = minicpm_model(tie_word_embeddings=True)
    assert named in refusal(write_minicpm(tmp_path / "minicpm", model, **changes))
