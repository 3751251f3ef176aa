"""`luciole plan`: tables for people, one object for programs, and refusals that say what would fit."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from assistant.llama.planner import Planner
from assistant.plan import asking
from assistant.plan.plan import PREFERRED
from assistant.plan.speeds import BATCHES, Pace, Paces, Speeds, Way
from assistant.plan.stored import kind_mark, store_speeds
from tests.cli.conftest import Luciole

STARTER = "SmolLM2-135M-Instruct.Q4_1"


def option(
    context: int, kv: str, total: float, *, fits: bool = True, first_word: float | None = 12.3
) -> dict[str, Any]:
    return {
        "context": context,
        "kv": kv,
        "flash": kv != "f16/f16",
        "gpu_layers": 0,
        "batch": 512,
        "mib": {"weights": 100.0, "kv": total - 120, "compute": 20.0, "total": total},
        "devices": {"CPU": {"weights": 100.0, "kv": total - 120, "compute": 20.0}},
        "seconds": {"first_word": first_word, "answer": 4.5} if first_word else None,
        "fits": fits,
    }


OPTIONS = [
    option(8192, "f16/f16", 1300.4, fits=False),
    option(8192, "q8_0/q8_0", 700.6),
    option(4096, "f16/f16", 699.0),
]
PLAN = {
    "chosen": OPTIONS[1],
    "options": OPTIONS,
    "free_mib": 1200.0,
    "devices": {"CPU": {"free_mib": 1200.0, "reserve_mib": 512.0}},
    "reason": "8K with K and V in q8_0 needs 701 MiB, 1.2 GiB are free; f16 would need 1.3 GiB",
    "next_smaller": "--context 4096 --kv f16",
    "tokens": None,
    "threads": 2,
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the child would say; `request` is what it was asked."""
    found: dict[str, Any] = {"plan": PLAN}

    def ask(module: str, request: dict[str, object], *, seconds: float) -> dict[str, Any]:
        assert module == "assistant.llama.planner"
        found["request"] = request
        answer: dict[str, Any] = found["plan"]
        return answer

    monkeypatch.setattr(asking, "ask", ask)
    return found


def test_the_table(luciole: Luciole, answers: dict[str, Any]) -> None:
    shown = luciole("plan", "starter")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[0] == f"{STARTER}: free 1,200 MiB on CPU, a reserve left aside".split()
    header = "context K/V flash batch weights KV compute MiB first word, s answer, s fits"
    assert lines[1] == header.split()
    assert lines[2] == ["8,192", "f16/f16", "off", "512", "100", "1,180", "20", "1,300", "12.3", "4.5", "no"]
    assert lines[3] == [">", "8,192", "q8_0/q8_0", "on", "512", "100", "581", "20", "701", "12.3", "4.5", "yes"]
    assert shown.out.splitlines()[4] == PLAN["reason"]
    assert len(lines) == 5, "smaller contexts are not shown where the wanted one fits"


def test_json(luciole: Luciole, answers: dict[str, Any]) -> None:
    shown = luciole("plan", "starter", "--json")
    assert (shown.code, shown.err) == (0, "")
    found = json.loads(shown.out)
    assert found == {"model": STARTER, **PLAN}
    assert found["chosen"] in found["options"]
    assert {"context", "kv", "gpu_layers", "batch", "mib", "fits"} <= set(found["options"][0])


@pytest.mark.parametrize("flag", [(), ("--json",)])
def test_a_refusal(luciole: Luciole, answers: dict[str, Any], flag: tuple[str, ...]) -> None:
    options = [option(8192, "q4_0/q4_0", 900.0, fits=False), option(4096, "f16/f16", 699.0, first_word=None)]
    reason = "8K needs at least 900 MiB (with K and V in q4_0), 700 MiB are free; 4K would fit: --context 4096 --kv f16"
    answers["plan"] = PLAN | {"chosen": None, "options": options, "reason": reason}
    shown = luciole("plan", "starter", "--context", "8192", *flag)
    assert shown.code == 1
    assert shown.err == f"error: {reason}\n"
    if flag:
        assert json.loads(shown.out)["chosen"] is None
    else:
        assert [line.split()[0] for line in shown.out.splitlines()[2:]] == ["8,192", "4,096"]
        assert " - " in shown.out


def test_what_was_asked(luciole: Luciole, answers: dict[str, Any], tmp_path: Path) -> None:
    document = tmp_path / "report.md"
    document.write_text("# Report\n\nAll is well.\n", encoding="utf-8")
    words = ["--context", "4096", "--kv", "q8_0/f16", "--gpu-layers", "3", "--threads", "5", "--document"]
    assert luciole("plan", "starter", *words, str(document)).code == 0
    request = answers["request"]
    assert request | {"path": "", "answer": 0} == {
        "path": "", "context": 4096, "text": "# Report\n\nAll is well.\n", "answer": 0, "gpu_layers": 3,
        "kv": ("q8_0", "f16"), "threads": 5,
    }  # fmt: skip
    assert Path(request["path"]).name == f"{STARTER}.gguf"


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--kv", "q5_0"], 2, "'q5_0' is not f16, q8_0, q4_0, or two of them as q8_0/f16"),
    (["--kv", "f16/"], 2, "'f16/' is not"),
    (["--kv", "f16/f16/f16"], 2, "is not"),
    (["--context", "0"], 2, "--context"),
    (["--document", "nowhere.txt"], 1, "nowhere.txt does not exist"),
])  # fmt: skip
def test_wrong_words(luciole: Luciole, answers: dict[str, Any], words: list[str], code: int, said: str) -> None:
    shown = luciole("plan", "starter", *words)
    assert shown.code == code
    assert shown.out == ""
    assert said in shown.err
    assert "request" not in answers


def test_no_such_model(luciole: Luciole, answers: dict[str, Any]) -> None:
    shown = luciole("plan", "nowhere.gguf")
    assert (shown.code, shown.out) == (1, "")
    assert "there is no model" in shown.err


def test_a_hostile_name_stays_on_its_line(
    luciole: Luciole, answers: dict[str, Any], tmp_path: Path, starter_gguf: Path
) -> None:
    model = tmp_path / "a\x1b[2Jb.gguf"
    model.symlink_to(starter_gguf)
    shown = luciole("plan", str(model))
    assert shown.code == 0
    assert "\x1b" not in shown.out


def test_for_real(luciole: Luciole, tmp_path: Path, starter_gguf: Path) -> None:
    """The child counts the document and sizes its context; speeds that were kept are not measured again."""
    header = read_header(starter_gguf)
    planner = Planner(starter_gguf, header, EngineSettings(), threads=2)
    paces = Paces(Pace(1e-4, 0.0), Pace(1e-3, 0.0))
    ways = {Way(k, v, flash, batch): paces for k, v, flash in PREFERRED for batch in BATCHES}
    store_speeds(kind_mark(header), planner.machine(), 2, Speeds(ways, 30))
    document = tmp_path / "report.md"
    document.write_text("The lake was calm. " * 60, encoding="utf-8")
    shown = luciole("plan", "starter", "--document", str(document), "--threads", "2", "--json")
    assert (shown.code, shown.err) == (0, "")
    found = json.loads(shown.out)
    assert found["tokens"] == 301
    assert found["chosen"]["context"] == 1024  # 301 tokens, 256 around them, an answer of 400
    assert found["chosen"] in found["options"]
    assert found["chosen"]["seconds"]["first_word"] == pytest.approx(30 * (301 + 256) * 1e-4, abs=0.01)
    assert found["free_mib"] >= found["chosen"]["mib"]["total"]


def test_too_long_a_document(luciole: Luciole, tmp_path: Path) -> None:
    document = tmp_path / "report.md"
    document.write_text("The lake was calm. " * 2000, encoding="utf-8")
    shown = luciole("plan", "starter", "--document", str(document))
    assert (shown.code, shown.out) == (1, "")
    assert "the document has 10,001 tokens; at most 7,536 fit the context of 8,192" in shown.err


def test_beyond_what_it_was_trained_for(luciole: Luciole) -> None:
    shown = luciole("plan", "starter", "--context", "9000")
    assert (shown.code, shown.out) == (1, "")
    assert "a context of 9,000 tokens was asked for" in shown.err
    assert "was trained for 8,192" in shown.err
