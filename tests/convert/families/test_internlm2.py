"""InternLM2 and 2.5: Llama under other names, queries, keys and values grouped in one projection."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.convert.families.support import (
    PIECES,
    Tensors,
    assert_damage_is_refused,
    assert_family,
    assert_logits,
    assert_nothing_lost,
    lay_out,
    of,
    refusal,
    sentencepiece,
    tiny_model,
)

internlm_tokenizer = sentencepiece(
    tokenizer_class="InternLM2Tokenizer", added={PIECES: "<|im_start|>", PIECES + 1: "<|im_end|>"}
)
NAMES = {
    "model.embed_tokens": "model.tok_embeddings",
    "lm_head": "output",
    "self_attn.o_proj": "attention.wo",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.down_proj": "feed_forward.w2",
    "mlp.up_proj": "feed_forward.w3",
}


def internlm_name(name: str) -> str:
    """InternLM2's name of one of Llama's tensors."""
    for llama, theirs in NAMES.items():
        if llama in name:
            return name.replace(llama, theirs)
    return name


def internlm_tensors(model: Any) -> Tensors:
    """Llama's tensors as InternLM2 has them: for each key head its query heads, the key, the value."""
    config, tensors = model.config, {}
    state = model.state_dict()
    for name, tensor in state.items():
        if "self_attn.q_proj" in name:
            q, k, v = (state[name.replace("q_proj", f"{part}_proj")] for part in "qkv")
            groups, width = config.num_key_value_heads, config.head_dim
            shared = config.num_attention_heads // groups
            blocks = []
            for group in range(groups):
                blocks.append(q[group * shared * width : (group + 1) * shared * width])
                blocks += [part[group * width : (group + 1) * width] for part in (k, v)]
            tensors[name.replace("self_attn.q_proj", "attention.wqkv")] = torch.cat(blocks)
        elif not any(f"self_attn.{part}_proj" in name for part in "kv"):
            tensors[internlm_name(name)] = tensor
    return tensors


def write_internlm(folder: Path, model: Any, tensors: Tensors | None = None, **changes: Any) -> Path:
    """config.json as InternLM2.5 carries it."""
    config = model.config
    values = {
        "architectures": ["InternLM2ForCausalLM"],
        "attn_implementation": "eager",
        "auto_map": {"AutoModelForCausalLM": "modeling_internlm2.InternLM2ForCausalLM"},
        "bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings,
        "model_type": "internlm2",
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "pad_token_id": 2,
        "pretraining_tp": 1,
        "rms_norm_eps": config.rms_norm_eps,
        "rope_scaling": {"type": "dynamic", "factor": 2.0},
        "rope_theta": 1000000,
        "tie_word_embeddings": config.tie_word_embeddings,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.41.0",
        "use_cache": True,
        "vocab_size": config.vocab_size,
    } | changes
    kept = {key: value for key, value in values.items() if value is not ...}
    return lay_out(folder, internlm_tensors(model) if tensors is None else tensors, kept, tokenizer=internlm_tokenizer)


def internlm_model(**settings: Any) -> Any:
    """The Llama that an InternLM2 is; within its trained context its dynamic RoPE is the plain one."""
    far = {"rope_type": "default", "rope_theta": 1e6}
    return tiny_model("LlamaForCausalLM", vocab_size=PIECES + 8, rope_parameters=far, **settings)


@pytest.mark.parametrize("groups", [4, 2, 1])
def test_internlm2(groups: int, tmp_path: Path) -> None:
    model = internlm_model(num_key_value_heads=groups)
    assert_family(write_internlm(tmp_path / "internlm2", model), of(model))


def test_tied_the_head_is_written_since_the_graph_wants_one(tmp_path: Path) -> None:
    model = internlm_model(num_key_value_heads=2, tie_word_embeddings=True)
    tensors = {name: tensor for name, tensor in internlm_tensors(model).items() if name != "output.weight"}
    folder = write_internlm(tmp_path / "internlm2", model, tensors)
    assert_logits(folder, of(model))
    assert_nothing_lost(folder, twice=["model.tok_embeddings.weight"])
    assert_damage_is_refused(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"bias": True}, "bias", id="biases"),
        pytest.param({"bias": ...}, "bias", id="biases by the default of the class"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
        pytest.param({"num_key_value_heads": 4}, "wqkv", id="another grouping"),
        pytest.param({"rope_scaling": {"type": "weird", "factor": 2.0}}, "weird", id="an unknown scaling"),
    ],
)
def test_what_the_graph_lacks_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = internlm_model(num_key_value_heads=2)
    assert named in refusal(write_internlm(tmp_path / "internlm2", model, **changes))
