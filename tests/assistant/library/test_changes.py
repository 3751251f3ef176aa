"""Importing, removing, renaming: whole or not at all, and nothing of anybody else's is touched."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import InvalidModelFile, ModelNotFound, OutputFailed
from assistant.library import importing
from assistant.library.changes import freed_by_removing, make_default, remove_model, rename_model
from assistant.library.importing import Imported, Step, import_file
from assistant.library.installed import Installed, installed
from assistant.library.used import last_use, note_use
from assistant.paths import models_folder
from assistant.settings import read_settings
from tests.assistant.library.models import write_model, write_parts


def names() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir())


def model(name: str) -> Installed:
    return next(found for found in installed() if found.name == name)


def imported(path: Path, name: str | None = None) -> Imported:
    *_, last = import_file(path, name)
    assert isinstance(last, Imported)
    return last


@pytest.fixture(params=["linked", "copied"])
def linked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A disk with second names, and one without."""
    if request.param == "copied":

        def refuse(_source: object, _target: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return bool(request.param == "linked")


def test_an_import(tmp_path: Path, linked: bool) -> None:
    source = write_model("little", tmp_path)
    source.with_name("little.gguf.report.json").write_text("{}", encoding="utf-8")
    *steps, last = import_file(source)
    size = source.stat().st_size
    assert steps[0] == Step("little.gguf", 0, size)
    assert steps[-1] == Step("little.gguf", size, size)
    assert last == Imported(model("little"), linked)
    assert names() == ["little.gguf", "little.gguf.report.json"]
    assert (models_folder() / "little.gguf").samefile(source) == linked
    assert (models_folder() / "little.gguf").read_bytes() == source.read_bytes()


def test_an_import_of_parts_under_another_name(tmp_path: Path, linked: bool) -> None:
    paths = write_parts("big", tmp_path)
    assert imported(paths[0], "huge").model.name == "huge-00001-of-00003"
    assert names() == [f"huge-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert model("huge-00001-of-00003").problem == ""


def test_an_import_through_a_link_keeps_the_name_of_the_link(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    blob = write_model("c0ffee", tmp_path / "blobs").rename(tmp_path / "blobs/c0ffee")
    link = tmp_path / "little-Q4_K_M.gguf"
    link.symlink_to(blob)
    assert imported(link).model.name == "little-Q4_K_M"
    found = models_folder() / "little-Q4_K_M.gguf"
    assert not found.is_symlink()
    assert found.samefile(blob)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_import_that_is_left_leaves_nothing(tmp_path: Path, linked: bool, after: int) -> None:
    paths = write_parts("big", tmp_path)
    with closing(import_file(paths[0])) as steps:
        for _ in range(after + 1):
            next(steps)
    assert names() == []
    assert all(path.exists() for path in paths)


def test_an_import_that_fails_in_its_last_moment_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_parts("big", tmp_path)
    replace = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if target.name.startswith("big-00001"):
            raise OSError(5, "Input/output error")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputFailed, match="cannot be written"):
        list(import_file(paths[0]))
    assert names() == []


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_link", lambda _source, _target: False)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 3})())
    with pytest.raises(OutputFailed, match=r"needs 0 MiB; 0 MiB are free on the disk of .*; free some space"):
        list(import_file(write_model("little", tmp_path)))
    assert names() == []


def test_a_source_that_changes_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_link", lambda _source, _target: False)
    source = write_model("little", tmp_path)
    with closing(import_file(source)) as steps:
        next(steps), next(steps)
        with source.open("ab") as file:
            file.write(b"more")
        with pytest.raises(OutputFailed, match="changed while it was copied"):
            list(steps)
    assert names() == []


def test_what_is_there_is_not_replaced(tmp_path: Path, linked: bool) -> None:
    kept = write_model("little", context=512).read_bytes()
    source = write_model("little", tmp_path)
    with pytest.raises(OutputFailed, match="a model 'little' is there already"):
        list(import_file(source))
    with closing(import_file(source, "other")) as steps:
        next(steps)
        (models_folder() / "other.gguf").write_bytes(b"mine")
        with pytest.raises(OutputFailed, match="is there already"):
            list(steps)
    with pytest.raises(OutputFailed, match="lies in"):
        list(import_file(models_folder() / "little.gguf"))
    assert names() == ["little.gguf", "other.gguf"]
    assert (models_folder() / "little.gguf").read_bytes() == kept
    assert (models_folder() / "other.gguf").read_bytes() == b"mine"


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("a text, and a long one at that")
    for path in (tmp_path / "text.gguf", tmp_path / "gone.gguf", tmp_path, Path("a\0b")):
        with pytest.raises(InvalidModelFile):
            list(import_file(path))
    assert names() == []


NO_NAMES = ["", " a", "a\n", "a/b", "../a", ".a", "-a", "~a", "a\x1b[2J", "a\u202eb", "starter", "é" * 150]


@pytest.mark.parametrize("name", [*NO_NAMES, "a-00001-of-00002"])
def test_what_is_no_name(name: str, tmp_path: Path) -> None:
    write_model("little")
    with pytest.raises(InvalidModelFile) as caught:
        rename_model(model("little"), name)
    assert str(caught.value).count(";") >= 2
    assert names() == ["little.gguf"]


def test_what_killed_programs_left_goes(tmp_path: Path) -> None:
    (models_folder() / ".a.gguf.99999999.partial").write_bytes(b"half")
    (models_folder() / f".b.gguf.{os.getppid()}.partial").write_bytes(b"at work")
    imported(write_model("little", tmp_path))
    assert names() == [f".b.gguf.{os.getppid()}.partial", "little.gguf"]


def test_removing(tmp_path: Path) -> None:
    path = write_model("little")
    path.with_name("little.gguf.report.json").write_text("{}", encoding="utf-8")
    note_use(path)
    found = model("little")
    assert freed_by_removing(found) == found.bytes
    assert remove_model(found) == found.bytes
    assert names() == []
    assert last_use(path) is None
    with pytest.raises(ModelNotFound, match="is gone already"):
        remove_model(found)


def test_removing_a_second_name_frees_nothing(tmp_path: Path) -> None:
    source = write_model("little", tmp_path)
    found = imported(source).model
    assert (freed_by_removing(found), remove_model(found)) == (0, 0)
    assert source.exists()


def test_removing_a_link_keeps_the_file(tmp_path: Path) -> None:
    source = write_model("little", tmp_path)
    (models_folder() / "link.gguf").symlink_to(source)
    assert remove_model(model("link")) == 0
    assert source.exists()


@pytest.mark.parametrize("missing", [None, 2])
def test_removing_parts(missing: int | None) -> None:
    paths = write_parts("big")
    write_parts("bigger")
    write_model("big")
    if missing is not None:
        paths[missing].unlink()
    remove_model(model("big-00001-of-00003"))
    assert names() == ["big.gguf", *(f"bigger-0000{number}-of-00003.gguf" for number in (1, 2, 3))]


def test_only_the_model_folder_is_changed(tmp_path: Path, starter_gguf: Path) -> None:
    outside = write_model("outside", tmp_path)
    changes: list[Callable[[Installed], object]] = [remove_model, lambda found: rename_model(found, "mine")]
    for found in installed([outside]):
        for change in changes:
            with pytest.raises(ModelNotFound, match="import it first"):
                change(found)
    assert outside.exists()
    assert starter_gguf.exists()


def test_renaming() -> None:
    path = write_model("little")
    path.with_name("little.gguf.report.json").write_text("{}", encoding="utf-8")
    note_use(path)
    used = last_use(path)
    found = rename_model(model("little"), "萤火 v1.5")
    assert (found.name, found.last_used) == ("萤火 v1.5", used)
    assert names() == ["萤火 v1.5.gguf", "萤火 v1.5.gguf.report.json"]
    assert last_use(path) is None


def test_renaming_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    write_parts("big")
    moved: list[str] = []
    rename_file = Path.rename

    def noted(path: Path, target: Path) -> Path:
        moved.append(path.name)
        return rename_file(path, target)

    monkeypatch.setattr(Path, "rename", noted)
    found = rename_model(model("big-00001-of-00003"), "huge")
    assert found.name == "huge-00001-of-00003"
    assert found.problem == ""
    assert names() == [f"huge-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert moved[-1] == "big-00001-of-00003.gguf", "until then the model is there under its old name or not at all"


def test_renaming_parts_is_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write_parts("big")
    rename_file = Path.rename
    refusals: Iterator[bool] = iter((False, True, False))

    def sometimes(path: Path, target: Path) -> Path:
        if next(refusals):
            raise OSError(28, "No space left on device")
        return rename_file(path, target)

    found = model("big-00001-of-00003")
    monkeypatch.setattr(Path, "rename", sometimes)
    with pytest.raises(OutputFailed, match="cannot be renamed"):
        rename_model(found, "huge")
    assert names() == [path.name for path in paths]


def test_renaming_onto_another(tmp_path: Path) -> None:
    write_model("little"), write_model("other", context=512)
    with pytest.raises(OutputFailed, match="a model 'other' is there already"):
        rename_model(model("little"), "other")
    with pytest.raises(OutputFailed, match="already"):
        rename_model(model("little"), "little")
    assert model("other").context == 512


def test_the_default_goes_along() -> None:
    write_model("little"), write_model("other")
    make_default(model("little"))
    found = rename_model(model("little"), "big")
    assert found.is_default
    assert (read_settings().default_model, found) == ("big", model("big"))
    remove_model(model("other"))
    assert read_settings().default_model == "big"
    remove_model(model("big"))
    assert read_settings().default_model is None


def test_any_model_can_be_the_default(tmp_path: Path) -> None:
    outside = write_model("outside", tmp_path)
    for name in (str(outside), "starter"):
        make_default(next(found for found in installed([outside]) if found.name == name))
        assert read_settings().default_model == name
        assert next(found for found in installed() if found.is_default).name == name
