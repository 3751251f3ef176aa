"""`luciole verify`: the ladder on stderr, JSON on stdout, the report beside the file, and who shows it."""

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.__main__ import main
from convert.proof_report import Climbing
from tests.cli.conftest import Luciole
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("verify") / "tiny")


@pytest.fixture(scope="module")
def sound(source: Path) -> Path:
    return converted_file(source, source.with_name("sound.gguf"), "q8_0")


@pytest.fixture
def file(sound: Path, tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(sound.read_bytes())
    return path


def test_a_ladder(luciole: Luciole, file: Path, source: Path) -> None:
    shown = luciole("verify", str(file), "--against", str(source))
    assert (shown.code, shown.out) == (0, "")
    lines = [" ".join(line.split()) for line in shown.err.split("\n")]
    for name in ("header", "tensors", "tokens", "logits", "kl"):
        assert any(line.startswith(f"{name} passed ") for line in lines), shown.err
    assert "model.gguf: proven against tiny" in lines


def test_json_and_the_report_and_who_shows_it(luciole: Luciole, file: Path, source: Path) -> None:
    assert json.loads(luciole("inspect", str(file), "--json").out)["proof"]["verdict"] == "unproven"
    shown = luciole("verify", str(file), "--against", str(source), "--json", "--context", "100")
    assert shown.code == 0
    found = json.loads(shown.out)
    assert found["verdict"] == "proven"
    assert list(found["rungs"]) == ["header", "tensors", "tokens", "logits", "kl"]
    assert found["rungs"]["logits"]["positions"][-1] == 99
    assert set(found["rungs"]["kl"]) >= {"state", "mean", "median", "p99", "max", "top1_agreement", "allowed"}
    kept = json.loads((file.parent / "model.gguf.report.json").read_text(encoding="utf-8"))
    assert kept["rungs"] == found["rungs"]
    proof = json.loads(luciole("inspect", str(file), "--json").out)["proof"]
    assert (proof["verdict"], proof["against"]) == ("proven", "tiny")
    assert set(proof["rungs"].values()) == {"passed"}
    assert "proven: equal to tiny in: header, tensors" in luciole("inspect", str(file)).out


def test_what_a_conversion_has_proven_itself(luciole: Luciole, source: Path, tmp_path: Path) -> None:
    file = converted_file(source, tmp_path / "new.gguf", "f16")
    shown = luciole("inspect", str(file))
    assert "partly proven: not compared: tensors, logits, kl" in shown.out


def test_a_damaged_file_is_1_and_unproven(luciole: Luciole, file: Path, source: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-2000] ^= 0x40
    file.write_bytes(data)
    shown = luciole("verify", str(file), "--against", str(source), "--json")
    assert shown.code == 1
    assert json.loads(shown.out)["verdict"] == "failed"
    *_, last = shown.err.rstrip("\n").split("\n")
    assert last.startswith("error: model.gguf is not what tiny gives: tensors: ")
    proof = json.loads(luciole("inspect", str(file), "--json").out)["proof"]
    assert (proof["verdict"], proof["rungs"]["tensors"]) == ("unproven", "failed")


def test_a_text_of_the_users(luciole: Luciole, file: Path, source: Path, tmp_path: Path) -> None:
    text = tmp_path / "words.txt"
    text.write_text("A firefly gives light. 萤火虫发光。\n" * 5, encoding="utf-8")
    shown = luciole("verify", str(file), "--against", str(source), "--text", str(text), "--json")
    assert 50 < json.loads(shown.out)["rungs"]["kl"]["positions"] < 500


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no.gguf", "--against", "{source}"], 1, "cannot be read"),
        (["{file}", "--against", "no-folder"], 1, "does not exist"),
        (["{file}", "--against", "{source}", "--text", "no.txt"], 1, "cannot be read"),
        (["{file}"], 2, "--against"),
        (["{file}", "--against", "{source}", "--context", "0"], 2, "--context"),
    ],
)
def test_errors_are_one_line(
    luciole: Luciole, file: Path, source: Path, arguments: list[str], code: int, said: str
) -> None:
    shown = luciole("verify", *(argument.format(file=file, source=source) for argument in arguments))
    assert (shown.code, shown.out) == (code, "")
    *usage, last = shown.err.rstrip("\n").split("\n")
    assert len(usage) == (code == 2)
    assert last.startswith("error: ")
    assert said in last


def test_interruption_is_130(luciole: Luciole, file: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("convert.proof.logits.load_reference", interrupted)
    shown = luciole("verify", str(file), "--against", str(source))
    assert (shown.code, shown.out, shown.err) == (130, "", "interrupted\n")
    assert not (file.parent / "model.gguf.report.json").exists()


def test_it_ends_with_whoever_attends_it(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pull that is killed: nobody else would end the comparison, which takes the memory of the source."""

    def endless(*_: object, **__: object) -> Iterator[Climbing]:
        while True:
            time.sleep(0.01)
            yield Climbing("logits", 0, 0)

    monkeypatch.setattr("convert.proof.verify.verify", endless)
    theirs, ours = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "rb") as stdin:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stdin))
        assert main(["verify", "x.gguf", "--against", "x", "--attended"]) == 130
