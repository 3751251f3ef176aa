"""8-bit weights times their scales are what torch makes of them, in every published layout."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from convert import ConversionError, Preview, convert
from convert.proof.verify import Verified, verify
from convert.proof_report import RUNGS
from tests.convert.expected import as_written, config_of, source_name
from tests.convert.gguf_file import read
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file

Layout = Callable[[torch.Tensor], tuple[str, torch.Tensor, torch.Tensor]]
"""A weight to the end of its scale's name, the scale as stored, and the scale of each of its elements."""

BLOCK = 128
FP8 = {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [BLOCK, BLOCK]}
ROWS = {
    "quant_method": "compressed-tensors",
    "format": "float-quantized",
    "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}},
}
BLOCKS = {
    "quant_method": "compressed-tensors",
    "config_groups": {
        "group_0": {"weights": {"num_bits": 8, "type": "float", "strategy": "block", "block_structure": [BLOCK, BLOCK]}}
    },
}


def by_block(weight: torch.Tensor) -> tuple[str, torch.Tensor, torch.Tensor]:
    rows, columns = weight.shape
    scale = torch.rand(-(-rows // BLOCK), -(-columns // BLOCK)) * 0.01 + 0.001
    whole = scale.repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:rows, :columns]
    return "_scale_inv", scale, whole


def by_plain_block(weight: torch.Tensor) -> tuple[str, torch.Tensor, torch.Tensor]:
    _, scale, whole = by_block(weight)
    return "_scale", scale, whole


def by_row(weight: torch.Tensor) -> tuple[str, torch.Tensor, torch.Tensor]:
    scale = (torch.rand(weight.shape[0], 1) * 0.01 + 0.001).to(torch.bfloat16)
    return "_scale", scale, scale.float().expand(weight.shape)


def by_tensor(weight: torch.Tensor) -> tuple[str, torch.Tensor, torch.Tensor]:
    scale = torch.tensor(0.004)
    return "_scale", scale, scale.expand(weight.shape)


def quantized(
    folder: Path, layout: Layout, settings: Mapping[str, Any], dtype: torch.dtype = torch.float8_e4m3fn
) -> dict[str, np.ndarray]:
    """Rewrite a checkpoint's projections in 8 bits; what each tensor is then worth in float32."""
    torch.manual_seed(3)
    stored, worth = {}, {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        stored[name] = tensor
        if "_proj.weight" in name:
            end, scale, whole = layout(tensor)
            stored[name] = (tensor.float() / whole).clamp(-400, 400).to(dtype)
            stored[f"{name}{end}"] = scale
            stored[name.replace(".weight", ".input_scale")] = torch.tensor(0.5)
            worth[name] = (stored[name].float() * whole).numpy()
        else:
            worth[name] = tensor.float().numpy()
    save_file(stored, folder / "model.safetensors", {"format": "pt"})
    config = config_of(folder) | {"quantization_config": settings}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return worth


@pytest.mark.parametrize(
    ("layout", "settings", "dtype"),
    [
        pytest.param(by_block, FP8, torch.float8_e4m3fn, id="blocks"),
        pytest.param(by_row, ROWS, torch.float8_e4m3fn, id="rows"),
        pytest.param(by_plain_block, BLOCKS, torch.float8_e4m3fn, id="compressed-tensors' blocks"),
        pytest.param(by_tensor, {"quant_method": "fp8"}, torch.float8_e4m3fn, id="one scale"),
        pytest.param(by_block, FP8, torch.float8_e5m2, id="e5m2"),
    ],
)
def test_every_tensor_is_value_times_scale(
    layout: Layout, settings: Mapping[str, Any], dtype: torch.dtype, tmp_path: Path
) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", hidden_size=192, num_attention_heads=3, num_key_value_heads=1)
    worth = quantized(folder, layout, settings, dtype)
    written = read(converted_file(folder, tmp_path / "tiny.gguf", "f32")).tensors
    config = config_of(folder)
    assert {source_name(name) for name in written} == worth.keys()
    for name, tensor in written.items():
        assert np.array_equal(tensor.floats(), as_written(name, worth[source_name(name)], config)), name


def test_it_is_said_that_the_weights_had_8_bits(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    quantized(folder, by_block, FP8)
    *_, last = convert(folder, tmp_path / "tiny.gguf", dry_run=True)
    assert isinstance(last, Preview)
    said = next(warning for warning in last.warnings if "8 bits" in warning)
    assert "14 of them were multiplied" in said
    assert "14 scales of activations" in said
    assert last.source_bytes < (tmp_path / "tiny" / "model.safetensors").stat().st_size


UP = "model.layers.0.mlp.up_proj.weight_scale_inv"


@pytest.mark.parametrize(
    ("tensors", "settings", "words"),
    [
        pytest.param({UP: None}, {}, "no scale beside it", id="lost"),
        pytest.param({"x.weight_scale_inv": torch.ones(1)}, {}, "scales no 8-bit", id="a scale alone"),
        pytest.param({UP: torch.ones(3, 5)}, {}, "was expected for", id="another shape"),
        pytest.param({UP: torch.full((4, 2), torch.nan)}, {}, "finite", id="no number"),
        pytest.param({}, {"weight_block_size": [0, 128]}, "two positive", id="zero"),
        pytest.param({}, {"weight_block_size": "128"}, "two positive", id="text"),
        pytest.param({}, None, "F8_E4M3|weight_scale_inv", id="not declared"),
        pytest.param({}, {"quant_method": "gptq"}, "quantization_config", id="gptq"),
        pytest.param({}, ROWS | {"transform_config": {"r1": {}}}, "quantization_config", id="turned"),
        pytest.param({UP: torch.full((4, 2), 3e38)}, {}, "finite", id="beyond float32"),
    ],
)
def test_what_does_not_fit_is_refused(
    tensors: dict[str, torch.Tensor | None], settings: dict[str, Any] | None, words: str, tmp_path: Path
) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    quantized(folder, by_block, FP8)
    changed = {k: v for k, v in (load_file(folder / "model.safetensors") | tensors).items() if v is not None}
    save_file(changed, folder / "model.safetensors", {"format": "pt"})
    config = config_of(folder) | {"quantization_config": None if settings is None else FP8 | settings}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConversionError, match=words):
        converted_file(folder, tmp_path / "tiny.gguf", "q8_0")
    assert not (tmp_path / "tiny.gguf").exists()


def test_the_proof_reaches_the_logits(tmp_path: Path) -> None:
    """Beside a buffer of a type that no weight has, and transformers' own name for a scale of activations."""
    folder = tiny_checkpoint(tmp_path / "tiny")
    quantized(folder, by_block, FP8)
    beside = {
        "model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(32, dtype=torch.int64),
        "model.layers.0.mlp.up_proj.activation_scale": torch.tensor(0.5),
    }
    save_file(load_file(folder / "model.safetensors") | beside, folder / "model.safetensors", {"format": "pt"})
    *_, last = verify(converted_file(folder, tmp_path / "tiny.gguf", "bf16"), folder, reach=256)
    assert isinstance(last, Verified)
    assert {name: rung.state for name, rung in last.proof.rungs.items()} == dict.fromkeys(RUNGS, "passed")


def test_all_256_bytes_of_both_formats() -> None:
    from convert.weights.fp8 import _TABLES

    codes = torch.arange(256, dtype=torch.uint8)
    for name, dtype in (("F8_E4M3", torch.float8_e4m3fn), ("F8_E5M2", torch.float8_e5m2)):
        assert np.array_equal(_TABLES[name], codes.view(dtype).float().numpy(), equal_nan=True)
