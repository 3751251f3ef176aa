"""A model by its name on the hub is found in the local cache, and nowhere else."""

import json
import socket
import sys
from pathlib import Path

import pytest

from convert import ConversionError, Preview, convert
from convert.errors import IncompleteCheckpoint
from convert.weights.hub_cache import local_folder, model_name
from tests.convert.tiny import tiny_checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache with someone/Tiny-Chat in it, laid out by hand as huggingface_hub documents it; no network."""
    from huggingface_hub import constants

    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    home = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home))
    repository = home / "models--someone--Tiny-Chat"
    blobs, snapshot = repository / "blobs", repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for number, file in enumerate(sorted(tiny_checkpoint(tmp_path / "made").iterdir())):
        file.replace(blobs / str(number))
        (snapshot / file.name).symlink_to(blobs / str(number))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return home


def test_snapshot_is_found_by_name_and_by_revision(cache: Path) -> None:
    snapshot = cache / "models--someone--Tiny-Chat" / "snapshots" / COMMIT
    assert local_folder(Path("someone/Tiny-Chat")) == snapshot
    assert local_folder(Path(f"someone/Tiny-Chat@{COMMIT}")) == snapshot
    pull = cache / "models--someone--Tiny-Chat" / "refs" / "refs" / "pr"
    pull.mkdir(parents=True)
    (pull / "1").write_text(COMMIT)
    assert local_folder(Path("someone/Tiny-Chat@refs/pr/1")) == snapshot
    assert model_name(snapshot) == "Tiny-Chat"


def test_it_converts_under_the_models_name(cache: Path) -> None:
    *_, last = convert(Path("someone/Tiny-Chat"), quantization="q8_0", dry_run=True)
    assert isinstance(last, Preview)
    assert last.output == Path("Tiny-Chat-q8_0.gguf")


def test_a_folder_of_that_name_wins(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "someone" / "Tiny-Chat").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert local_folder(Path("someone/Tiny-Chat")) == Path("someone/Tiny-Chat")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("someone/Other", "luciole models pull someone/Other --convert"),
        ("someone/Tiny-Chat@v2", "no such model"),
        ("some..one/a--b", "no such model"),
        ("nobody", "does not exist"),
        ("a/b/c", "does not exist"),
        ("someone/Tiny-Chat@../x", "does not exist"),
        ("../Tiny-Chat", "does not exist"),
    ],
)
def test_what_is_not_there_is_refused_with_the_way_to_get_it(name: str, words: str, cache: Path) -> None:
    with pytest.raises(ConversionError, match=words):
        list(convert(Path(name), dry_run=True))


def test_a_file_that_was_not_fetched_is_named(cache: Path) -> None:
    snapshot = cache / "models--someone--Tiny-Chat" / "snapshots" / COMMIT
    (snapshot / "model.safetensors").resolve().unlink()
    with pytest.raises(ConversionError, match=r"model\.safetensors of someone/Tiny-Chat points to a file"):
        list(convert(Path("someone/Tiny-Chat"), dry_run=True))


@pytest.mark.parametrize(
    ("file", "words"), [("config.json", "has no config.json in the local hub cache"), ("model.safetensors", "2 shards")]
)
def test_a_snapshot_without_all_files_says_how_to_get_them(file: str, words: str, cache: Path) -> None:
    snapshot = cache / "models--someone--Tiny-Chat" / "snapshots" / COMMIT
    (snapshot / file).unlink()
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    for source in (Path("someone/Tiny-Chat"), snapshot):
        with pytest.raises(IncompleteCheckpoint, match=f"{words}.*: hf download someone/Tiny-Chat --revision {COMMIT}"):
            list(convert(source, dry_run=True))


def test_a_path_costs_no_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert local_folder(tmp_path) == tmp_path
    assert local_folder(Path("nobody")) == Path("nobody")
