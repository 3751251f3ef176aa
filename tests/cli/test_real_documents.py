"""The starter model on documents of the kinds that people have: a licence, a manual, a Chinese text, a PDF, Word."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as Word
from fpdf import FPDF

ROOT = Path(__file__).parents[2]
MINUTES = (
    "The committee met on 3 May 2024 in the town hall, and Mrs Adler was in the chair.",
    "It agreed to repair the bridge over the river before winter, for 1,240,000 euro.",
    "The firm of Weber and Sons begins the work in June; the road is closed for 14 weeks.",
)
CHINESE = (
    "会议纪要\n\n本次会议讨论了第三季度的销售计划，王明先生负责华东地区，目标为一千二百万元。\n\n"
    "会议决定在十月五日之前完成全部合同的签署，逾期者须向公司说明原因。\n"
)


def licence(path: Path) -> Path:
    """Its first sections: the model reads some hundred tokens a second, and nothing here hangs on the rest."""
    file = path / "licence.txt"
    file.write_text((ROOT / "LICENSE").read_text(encoding="utf-8")[:3500], encoding="utf-8")
    return file


def manual(path: Path) -> Path:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    file = path / "manual.md"
    file.write_text(text[text.index("## Set up") : text.index("## Convert")], encoding="utf-8")
    return file


def chinese(path: Path) -> Path:
    file = path / "纪要.txt"
    file.write_bytes(CHINESE.encode("gb18030"))
    return file


def pdf(path: Path) -> Path:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for line in MINUTES:
        document.add_page()
        document.multi_cell(0, 8, line)
    file = path / "minutes.pdf"
    document.output(str(file))
    return file


def word(path: Path) -> Path:
    document = Word()
    document.add_heading("Minutes", 1)
    for line in MINUTES:
        document.add_paragraph(line)
    file = path / "minutes.docx"
    document.save(str(file))
    return file


@pytest.mark.parametrize(
    ("make", "kind", "encoding"),
    [
        (licence, "text", "utf-8"),
        (manual, "markdown", "utf-8"),
        (chinese, "text", "gb18030"),
        (pdf, "pdf", ""),
        (word, "docx", ""),
    ],
)
def test_a_summary_of_all_of_it(tmp_path: Path, make: Callable[[Path], Path], kind: str, encoding: str) -> None:
    file = make(tmp_path)
    command = [sys.executable, "-m", "assistant", "summarize", str(file), "--json", "--max-tokens", "60"]
    done = subprocess.run(command, capture_output=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)
    assert (summary["kind"], summary["encoding"], summary["strategy"]) == (kind, encoding, "whole")
    assert summary["tokens_read"] == summary["tokens_total"] > 40
    assert summary["summary"]
    claims = summary["claims"]
    assert claims["checked"] == claims["supported"] + claims["unsupported"] == len(claims["items"])
    assert summary["sources"]
    for source in summary["sources"]:
        assert (source["page"] is not None) == (kind == "pdf" and source["lines"] is not None)
    if encoding == "gb18030":
        assert any("gb18030" in warning for warning in summary["warnings"])
