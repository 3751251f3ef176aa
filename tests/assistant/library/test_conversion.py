"""Conversions in a child process: the converter's own events as values, an end that leaves nothing, errors in words."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from assistant.errors import ConversionFailed, InvalidModelFile, OutputFailed
from assistant.library.conversion import QUANTIZATIONS, Converted, Preview, convert_folder, preview_conversion
from assistant.library.importing import Step
from assistant.library.installed import installed
from assistant.paths import engine_log, models_folder
from tests.assistant.library.models import write_model
from tests.convert.tiny import tiny_checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "Tiny-萤")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that takes a moment to write."""
    folder = tmp_path_factory.mktemp("large") / "Large"
    return tiny_checkpoint(folder, hidden_size=1024, intermediate_size=4096, num_hidden_layers=6)


def names() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir())


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "convert" in " ".join(child.cmdline())]


def test_the_quantizations_are_the_converters() -> None:
    from convert.cli import RECIPE_NAMES

    assert sorted(QUANTIZATIONS) == sorted(RECIPE_NAMES)


def test_a_preview_writes_nothing(checkpoint: Path) -> None:
    *steps, last = preview_conversion(checkpoint, quantization="q8_0")
    assert [step.name for step in steps if isinstance(step, Step)] == [
        "reading the checkpoint", "choosing types", "comparing tokens", "measuring",
    ]  # fmt: skip
    assert isinstance(last, Preview)
    assert last.path == models_folder() / "Tiny-萤-q8_0.gguf"
    assert last.bytes > last.source_bytes // 2 > 0
    facts = {fact.name: fact for fact in last.facts}
    assert (facts["context"].value, facts["quantization"].value) == ("512 tokens", "q8_0")
    assert "config.json" in facts["RoPE base"].source
    assert names() == []
    assert children() == []


def test_a_conversion(checkpoint: Path) -> None:
    *steps, last = convert_folder(checkpoint, quantization="q8_0", name="tiny")
    assert isinstance(last, Converted)
    assert all(isinstance(step, Step) for step in steps)
    written = [step for step in steps if isinstance(step, Step) and step.total]
    assert [step.done for step in written] == sorted(step.done for step in written)
    assert written[-1].done == written[-1].total == last.model.bytes
    assert last.model in installed()
    assert (last.model.name, last.model.quantization, last.model.proof) == ("tiny", "Q8_0", "partly proven")
    assert last.texts > 0
    assert names() == ["tiny.gguf", "tiny.gguf.report.json"]
    with pytest.raises(OutputFailed, match="is there already"):
        list(convert_folder(checkpoint, name="tiny"))
    assert children() == []


@pytest.mark.parametrize("moment", ["at once", "while reading", "while writing"])
def test_an_end_that_leaves_nothing(large: Path, moment: str) -> None:
    with closing(convert_folder(large, quantization="q4_k_m")) as events:
        first = next(events)
        if moment == "while writing":
            while not (isinstance(first, Step) and 0 < first.done < first.total):
                first = next(events)
            assert any(name.endswith(".partial") for name in names())
        elif moment == "while reading":
            next(events)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert names() == []
    assert children() == []


def test_it_tidies_up_by_itself(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked to end, the converter does so from within, and does not wait to be killed."""
    monkeypatch.setattr("assistant.library.conversion._ENDS_WITHIN", 30.0)
    with closing(convert_folder(large)) as events:
        while not (isinstance(event := next(events), Step) and event.done):
            pass
    assert engine_log().read_text(encoding="utf-8").endswith("interrupted\n")
    assert names() == []


def test_an_interruption(large: Path) -> None:
    """For those who cannot close it: it ends where it waits, without a last event."""
    asked: list[bool] = []

    def interrupted() -> bool:
        asked.append(True)
        return len(asked) > 1

    seen = [type(event) for event in convert_folder(large, interrupted=interrupted)]
    assert Converted not in seen
    assert names() == []
    assert children() == []


def test_a_child_that_does_not_end_is_ended(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.conversion._ENDS_WITHIN", 0.1)
    with closing(convert_folder(large)) as events:
        while not (isinstance(event := next(events), Step) and event.done):
            pass
        (child,) = children()
        child.suspend()
    assert not child.is_running()
    assert names() == []


def test_a_child_that_is_killed(large: Path) -> None:
    events = convert_folder(large)
    while not (isinstance(event := next(events), Step) and event.done):
        pass
    os.kill(children()[0].pid, signal.SIGKILL)
    with pytest.raises(ConversionFailed, match=r"ended early .*SIGKILL.*a finished file was expected"):
        list(events)
    assert names() == []


def test_it_ends_with_the_program_that_began_it(large: Path, luciole_home: Path) -> None:
    """Killed without a word, the program leaves a converter that tidies up by itself."""
    script = (
        "import sys, time\n"
        "from assistant.library.conversion import convert_folder\n"
        "from assistant.library.importing import Step\n"
        "for event in convert_folder(sys.argv[1]):\n"
        "    if isinstance(event, Step) and event.done:\n"
        "        print('writing', flush=True)\n"
        "        time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", script, str(large)], stdout=subprocess.PIPE, cwd=Path.cwd())
    assert program.stdout is not None
    with program.stdout:
        assert program.stdout.readline() == b"writing\n"
    (child,) = psutil.Process(program.pid).children()
    program.kill()
    program.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    assert names() == []


@pytest.mark.parametrize("source", ["nowhere", "~/nowhere", "-o", "--force", "own\x1b[2Jer/name"])
def test_what_is_no_checkpoint(source: str) -> None:
    with pytest.raises(ConversionFailed) as caught:
        list(preview_conversion(source))
    assert str(caught.value).count(";") >= 1
    assert children() == []


def test_what_is_no_name(checkpoint: Path) -> None:
    with pytest.raises(InvalidModelFile, match="is no name"):
        list(convert_folder(checkpoint, name="../tiny"))


def test_what_is_there_is_not_replaced(checkpoint: Path) -> None:
    kept = write_model("Tiny-萤-q8_0").read_bytes()
    *_, last = preview_conversion(checkpoint, quantization="q8_0")
    assert isinstance(last, Preview)
    assert any("exists" in warning for warning in last.warnings)
    with pytest.raises(ConversionFailed, match="exists"):
        list(convert_folder(checkpoint, quantization="q8_0"))
    assert (models_folder() / "Tiny-萤-q8_0.gguf").read_bytes() == kept


def test_a_library_that_prints(checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What others write to standard output is no event."""
    (tmp_path / "sitecustomize.py").write_text("print('Welcome'); print('[1]')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    events: list[Any] = list(preview_conversion(checkpoint))
    assert isinstance(events[-1], Preview)
