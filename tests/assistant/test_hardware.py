"""The machine's figures, and the answers of an installation that is broken in some way."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import psutil
import pytest

from assistant import hardware as room
from assistant.hardware import hardware, reinstall_lines


def test_this_machine() -> None:
    machine = hardware()
    assert machine.problem is None
    assert machine.memory_total == psutil.virtual_memory().total
    assert 0 < machine.memory_free <= machine.memory_total
    assert 1 <= machine.cores <= machine.threads
    assert machine.processor
    build = machine.llama
    assert build is not None
    import llama_cpp

    assert build.version == llama_cpp.__version__
    assert build.gpu_offload == llama_cpp.llama_supports_gpu_offload()
    assert any(device.kind == "cpu" and device.memory_total > 0 for device in build.devices)
    assert any("=" in feature for feature in build.features)


def test_without_llama_cpp(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(room, "version", missing)
    machine = hardware()
    assert machine.llama is None
    assert machine.problem is not None
    assert "install it: pip install llama-cpp-python" in machine.problem
    assert machine.processor  # told by the system then


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "cannot be loaded (exit code -6)"),
        ("raise ImportError('libcuda.so.1: cannot open')", "(ImportError: libcuda.so.1: cannot open)"),
        ("print('driver says hello')", "gave no readable answer"),
        ("print('{}')", "gave no readable answer"),
        ("import time; time.sleep(60)", "did not answer for 1 s"),
    ],
)
def test_a_broken_llama_cpp_is_a_line(monkeypatch: pytest.MonkeyPatch, program: str, said: str) -> None:
    real = subprocess.run

    def instead(_: list[str], **options: object) -> object:
        return real([sys.executable, "-c", program], **options)

    monkeypatch.setattr(room.subprocess, "run", instead)
    monkeypatch.setattr(room, "ASK_SECONDS", 1)
    machine = hardware()
    assert machine.llama is None
    assert machine.problem is not None
    assert said in machine.problem
    assert "install" in machine.problem or "restart" in machine.problem


@pytest.mark.parametrize(
    ("system", "nvidia", "expected"),
    [
        ("Linux", "/usr/bin/nvidia-smi", ["CUDA", "Vulkan", "ROCm"]),
        ("Linux", None, ["Vulkan", "ROCm", "CUDA"]),
        ("Darwin", None, ["Metal"]),
        ("Windows", "nvidia-smi.exe", ["CUDA", "Vulkan"]),
    ],
)
def test_reinstall_lines(monkeypatch: pytest.MonkeyPatch, system: str, nvidia: str | None, expected: list[str]) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(room, "which", lambda _: nvidia)
    lines = reinstall_lines()
    assert list(lines) == expected
    pip = "pip install --force-reinstall --no-cache-dir llama-cpp-python"
    flag = {"CUDA": "-DGGML_CUDA=on", "Metal": "-DGGML_METAL=on", "Vulkan": "-DGGML_VULKAN=on"}[expected[0]]
    start = f'$env:CMAKE_ARGS = "{flag}"; ' if system == "Windows" else f'CMAKE_ARGS="{flag}" '
    assert lines[expected[0]] == start + pip
