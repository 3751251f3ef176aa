"""The check that every conversion ends with: a sound file passes, each damage is named, llama.cpp's refusal is ours."""

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFReader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.errors import ConversionError, VerificationFailed
from convert.gguf.check import check, wrong_keys
from convert.gguf.header import ALIGNMENT, TensorInfo, header
from convert.gguf.reader import read_gguf
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("check")
    return converted_file(tiny_checkpoint(folder / "tiny"), folder / "sound.gguf", "q4_k_m")


@pytest.fixture
def file(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    path = tmp_path / "model.gguf"
    path.write_bytes(sound.read_bytes())
    return path


def infos(path: Path) -> list[TensorInfo]:
    """The tensors as gguf-py reads them."""
    return [
        TensorInfo(tensor.name, int(tensor.tensor_type), tuple(map(int, tensor.shape[::-1])), int(tensor.n_bytes))
        for tensor in GGUFReader(path).tensors
    ]


def test_a_sound_file_passes(sound: Path) -> None:
    found = check(sound, infos(sound), {"general.architecture": "llama", "llama.block_count": 2})
    assert found.tensors == len(infos(sound)) == 21
    assert found.bytes == sound.stat().st_size


def test_the_reader_agrees_with_gguf_py(sound: Path) -> None:
    theirs, ours = GGUFReader(sound), read_gguf(sound)
    for tensor in theirs.tensors:
        place = ours.tensors[tensor.name]
        assert (place.offset, place.bytes, place.kind) == (tensor.data_offset, tensor.n_bytes, tensor.tensor_type)
        assert np.array_equal(ours.read(place, 0, place.bytes), tensor.data.reshape(-1).view(np.uint8))
    fields = {name: field.contents() for name, field in theirs.fields.items() if not name.startswith("GGUF.")}
    assert fields.keys() == ours.keys.keys()
    for name, value in fields.items():
        assert ours.keys[name] == (tuple(value) if isinstance(value, list) else value), name
    ours.file.close()


def refused(path: Path, expected: list[TensorInfo], said: str, keys: dict[str, Any] | None = None) -> None:
    with pytest.raises(VerificationFailed) as caught:
        check(path, expected, keys)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_planned_and_is_not_there(file: Path) -> None:
    found = infos(file)
    extra = TensorInfo("blk.7.attn_q.weight", 0, (4, 4), 64)
    refused(file, [*found, extra], "the tensor blk.7.attn_q.weight is missing")
    refused(file, found[1:], f"the tensor {found[0].name} was not expected")
    first = found[0]
    turned = TensorInfo(first.name, first.kind, first.shape[::-1], first.bytes)
    refused(file, [turned, *found[1:]], f"{first.name} has the shape")
    other = TensorInfo(first.name, 1, first.shape, first.bytes)
    refused(file, [other, *found[1:]], "in type 1")
    refused(file, found, "llama.rope.freq_base is 10000.0; 320000.0", {"llama.rope.freq_base": 320000.0})
    refused(file, found, "the key llama.expert_count is missing", {"llama.expert_count": 8})


@pytest.mark.parametrize("lost", [1, 31, 5000])
def test_a_file_that_ends_early(file: Path, lost: int) -> None:
    found = infos(file)
    file.write_bytes(file.read_bytes()[:-lost])
    refused(file, found, "is damaged")


def test_what_only_llama_cpp_notices(tmp_path: Path) -> None:
    """A sound container of a model that cannot be computed: one tensor, no vocabulary."""
    tensors = [TensorInfo("token_embd.weight", 0, (8, 8), 256)]
    path = tmp_path / "model.gguf"
    path.write_bytes(header({"general.architecture": "llama"}, tensors) + bytes(256))
    refused(path, tensors, "llama.cpp does not open model.gguf")


def test_keys_are_compared_as_gguf_holds_them() -> None:
    found = {"a": struct.unpack("<f", struct.pack("<f", 0.1))[0], "b": (1, 2), "c": True, "d": ("x",), "e": 3}
    assert wrong_keys(found, {"a": 0.1, "b": [1, 2], "c": True, "d": ("x",), "e": 3}) == []
    assert len(wrong_keys(found, {"a": 0.2, "b": [2, 1], "c": 1, "d": ("y",), "e": 3.5, "f": 0})) == 6


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_header_never_ends_in_anything_but_our_error(
    sound: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Only the reader: llama.cpp sees a file when the reader has found it sound."""
    content = bytearray(sound.read_bytes()[: 16 * 1024])
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 9))
        content[place : place + 8] = data.draw(st.binary(min_size=8, max_size=8))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    with suppress(ConversionError):
        read_gguf(path).file.close()


def test_overlapping_and_doubled_tensors_are_refused(tmp_path: Path) -> None:
    tensors = [TensorInfo("first", 0, (8,), 32), TensorInfo("other", 0, (8,), 32)]
    plain = header({}, tensors)
    path = tmp_path / "model.gguf"
    moved = bytearray(plain)
    place = plain.index(b"other") + len(b"other") + 4 + 8 + 4
    assert moved[place : place + 8] == struct.pack("<Q", ALIGNMENT)
    moved[place : place + 8] = struct.pack("<Q", 0)
    for content, said in (
        (bytes(moved), "an aligned place behind"),
        (plain.replace(b"other", b"first"), "occurs twice"),
    ):
        path.write_bytes(content + bytes(64))
        with pytest.raises(VerificationFailed, match=said):
            read_gguf(path)
