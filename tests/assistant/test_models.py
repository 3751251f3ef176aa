"""Which file a MODEL is, and the one-line error where it is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant import models
from assistant.errors import AssistantError, InvalidModelFile, ModelNotFound
from assistant.models import find_model, open_engine
from assistant.paths import folder, models_folder


def installed(name: str) -> Path:
    path = models_folder() / name
    path.write_bytes(b"GGUF")
    return path


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "萤火 é.gguf"
    path.write_bytes(b"GGUF")
    assert find_model(str(path)) == path
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_model("~/萤火 é.gguf") == path


def test_a_name_in_the_model_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = installed("little-Q4.gguf")
    assert find_model("little-Q4") == find_model("little-Q4.gguf") == path
    monkeypatch.chdir(tmp_path)
    (tmp_path / "little-Q4.gguf").write_bytes(b"GGUF")
    assert find_model("little-Q4.gguf") == Path("little-Q4.gguf"), "a path comes first"


def test_the_starter_is_the_default(starter_gguf: Path) -> None:
    assert find_model("starter") == find_model(None) == starter_gguf


def test_the_default_of_the_settings() -> None:
    path = installed("mine.gguf")
    (folder("config") / "settings.toml").write_text('default_model = "mine"\n', encoding="utf-8")
    assert find_model(None) == path


@pytest.mark.parametrize("text", [b"default_model = \n", b"\xff\xfe", b"default_model = 3\n", b"x = " + b"[" * 5000])
def test_damaged_settings_are_an_error(text: bytes) -> None:
    (folder("config") / "settings.toml").write_bytes(text)
    with pytest.raises(AssistantError, match=r"settings\.toml") as error:
        find_model(None)
    assert "\n" not in str(error.value)


def test_without_the_starter_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_STARTER_PACKAGE", "no_such_package")
    for name in (None, "starter"):
        with pytest.raises(ModelNotFound, match="pip install"):
            find_model(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is empty"),
        ("missing", "there is no model 'missing'"),
        ("missing.gguf", "there is no model"),
        ("./some/missing", "there is no model"),
        ("owner/name", "owner/name is not here; .* luciole models pull owner/name$"),
        ("owner/name:q8_0", "luciole models pull owner/name:q8_0$"),
        ("~no_such_user/model.gguf", "there is no model"),
        ("a\0b", "there is no model"),
        ("x" * 5000, "there is no model"),
        ("..", "is a folder"),
    ],
)
def test_what_is_no_model(name: str, words: str) -> None:
    with pytest.raises(ModelNotFound, match=words):
        find_model(name)


def test_a_folder_names_the_conversion(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="luciole convert"):
        find_model(str(tmp_path))


def test_no_gguf_is_refused_before_any_child_starts(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("no model at all, only words", encoding="utf-8")
    with pytest.raises(InvalidModelFile, match="starts with"):
        open_engine(str(tmp_path / "notes.gguf"))


def test_folders_that_cannot_be_made_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path / "file"))
    with pytest.raises(AssistantError, match=r"settings\.toml cannot be read"):
        find_model(None)
    assert find_model("starter") == starter_gguf
    with pytest.raises(ModelNotFound):
        find_model("missing")


def test_importing_it_loads_nothing_heavy() -> None:
    script = (
        "import sys, assistant.models; print([n for n in ('llama_cpp', 'numpy', 'gguf', 'jinja2') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
