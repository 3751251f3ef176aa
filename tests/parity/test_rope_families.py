"""RoPE as the families' own graphs turn it: part of a head, two bases, layers that do not turn.

Each file computes what transformers computes up to 2,048 tokens, four times the original context; one with another base
does not.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.convert.families.gelu import with_half_gelu
from tests.convert.families.support import logits_of, save, tiny_model
from tests.parity.test_rope_logits import ORIGINAL, places, random_tokens
from tests.support import Floats, converted_file, llama_model

TOLERANCE = 0.001
"""Largest difference of a logit, as a share of the standard deviation of all logits compared."""

LENGTH = 2048

YARN = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": ORIGINAL}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 320000.0,
    "partial_rotary_factor": 0.75,
    "original_max_position_embeddings": ORIGINAL,
    "short_factor": [1.0, 1.05, 1.1, 1.2, 1.3, 1.5],
    "long_factor": [1.0, 1.3, 1.9, 2.8, 4.5, 7.0],
}

FAMILIES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # name -> class, RoPE, further settings
    "phi3, longrope over three quarters": (
        "Phi3ForCausalLM", LONGROPE,
        {"num_key_value_heads": 2, "original_max_position_embeddings": ORIGINAL},
    ),
    "gptneox, a quarter": (
        "GPTNeoXForCausalLM", {"rope_type": "default", "rope_theta": 320000.0, "partial_rotary_factor": 0.25},
        {"hidden_size": 128, "num_attention_heads": 2},
    ),
    "glm, half in adjacent pairs": (
        "GlmForCausalLM", {"rope_type": "default", "rope_theta": 320000.0, "partial_rotary_factor": 0.5},
        {"num_key_value_heads": 2, "head_dim": 16},
    ),
    "qwen2, yarn": ("Qwen2ForCausalLM", YARN | {"rope_theta": 320000.0}, {"num_key_value_heads": 2}),
    "qwen3, yarn with an attention factor": (
        "Qwen3ForCausalLM", YARN | {"rope_theta": 320000.0, "attention_factor": 1.1},
        {"num_key_value_heads": 2, "head_dim": 32},
    ),
    "gemma3, two bases": (
        "Gemma3ForCausalLM",
        {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 320000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        },
        {
            "num_key_value_heads": 2, "num_hidden_layers": 3, "head_dim": 32, "query_pre_attn_scalar": 32,
            "sliding_window": 512, "sliding_window_pattern": 3, "norm": 0.0,
        },
    ),
    "smollm3, each fourth layer without": (
        "SmolLM3ForCausalLM", {"rope_type": "default", "rope_theta": 320000.0},
        {"num_key_value_heads": 2, "num_hidden_layers": 4},
    ),
    "olmo2": (
        "Olmo2ForCausalLM", {"rope_type": "default", "rope_theta": 320000.0}, {"num_key_value_heads": 2},
    ),
    "granite, llama3": (
        "GraniteForCausalLM",
        {
            "rope_type": "llama3", "rope_theta": 320000.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": ORIGINAL,
        },
        {"num_key_value_heads": 2},
    ),
}  # fmt: skip


def shares(file: Path, expected: Floats) -> Floats:
    """The largest difference of a logit at each place, as a share of the standard deviation of the logits."""
    with llama_model(file) as model:
        found = model.logits(random_tokens(LENGTH), places(LENGTH))
    worst: Floats = np.abs(found - expected).max(axis=1) / expected.std()
    return worst


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_turns_as_transformers_does_and_a_wrong_base_is_seen(name: str, tmp_path: Path) -> None:
    kind, rope, further = FAMILIES[name]
    settings = {"spread": 0.125, "max_position_embeddings": 4096} | further
    model = tiny_model(kind, rope_parameters=rope, **settings)
    if kind.startswith(("Gemma", "GPTNeoX")):
        model = with_half_gelu(model)
    folder = save(model, tmp_path / "tiny")
    expected = logits_of(model, random_tokens(LENGTH), places(LENGTH))
    right = shares(converted_file(folder, tmp_path / "right.gguf", "f32"), expected)
    wrong = shares(converted_file(folder, tmp_path / "wrong.gguf", "f32", rope_base=200000.0), expected)
    assert right.max() < TOLERANCE, right.tolist()
    assert wrong[0] < TOLERANCE
    assert wrong[4:].max() > 20 * TOLERANCE, wrong.tolist()
