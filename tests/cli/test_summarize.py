"""`luciole summarize` with a scripted engine: transcripts, files, refusals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.fake import FAKE_INFO, FakeEngine
from tests.cli.conftest import Luciole, Opens

LAST = "16 of 16 tokens read in 0.5 s, written in 1.0 s\n"
TEXT = "The committee met in the spring and it agreed to a new plan for the river."


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "report.md"
    path.write_text(TEXT)
    return str(path)


def test_the_summary_alone_is_on_stdout(luciole: Luciole, opens: Opens, report: str) -> None:
    door = opens(FakeEngine(["The plan\x1b[1m is agreed."]))
    shown = luciole("summarize", report, "-m", "small", "--context", "4096")
    assert (shown.code, shown.out, shown.err) == (0, "The plan[1m is agreed.\n", LAST)
    assert door.model == "small"
    assert door.settings is not None
    assert door.settings.context == 4096
    assert door.engine.closed


def test_standard_input(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine(["Agreed."]))
    shown = luciole("summarize", "-", stdin=TEXT.encode())
    assert (shown.code, shown.out, shown.err) == (0, "Agreed.\n", LAST)
    assert door.engine.received[0][0].content.startswith(TEXT)


def test_json_is_one_object(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine(["The plan is agreed."]))
    shown = luciole("summarize", report, "--json")
    assert json.loads(shown.out) == {
        "summary": "The plan is agreed.",
        "strategy": "whole",
        "language": "en",
        "model": "fake",
        "tokens_total": 16,
        "tokens_read": 16,
        "reused_tokens": 0,
        "readings": 1,
        "seconds": {"load": 0.0, "read": 0.5, "write": 1.0},
        "claims": {"checked": None, "supported": None, "unsupported": None},
        "sources": [],
        "warnings": [],
    }


def test_another_encoding_is_told(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    opens(FakeEngine(["会议讨论了销售计划。"]))
    path = tmp_path / "纪要.txt"
    path.write_bytes("会议纪要：本次会议讨论了第三季度的销售计划。".encode("gb18030"))
    shown = luciole("summarize", str(path))
    assert shown.out == "会议讨论了销售计划。\n"
    assert shown.err.startswith(f"note: {path} is in gb18030 (a guess from its bytes)\n")


def test_warnings_are_on_stderr(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine(["a b c d"]))
    shown = luciole("summarize", report, "--max-tokens", "2")
    assert shown.out == "a b\n"
    assert shown.err == f"warning: the summary was cut at 2 tokens; allow more with --max-tokens\n{LAST}"


def test_into_a_file(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    opens(FakeEngine(["Agreed."]))
    target = tmp_path / "summary.md"
    shown = luciole("summarize", report, "-o", str(target))
    assert (shown.code, shown.out, shown.err) == (0, "", f"note: the summary is in {target}\n{LAST}")
    assert target.read_text() == "Agreed.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.md", "summary.md"]


def test_a_file_is_replaced_only_when_told(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    door = opens(FakeEngine(["Agreed."]))
    target = tmp_path / "summary.md"
    target.write_text("precious")
    shown = luciole("summarize", report, "-o", str(target))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err == f"error: {target} exists; a new file was expected; name another, or add --force\n"
    assert target.read_text() == "precious"
    assert not door.engine.received  # told before the reading
    assert luciole("summarize", report, "-o", str(target), "--force").code == 0
    assert target.read_text() == "Agreed.\n"


@pytest.mark.parametrize(("target", "said"), [("no/where.md", "is no place for a file"), (".", "is no place")])
def test_no_place_for_the_file(
    luciole: Luciole, opens: Opens, report: str, tmp_path: Path, target: str, said: str
) -> None:
    opens(FakeEngine())
    shown = luciole("summarize", report, "-o", str(tmp_path / target))
    assert shown.code == 1
    assert said in shown.err


def test_the_document_is_never_overwritten(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine())
    shown = luciole("summarize", report, "--force", "-o", report)
    assert shown.code == 1
    assert "is the document itself" in shown.err
    assert Path(report).read_text() == TEXT


def test_too_long_is_refused_with_both_counts(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    opens(FakeEngine(info=replace(FAKE_INFO, context=100)))
    path = tmp_path / "long.txt"
    path.write_text("the word " * 500)
    shown = luciole("summarize", str(path))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"error: {path} has 1,000 tokens; 89 fit in one reading")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("missing.md", None, "does not exist; a document was expected; check the path"),
        ("empty.md", b"", "has no text in it"),
        ("binary.md", bytes(range(256)), "is not a text"),
        ("scan.md", b"%PDF-1.4", "is a damaged PDF"),
        (".", None, "is a folder; a document was expected; name one file in it"),
    ],
)
def test_no_document(luciole: Luciole, opens: Opens, tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    door = opens(FakeEngine())
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    shown = luciole("summarize", str(path))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"error: {path} {said}")
    assert shown.err.count("\n") == 1
    assert door.model is None  # no model was touched for it
    assert not door.engine.closed
