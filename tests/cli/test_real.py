"""The program as users start it, with the starter model in its child process."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LUCIOLE = [sys.executable, "-m", "assistant"]


def luciole(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*LUCIOLE, *arguments], input=stdin, capture_output=True, timeout=120, check=False)


def test_a_question() -> None:
    done = luciole("chat", "--temperature", "0", "--max-tokens", "20", "What is the capital of France?")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"The capital of France is Paris.\n", b"")


def test_json() -> None:
    done = luciole("chat", "--json", "--max-tokens", "4", "--seed", "1", "Tell me a story.")
    assert done.returncode == 0
    assert done.stderr == b""
    answer = json.loads(done.stdout)
    assert answer["finish_reason"] == "length"
    assert answer["usage"]["answer_tokens"] == 4
    assert answer["usage"]["prompt_tokens"] > 4


def test_a_document_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("The river rose again in the night. " * 1200)
    done = luciole("summarize", str(path), "--strategy", "whole")
    assert (done.returncode, done.stdout) == (1, b"")
    error = done.stderr.decode()
    # eight tokens a sentence in this tokenizer, and a context of 8,192
    assert error.startswith(f"error: {path} has 9,601 tokens; ")
    assert error.count("\n") == 1


def test_a_summary(tmp_path: Path) -> None:
    path = tmp_path / "short.md"
    path.write_text(
        "# Minutes\n\nThe committee met on 3 May. It agreed to repair the bridge over the river before winter."
    )
    done = luciole("summarize", str(path), "--json", "--max-tokens", "60")
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert summary["tokens_read"] == summary["tokens_total"] > 20
    assert summary["language"] == "en"
    assert "bridge" in summary["summary"]


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("notes.gguf", None, "expected the bytes GGUF"),
        ("cut.gguf", 50_000_000, "the file is cut short"),
        ("header.gguf", 1000, "in the 976 bytes that follow"),
        ("empty.gguf", 0, "has 0 bytes"),
        ("missing.gguf", None, "there is no model"),
        (".", None, "is a folder"),
    ],
)
def test_no_model(tmp_path: Path, starter_gguf: Path, name: str, size: int | None, said: str) -> None:
    path = tmp_path / name
    if name == "notes.gguf":
        path.write_text("# These are notes, and no model at all\n")
    elif size is not None:
        with starter_gguf.open("rb") as model:
            path.write_bytes(model.read(size))
    done = luciole("chat", "-m", str(path), "Hi")
    assert (done.returncode, done.stdout) == (1, b"")
    error = done.stderr.decode()
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1


def test_interrupting_an_answer() -> None:
    command = [*LUCIOLE, "chat", "--temperature", "0", "Tell me a long story about a firefly."]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        first = os.read(child.stdout.fileno(), 1)  # the answer has begun
        assert first
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does it: to the whole group, the engine's process too
        begun = time.monotonic()
        rest, error = child.communicate(timeout=60)
    assert time.monotonic() - begun < 20
    assert (child.returncode, error) == (130, b"interrupted\n")
    answer = first + rest
    assert answer.endswith(b"\n")
    assert answer.strip()


def test_a_reader_that_has_had_enough() -> None:
    command = [*LUCIOLE, "chat", "--max-tokens", "40", "--temperature", "0", "Tell me a long story about a firefly."]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert os.read(child.stdout.fileno(), 1)
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(timeout=60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_output() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*LUCIOLE, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: stdout cannot be written (No space left on device)")
    assert done.stderr.count(b"\n") == 1
