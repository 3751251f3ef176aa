"""Weight files that must be refused: cut short, lying, incomplete, too rich, misshapen, or not numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType, dequantize

from convert import Choices, ConversionError, Converted, convert
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedArchitecture
from tests.convert.damage import (
    Header,
    Refusals,
    edit_header,
    read_raw,
    set_keys,
    with_tensor,
    without_tensor,
    write_raw,
)
from tests.convert.gguf_file import read
from tests.support import QUANTIZATIONS, converted_file

FILE = "model.safetensors"
NORM = "model.norm.weight"


@pytest.mark.parametrize("share", [0.999, 0.5, 0.01])
def test_a_truncated_file(share: float, refusals: Refusals) -> None:
    path = refusals.folder / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    refusals.expect(InvalidCheckpoint, FILE)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9])
def test_almost_nothing_of_a_file(size: int, refusals: Refusals) -> None:
    path = refusals.folder / FILE
    path.write_bytes(path.read_bytes()[:size])
    refusals.expect(InvalidCheckpoint, FILE)


def test_a_truncated_shard(sharded_refusals: Refusals) -> None:
    path = sorted(sharded_refusals.folder.glob("model-*.safetensors"))[2]
    path.write_bytes(path.read_bytes()[:-1])
    sharded_refusals.expect(InvalidCheckpoint, path.name)


def test_one_byte_too_many(refusals: Refusals) -> None:
    path = refusals.folder / FILE
    path.write_bytes(path.read_bytes() + b"\0")
    refusals.expect(InvalidCheckpoint, FILE)


@pytest.mark.parametrize("length", [0, 1, 100, 99_999_999, 2**40, 2**63, 2**64 - 1])
def test_an_absurd_header_length(length: int, refusals: Refusals) -> None:
    path = refusals.folder / FILE
    header, data = read_raw(path)
    write_raw(path, header, data, length=length)
    refusals.expect(InvalidCheckpoint, FILE)


@pytest.mark.parametrize(
    "header", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"text"', b"[" * 200_000, b'{"a": {}, "a": {}}', b"{}" + b"x"]
)
def test_a_header_that_is_none(header: bytes, refusals: Refusals) -> None:
    _, data = read_raw(refusals.folder / FILE)
    write_raw(refusals.folder / FILE, header, data)
    refusals.expect(InvalidCheckpoint, FILE)


def test_an_empty_header(refusals: Refusals) -> None:
    write_raw(refusals.folder / FILE, {}, b"")
    refusals.expect(IncompleteCheckpoint)


LIES: dict[str, dict[str, Any]] = {
    "beyond the end": {"data_offsets": [2**40, 2**40 + 512]},
    "the other way round": {"data_offsets": [512, 0]},
    "negative": {"data_offsets": [-512, 0]},
    "overlapping": {"data_offsets": [0, 512]},
    "fractions": {"data_offsets": [0.0, 512.0]},
    "one offset": {"data_offsets": [0]},
    "three offsets": {"data_offsets": [0, 1, 2]},
    "words": {"data_offsets": ["0", "512"]},
    "no offsets": {"data_offsets": None},
    "wrong size for the shape": {"shape": [255]},
    "a huge shape": {"shape": [2**40, 2**40]},
    "a shape of zeros and giants": {"shape": [0, 2**62]},
    "a negative shape": {"shape": [-16, -16]},
    "a shape of truths": {"shape": [True, 256]},
    "a shape in words": {"shape": ["256"]},
    "no shape": {"shape": None},
    "a nested shape": {"shape": [[256]]},
    "an unknown type": {"dtype": "F13"},
    "a type of another size": {"dtype": "F32"},
    "a list as type": {"dtype": ["BF16"]},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_entry_that_lies(lie: str, refusals: Refusals) -> None:
    def change(header: Header) -> None:
        header[NORM] = header[NORM] | LIES[lie]

    edit_header(refusals.folder / FILE, change)
    refusals.expect(InvalidCheckpoint, FILE)


@pytest.mark.parametrize("entry", [None, 7, "text", [], {}, {"dtype": "BF16"}])
def test_an_entry_that_is_none(entry: object, refusals: Refusals) -> None:
    edit_header(refusals.folder / FILE, lambda header: header.__setitem__(NORM, entry))
    refusals.expect(InvalidCheckpoint, FILE)


def test_two_tensors_in_the_same_place(refusals: Refusals) -> None:
    def change(header: Header) -> None:
        header[NORM]["data_offsets"] = header["model.layers.0.input_layernorm.weight"]["data_offsets"]

    edit_header(refusals.folder / FILE, change)
    refusals.expect(InvalidCheckpoint, FILE)


def test_a_gap_between_tensors(refusals: Refusals) -> None:
    header, data = read_raw(refusals.folder / FILE)
    last = max((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"][0])
    header[last]["data_offsets"] = [offset + 64 for offset in header[last]["data_offsets"]]
    write_raw(refusals.folder / FILE, header, data + bytes(64))
    refusals.expect(InvalidCheckpoint, FILE)


@pytest.mark.parametrize(
    "name",
    [
        "model.embed_tokens.weight",
        "lm_head.weight",
        NORM,
        "model.layers.1.self_attn.q_proj.weight",
        "model.layers.0.mlp.down_proj.weight",
        "model.layers.1.post_attention_layernorm.weight",
    ],
)
def test_a_missing_tensor(name: str, refusals: Refusals) -> None:
    without_tensor(refusals.folder / FILE, name)
    refusals.expect(IncompleteCheckpoint, name)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("model.vision_gate.weight", [256]),
        ("model.layers.0.self_attn.q_proj.bias", [256]),
        ("model.layers.0.self_attn.q_norm.weight", [64]),
        ("model.layers.2.input_layernorm.weight", [256]),
        ("model.layers.01.input_layernorm.weight", [256]),
        ("score.weight", [2, 256]),
        ("x\x1b[31m", [1]),
        ("", [1]),
        ("empty", [0]),
    ],
)
def test_a_tensor_nobody_asked_for(name: str, shape: list[int], refusals: Refusals) -> None:
    with_tensor(refusals.folder / FILE, name, shape)
    message = refusals.expect(UnsupportedArchitecture, "the checkpoint holds")
    assert name in message


def test_a_wrong_layer_count_is_seen_both_ways(refusals: Refusals) -> None:
    set_keys(refusals.folder, num_hidden_layers=3)
    refusals.expect(IncompleteCheckpoint, "model.layers.2.")
    (refusals.outputs / "temporary").rmdir()
    set_keys(refusals.folder, num_hidden_layers=1)
    refusals.expect(UnsupportedArchitecture, "model.layers.1.")


def test_a_head_of_its_own_that_config_ties(refusals: Refusals) -> None:
    set_keys(refusals.folder, tie_word_embeddings=True)
    refusals.expect(InvalidCheckpoint, "lm_head.weight", "tie_word_embeddings")


def test_biases_that_config_does_not_announce_and_the_other_way_round(refusals: Refusals) -> None:
    set_keys(refusals.folder, attention_bias=True)
    refusals.expect(IncompleteCheckpoint, "bias")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocab_size", 416),
        ("vocab_size", 418),
        ("intermediate_size", 256),
        ("num_key_value_heads", 4),
        ("num_key_value_heads", 1),
        ("head_dim", 32),
        ("hidden_size", 512),
    ],
)
def test_a_shape_that_config_does_not_make(key: str, value: int, refusals: Refusals) -> None:
    set_keys(refusals.folder, **{key: value})
    refusals.expect(InvalidCheckpoint, "shape")


def test_a_transposed_weight(refusals: Refusals) -> None:
    name = "model.layers.0.mlp.down_proj.weight"
    edit_header(refusals.folder / FILE, lambda header: header[name]["shape"].reverse())
    refusals.expect(InvalidCheckpoint, name)


@pytest.mark.parametrize(("dtype", "size"), [("F8_E4M3", 1), ("I8", 1), ("I32", 4), ("F64", 8), ("BOOL", 1)])
def test_a_type_that_weights_do_not_have(dtype: str, size: int, refusals: Refusals) -> None:
    without_tensor(refusals.folder / FILE, NORM)
    with_tensor(refusals.folder / FILE, NORM, [256], dtype=dtype, size=size)
    refusals.expect(InvalidCheckpoint, NORM, dtype)


BAD_VALUES = {
    "BF16": [0x7F80, 0xFF80, 0x7FC0, 0xFFFF],
    "F16": [0x7C00, 0xFC00, 0x7E00],
    "F32": [0x7F800000, 0xFF800000, 0x7FC00000],
}


@pytest.mark.parametrize("name", ["model.layers.1.mlp.up_proj.weight", NORM, "lm_head.weight"])
@pytest.mark.parametrize(("dtype", "value"), [(kind, value) for kind, values in BAD_VALUES.items() for value in values])
def test_a_weight_that_is_not_finite(dtype: str, value: int, name: str, refusals: Refusals) -> None:
    path = refusals.folder / FILE
    header, data = read_raw(path)
    entry = header[name]
    start, end = entry["data_offsets"]
    raw = np.frombuffer(bytes(data[start:end]), dtype=np.uint16)
    halves = raw.astype(np.uint32) << 16
    items = {"BF16": raw.copy(), "F16": halves.view(np.float32).astype(np.float16).view(np.uint16), "F32": halves}[
        dtype
    ]
    items[-3] = value
    changed = items.tobytes()
    data[start:end] = changed
    for key, other in header.items():
        if key != "__metadata__" and other["data_offsets"][0] >= end:
            other["data_offsets"] = [offset + len(changed) - (end - start) for offset in other["data_offsets"]]
    entry |= {"dtype": dtype, "data_offsets": [start, start + len(changed)]}
    write_raw(path, header, data)
    refusals.expect(InvalidCheckpoint, "not a finite number")


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_force_writes_0_for_what_is_not_finite_and_counts_it(
    quantization: str, refusals: Refusals, tmp_path: Path
) -> None:
    name = "model.layers.0.mlp.up_proj.weight"
    header, data = read_raw(refusals.folder / FILE)
    start = header[name]["data_offsets"][0]
    data[start + 20 : start + 24] = b"\xc0\x7f\x80\xff"  # NaN and minus infinity in bf16, at 10 and 11
    write_raw(refusals.folder / FILE, header, data)
    *_, last = convert(refusals.folder, tmp_path / "model.gguf", quantization=quantization, choices=Choices(force=True))
    assert isinstance(last, Converted)
    assert any(text.startswith("2 weights in 1 tensors, most in blk.0.ffn_up") for text in last.report.warnings)
    tensor = read(tmp_path / "model.gguf").tensors["blk.0.ffn_up.weight"]
    values = dequantize(np.asarray(tensor.data).reshape(512, -1), GGMLQuantizationType[tensor.kind])
    assert np.isfinite(values).all()
    assert np.abs(values[0, 10:12]).max() < 0.05


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_a_weight_too_large_for_the_type_is_refused_or_kept(
    quantization: str, refusals: Refusals, tmp_path: Path
) -> None:
    """A million fits bf16 but no half-precision number: f16 weights and the scales of some blocks would be infinite."""
    name = "model.layers.0.mlp.up_proj.weight"
    header, data = read_raw(refusals.folder / FILE)
    data[header[name]["data_offsets"][0] + 20 : header[name]["data_offsets"][0] + 22] = b"\x74\x49"  # 999,424 in bf16
    write_raw(refusals.folder / FILE, header, data)
    target = tmp_path / "model.gguf"
    try:
        converted_file(refusals.folder, target, quantization)
    except ConversionError:
        assert not target.exists()
        return
    tensor = read(target).tensors["blk.0.ffn_up.weight"]
    rows = np.asarray(tensor.data).reshape(512, -1)
    with np.errstate(all="ignore"):
        values = dequantize(rows, GGMLQuantizationType[tensor.kind])
    assert np.isfinite(values).all()
    assert values.max() == pytest.approx(999_424, rel=0.01)


def test_metadata_in_the_header_is_no_tensor(refusals: Refusals, tmp_path: Path) -> None:
    """The sound copy converts: the damages above are what was refused."""
    edit_header(refusals.folder / FILE, lambda header: header.__setitem__("__metadata__", {"format": "pt", "a": "b"}))
    assert converted_file(refusals.folder, tmp_path / "sound.gguf", "q4_k_m").is_file()
    assert json.loads((refusals.folder / "config.json").read_text())["vocab_size"] == 417
