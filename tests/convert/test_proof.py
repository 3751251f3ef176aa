"""The verdict of a ladder, and the report beside a file: whole, of this file only, never the reason of a failure."""

import json
import os
from pathlib import Path

import pytest

from convert.gguf.check import Checked
from convert.proof_report import (
    RUNGS,
    Proof,
    Rung,
    State,
    climbed_by_conversion,
    content_mark,
    report_path,
    write_report,
)
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file


def proof(*states: State, file: Path = Path("a.gguf")) -> Proof:
    rungs = {name: Rung(state, "so") for name, state in zip(RUNGS, states, strict=False)}
    return Proof(file, "source", rungs, 1.0)


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        (("passed",) * 5, "proven"),
        ((*("passed",) * 4, "does not apply"), "proven"),
        (("passed", "not climbed", "passed", "passed", "passed"), "partly proven"),
        (("passed",) * 3, "partly proven"),
        (("passed", "failed", "not climbed", "passed", "passed"), "failed"),
        ((), "partly proven"),
    ],
)
def test_verdicts(states: tuple[State, ...], verdict: str) -> None:
    assert proof(*states).verdict == verdict


def test_figures_that_json_cannot_hold() -> None:
    rung = Rung("failed", "so", {"mean": float("inf"), "list": [1.5, float("nan")], "inner": {"x": float("-inf")}})
    found = json.loads(json.dumps(Proof(Path("a"), "b", {"kl": rung}, 0.0).json(), allow_nan=False))
    assert found["rungs"]["kl"] == {
        "state": "failed", "says": "so", "mean": None, "list": [1.5, None], "inner": {"x": None}
    }  # fmt: skip


def test_a_conversion_leaves_a_report(tmp_path: Path) -> None:
    file = converted_file(tiny_checkpoint(tmp_path / "tiny"), tmp_path / "tiny.gguf", "q8_0")
    report = json.loads(report_path(file).read_text(encoding="utf-8"))
    assert report_path(file).name == "tiny.gguf.report.json"
    assert report["verdict"] == "partly proven"
    assert {name: rung["state"] for name, rung in report["rungs"].items()} == {
        "header": "passed", "tensors": "not climbed", "tokens": "passed", "logits": "not climbed", "kl": "not climbed"
    }  # fmt: skip
    assert report["rungs"]["header"]["tensors"] == 21
    assert report["rungs"]["tokens"]["texts"] > 500
    assert (report["file"], report["against"], report["bytes"]) == ("tiny.gguf", "tiny", file.stat().st_size)
    assert report["mark"] == content_mark(file)
    assert {"luciole", "llama-cpp-python", "transformers"} <= report["versions"].keys()
    assert report["date"].endswith("+00:00")
    assert str(tmp_path) not in report_path(file).read_text(encoding="utf-8")


def test_marks_tell_files_apart(tmp_path: Path) -> None:
    data = bytearray(os.urandom(5 * 2**20))
    marks = set()
    for place in (None, 0, 2**20 - 1, len(data) - 1, len(data) // 2):
        if place is not None:
            data[place] ^= 1
        (tmp_path / "a").write_bytes(data)
        marks.add(content_mark(tmp_path / "a"))
    (tmp_path / "a").write_bytes(bytes(data) + b"x")
    marks.add(content_mark(tmp_path / "a"))
    (tmp_path / "a").write_bytes(b"")
    marks.add(content_mark(tmp_path / "a"))
    assert len(marks) == 7


def test_a_report_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    report_path(file).mkdir()
    checked = Checked(1, 1, 4)
    warning = write_report(climbed_by_conversion(file, "source", checked, texts=None, seconds=1.0))
    assert warning is not None
    assert "model.gguf.report.json cannot be written" in warning
    assert {path.name for path in tmp_path.iterdir()} == {"model.gguf", "model.gguf.report.json"}
    report_path(file).rmdir()
    assert write_report(climbed_by_conversion(file, "source", checked, texts=None, seconds=1.0)) is None
    tokens = json.loads(report_path(file).read_text(encoding="utf-8"))["rungs"]["tokens"]
    assert tokens["state"] == "not climbed", "how texts are cut was chosen, not compared"


def test_what_the_user_chose_stands_behind_the_name_of_the_source(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    for name, choices, against in (
        ("plain", {}, "tiny"),
        ("base", {"rope_base": 5000.0, "context": 256}, "tiny with --rope-base 5000.0 --context 256"),
    ):
        target = converted_file(folder, tmp_path / f"{name}.gguf", "q8_0", **choices)
        assert json.loads(report_path(target).read_text(encoding="utf-8"))["against"] == against
