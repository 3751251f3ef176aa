"""`luciole doctor` answers whatever is broken."""

import json
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
from huggingface_hub import constants

from assistant import hardware as room
from assistant import readings
from assistant.errors import AssistantError, HubFailed
from assistant.hardware import Device, Hardware, LlamaBuild
from tests.cli.conftest import Luciole

GIB = 2**30
CPU = Device("CPU", "A \x1b[1mfast one", "cpu", 12 * GIB, 16 * GIB)
GPU = Device("CUDA0", "A card", "gpu", 20 * GIB, 24 * GIB)
BUILD = LlamaBuild("0.3.36", "0.25.3", ("AVX2 = 1", "FMA = 1"), gpu_offload=False, devices=(CPU,))
MACHINE = Hardware("Linux 6 (x86_64)", "3.12.1", "A fast one", 8, 16, 12 * GIB, 16 * GIB, BUILD, None)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, luciole_home: Path) -> Hardware:
    monkeypatch.setattr(room, "hardware", lambda: MACHINE)
    monkeypatch.setattr(readings, "default_limit", lambda: GIB)
    monkeypatch.setattr(room, "reinstall_lines", lambda: {"CUDA": 'CMAKE_ARGS="-DGGML_CUDA=on" pip install it'})
    monkeypatch.setattr(constants, "ENDPOINT", "https://huggingface.co")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", f"{luciole_home}/hub")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", f"{luciole_home}/token")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return MACHINE


def test_transcript(luciole: Luciole, machine: Hardware, luciole_home: Path, starter_gguf: Path) -> None:
    models = luciole_home / "data" / "models"
    models.mkdir(parents=True)
    (models / "broken.gguf").write_bytes(b"GGUF")
    (models / "small.gguf").write_bytes(starter_gguf.read_bytes())
    shown = luciole("doctor")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (
        f"luciole        {version('luciole')}\n"
        "llama.cpp      llama-cpp-python 0.3.36, ggml 0.25.3\n"
        "python         3.12.1\n"
        "system         Linux 6 (x86_64)\n"
        "processor      A fast one, 8 cores, 16 threads\n"
        "features       AVX2 = 1, FMA = 1\n"
        "memory         12.0 GiB free of 16.0 GiB\n"
        "device CPU     A [1mfast one (cpu), 12.0 GiB free of 16.0 GiB\n"
        "GPU offload    not compiled in; one of these lines adds it:\n"
        '  CUDA         CMAKE_ARGS="-DGGML_CUDA=on" pip install it\n'
        f"data folder    {luciole_home}/data\n"
        f"config folder  {luciole_home}/config\n"
        f"cache folder   {luciole_home}/cache\n"
        f"model folder   {models}\n"
        "readings       0 saved, 0.0 MiB of at most 1,024 MiB; luciole cache clear removes them\n"
        "parts          0 kept, 0.0 MiB of at most 64 MiB; luciole cache clear removes them\n"
        "hub            https://huggingface.co; HF_HUB_OFFLINE is set: nothing is fetched\n"
        f"hub cache      {luciole_home}/hub\n"
        "hub token      none is set; gated models need one, in HF_TOKEN\n"
        f"default model  {starter_gguf}\n"
        "models\n"
        "  broken.gguf  broken.gguf has 4 bytes; a GGUF has at least 24; get the file again, or convert it again\n"
        "  small.gguf   Q4_1, 93.8 MiB, unproven\n"
    )


def test_with_offload_no_line_is_shown(luciole: Luciole, machine: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    build = replace(BUILD, gpu_offload=True, devices=(GPU, CPU))
    monkeypatch.setattr(room, "hardware", lambda: replace(MACHINE, llama=build))
    shown = luciole("doctor")
    assert "device CUDA0   A card (gpu), 20.0 GiB free of 24.0 GiB\n" in shown.out
    assert "compiled in\n" in shown.out
    assert "CMAKE_ARGS" not in shown.out


def test_json(luciole: Luciole, machine: Hardware) -> None:
    facts = json.loads(luciole("doctor", "--json").out)
    assert facts["luciole"] == version("luciole")
    assert facts["llama"]["features"] == ["AVX2 = 1", "FMA = 1"]
    assert facts["llama"]["devices"][0]["memory_free"] == 12 * GIB
    assert facts["gpu_offload"] is False
    assert facts["reinstall"] == {"CUDA": 'CMAKE_ARGS="-DGGML_CUDA=on" pip install it'}
    assert set(facts["folders"]) == {"data", "config", "cache", "model"}
    assert facts["models"] == []


def test_without_llama_cpp(luciole: Luciole, machine: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "llama-cpp-python is not installed; install it: pip install llama-cpp-python"
    monkeypatch.setattr(room, "hardware", lambda: replace(MACHINE, llama=None, problem=said))
    shown = luciole("doctor")
    assert shown.code == 0
    assert f"llama.cpp      {said}\n" in shown.out


def test_without_folders_and_models(
    luciole: Luciole, machine: Hardware, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path / "file"))
    shown = luciole("doctor")
    assert shown.code == 0
    assert "data folder    cannot be made (" in shown.out
    assert luciole("doctor", "--json").code == 0


def test_without_a_default_model(luciole: Luciole, machine: Hardware, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str | None) -> Path:
        raise AssistantError("no model was named; install the starter")

    monkeypatch.setattr("assistant.models.find_model", none)
    assert "default model  no model was named; install the starter\n" in luciole("doctor").out


def test_the_hub_and_never_the_token(
    luciole: Luciole, machine: Hardware, luciole_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "https://me:hf_secret@mirror.example/hub")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    (luciole_home / "token").write_text("hf_secret\n", encoding="utf-8")
    shown = luciole("doctor")
    assert "hub            https://mirror.example/hub\n" in shown.out
    assert f"hub token      set, in {luciole_home}/token\n" in shown.out
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    shown_json = luciole("doctor", "--json")
    assert json.loads(shown_json.out)["hub"] == {
        "endpoint": "https://mirror.example/hub",
        "cache": f"{luciole_home}/hub",
        "offline": False,
        "token": "HF_TOKEN",
        "problem": None,
    }
    assert "hf_secret" not in shown.out + shown.err + shown_json.out + shown_json.err


def test_settings_of_the_hub_that_cannot_be_read(
    luciole: Luciole, machine: Hardware, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> None:
            raise HubFailed("HF_HUB_ETAG_TIMEOUT is 'soon'; a number was expected; correct it")

    monkeypatch.setitem(sys.modules, "assistant.hub.standing", Broken("standing"))
    assert "hub            HF_HUB_ETAG_TIMEOUT is 'soon'; a number" in luciole("doctor").out
    assert json.loads(luciole("doctor", "--json").out)["hub"]["problem"].startswith("HF_HUB_ETAG_TIMEOUT")
