"""Folders whose weights torch saved convert to the same file as from safetensors, and it is said what was read."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from safetensors.torch import load_file

from convert import convert
from convert.checkpoint import read_checkpoint
from convert.errors import ConversionError, IncompleteCheckpoint, InvalidCheckpoint
from tests.convert.tiny import tiny_checkpoint

INDEX = "pytorch_model.bin.index.json"
SHARDS = ("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin")


@pytest.fixture(scope="module")
def from_safetensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("source") / "model")


@pytest.fixture
def folder(from_safetensors: Path, tmp_path: Path) -> Path:
    """The same checkpoint in a folder of its own, without its weights."""
    copytree(from_safetensors, tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    return tmp_path / "model"


@pytest.fixture
def state(from_safetensors: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(from_safetensors / "model.safetensors")
    return tensors


def shard(folder: Path, state: dict[str, torch.Tensor]) -> dict[str, str]:
    """Save as two shards with their index; gives its map."""
    names = list(state)
    parts = dict(zip(SHARDS, (names[:7], names[7:]), strict=True))
    for file, part in parts.items():
        torch.save({name: state[name] for name in part}, folder / file)
    weight_map = {name: file for file, part in parts.items() for name in part}
    write_index(folder, weight_map)
    return weight_map


def write_index(folder: Path, weight_map: object) -> None:
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")


def converted(folder: Path, target: Path) -> bytes:
    list(convert(folder, target, quantization="f16"))
    return target.read_bytes()


def save_zipped(folder: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save(state, folder / "pytorch_model.bin")


def save_legacy(folder: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)


def save_shards(folder: Path, state: dict[str, torch.Tensor]) -> None:
    shard(folder, state)


def save_wrapped(folder: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save({"state_dict": state, "epoch": 1}, folder / "weights.pt")


def save_views(folder: Path, state: dict[str, torch.Tensor]) -> None:
    """Every matrix as a transposed view of its transpose."""
    turned = {name: tensor.T.contiguous().T if tensor.ndim == 2 else tensor for name, tensor in state.items()}
    torch.save(turned, folder / "model.pth")


@pytest.mark.parametrize("save", [save_zipped, save_legacy, save_shards, save_wrapped, save_views])
def test_the_same_file_as_from_safetensors(
    from_safetensors: Path,
    folder: Path,
    state: dict[str, torch.Tensor],
    tmp_path: Path,
    save: Callable[[Path, dict[str, torch.Tensor]], None],
) -> None:
    save(folder, state)
    assert converted(folder, tmp_path / "b.gguf") == converted(from_safetensors, tmp_path / "a.gguf")


def test_safetensors_come_first_and_it_is_said(
    from_safetensors: Path, folder: Path, state: dict[str, torch.Tensor]
) -> None:
    save_zipped(folder, state)
    torch.save({}, folder / "training_args.bin")
    assert read_checkpoint(folder).notes == ()
    os.link(from_safetensors / "model.safetensors", folder / "model.safetensors")
    checkpoint = read_checkpoint(folder)
    assert checkpoint.notes == ("pytorch_model.bin was left aside; model.safetensors was read",)
    assert [file.path.name for file in checkpoint.files] == ["model.safetensors"]


def test_two_sets_of_weights_of_one_kind_are_refused(folder: Path, state: dict[str, torch.Tensor]) -> None:
    weight_map = shard(folder, state)
    save_zipped(folder, state)
    with pytest.raises(InvalidCheckpoint, match=r"has pytorch_model\.bin and .*index\.json, which names other files"):
        read_checkpoint(folder)
    write_index(folder, dict.fromkeys(weight_map, "pytorch_model.bin"))
    assert read_checkpoint(folder).tensors.keys() == state.keys()


def test_the_only_torch_file_of_weights_is_taken(folder: Path, state: dict[str, torch.Tensor]) -> None:
    for name in ("training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state_0.pth", "consolidated.00.pth"):
        (folder / name).write_bytes(b"not read")
    with pytest.raises(IncompleteCheckpoint, match=r"only consolidated\.00\.pth, optimizer\.pt, .* and 2"):
        read_checkpoint(folder)
    torch.save(state, folder / "model.bin")
    assert read_checkpoint(folder).notes == ("the weights were read from model.bin",)
    torch.save(state, folder / "ema.pt")
    with pytest.raises(IncompleteCheckpoint, match=r"2 torch files \(ema.pt, model.bin\); one of weights"):
        read_checkpoint(folder)
    torch.save(state, folder / "pytorch_model.bin")
    assert read_checkpoint(folder).notes == ("ema.pt, model.bin was left aside; pytorch_model.bin was read",)


def test_shards_without_their_index_are_refused(folder: Path, state: dict[str, torch.Tensor]) -> None:
    shard(folder, state)
    (folder / INDEX).unlink()
    with pytest.raises(IncompleteCheckpoint, match=r"2 torch file.* but no pytorch_model.bin.index.json"):
        read_checkpoint(folder)


def test_an_index_is_held_to_its_shards(folder: Path, state: dict[str, torch.Tensor]) -> None:
    weight_map = shard(folder, state)
    first = next(iter(weight_map))
    write_index(folder, weight_map | {first: SHARDS[1]})
    with pytest.raises(IncompleteCheckpoint, match=f"{first} is not in {SHARDS[1]}"):
        read_checkpoint(folder)
    write_index(folder, {name: file for name, file in weight_map.items() if name != first})
    with pytest.raises(InvalidCheckpoint, match=f"{first} is in {SHARDS[0]} but not in"):
        read_checkpoint(folder)
    write_index(folder, weight_map | {first: f"../{SHARDS[0]}"})
    with pytest.raises(InvalidCheckpoint, match="a plain file name inside the folder"):
        read_checkpoint(folder)
    write_index(folder, {})
    with pytest.raises(InvalidCheckpoint, match="has no weight_map"):
        read_checkpoint(folder)
    write_index(folder, weight_map)
    torch.save({**torch.load(folder / SHARDS[1]), first: state[first]}, folder / SHARDS[1])
    with pytest.raises(InvalidCheckpoint, match=f"{first} stands in {SHARDS[0]} and in {SHARDS[1]}"):
        read_checkpoint(folder)
    (folder / SHARDS[1]).unlink()
    with pytest.raises(IncompleteCheckpoint, match=f"1 of 2 shards are missing, first {SHARDS[1]}"):
        read_checkpoint(folder)


def test_a_shard_that_changed_meanwhile_is_noticed(folder: Path, state: dict[str, torch.Tensor]) -> None:
    shard(folder, state)
    checkpoint = read_checkpoint(folder)
    assert [file.path.name for file in checkpoint.files] == list(SHARDS)
    checkpoint.check_unchanged()
    os.utime(folder / SHARDS[1], (1, 1))
    with pytest.raises(InvalidCheckpoint, match=f"{SHARDS[1]} changed while it was read"):
        checkpoint.check_unchanged()


def test_a_missing_tensor_is_named(folder: Path, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    del state["model.layers.1.mlp.up_proj.weight"]
    save_zipped(folder, state)
    with pytest.raises(ConversionError, match=r"model\.layers\.1\.mlp\.up_proj\.weight"):
        converted(folder, tmp_path / "out.gguf")
