"""A target is absent, the old file, or the whole new one: after errors or kill -9, on a full disk, beside a rival."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from convert.errors import NotEnoughSpace, OutputExists, OutputFailed
from convert.gguf.writer import Output
from tests.convert.tiny import tiny_checkpoint

HEADER = b"header"


def write(target: Path, data: bytes, *, force: bool = False) -> None:
    with Output(target, force=force) as output:
        output.start(HEADER, 128)
        output.write(memoryview(data))
        output.sync()
        output.finish()


def test_finished_file_is_alone_in_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf", b"x" * 128)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]
    assert (tmp_path / "a.gguf").read_bytes().endswith(b"x" * 128)


def test_an_unfinished_output_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    target.write_bytes(b"old")
    with Output(target, force=True) as output:
        output.start(HEADER, 128)
        output.write(memoryview(b"x"))  # and then no finish
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.gguf": b"old"}


def test_existing_target_needs_force(tmp_path: Path) -> None:
    write(tmp_path / "a.gguf", b"x" * 128)
    with pytest.raises(OutputExists, match="--force"):
        write(tmp_path / "a.gguf", b"y" * 128)
    write(tmp_path / "a.gguf", b"y" * 128, force=True)
    assert (tmp_path / "a.gguf").read_bytes().endswith(b"y" * 128)


def test_target_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    with Output(target, force=False) as output:
        output.start(HEADER, 128)
        target.write_bytes(b"another")
        output.sync()
        with pytest.raises(OutputExists, match="appeared meanwhile"):
            output.finish()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.gguf": b"another"}


def test_a_second_conversion_of_the_same_target_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    rival = tmp_path / f".a.gguf.{os.getppid()}.partial"  # a process that lives
    rival.touch()
    with pytest.raises(OutputFailed, match=f"process {os.getppid()} is writing"):
        Output(target, force=True)
    assert rival.exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.gguf"
    with Output(target, force=False) as output:
        output.start(HEADER, 1 << 20)
        output._file.close()
        output._file = Path("/dev/full").open("ab")  # noqa: SIM115 - closed by the output
        with pytest.raises(NotEnoughSpace, match="No space left"):
            output.write(memoryview(b"x" * (1 << 20)))
    assert list(tmp_path.iterdir()) == []


def test_space_is_checked_before_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=133))
    with Output(tmp_path / "a.gguf", force=False) as output:
        with pytest.raises(NotEnoughSpace, match=r"needs 0 MiB; 0 MiB are free"):
            output.start(HEADER, 128)
        assert list(tmp_path.iterdir()) == []
        output.start(HEADER, 127)


@pytest.mark.parametrize("target", ["missing/a.gguf", "a" * 300, "file/a.gguf"])
def test_impossible_targets_are_our_error(target: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputFailed, match="with -o"):
        Output(tmp_path / target, force=False)


def test_kill_at_a_hundred_random_moments_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "source", num_hidden_layers=4)
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.convert.killing", str(source), str(folder / "a.gguf"), "100"]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(done["found"]) == 100
    assert set(done["found"]) <= {"old", "new"}, done["found"]
    assert done["halfway"] > 3, "some kills must fall into the writing"
    assert done["left"] == ["a.gguf", "a.gguf.report.json"]
