"""Files written by torch.save are read as torch reads them, bit for bit, in both of its formats."""

from collections import OrderedDict
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch

from convert.errors import InvalidCheckpoint
from convert.weights.strided import StridedTensor
from convert.weights.torch_file import read_torch

Tensors = dict[str, torch.Tensor]

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
WEIGHTS = [torch.float32, torch.float16, torch.bfloat16]

both_formats = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def save(path: Path, value: Any, *, zipped: bool = True, **settings: Any) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=zipped, **settings)
    return path


def random(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def bits(tensor: torch.Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """As numpy, bf16 as the integers of its bits."""
    plain = tensor.detach().contiguous()
    return (plain.view(torch.uint16) if plain.dtype is torch.bfloat16 else plain).numpy()


def assert_read_as_torch_does(path: Path) -> None:
    witness = torch.load(path, weights_only=True)
    read = read_torch(path)
    assert list(read) == list(witness)
    for name, tensor in witness.items():
        assert read[name].name == name
        assert read[name].path == path
        assert DTYPES[read[name].dtype] is tensor.dtype
        assert read[name].shape == tuple(tensor.shape)
        if tensor.dtype in WEIGHTS:
            np.testing.assert_array_equal(read[name].array(), bits(tensor), strict=True)
        if tensor.dtype in WEIGHTS and tensor.ndim:
            rows = np.array([*range(tensor.shape[0] - 1, -1, -2), 0], dtype=np.int64)
            np.testing.assert_array_equal(read[name].rows(rows), bits(tensor)[rows], strict=True)
            np.testing.assert_array_equal(read[name].rows(slice(1, 3)), bits(tensor)[1:3], strict=True)


@both_formats
@pytest.mark.parametrize("dtype", WEIGHTS)
def test_each_type_of_weights(tmp_path: Path, dtype: torch.dtype, zipped: bool) -> None:
    state = {"a.weight": random(7, 5, dtype=dtype), "b.bias": random(3, dtype=dtype, seed=1), "c": random(dtype=dtype)}
    assert_read_as_torch_does(save(tmp_path / "pytorch_model.bin", state, zipped=zipped))


@both_formats
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_other_types_are_listed(tmp_path: Path, dtype: torch.dtype, zipped: bool) -> None:
    state = {"odd": torch.ones(3, dtype=torch.bool), "buffer": (random(2, 3, 4) * 9).to(dtype), "last": random(4)}
    assert_read_as_torch_does(save(tmp_path / "pytorch_model.bin", state, zipped=zipped))


@both_formats
def test_views_and_shared_storages(tmp_path: Path, zipped: bool) -> None:
    table, cube = random(12, 8, dtype=torch.bfloat16), random(3, 4, 5)
    state = {
        "whole": table,
        "tied": table,
        "rows": table[3:9],
        "columns": table[:, 2:5],
        "every_second": table[::2],
        "transposed": table.T,
        "transposed_part": table.T[1:4, 2:9],
        "element_row": table[5, 1:],
        "column": table[:, 3],
        "one_row": table[4:5],
        "permuted": cube.permute(2, 0, 1),
        "swapped": cube.transpose(1, 2),
        "empty": cube[:, 2:2],
        "after": random(4, 4, seed=9),
    }
    path = save(tmp_path / "model.pt", state, zipped=zipped)
    assert_read_as_torch_does(path)
    strided = {name for name, tensor in read_torch(path).items() if isinstance(tensor, StridedTensor)}
    views = {"columns", "every_second", "transposed", "transposed_part", "column", "permuted", "swapped"}
    assert strided == views


def test_a_view_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"t": random(64, 48).T, "p": random(6, 7, 8).permute(1, 2, 0), "c": random(40, 9)[:, 1::3]}
    path = save(tmp_path / "model.pt", state)
    monkeypatch.setattr("convert.weights.strided._PIECE_BYTES", 100)
    assert_read_as_torch_does(path)


@both_formats
def test_state_of_a_module_with_tied_parameters(tmp_path: Path, zipped: bool) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 6))
    model[2].weight = model[0].weight
    path = save(tmp_path / "pytorch_model.bin", model.state_dict(), zipped=zipped)  # an OrderedDict with _metadata
    assert_read_as_torch_does(path)
    assert len({tensor.offset for name, tensor in read_torch(path).items() if name.endswith("weight")}) == 2
    save(path, OrderedDict(model.named_parameters()), zipped=zipped)  # nn.Parameter, with gradients
    assert_read_as_torch_does(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_each_pickle_protocol(tmp_path: Path, protocol: int) -> None:
    state = {f"layer.{i}": random(2, 3, seed=i) for i in range(300)}  # memo numbers of more than a byte
    read = read_torch(save(tmp_path / "model.pt", state, pickle_protocol=protocol))
    assert list(read) == list(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(read[name].array(), tensor.numpy(), strict=True)


def test_fp8_is_listed_under_its_safetensors_name(tmp_path: Path) -> None:
    state = {"weight": random(4, 8).to(torch.float8_e4m3fn), "other": random(4, 8).to(torch.float8_e5m2)}
    read = read_torch(save(tmp_path / "model.pt", state))
    assert [tensor.dtype for tensor in read.values()] == ["F8_E4M3", "F8_E5M2"]
    stored = read["weight"].file.read(read["weight"].offset, 32)
    np.testing.assert_array_equal(stored, state["weight"].view(torch.uint8).numpy().ravel())


@both_formats
@pytest.mark.parametrize("key", ["state_dict", "model", "module"])
def test_one_level_above_the_state_is_looked_through(tmp_path: Path, key: str, zipped: bool) -> None:
    inside: dict[str, Any] = {"a": random(2, 2), "version": 3, "note": "text", "rate": 0.5, "none": None}
    path = save(tmp_path / "model.pt", {"epoch": 3, key: inside, "best": True}, zipped=zipped)
    read = read_torch(path)
    assert list(read) == ["a"]
    np.testing.assert_array_equal(read["a"].array(), inside["a"].numpy())


@both_formats
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": {"b": {}}}, "holds a, a Dictionary"),
        ({"model": {"a": torch.zeros(2)}, "optimizer": {"state": {0: torch.zeros(2)}}}, "holds optimizer"),
        ({"model": {"a": torch.zeros(2)}, "b": torch.zeros(2)}, "holds the tensor b beside"),
        ({"a": [torch.zeros(2)]}, "holds a, a list"),
        ({3: torch.zeros(2)}, "whose name is no text"),
        ({"a\nb": torch.zeros(2)}, "whose name is 'a\\\\nb'"),
        ([torch.zeros(2)], "holds a list"),
        (torch.zeros(2), "holds a Tensor"),
        (torch.nn.Linear(2, 2), r"asks for torch\.nn\.modules\.linear\.Linear|unknown way"),
        ({"a": np.zeros(2)}, "asks for numpy"),
    ],
)
def test_anything_but_a_state_is_refused(tmp_path: Path, value: Any, words: str, zipped: bool) -> None:
    path = save(tmp_path / "model.pt", value, zipped=zipped)
    with pytest.raises(InvalidCheckpoint, match=words) as caught:
        read_torch(path)
    assert "\n" not in str(caught.value)
    assert "safetensors" in str(caught.value)


def test_a_view_that_repeats_numbers_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "model.pt", {"mask": torch.ones(1).expand(1 << 40)})
    with pytest.raises(InvalidCheckpoint, match=r"mask of shape .* repeats its 4 bytes"):
        read_torch(path)


def test_a_compressed_file_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = save(tmp_path / "plain.bin", {"a": torch.zeros(64)})
    target = tmp_path / "pytorch_model.bin"
    with ZipFile(path) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(InvalidCheckpoint, match=r"is compressed .* save it again with torch\.save"):
        read_torch(target)


def test_a_file_without_checksums_is_read(tmp_path: Path) -> None:
    torch.serialization.set_crc32_options(False)
    try:
        path = save(tmp_path / "pytorch_model.bin", {"a": torch.arange(5.0)})
    finally:
        torch.serialization.set_crc32_options(True)
    assert read_torch(path)["a"].array().tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_another_byte_order_and_programs_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "plain.bin", {"a": torch.zeros(64)})
    target = tmp_path / "pytorch_model.bin"
    with ZipFile(path) as old, ZipFile(target, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, b"big" if info.filename.endswith("byteorder") else old.read(info))
    with pytest.raises(InvalidCheckpoint, match="another byte order"):
        read_torch(target)
    with ZipFile(path, "a") as more:
        more.writestr(f"{more.namelist()[0].split('/')[0]}/constants.pkl", b"")
    with pytest.raises(InvalidCheckpoint, match="TorchScript"):
        read_torch(path)
