"""What is shown as proven: only what a report of this very content says; nothing in a report can do harm."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.proof import read_standing
from convert.proof_report import Proof, Rung, State, content_mark, report_path, write_report

RUNGS = ("header", "tensors", "tokens", "logits", "kl")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(bytes(range(256)) * 20_000)
    return path


def report(file: Path, *states: State) -> None:
    """As the converter writes it."""
    rungs = {name: Rung(state, "so") for name, state in zip(RUNGS, states, strict=True)}
    assert write_report(Proof(file, "source", rungs, 1.0)) is None


def test_the_three_standings(file: Path) -> None:
    assert read_standing(file).verdict == "unproven"
    report(file, "passed", "not climbed", "passed", "not climbed", "not climbed")
    standing = read_standing(file)
    assert standing.verdict == "partly proven"
    assert standing.why.startswith("not compared: tensors, logits, kl")
    report(file, "passed", "passed", "passed", "passed", "does not apply")
    standing = read_standing(file)
    assert (standing.verdict, standing.against) == ("proven", "source")
    assert list(standing.rungs) == list(RUNGS)
    report(file, "passed", "failed", "passed", "passed", "passed")
    standing = read_standing(file)
    assert (standing.verdict, standing.why) == ("unproven", "it differs from source in: tensors")


def test_another_file_under_the_same_name_is_not_proven(file: Path) -> None:
    report(file, *("passed",) * 5)
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    standing = read_standing(file)
    assert standing.verdict == "unproven"
    assert "is of another file" in standing.why


def test_a_file_that_was_copied_with_its_report_stays_proven(file: Path, tmp_path: Path) -> None:
    report(file, *("passed",) * 5)
    other = tmp_path / "elsewhere.gguf"
    other.write_bytes(file.read_bytes())
    report_path(other).write_bytes(report_path(file).read_bytes())
    assert read_standing(other).verdict == "proven"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 100_000, b"x" * (1 << 21),
        {}, {"verdict": "proven"}, {"verdict": "proven", "rungs": []}, {"verdict": "proven", "rungs": {"a": 3}},
        {"verdict": "perfect", "rungs": {"a": {"state": "passed"}}}, {"verdict": [], "rungs": {"a": {}}},
        {"verdict": "failed", "rungs": {"a": {"state": "passed"}}},
    ],
)  # fmt: skip
def test_reports_that_say_nothing(file: Path, content: bytes | dict[str, Any]) -> None:
    data = content
    if isinstance(content, dict):
        data = json.dumps(content | {"mark": content_mark(file)}).encode()
    assert isinstance(data, bytes)
    report_path(file).write_bytes(data)
    standing = read_standing(file)
    assert standing.verdict == "unproven"
    assert "\n" not in standing.why


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    report_path(tmp_path / "none.gguf").write_text("{}", encoding="utf-8")
    assert read_standing(tmp_path / "none.gguf").verdict == "unproven"
