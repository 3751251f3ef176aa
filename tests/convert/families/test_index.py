"""Index-1.9B: Llama's tensors and a head whose rows are used with length 1; the RoPE base under each of its keys.

The reference is transformers' Llama with the rows of its head divided in torch.
"""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.convert.families.support import (
    PIECES,
    Reference,
    as_torch_saved,
    assert_family,
    assert_logits,
    assert_reference,
    lay_out,
    metadata,
    of,
    refusal,
    sentencepiece,
    tiny_model,
    warnings_of,
)
from tests.convert.gguf_file import read
from tests.support import converted_file, llama_model

index_tokenizer = sentencepiece(
    dummy_prefix=False, control=("reserved_0", "reserved_1"), add_bos=False, tokenizer_class="IndexTokenizer"
)
"""`tokenizer.model` with the three special pieces of every SentencePiece model and Index's two of its own."""


def index_model(**settings: Any) -> Any:
    """The Llama that an Index is but for its head, whose rows have lengths from a tenth to three times the usual."""
    model = tiny_model("LlamaForCausalLM", vocab_size=PIECES, **settings)
    with torch.no_grad():
        model.lm_head.weight.mul_(torch.linspace(0.1, 3.0, PIECES)[torch.randperm(PIECES), None])
        model.lm_head.weight[5] = 0  # a row nobody trained
    return model


def index_config(model: Any, **changes: Any) -> Mapping[str, Any]:
    """config.json as bilibili's models carry it."""
    config = model.config
    values = {
        "architectures": ["IndexForCausalLM"],
        "auto_map": {
            "AutoConfig": "configuration_index.IndexConfig",
            "AutoModelForCausalLM": "modeling_index.IndexForCausalLM",
        },
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.01,
        "intermediate_size": config.intermediate_size,
        "max_length": 4096,
        "max_position_embeddings": config.max_position_embeddings,
        "model_type": "index",
        "norm_head": 1,
        "num_attention_heads": config.num_attention_heads,
        "num_hidden_layers": config.num_hidden_layers,
        "num_key_value_heads": config.num_key_value_heads,
        "rms_norm_eps": config.rms_norm_eps,
        "rope_ratio": 1.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.39.2",
        "use_cache": True,
        "vocab_size": config.vocab_size,
    }
    return {key: value for key, value in (values | changes).items() if value is not ...}


def with_unit_rows(model: Any) -> Reference:
    """NormHead, as torch has it."""
    other = deepcopy(model)
    with torch.no_grad():
        other.lm_head.weight.copy_(torch.nn.functional.normalize(other.lm_head.weight, dim=1))
    return of(other)


def write(folder: Path, model: Any, **changes: Any) -> Path:
    """The checkpoint under Index's own names, which are Llama's."""
    return lay_out(folder, model.state_dict(), index_config(model, **changes), tokenizer=index_tokenizer)


@pytest.mark.parametrize("groups", [4, 2])
def test_index(groups: int, tmp_path: Path) -> None:
    model = index_model(num_key_value_heads=groups)
    folder = write(tmp_path / "index", model)
    assert_family(folder, with_unit_rows(model), stepped=["lm_head.weight"])


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="one file"),
        pytest.param({"shards": 3}, id="shards"),
        pytest.param({"_use_new_zipfile_serialization": False}, id="torch's old format"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_as_torch_saves_them(dtype: torch.dtype, how: dict[str, Any], tmp_path: Path) -> None:
    """Index is published so."""
    model = index_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.to(dtype))
    stored = {name: tensor.to(dtype) for name, tensor in model.state_dict().items()}
    folder = lay_out(tmp_path / "index", stored, index_config(model), tokenizer=index_tokenizer)
    written = [
        tensor.data.tobytes() for tensor in read(converted_file(folder, tmp_path / "one.gguf", "q8_0")).tensors.values()
    ]
    as_torch_saved(folder, **how)
    assert not list(folder.glob("*.safetensors"))
    assert_logits(folder, with_unit_rows(model))
    assert_reference(folder, with_unit_rows(model))
    other = read(converted_file(folder, tmp_path / "other.gguf", "q8_0")).tensors
    assert [tensor.data.tobytes() for tensor in other.values()] == written


def test_as_old_checkpoints_are_with_buffers_and_fewer_keys(tmp_path: Path) -> None:
    model = index_model()
    absent: dict[str, Any] = dict.fromkeys(
        ("num_key_value_heads", "rms_norm_eps", "rope_ratio", "initializer_range"), ...
    )
    config = index_config(model, **absent)
    buffers = {f"model.layers.{layer}.self_attn.rotary_emb.inv_freq": torch.ones(8) for layer in range(2)}
    folder = lay_out(tmp_path / "index", model.state_dict() | buffers, config, tokenizer=index_tokenizer)
    assert_logits(folder, with_unit_rows(model))
    assert_reference(folder, with_unit_rows(model))
    assert any("10000" in text and "4K" in text for text in warnings_of(folder))


def test_the_head_as_it_is_stored_would_answer_otherwise(tmp_path: Path) -> None:
    model = index_model()
    folder = write(tmp_path / "index", model)
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model), tolerance=1.0)


@pytest.mark.parametrize("stated", [False, 0])
def test_a_plain_head_stays_as_it_is(stated: object, tmp_path: Path) -> None:
    model = index_model()
    folder = write(tmp_path / "index", model, norm_head=stated)
    assert_family(folder, of(model))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_rows_are_divided_in_float32_whatever_their_type(dtype: torch.dtype, tmp_path: Path) -> None:
    model = index_model()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.to(dtype))
    stored = {name: tensor.to(dtype) for name, tensor in model.state_dict().items()}
    folder = lay_out(tmp_path / "index", stored, index_config(model), tokenizer=index_tokenizer)
    assert_logits(folder, with_unit_rows(model))


def test_the_vocabulary_is_held_to_the_rows_of_the_embedding_before_a_token_is_made(tmp_path: Path) -> None:
    folder = write(tmp_path / "index", index_model(), vocab_size=2**31 - 1)
    (folder / "tokenizer.model").unlink()
    assert "model.embed_tokens.weight has the shape [600, 64]" in refusal(folder)


LONG = {"max_position_embeddings": 32768}


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"rope_ratio": 32}, id="rope_ratio"),
        pytest.param({"rope_ratio": 32.0, "rope_scaling": None}, id="rope_ratio as a float"),
        pytest.param({"rope_ratio": 32, "rope_theta": 10000.0}, id="rope_ratio beside the plain base"),
        pytest.param({"rope_ratio": 32, "rope_theta": 320000.0}, id="rope_ratio and the multiplied base"),
        pytest.param({"rope_ratio": ..., "rope_theta": 320000}, id="rope_theta"),
        pytest.param({"rope_ratio": 1, "rope_theta": 320000.0}, id="rope_theta and a ratio of 1"),
        pytest.param(
            {"rope_ratio": ..., "rope_parameters": {"rope_type": "default", "rope_theta": 320000.0}},
            id="rope_parameters",
        ),
        pytest.param(
            {"rope_ratio": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 320000.0}},
            id="rope_parameters and the ratio that is in it",
        ),
        pytest.param(
            {"rope_ratio": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
            id="rope_parameters and a ratio that is not",
        ),
    ],
)
def test_the_32k_model_turns_by_320000_whichever_key_says_it(keys: dict[str, Any], tmp_path: Path) -> None:
    model = index_model(**LONG, rope_parameters={"rope_type": "default", "rope_theta": 320000.0})
    folder = write(tmp_path / "index", model, **keys)
    written = metadata(folder)
    assert written["llama.rope.freq_base"] == 320000.0
    assert written["llama.context_length"] == 32768
    assert not any("RoPE" in text or "rope" in text for text in warnings_of(folder))
    assert_logits(folder, with_unit_rows(model), length=2000)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        pytest.param({"rope_ratio": ...}, "--rope-base", id="no key"),
        pytest.param({"rope_ratio": 32, "rope_theta": 5e6}, "rope_ratio", id="a base that the ratio does not make"),
        pytest.param({"num_attention_heads": ...}, "num_attention_heads", id="the number of heads"),
        pytest.param({"norm_head": ...}, "norm_head", id="the kind of head"),
        pytest.param({"norm_head": "yes"}, "norm_head", id="another word for it"),
        pytest.param({"tie_word_embeddings": True}, "tie_word_embeddings", id="a head that is the embedding"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_refused(keys: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = index_model()
    folder = write(tmp_path / "index", model, **(LONG | keys))
    assert named in refusal(folder)


def test_a_32k_model_that_states_the_4k_base_is_doubted_aloud(tmp_path: Path) -> None:
    folder = write(tmp_path / "index", index_model(), **LONG, rope_ratio=..., rope_theta=10000.0)
    assert any(text.startswith("CHECK THIS") and "10000" in text for text in warnings_of(folder))


def test_every_id_that_ends_an_answer_ends_it_in_llama_cpp(tmp_path: Path) -> None:
    folder = write(tmp_path / "index", index_model())
    gguf = converted_file(folder, tmp_path / "index.gguf", "f32")
    with llama_model(gguf) as model:
        assert [token for token in range(PIECES) if model.ends_generation(token)] == [0, 2, 3, 4]
