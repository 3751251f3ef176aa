"""Every quantization offered has the types and the bytes that llama.cpp's own quantizer makes of our plain file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.convert.gguf_file import differing, read
from tests.convert.tiny import tiny_checkpoint
from tests.support import QUANTIZATIONS, converted_file, requantized

SHAPES: dict[str, dict[str, Any]] = {
    "eight layers": {"num_hidden_layers": 8},
    "tied": {"tie_word_embeddings": True},
    "ungrouped heads": {"num_key_value_heads": 4},
    "biases": {"attention_bias": True, "mlp_bias": True},
    "rows of 288, no block of 256": {"hidden_size": 288, "head_dim": 64},
    "rows of 272, no block of 32": {"hidden_size": 272, "num_attention_heads": 2, "num_key_value_heads": 1},
    "llama3 divisors": {
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 10000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 256,
        }
    },
    "stored in f32": {"dtype": torch.float32},
    "stored in f16": {"dtype": torch.float16},
}


OFTEN = ("q8_0", "q4_k_m")
"""What people ask for; the others too where slow tests are wanted. Tiny checkpoints show every one of them below."""


@pytest.mark.parametrize(
    "quantization", [pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow) for name in QUANTIZATIONS]
)
def test_the_real_checkpoint_is_quantized_as_llama_cpp_does(
    quantization: str, converted: Callable[[str], Path], tmp_path: Path
) -> None:
    ours = converted(quantization)
    assert differing(ours, requantized(converted("f32"), tmp_path / "theirs.gguf", quantization)) == []


@pytest.mark.slow  # shows on trained weights what the tiny checkpoints below show
@pytest.mark.parametrize("quantization", ["q4_k_m", "q8_0"])
def test_the_real_checkpoint_is_quantized_as_llama_cpp_does_from_bf16(
    quantization: str, converted: Callable[[str], Path], tmp_path: Path
) -> None:
    ours = converted(quantization)
    assert differing(ours, requantized(converted("bf16"), tmp_path / "theirs.gguf", quantization)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_tiny_checkpoints_are_quantized_as_llama_cpp_does(shape: str, tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", **SHAPES[shape])
    plain = converted_file(folder, tmp_path / "f32.gguf", "f32")
    half = converted_file(folder, tmp_path / "bf16.gguf", "bf16")
    bf16_is_exact = SHAPES[shape].get("dtype", torch.bfloat16) == torch.bfloat16
    for quantization in QUANTIZATIONS:
        ours = converted_file(folder, tmp_path / f"ours-{quantization}.gguf", quantization)
        from_f32 = requantized(plain, tmp_path / f"from-f32-{quantization}.gguf", quantization)
        assert differing(ours, from_f32) == [], quantization
        if bf16_is_exact:
            from_bf16 = requantized(half, tmp_path / f"from-bf16-{quantization}.gguf", quantization)
            assert differing(ours, from_bf16) == [], quantization


def test_types_differ_between_the_quantizations(tmp_path: Path) -> None:
    """Equal bytes would also follow from writing the same file nine times."""
    folder = tiny_checkpoint(tmp_path / "tiny", num_hidden_layers=8)
    kinds = {}
    for quantization in QUANTIZATIONS:
        found = read(converted_file(folder, tmp_path / f"{quantization}.gguf", quantization))
        kinds[quantization] = {tensor.kind for tensor in found.tensors.values() if len(tensor.shape) == 2}
    assert kinds["f32"] == {"F32"}
    assert kinds["f16"] == {"F16"}
    assert kinds["bf16"] == {"BF16"}
    assert kinds["q8_0"] == {"Q8_0"}
    assert "Q4_0" in kinds["q4_0"]
    assert {"Q4_K", "Q6_K"} <= kinds["q4_k_m"]
    assert "Q5_K" in kinds["q5_k_m"]
    assert "Q6_K" in kinds["q6_k"]
    assert len({tuple(sorted(kind)) for kind in kinds.values()}) >= 8


def test_norms_and_biases_stay_in_f32(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", attention_bias=True, mlp_bias=True)
    for quantization in QUANTIZATIONS:
        found = read(converted_file(folder, tmp_path / f"{quantization}.gguf", quantization))
        assert {tensor.kind for tensor in found.tensors.values() if len(tensor.shape) == 1} == {"F32"}, quantization


def test_a_conversion_is_repeatable(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    first = converted_file(folder, tmp_path / "first.gguf", "q4_k_m").read_bytes()
    second = converted_file(folder, tmp_path / "second.gguf", "q4_k_m").read_bytes()
    assert first == second
