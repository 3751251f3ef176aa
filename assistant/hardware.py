"""What this machine and this installation of llama.cpp can do, as frozen values. Never raises: what is missing is told.

llama.cpp is asked in a child process (`assistant.llama.build`), because a broken driver may end the process that asks.
The module knows nothing of models.
"""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import which

import psutil

ASK_SECONDS = 60
"""A GPU driver may take seconds to wake; longer than this it hangs."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device llama.cpp can compute on; memory in bytes."""

    name: str
    description: str
    kind: str
    memory_free: int
    memory_total: int


@dataclass(frozen=True, slots=True)
class LlamaBuild:
    """The installed llama-cpp-python and what it was compiled for."""

    version: str
    ggml: str
    """Version of ggml inside."""
    features: tuple[str, ...]
    """Processor features and options in use, as llama.cpp prints them (`AVX2 = 1`)."""
    gpu_offload: bool
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Hardware:
    """The machine; memory in bytes. `llama` is None where llama.cpp was not asked or did not answer (see `problem`)."""

    system: str
    python: str
    processor: str
    cores: int
    threads: int
    memory_free: int
    memory_total: int
    llama: LlamaBuild | None
    problem: str | None


def hardware(*, ask: bool = True) -> Hardware:
    """Ask the system and llama.cpp, which may take seconds; not `ask`: the system alone, at once."""
    llama, problem = _ask() if ask else (None, None)
    memory = psutil.virtual_memory()
    cpu = next((device for device in llama.devices if device.kind == "cpu"), None) if llama else None
    threads = psutil.cpu_count() or 1
    return Hardware(
        system=f"{platform.system()} {platform.release()} ({platform.machine()})",
        python=platform.python_version(),
        processor=(cpu.description if cpu else "") or _processor(),
        cores=psutil.cpu_count(logical=False) or threads,
        threads=threads,
        memory_free=memory.available,
        memory_total=memory.total,
        llama=llama,
        problem=problem,
    )


def reinstall_lines() -> dict[str, str]:
    """For each GPU backend of this system, the line that reinstalls llama-cpp-python with it; the likeliest first."""
    flags = {
        "CUDA": "-DGGML_CUDA=on",
        "Vulkan": "-DGGML_VULKAN=on",
        "ROCm": "-DGGML_HIP=on",
        "Metal": "-DGGML_METAL=on",
    }
    match platform.system():
        case "Darwin":
            names = ["Metal"]
        case "Windows":
            names = ["CUDA", "Vulkan"]
        case _:
            names = ["CUDA", "Vulkan", "ROCm"]
    if "CUDA" in names and which("nvidia-smi") is None:
        names.append(names.pop(names.index("CUDA")))
    pip = "pip install --force-reinstall --no-cache-dir llama-cpp-python"
    if platform.system() == "Windows":
        return {name: f'$env:CMAKE_ARGS = "{flags[name]}"; {pip}' for name in names}
    return {name: f'CMAKE_ARGS="{flags[name]}" {pip}' for name in names}


def _ask() -> tuple[LlamaBuild | None, str | None]:
    """What the child found, or why it found nothing."""
    try:
        installed = version("llama-cpp-python")
    except PackageNotFoundError:
        return None, "llama-cpp-python is not installed; it runs the models; install it: pip install llama-cpp-python"
    again = "reinstall it: pip install --force-reinstall --no-cache-dir llama-cpp-python"
    home = str(Path(__file__).parents[1])  # -P keeps the working folder out; the package must still be found
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "assistant.llama.build"],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=ASK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"llama.cpp {installed} did not answer for {ASK_SECONDS} s; a driver may hang; restart the machine"
    except OSError as error:
        return (
            None,
            f"no child process starts ({error.strerror}); {sys.executable} was expected to; install Luciole again",
        )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().split("\n")[-1] or f"exit code {done.returncode}"
        return None, f"llama.cpp {installed} cannot be loaded ({last}); {again}"
    try:
        found = json.loads(done.stdout.decode(errors="replace").strip().split("\n")[-1])
        devices = tuple(Device(**device) for device in found.pop("devices"))
        return LlamaBuild(features=tuple(found.pop("features")), devices=devices, **found), None
    except (ValueError, TypeError, KeyError):
        return None, f"llama.cpp {installed} gave no readable answer; {again}"


def _processor() -> str:
    """The processor's name where llama.cpp did not tell it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n"):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
