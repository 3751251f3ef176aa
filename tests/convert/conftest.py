"""Sound tiny checkpoints, made once, and copies of them to damage."""

from pathlib import Path

import pytest

from tests.convert.damage import Refusals, copy_of
from tests.convert.tiny import tiny_checkpoint


@pytest.fixture(scope="session")
def sound_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint in one file; read-only."""
    return tiny_checkpoint(tmp_path_factory.mktemp("sound") / "tiny")


@pytest.fixture(scope="session")
def sound_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in several files with an index; read-only."""
    return tiny_checkpoint(tmp_path_factory.mktemp("sound") / "tiny-sharded", shard_size="800KB")


@pytest.fixture
def refusals(
    sound_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusals:
    """A copy of the sound checkpoint to damage, and the check that it is refused."""
    (tmp_path / "outputs").mkdir()
    return Refusals(copy_of(sound_checkpoint, tmp_path / "tiny"), tmp_path / "outputs", monkeypatch, capsys)


@pytest.fixture
def sharded_refusals(
    sound_shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refusals:
    """The same with shards."""
    (tmp_path / "outputs").mkdir()
    return Refusals(copy_of(sound_shards, tmp_path / "tiny"), tmp_path / "outputs", monkeypatch, capsys)
