"""What a conversion leaves on disk and says: the whole file or nothing, stdout for the answer, an exit code."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from convert import Choices, ConversionError, Converted, Report, Step, convert
from convert.errors import NotEnoughSpace, OutputExists
from tests.convert.damage import Refusals, copy_of, run_command
from tests.convert.gguf_file import read
from tests.support import QUANTIZATIONS, converted_file

JSON_FIELDS = {
    "output",
    "bytes",
    "seconds",
    "quantization",
    "rope",
    "context",
    "template",
    "tokens_checked",
    "warnings",
}


def report_of(source: Path, target: Path | None, quantization: str = "q8_0") -> Report:
    """The report of a whole conversion."""
    last = list(convert(source, target, quantization=quantization))[-1]
    assert isinstance(last, Converted)
    return last.report


def test_steps_grow_to_the_size_of_the_file_and_end_with_the_report(sound_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "tiny.gguf"
    events = list(convert(sound_checkpoint, target, quantization="q8_0"))
    steps = [event for event in events if isinstance(event, Step)]
    assert len(steps) == len(events) - 1
    last = events[-1]
    assert isinstance(last, Converted)
    size = target.stat().st_size
    assert last.report.bytes == size
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert (steps[-1].done, steps[-1].total) == (size, size)
    assert all(step.done <= step.total for step in steps)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.gguf", "tiny.gguf.report.json"]


def test_the_report_names_where_things_came_from(real_checkpoint: Path, tmp_path: Path) -> None:
    report = report_of(real_checkpoint, tmp_path / "real.gguf", "q4_0")
    assert report.output == tmp_path / "real.gguf"
    assert report.quantization == "q4_0"
    assert (report.rope.kind, report.rope.base) == ("default", 100000.0)
    assert "rope_theta" in report.rope.source
    assert report.context == 8192
    assert report.template.name
    assert "chat_template" in report.template.source
    assert report.tokens_checked > 100
    assert report.warnings == ()
    assert report.quantizer_seconds > 0
    assert report.threads >= 1
    names = {fact.name for fact in report.facts}
    assert all(fact.value and fact.source for fact in report.facts)
    assert len(names) == len(report.facts) >= 8


def test_the_chat_template_travels(
    real_checkpoint: Path, converted: Callable[[str], Path], sound_checkpoint: Path, tmp_path: Path
) -> None:
    template = read(converted("q4_0")).metadata["tokenizer.chat_template"]
    assert template == (real_checkpoint / "chat_template.jinja").read_text(encoding="utf-8")
    tiny = read(converted_file(sound_checkpoint, tmp_path / "tiny.gguf", "q8_0")).metadata
    settings = json.loads((sound_checkpoint / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert tiny["tokenizer.chat_template"] == settings["chat_template"]


def test_a_checkpoint_without_template_converts_with_a_warning(sound_checkpoint: Path, tmp_path: Path) -> None:
    folder = copy_of(sound_checkpoint, tmp_path / "tiny")
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    del settings["chat_template"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    report = report_of(folder, tmp_path / "tiny.gguf")
    assert report.template.name is None
    assert any("template" in warning for warning in report.warnings)
    assert "tokenizer.chat_template" not in read(tmp_path / "tiny.gguf").metadata


def test_the_metadata_llama_cpp_needs(converted: Callable[[str], Path]) -> None:
    metadata = read(converted("q4_k_m")).metadata
    expected = {
        "general.architecture": "llama",
        "general.file_type": 15,
        "llama.context_length": 8192,
        "llama.embedding_length": 576,
        "llama.block_count": 30,
        "llama.feed_forward_length": 1536,
        "llama.attention.head_count": 9,
        "llama.attention.head_count_kv": 3,
        "llama.rope.dimension_count": 64,
        "llama.rope.freq_base": 100000.0,
        "llama.vocab_size": 49152,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    assert {key: metadata.get(key) for key in expected} == expected
    assert metadata["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5, rel=1e-6)


def test_gguf_py_reads_the_file_too(sound_checkpoint: Path, tmp_path: Path) -> None:
    from gguf import GGUFReader

    target = converted_file(sound_checkpoint, tmp_path / "tiny.gguf", "q4_k_m")
    ours, theirs = read(target), GGUFReader(target)
    assert {tensor.name for tensor in theirs.tensors} == ours.tensors.keys()
    for tensor in theirs.tensors:
        assert tensor.data.tobytes() == ours.tensors[tensor.name].data.tobytes()


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_the_name_of_the_file_by_default(
    quantization: str, sound_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = report_of(sound_checkpoint, None, quantization)
    assert report.output.name == f"{sound_checkpoint.name}-{quantization}.gguf"
    assert {path.name for path in tmp_path.iterdir()} == {report.output.name, f"{report.output.name}.report.json"}


def test_an_output_that_exists(refusals: Refusals) -> None:
    target = refusals.outputs / "model.gguf"
    target.write_bytes(b"precious")
    refusals.expect(OutputExists, "model.gguf", "--force")
    assert target.read_bytes() == b"precious"


def test_force_replaces_an_output_only_when_the_new_one_is_whole(sound_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    target.write_bytes(b"precious")
    with closing(convert(sound_checkpoint, target, choices=Choices(force=True))) as events:
        for event in events:
            if isinstance(event, Step) and event.done:
                break
    assert target.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == ["model.gguf"]
    converted_file(sound_checkpoint, target, "q8_0", force=True)
    assert read(target).metadata["general.architecture"] == "llama"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_force_does_not_replace_what_is_no_file(sound_checkpoint: Path, tmp_path: Path) -> None:
    """A pipe here; /dev/null would be the disaster."""
    target = tmp_path / "pipe"
    os.mkfifo(target)
    with pytest.raises(ConversionError, match="pipe"):
        converted_file(sound_checkpoint, target, "q8_0", force=True)
    assert target.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_an_output_folder_that_does_not_exist(sound_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="no/where"):
        report_of(sound_checkpoint, tmp_path / "no/where/model.gguf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", [0, 1, 2, 3, 4, 5, 8, 13, 21])
def test_closing_early_leaves_nothing(position: int, sound_checkpoint: Path, tmp_path: Path) -> None:
    with closing(convert(sound_checkpoint, tmp_path / "model.gguf", quantization="f32")) as events:
        for _, _ in zip(range(position), events, strict=False):
            pass
    assert list(tmp_path.iterdir()) == []


def test_no_disk_space_names_both_figures(refusals: Refusals) -> None:
    free = 123 * 2**10
    usage = SimpleNamespace(total=10**9, used=10**9 - free, free=free)
    refusals.monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    message = refusals.expect(NotEnoughSpace, "model.gguf", "free")
    figures = [part for part in message.replace(",", "").split() if part.replace(".", "").isdigit()]
    assert len(figures) >= 2, message
    assert len(set(figures)) >= 2, f"the same figure twice says nothing: {message}"


def test_the_space_is_checked_before_anything_is_written(
    sound_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def disk_usage(path: Path) -> SimpleNamespace:
        seen.append([entry.name for entry in tmp_path.iterdir() if entry.stat().st_size])
        return SimpleNamespace(total=1, used=1, free=0)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    with pytest.raises(NotEnoughSpace):
        report_of(sound_checkpoint, tmp_path / "model.gguf")
    assert seen == [[]]
    assert list(tmp_path.iterdir()) == []


def run_limited(limit: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process whose files may not grow beyond `limit` bytes: what a full disk does, on purpose."""
    script = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "sys.argv = ['convert', *sys.argv[1:]]\n"
        "runpy.run_module('convert', run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("share", [0.9999, 0.3, 0.001])
def test_a_disk_that_fills_up_meanwhile(share: float, sound_checkpoint: Path, tmp_path: Path) -> None:
    size = converted_file(sound_checkpoint, tmp_path / "whole.gguf", "f32").stat().st_size
    target = tmp_path / "outputs" / "model.gguf"
    target.parent.mkdir()
    done = run_limited(int(size * share), str(sound_checkpoint), "-o", str(target), "-q", "f32")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert list(target.parent.iterdir()) == []


def test_json_is_one_object_and_nothing_else(sound_checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.gguf"
    done = subprocess.run(
        [sys.executable, "-m", "convert", str(sound_checkpoint), "-o", str(target), "-q", "q8_0", "--json"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert value.keys() >= JSON_FIELDS
    assert value["rope"].keys() >= {"kind", "base", "source"}
    assert value["template"].keys() >= {"name", "source"}
    assert value["output"] == str(target)
    assert value["bytes"] == target.stat().st_size
    assert value["warnings"] == []


def test_the_table_names_values_and_sources(
    sound_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    code, out, err = run_command(
        monkeypatch, capsys, str(sound_checkpoint), "-o", str(tmp_path / "model.gguf"), "-q", "q8_0"
    )
    assert (code, err) == (0, "")
    for word in ("RoPE base", "10000", "rope_parameters", "context", "512", "<|im_end|>", "chatml", "byte-level BPE"):
        assert word in out, word


@pytest.mark.parametrize("arguments", [(), ("one", "two"), ("--nonsense", "x"), ("x", "-q", "q3_x")])
def test_wrong_usage(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run_command(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert "Usage" in err or "Error" in err


def test_control_c_midway_leaves_nothing(real_checkpoint: Path, tmp_path: Path) -> None:
    """A real interrupt at a real terminal's distance: the child is stopped while it writes weights."""
    temporary = tmp_path / "temporary"
    outputs = tmp_path / "outputs"
    temporary.mkdir()
    outputs.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-m", "convert", str(real_checkpoint), "-o", str(outputs / "model.gguf"), "-q", "q4_k_m"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(temporary)},
    )  # fmt: skip
    try:
        give_up = time.monotonic() + 60
        while not any(path.stat().st_size > 20_000_000 for path in outputs.iterdir()):
            assert child.poll() is None, "it was done before it could be interrupted"
            assert time.monotonic() < give_up
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    assert (child.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert err.strip() == "interrupted"
    assert list(outputs.iterdir()) == []
    assert list(temporary.iterdir()) == []


def test_a_killed_conversion_is_cleaned_up_by_the_next(real_checkpoint: Path, tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "convert", str(real_checkpoint), "-o", str(tmp_path / "model.gguf"), "-q", "q4_0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        give_up = time.monotonic() + 60
        while not any(path.stat().st_size > 10_000_000 for path in tmp_path.iterdir()):
            assert child.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.01)
    finally:
        child.kill()
        child.wait()
    left = list(tmp_path.iterdir())
    assert len(left) == 1
    assert left[0].name != "model.gguf", "a killed conversion must not leave a file under the final name"
    converted_file(real_checkpoint, tmp_path / "model.gguf", "q4_0")
    assert {path.name for path in tmp_path.iterdir()} == {"model.gguf", "model.gguf.report.json"}


@pytest.mark.parametrize("how", ["cut short", "touched", "replaced", "removed"])
def test_source_that_changes_while_it_is_read_is_refused(how: str, sound_checkpoint: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(sound_checkpoint, source)
    weights, target = source / "model.safetensors", tmp_path / "tiny.gguf"
    with closing(convert(source, target)) as events:
        while next(events) != Step("comparing tokens", 0, 0):
            pass
        change(weights, how)
        with pytest.raises(ConversionError, match="changed while it was read"):
            list(events)
    assert not target.exists()


def change(file: Path, how: str) -> None:
    match how:
        case "cut short":
            os.truncate(file, file.stat().st_size // 2)
        case "touched":
            os.utime(file, ns=(1, 1))
        case "replaced":
            other = file.with_suffix(".new")
            shutil.copyfile(file, other)
            other.replace(file)
        case "removed":
            file.unlink()
