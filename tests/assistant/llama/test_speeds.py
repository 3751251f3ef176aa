"""The measurement on a skeleton: what it is made of, that llama.cpp loads it, and that the speeds make sense."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import EngineFailed
from assistant.gguf.file import read_header
from assistant.gguf.header import Header, TensorInfo
from assistant.llama import speeds as room
from assistant.llama.skeleton import TOKENS, layers_of, write_skeleton
from assistant.llama.speeds import measure
from assistant.plan.asking import ask
from assistant.plan.speeds import Way
from assistant.plan.stored import speeds_in, speeds_out
from tests.assistant.llama.tiny_files import plain, sliding

MIB = 1 << 20


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_DEPTH", 1024)
    monkeypatch.setattr(room, "_BATCH_SECONDS", 0.05)
    monkeypatch.setattr(room, "_FILL_SECONDS", 0.1)


def skeleton(path: Path, folder: Path) -> tuple[Header, Header, Path]:
    header = read_header(path)
    target = folder / "skeleton.gguf"
    write_skeleton(path, header, target, layers_of(header))
    return header, read_header(target), target


def test_a_skeleton_has_the_layers_of_its_model(starter_gguf: Path, tmp_path: Path) -> None:
    whole, bones, target = skeleton(starter_gguf, tmp_path)
    layers = layers_of(whole)
    assert bones.layers == len(layers) < whole.layers
    assert layers == sorted(set(layers))
    shapes = {tensor.name: (tensor.shape, tensor.type_id) for tensor in whole.tensors}
    for tensor in bones.tensors:
        if tensor.name.startswith("blk."):
            _, number, part = tensor.name.split(".", 2)
            assert (tensor.shape, tensor.type_id) == shapes[f"blk.{layers[int(number)]}.{part}"]
    assert next(tensor for tensor in bones.tensors if tensor.name == "token_embd.weight").shape == (576, TOKENS)
    assert bones.tokens == ()
    kept = {key: value for key, value in whole.metadata.items() if key.startswith("llama.attention")}
    assert kept.items() <= bones.metadata.items()
    assert target.stat().st_blocks * 512 < 2 * MIB < target.stat().st_size


def test_layers_of_several_kinds_are_taken_from_the_first_on(starter_gguf: Path) -> None:
    header = read_header(starter_gguf)
    sliding_window = replace(header, metadata=header.metadata | {"llama.attention.sliding_window": 512})
    assert layers_of(sliding_window) == list(range(12))
    odd = replace(header.tensors[-1], name="blk.0.extra.weight")
    assert layers_of(replace(header, tensors=(*header.tensors, odd))) == list(range(12))


def test_a_large_model_needs_few_layers() -> None:
    """60 layers as SUS-Chat-34B has them: one is as much as the caches of any processor hold."""
    tensors = tuple(
        TensorInfo(f"blk.{layer}.ffn_up.weight", (7168, 20480), 12, "Q4_K", 0, 7168 * 20480 // 256 * 144)
        for layer in range(60)
    )
    header = Header(3, 32, {"general.architecture": "llama", "llama.block_count": 60}, tensors, 0, 0)
    assert layers_of(header) == [30]


@pytest.mark.parametrize("made", [plain, sliding], ids=lambda made: made.__name__)
def test_every_kind_of_memory_is_measured(made: Callable[[Path], Path], tmp_path: Path) -> None:
    path = made(tmp_path)
    header = read_header(path)
    found = measure(path, header, threads=2, gpu=False)
    assert found.layers == header.layers
    assert Way("f16", "f16", False, 512) in found.ways
    for paces in found.ways.values():
        for pace in (paces.read, paces.write):
            assert pace.base > 0 or pace.slope > 0
            assert pace.of(0, 1000) < 100
    assert speeds_in(speeds_out(found)) == found


def test_the_real_model(starter_gguf: Path) -> None:
    """The smallest cache reads slowest at a depth: that is why speeds are measured at all."""
    header = read_header(starter_gguf)
    found = measure(starter_gguf, header, threads=2, gpu=False)
    ways = {way.k + "/" + way.v: paces for way, paces in found.ways.items() if way.batch == 512}
    assert set(ways) == {"f16/f16", "q8_0/f16", "q8_0/q8_0", "q8_0/q4_0", "q4_0/q4_0"}
    assert ways["q4_0/q4_0"].read.of(0, 4000) > ways["q8_0/f16"].read.of(0, 4000)
    assert 0 < found.output < 1


@pytest.mark.slow
def test_what_is_known_is_not_measured_again(starter_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = read_header(starter_gguf)
    monkeypatch.setattr(room, "_BUDGET_SECONDS", 0.0)
    with pytest.raises(EngineFailed, match="its speeds are not known"):
        measure(starter_gguf, header, threads=2, gpu=False)
    monkeypatch.setattr(room, "_BUDGET_SECONDS", 60.0)
    first = measure(starter_gguf, header, threads=2, gpu=False)
    assert first.complete
    some = replace(first, ways=dict(list(first.ways.items())[:3]), complete=False)
    monkeypatch.setattr(room, "_BUDGET_SECONDS", 0.0)
    again = measure(starter_gguf, header, threads=2, gpu=False, known=some)
    assert again.ways == some.ways
    assert not again.complete


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = plain(tmp_path)
    request = {"path": str(path), "threads": 1, "gpu": False, "known": None}
    found = speeds_in(ask("assistant.llama.speeds", request, seconds=120))
    assert found is not None
    assert found.layers == 2
