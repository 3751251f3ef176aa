"""A converted f32 file in llama.cpp computes what transformers computes with the checkpoint, short and long.

Both sides work in float32 with keys and values in float32, so what is left are orders of summation and two ways of
computing angles: the largest differences measured are 0.001 for the real checkpoint (logits with a standard deviation
of 7) and 0.0003 for the tiny ones (1.3). A wrong RoPE base or scaling, a wrong permutation or a lost bias moves logits
by tenths and units.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from tests.convert.tiny import reference_logits, tiny_checkpoint
from tests.support import Floats, converted_file, llama_model

TOLERANCE = 0.001
"""Largest difference allowed, as a share of the standard deviation of the logits: four to seven times what was seen."""

PROMPTS = (
    "The capital of France is",
    "def fibonacci(n: int) -> int:\n    ",
    "A firefly is a small beetle that gives light. People have read by it, and",
)


def compare(found: Floats, expected: Floats) -> None:
    """Logits are equal within the tolerance, and spread wide enough for that to mean something."""
    assert expected.std(axis=1).min() > 0.5
    worst = np.abs(found - expected).max(axis=1)
    assert worst.max() < TOLERANCE * expected.std(), f"largest differences by position: {worst.tolist()}"


def long_prompt(tokenizer: Tokenizer, length: int) -> list[int]:
    """English sentences, never twice the same, cut to `length` tokens."""
    random = Random(3)
    things = ("lantern", "river", "letter", "window", "garden", "engine", "mountain", "coat", "bell", "harbour")
    verbs = ("lights", "finds", "remembers", "leaves", "paints", "counts", "repairs", "follows")
    text = "".join(
        f"On day {day} the {random.choice(things)} {random.choice(verbs)} the {random.choice(things)} number "
        f"{random.randint(2, 900)}. "
        for day in range(length // 10)
    )
    ids: list[int] = tokenizer.encode(text).ids
    assert len(ids) >= length
    return ids[:length]


@pytest.mark.parity
def test_real_logits_at_short_positions_and_beyond_4000(
    real_checkpoint: Path, converted: Callable[[str], Path]
) -> None:
    tokens = long_prompt(Tokenizer.from_file(str(real_checkpoint / "tokenizer.json")), 4160)
    positions = [0, 1, 2, 7, 63, 511, 1023, 2047, 3000, 4001, 4050, 4095, 4096, 4128, 4159]
    expected = reference_logits(real_checkpoint, tokens, positions)
    with llama_model(converted("f32")) as model:
        assert model.trained_context == 8192
        compare(model.logits(tokens, positions), expected)


@pytest.mark.parity
def test_real_greedy_text_is_equal(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    reference = AutoModelForCausalLM.from_pretrained(real_checkpoint, dtype=torch.float32)
    with llama_model(converted("f32")) as model:
        for prompt in PROMPTS:
            tokens: list[int] = tokenizer.encode(prompt).ids
            with torch.no_grad():
                written = reference.generate(
                    torch.tensor([tokens]),
                    attention_mask=torch.ones(1, len(tokens), dtype=torch.long),
                    do_sample=False,
                    min_new_tokens=64,
                    max_new_tokens=64,
                    eos_token_id=None,
                    pad_token_id=2,
                )
            expected = written[0, len(tokens) :].tolist()
            assert len(expected) == 64
            found = model.greedy(tokens, 64)
            assert found == expected, f"{tokenizer.decode(found)!r} instead of {tokenizer.decode(expected)!r}"


LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}
FAR = {"rope_type": "default", "rope_theta": 5000000.0}


@pytest.mark.parametrize("spelling", ["v4", "v5"])
@pytest.mark.parametrize(
    ("rope", "context"),
    [
        pytest.param({"rope_type": "default", "rope_theta": 10000.0}, 512, id="default"),
        pytest.param(FAR, 4096, id="large base"),
        pytest.param(LINEAR, 1024, id="linear"),
        pytest.param(LLAMA3, 2048, id="llama3"),
    ],
)
def test_tiny_logits_of_each_rope_beyond_its_original_context(
    rope: dict[str, Any], context: int, spelling: str, tmp_path: Path
) -> None:
    folder = tiny_checkpoint(
        tmp_path / "tiny",
        dtype=torch.float32,
        spelling=spelling,
        rope_parameters=rope,
        max_position_embeddings=context,
    )
    assert_tiny_parity(folder, tmp_path / "tiny.gguf", length=context)


def test_tiny_logits_of_llama3_beyond_4000(tmp_path: Path) -> None:
    rope = LLAMA3 | {"factor": 32.0, "original_max_position_embeddings": 2048}
    folder = tiny_checkpoint(
        tmp_path / "tiny", dtype=torch.float32, rope_parameters=rope, max_position_embeddings=65536
    )
    assert_tiny_parity(folder, tmp_path / "tiny.gguf", length=4400)


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({"attention_bias": True, "mlp_bias": True}, id="biases"),
        pytest.param({"head_dim": 32}, id="narrow heads"),
        pytest.param({"head_dim": 96, "attention_bias": True}, id="wide heads"),
        pytest.param({"num_key_value_heads": 4}, id="ungrouped heads"),
        pytest.param({"num_key_value_heads": 1}, id="one key head"),
        pytest.param({"tie_word_embeddings": True}, id="tied"),
        pytest.param({"rms_norm_eps": 0.3}, id="a norm epsilon that shows"),
        pytest.param({"dtype": torch.bfloat16}, id="stored in bf16"),
        pytest.param({"dtype": torch.float16}, id="stored in f16"),
    ],
)
def test_tiny_logits_of_each_shape(overrides: dict[str, Any], tmp_path: Path) -> None:
    settings: dict[str, Any] = {"dtype": torch.float32, "num_hidden_layers": 3} | overrides
    folder = tiny_checkpoint(tmp_path / "tiny", **settings)
    assert_tiny_parity(folder, tmp_path / "tiny.gguf", length=400)


def assert_tiny_parity(folder: Path, target: Path, *, length: int) -> None:
    """Convert to f32 and compare logits on random tokens, at positions from the first to the last."""
    tokens = np.random.default_rng(5).integers(0, 411, length).tolist()
    positions = sorted({0, 1, 2, 50, *np.linspace(100, length - 1, 12).astype(int).tolist()})
    expected = reference_logits(folder, tokens, positions)
    with llama_model(converted_file(folder, target, "f32")) as model:
        compare(model.logits(tokens, positions), expected)
