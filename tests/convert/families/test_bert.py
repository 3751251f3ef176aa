"""BERT and XLM-RoBERTa: states of every token and the vector of a text, by transformers and by sentence-transformers'
rules for its files; positions from behind the padding, older names, steps that llama.cpp has not.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import (
    assert_nothing_lost,
    checkpoint_tensors,
    metadata,
    refusal,
    save,
    tiny_model,
    warnings_of,
)
from tests.convert.gguf_file import differing
from tests.convert.toy_tokenizers import write_wordpiece, write_xlmr
from tests.support import Floats, converted_file, llama_model

NO_POOLER = ["pooler.dense.*"]
"""The layer of the training task, which is not on the way to the states."""


def bert(kind: str = "BertModel", **settings: Any) -> Any:
    usual: dict[str, Any] = {"max_position_embeddings": 160, "hidden_act": "gelu", "spread": 0.12, "pad_token_id": 0}
    return tiny_model(kind, **(usual | settings))


def xlm_roberta(**settings: Any) -> Any:
    return bert("XLMRobertaModel", **({"max_position_embeddings": 162, "pad_token_id": 1} | settings))


def sentence(folder: Path, mode: str = "cls_token", *further: str) -> Path:
    """The files of sentence-transformers, for a pooling and further steps."""
    kinds = ["Transformer", "Pooling", *further]
    steps = [
        {"idx": index, "name": str(index), "path": f"{index}_{kind}" if index else "", "type": f"st.models.{kind}"}
        for index, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(steps), encoding="utf-8")
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    settings = {f"pooling_mode_{name}": name == mode for name in modes} | {"word_embedding_dimension": 64}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings | {"include_prompt": True}), encoding="utf-8")
    return folder


def ids(count: int = 100) -> list[int]:
    """Ordinary tokens: none of them padding, whose position XLM-RoBERTa would not count."""
    return [int(number) for number in np.random.default_rng(3).integers(3, 400, count)]


def states_of(model: Any, tokens: list[int]) -> Floats:
    with torch.no_grad():
        states: Floats = model(torch.tensor([tokens])).last_hidden_state[0].numpy()
    return states


def assert_states(folder: Path, model: Any, *, tolerance: float = HALF, count: int = 100) -> float:
    """Every token's state is transformers' own; gives the largest difference in standard deviations."""
    gguf = converted_file(folder, folder.with_suffix(".gguf"), "f32", force=True)
    expected = states_of(model, ids(count))
    with llama_model(gguf) as file:
        found = file.embeddings(ids(count), pooled=False)
    worst = float(np.abs(found - expected).max() / expected.std())
    assert worst < tolerance, f"the states differ by {worst:.2e} standard deviations"
    return worst


@pytest.mark.parametrize("make", [bert, xlm_roberta])
def test_the_family(make: Any, tmp_path: Path) -> None:
    model = make()
    folder = sentence(save(model, tmp_path / "bert"))
    assert_states(folder, model, tolerance=PLAIN)
    assert any("hidden_act is gelu" in warning for warning in warnings_of(folder))
    assert_states(folder, with_half_gelu(model), count=160)
    keys = metadata(folder)
    assert keys["bert.attention.causal"] is False
    assert keys["bert.context_length"] == 160
    assert keys["tokenizer.ggml.token_type_count"] == 2
    assert not any(".rope." in key for key in keys if not key.startswith("luciole."))


def test_nothing_is_lost(tmp_path: Path) -> None:
    assert_nothing_lost(save(bert(), tmp_path / "bert"), left_out=NO_POOLER)


def test_the_first_positions_of_xlm_roberta_stand_for_padding(tmp_path: Path) -> None:
    """A table of 162 with padding 1 holds 160 positions, from row 2 on."""
    folder = save(xlm_roberta(), tmp_path / "xlmr")
    table = checkpoint_tensors(folder)["embeddings.position_embeddings.weight"]
    tensors = checkpoint_tensors(folder) | {"embeddings.position_embeddings.weight": table[2:].clone()}
    save(bert(), tmp_path / "bert")
    save_file(tensors, tmp_path / "bert" / "model.safetensors")
    one = converted_file(folder, tmp_path / "one.gguf", "f32")
    other = converted_file(tmp_path / "bert", tmp_path / "other.gguf", "f32")
    assert differing(one, other) == []


@pytest.mark.parametrize(("mode", "number"), [("cls_token", 2), ("mean_tokens", 1), ("lasttoken", 3)])
@pytest.mark.parametrize("make", [bert, xlm_roberta])
def test_the_vector_of_a_text(make: Any, mode: str, number: int, tmp_path: Path) -> None:
    model = with_half_gelu(make())
    folder = sentence(save(model, tmp_path / "bert"), mode, "Normalize")
    gguf = converted_file(folder, tmp_path / "bert.gguf", "f32")
    states = states_of(model, ids())
    expected = {"cls_token": states[0], "mean_tokens": states.mean(axis=0), "lasttoken": states[-1]}[mode]
    with llama_model(gguf) as file:
        found = file.embeddings(ids(), pooled=True)
    assert np.abs(found - expected).max() / expected.std() < HALF
    keys = metadata(folder)
    assert keys["bert.pooling_type"] == number
    assert keys["luciole.embedding.normalized"] is True


def test_an_encoder_wants_no_prompt_format(tmp_path: Path) -> None:
    folder = save(bert(), tmp_path / "bert")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    assert not any("template" in warning for warning in warnings_of(sentence(folder)))


def test_a_vector_that_is_not_normalized_is_recorded_so(tmp_path: Path) -> None:
    assert metadata(sentence(save(bert(), tmp_path / "bert")))["luciole.embedding.normalized"] is False


def test_the_newer_spelling_of_the_pooling(tmp_path: Path) -> None:
    folder = sentence(save(bert(), tmp_path / "bert"))
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "mean", "embedding_dimension": 64}')
    assert metadata(folder)["bert.pooling_type"] == 1


def test_without_the_files_of_sentence_transformers_no_pooling_is_written(tmp_path: Path) -> None:
    folder = save(bert(), tmp_path / "bert")
    assert metadata(folder)["bert.pooling_type"] == 0
    assert any("names a pooling, so none is written" in warning for warning in warnings_of(folder))


def test_a_pooling_without_the_list_of_steps_counts(tmp_path: Path) -> None:
    folder = sentence(save(bert(), tmp_path / "bert"), "mean_tokens")
    (folder / "modules.json").unlink()
    assert metadata(folder)["bert.pooling_type"] == 1


@pytest.mark.parametrize("prefix", ["bert.", ""])
def test_older_names(prefix: str, tmp_path: Path) -> None:
    """Saved with a head's prefix, TensorFlow's names for norms, and the buffer of positions."""
    model = with_half_gelu(bert())
    folder = sentence(save(model, tmp_path / "bert"))
    tensors = {
        prefix + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in checkpoint_tensors(folder).items()
    }
    positions = {f"{prefix}embeddings.position_ids": torch.arange(160)[None]}
    save_file(tensors | positions, folder / "model.safetensors")
    assert_states(folder, model)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("modules.json", "[{}]", "a type and a folder beside it"),
        ("modules.json", '{"type": "x"}', "a type and a folder beside it"),
        ("modules.json", '[{"type": "a.Pooling", "path": "../secret"}]', "a type and a folder beside it"),
        ("modules.json", '[{"type": "a.Dense", "path": "2_Dense"}]', "the step 'Dense'"),
        ("modules.json", '[{"type": "a.Pooling", "path": "3_Pooling"}]', "3_Pooling/config.json, which is not there"),
        ("modules.json", '[{"type": "a.Pooling", "path": "1_Pooling"}, {"type": "a.Pooling", "path": ""}]', "2 times"),
        ("modules.json", "[", "modules.json is not JSON"),
        ("1_Pooling/config.json", "[]", "no JSON object"),
        ("1_Pooling/config.json", "{}", "pools by nothing"),
        ("1_Pooling/config.json", '{"pooling_mode": "max"}', "pools by max"),
        ("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}', "pools by max_tokens"),
        (
            "1_Pooling/config.json",
            '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}',
            "pools by cls_token and mean_tokens",
        ),
    ],
)
def test_steps_that_the_graph_has_not_are_refused(file: str, text: str, message: str, tmp_path: Path) -> None:
    folder = sentence(save(bert(), tmp_path / "bert"))
    (folder / file).write_text(text, encoding="utf-8")
    assert message in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"is_decoder": True}, "is_decoder is True"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"add_cross_attention": True}, "add_cross_attention is True"),
        ({"type_vocab_size": 3}, "shape"),
        ({"num_attention_heads": 5}, "no multiple"),
        ({"architectures": ["BertForMaskedLM"]}, "'BertForMaskedLM' in config.json is not supported"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(bert(), tmp_path / "bert", **changes))


@pytest.mark.parametrize("force", [False, True])
def test_more_tokens_than_positions_are_refused(force: bool, tmp_path: Path) -> None:
    assert "160 at most was expected" in refusal(save(bert(), tmp_path / "bert"), context=161, force=force)


@pytest.mark.parametrize(
    ("make", "write", "model_name"), [(bert, write_wordpiece, "bert"), (xlm_roberta, write_xlmr, "t5")]
)
def test_with_its_own_tokenizer(make: Any, write: Any, model_name: str, tmp_path: Path) -> None:
    model = with_half_gelu(make(vocab_size=650))
    folder = sentence(save(model, tmp_path / "bert", tokenizer=write))
    assert_states(folder, model)
    assert metadata(folder)["tokenizer.ggml.model"] == model_name
