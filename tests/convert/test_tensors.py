"""Every tensor of an f32 file equals its source; nothing is left out, nothing is added."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.convert.expected import as_written, config_of, source_name, source_tensors
from tests.convert.gguf_file import read
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}


def assert_equal(gguf: Path, folder: Path, *, added: tuple[str, ...] = ()) -> None:
    """All tensors of the f32 file equal the checkpoint's, bit for bit; `added`: tensors made by the conversion."""
    config, source = config_of(folder), source_tensors(folder)
    if config["tie_word_embeddings"]:
        source.pop("lm_head.weight", None)
    written = read(gguf).tensors
    assert set(added) <= written.keys()
    assert {source_name(name) for name in written if name not in added} == source.keys()
    for name, tensor in written.items():
        if name in added:
            continue
        expected = as_written(name, source[source_name(name)], config)
        found = tensor.floats()
        assert found.shape == expected.shape, name
        assert np.array_equal(found.view(np.uint32), expected.view(np.uint32)), f"{name} differs from its source"


def test_every_tensor_of_the_real_checkpoint_equals_its_source(
    real_checkpoint: Path, converted: Callable[[str], Path]
) -> None:
    assert len(read(converted("f32")).tensors) == 272
    assert_equal(converted("f32"), real_checkpoint)


def test_shards_make_the_same_file_as_one_file(
    sharded_checkpoint: Path, converted: Callable[[str], Path], tmp_path: Path
) -> None:
    target = converted_file(sharded_checkpoint, tmp_path / "sharded.gguf", "q4_0")
    whole, parts = read(converted("q4_0")), read(target)
    for file in (whole, parts):
        file.metadata.pop("general.name")
    assert parts.metadata == whole.metadata
    assert list(parts.tensors) == list(whole.tensors)
    for name, tensor in whole.tensors.items():
        assert np.array_equal(parts.tensors[name].data, tensor.data), name


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({}, id="grouped heads"),
        pytest.param({"num_key_value_heads": 4}, id="as many key heads as heads"),
        pytest.param({"num_key_value_heads": 1}, id="one key head"),
        pytest.param({"head_dim": 32}, id="heads narrower than the model"),
        pytest.param({"head_dim": 96}, id="heads wider than the model"),
        pytest.param({"attention_bias": True}, id="attention biases"),
        pytest.param({"mlp_bias": True}, id="feed-forward biases"),
        pytest.param({"tie_word_embeddings": True}, id="tied"),
        pytest.param({"dtype": torch.float32}, id="stored in f32"),
        pytest.param({"dtype": torch.float16}, id="stored in f16"),
        pytest.param({"padding": 0}, id="no padding rows"),
        pytest.param({"shard_size": "400KB"}, id="shards"),
        pytest.param({"hidden_size": 272, "num_attention_heads": 2, "num_key_value_heads": 1}, id="odd widths"),
    ],
)
def test_every_tensor_of_a_tiny_checkpoint_equals_its_source(overrides: dict[str, Any], tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", **overrides)
    assert_equal(converted_file(folder, tmp_path / "tiny.gguf", "f32"), folder)


@pytest.mark.parametrize("spelling", ["v4", "v5"])
def test_llama3_divisors_are_transformers_own(spelling: str, tmp_path: Path) -> None:
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    folder = tiny_checkpoint(tmp_path / "tiny", spelling=spelling, rope_parameters=LLAMA3)
    gguf = converted_file(folder, tmp_path / "tiny.gguf", "f32")
    assert_equal(gguf, folder, added=("rope_freqs.weight",))
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](LlamaConfig.from_pretrained(folder), torch.device("cpu"))
    plain = 1.0 / 500000.0 ** (torch.arange(0, 64, 2, dtype=torch.float64) / 64)
    divisors = read(gguf).tensors["rope_freqs.weight"].floats()
    assert divisors.shape == (32,)
    np.testing.assert_allclose(divisors, (plain / scaled.double()).numpy(), rtol=1e-6)
    assert divisors.min() == 1.0
    assert divisors.max() == 8.0
    assert np.count_nonzero((divisors > 1.0) & (divisors < 8.0)) >= 2, "the smooth part is not exercised"


def test_a_repeated_head_of_a_tied_checkpoint_is_not_written_twice(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tiny_checkpoint(tmp_path / "tiny", tie_word_embeddings=True)
    tensors = load_file(folder / "model.safetensors")
    assert "lm_head.weight" not in tensors
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert_equal(converted_file(folder, tmp_path / "tiny.gguf", "f32"), folder)
