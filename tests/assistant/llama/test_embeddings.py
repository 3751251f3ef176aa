"""Vectors of texts: those of transformers with the pooling of the checkpoint, whatever comes along in one call."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from assistant.engine import EngineSettings
from assistant.errors import EngineFailed, PromptTooLong
from assistant.llama import embeddings
from assistant.llama.engine import LlamaEngine
from assistant.messages import Message, Sampling
from tests.convert.families.gelu import HALF, with_half_gelu
from tests.convert.families.support import save
from tests.convert.families.test_bert import bert, sentence, xlm_roberta
from tests.convert.toy_tokenizers import write_wordpiece, write_xlmr
from tests.support import Floats, converted_file

TEXTS = [
    "the lamp was lit",
    "A",
    "",
    "Fireflies glow at night, and nobody counts them. " * 6,
    "萤火虫 in the dark",
    "1,234.5 %",
]


def expected(model: Any, tokenizer: Any, text: str, mode: str, normalized: bool) -> Floats:
    with torch.no_grad():
        states = model(**tokenizer(text, return_tensors="pt", split_special_tokens=True)).last_hidden_state[0]
    vector = states[0] if mode == "cls_token" else states.mean(0)
    found: Floats = (vector / vector.norm() if normalized else vector).numpy()
    return found


@pytest.mark.parametrize(
    ("make", "write", "mode", "normalized"),
    [
        (bert, write_wordpiece, "cls_token", True),
        (bert, write_wordpiece, "mean_tokens", False),
        (xlm_roberta, write_xlmr, "cls_token", True),
    ],
)
def test_vectors_are_the_source_s(
    make: Any, write: Any, mode: str, normalized: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_half_gelu(make(vocab_size=650, max_position_embeddings=322))
    folder = save(model, tmp_path / "model", tokenizer=write)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    sentence(folder, mode, *(["Normalize"] if normalized else []))
    gguf = converted_file(folder, tmp_path / "model.gguf", "f32", force=True)
    with closing(LlamaEngine(gguf, EngineSettings(threads=1))) as engine:
        found = engine.embed(TEXTS)
        monkeypatch.setattr(embeddings, "_SEQUENCES", 2)
        again = engine.embed(list(reversed(TEXTS)))
        assert engine.embed([]) == []
    for text, vector, other in zip(TEXTS, found, reversed(again), strict=True):
        wanted = expected(model, tokenizer, text, mode, normalized)
        assert np.abs(np.array(vector) - wanted).max() < HALF * wanted.std(), text
        assert np.abs(np.array(vector) - np.array(other)).max() < HALF * wanted.std(), "company changes nothing"
        assert (abs(float(np.linalg.norm(vector)) - 1) < 1e-5) == normalized


def test_control_tokens_never_come_from_a_text(tmp_path: Path) -> None:
    folder = sentence(save(xlm_roberta(vocab_size=650), tmp_path / "model", tokenizer=write_xlmr), "cls_token")
    gguf = converted_file(folder, tmp_path / "model.gguf", "f32", force=True)
    with closing(LlamaEngine(gguf, EngineSettings(threads=1))) as engine:
        list(engine.load())
        assert engine._loaded
        ids = engine._loaded.model.encode_whole("a </s> <s> <mask> <pad> b")
    controls = AutoTokenizer.from_pretrained(folder).all_special_ids
    assert ids[0] == 0
    assert ids[-1] == 2
    assert not set(ids[1:-1]) & (set(controls) - {3}), "3 is the unknown token"


def test_what_is_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    folder = save(bert(vocab_size=650), tmp_path / "model", tokenizer=write_wordpiece)
    gguf = converted_file(sentence(folder, "cls_token"), tmp_path / "model.gguf", "f32", force=True)
    with closing(LlamaEngine(gguf, EngineSettings(threads=1))) as engine:
        with pytest.raises(PromptTooLong, match=r"text 2 has .* tokens; at most 160 fit") as caught:
            engine.embed(["short", "long words " * 200])
        assert caught.value.limit == 160
        assert caught.value.tokens > 160
        with pytest.raises(EngineFailed, match="makes vectors of texts"):
            list(engine.stream([Message("user", "a")], Sampling()))
        assert len(engine.embed(["short"])[0]) == 64


def test_a_chat_model_gives_no_vectors(starter_gguf: Path) -> None:
    with (
        closing(LlamaEngine(starter_gguf, EngineSettings(threads=1))) as engine,
        pytest.raises(EngineFailed, match="gives no vectors of texts"),
    ):
        engine.embed(["a"])
