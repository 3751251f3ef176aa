"""Models in several files: each part is read, and a part that is missing, foreign or damaged is refused by its name."""

from pathlib import Path

import pytest

from assistant.errors import InvalidModelFile
from assistant.gguf.file import read_header
from tests.assistant.gguf.build import I32, U16, U32, file, key, scalar, string, tensor

FIRST = "model-00001-of-00003.gguf"


def part(number: int, *, count: int = 3, tensors: int = 3, name: str = "", kind: int = U16) -> bytes:
    keys: tuple[bytes, ...] = (
        key("split.no", scalar(kind, number)),
        key("split.count", scalar(U16, count)),
        key("split.tensors.count", scalar(I32, tensors)),
    )
    if number == 0:
        keys += (key("general.architecture", string("llama")), key("llama.block_count", scalar(U32, 2)))
    return file(keys, (tensor(name or f"t{number}", (8,)),), data=32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"model-{number + 1:05d}-of-00003.gguf").write_bytes(part(number))
    return tmp_path


def refusal(path: Path) -> str:
    with pytest.raises(InvalidModelFile) as caught:
        read_header(path)
    assert str(caught.value).count(";") >= 2
    return str(caught.value)


def test_the_parts_are_one_model(folder: Path) -> None:
    header = read_header(folder / FIRST)
    assert [one.name for one in header.tensors] == ["t0", "t1", "t2"]
    assert header.architecture == "llama"
    assert header.parameters == 24
    assert header.file_bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_a_file_that_says_it_is_the_only_part(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(part(0, count=1, tensors=9))
    assert len(read_header(tmp_path / "a.gguf").tensors) == 1


def test_a_missing_part_is_named(folder: Path) -> None:
    (folder / "model-00003-of-00003.gguf").unlink()
    assert "model-00003-of-00003.gguf cannot be read (No such file or directory)" in refusal(folder / FIRST)


def test_a_damaged_part_is_named(folder: Path) -> None:
    path = folder / "model-00002-of-00003.gguf"
    path.write_bytes(path.read_bytes()[:-1])
    assert refusal(folder / FIRST).startswith("model-00002-of-00003.gguf ends at byte")


def test_another_part_than_the_first(folder: Path) -> None:
    words = refusal(folder / "model-00002-of-00003.gguf")
    assert words == f"model-00002-of-00003.gguf is part 2 of 3; the first part was expected; open {FIRST}"


@pytest.mark.parametrize("name", ["model.gguf", "-00001-of-00003.gguf", "model-00001-of-00002.gguf"])
def test_the_first_part_under_another_name(name: str, folder: Path) -> None:
    (folder / FIRST).rename(folder / name)
    assert "a name that ends in -00001-of-00003.gguf was expected" in refusal(folder / name)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (part(2), "says it is number 2 of the parts, counted from 0; expected 1"),
        (part(1, kind=U32), "gives 'split.no' the kind 4; expected the kind 2"),
        (part(1, name="t0"), "has the tensor 't0' again"),
        (file((), (tensor("t1", (8,)),), data=32), "says it is number None"),
    ],
    ids=["another's number", "a number of another kind", "a tensor again", "no part"],
)
def test_what_is_no_second_part(data: bytes, words: str, folder: Path) -> None:
    (folder / "model-00002-of-00003.gguf").write_bytes(data)
    assert words in refusal(folder / FIRST)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (part(0, tensors=4), "have 3 tensors; expected 4"),
        (part(0, count=65535), "claims 65535 parts; expected at most 1000"),
        (file((key("split.count", scalar(U16, 3)),), data=32), "is one of 3 parts; expected to say which"),
        (file((key("split.count", scalar(U32, 3)),), data=32), "gives 'split.count' the kind 4"),
    ],
    ids=["fewer tensors", "many parts", "without a number", "a count of another kind"],
)
def test_what_is_no_first_part(data: bytes, words: str, folder: Path) -> None:
    (folder / FIRST).write_bytes(data)
    assert words in refusal(folder / FIRST)
