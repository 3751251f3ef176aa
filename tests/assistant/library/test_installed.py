"""What is there: from headers, marks and reports, and nothing of it fails."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.gguf.header import Rope
from assistant.library.installed import Installed, installed
from assistant.library.used import last_use, move_use, note_use
from assistant.paths import folder, models_folder
from assistant.proof import content_mark
from tests.assistant.library.models import model_bytes, write_model, write_parts


def named(models: tuple[Installed, ...]) -> dict[str, Installed]:
    return {model.name: model for model in models}


def test_facts_of_the_header() -> None:
    path = write_model("little-Q8_0", context=32768)
    model = named(installed())["little-Q8_0"]
    assert (model.path, model.place, model.bytes) == (path, "folder", len(path.read_bytes()))
    assert (model.quantization, model.parameters, model.context) == ("Q8_0", 32, 32768)
    assert (model.architecture, model.layers, model.licence) == ("llama", 2, "mit")
    assert model.rope == Rope(10_000.0, None, "none", None, None)
    assert model.chats
    assert (model.proof, model.last_used, model.problem) == ("unproven", None, "")
    assert "luciole verify makes one" in model.why


def test_the_starter_is_the_default_until_another_is(starter_gguf: Path) -> None:
    write_model("little")
    starter = named(installed())["starter"]
    assert (starter.path, starter.place, starter.is_default) == (starter_gguf, "starter", True)
    (folder("config") / "settings.toml").write_text('default_model = "little"\n', encoding="utf-8")
    assert [model.name for model in installed() if model.is_default] == ["little"]


def test_a_default_that_lies_elsewhere_is_listed(tmp_path: Path) -> None:
    path = write_model("far away", tmp_path)
    (folder("config") / "settings.toml").write_text(f"default_model = {json.dumps(str(path))}\n", encoding="utf-8")
    (model,) = (model for model in installed() if model.is_default)
    assert (model.name, model.place) == (str(path), "elsewhere")


def test_broken_settings_mark_nothing() -> None:
    write_model("little")
    (folder("config") / "settings.toml").write_text("default_model = [", encoding="utf-8")
    assert not any(model.is_default for model in installed())


def test_further_files_once(tmp_path: Path) -> None:
    inside, outside = write_model("inside"), write_model("outside", tmp_path)
    models = installed([inside, outside, tmp_path / "gone.gguf", str(outside)])
    assert sorted(model.name for model in models) == sorted(["inside", "starter", str(outside)])


@pytest.mark.parametrize("content", [b"", b"GGUF", model_bytes()[:-40]], ids=["empty", "begun", "cut"])
def test_a_damaged_file_is_listed_with_its_problem(content: bytes) -> None:
    (models_folder() / "broken.gguf").write_bytes(content)
    model = named(installed())["broken"]
    assert model.bytes == len(content)
    assert model.problem.count(";") >= 2


def test_what_cannot_be_reached_is_listed() -> None:
    (models_folder() / "dangling.gguf").symlink_to("nowhere.gguf")
    (models_folder() / "folder.gguf").mkdir()
    models = named(installed())
    assert "cannot be" in models["dangling"].problem
    assert "no ordinary file" in models["folder"].problem


def test_parts_are_one_model() -> None:
    paths = write_parts("big")
    (model,) = (model for model in installed() if model.place == "folder")
    assert (model.name, model.stem) == ("big-00001-of-00003", "big")
    assert model.bytes == sum(len(path.read_bytes()) for path in paths)
    assert model.parts == tuple(paths)
    paths[1].unlink()
    (model,) = (model for model in installed() if model.place == "folder")
    assert "big-00002-of-00003.gguf cannot be read" in model.problem
    paths[0].unlink()
    (model,) = (model for model in installed() if model.place == "folder")
    assert "the first part was expected" in model.problem


def test_half_files_are_none() -> None:
    (models_folder() / ".little.gguf.1.partial").write_bytes(b"GGUF")
    (models_folder() / ".hidden.gguf").write_bytes(b"GGUF")
    assert [model.name for model in installed()] == ["starter"]


def test_proof_is_of_the_content() -> None:
    path = write_model("little")
    rungs = {"header": {"state": "passed"}, "logits": {"state": "not climbed"}}
    report = {"mark": content_mark(path), "verdict": "partly proven", "rungs": rungs, "against": "Little"}
    path.with_name(f"{path.name}.report.json").write_text(json.dumps(report), encoding="utf-8")
    model = named(installed())["little"]
    assert (model.proof, model.why) == ("partly proven", "not compared: logits; luciole verify does")
    path.write_bytes(model_bytes(context=8192))
    model = named(installed())["little"]
    assert (model.proof, model.context) == ("unproven", 8192), "another file of the same name and size"


def test_the_last_used_first() -> None:
    for name in ("b", "a", "c"):
        write_model(name)
    note_use(models_folder() / "c.gguf")
    assert [model.name for model in installed()] == ["c", "a", "b", "starter"]


def test_when_it_was_used(tmp_path: Path) -> None:
    path, link = write_model("little"), tmp_path / "models"
    link.symlink_to(models_folder())
    assert last_use(path) is None
    before = datetime.now(UTC)
    note_use(link / "little.gguf")
    found = last_use(path)
    assert found is not None
    assert abs((found - before).total_seconds()) < 5
    move_use(path, models_folder() / "other.gguf")
    assert (last_use(path), last_use(models_folder() / "other.gguf")) == (None, found)
    move_use(models_folder() / "other.gguf", None)
    assert last_use(models_folder() / "other.gguf") is None


def test_a_place_that_is_a_file_is_no_error() -> None:
    (folder("data") / "used").write_bytes(b"")
    note_use(Path("little.gguf"))
    assert last_use(Path("little.gguf")) is None
