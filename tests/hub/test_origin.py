"""Where a model came from is kept beside it, and goes where it goes; what was brought for it goes with it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import OutputFailed
from assistant.hub.cache import cached
from assistant.hub.names import HubName
from assistant.library.changes import freed_by_removing, remove_model, rename_model
from assistant.library.importing import Imported, import_file
from assistant.library.installed import Installed, installed
from assistant.library.origin import Origin, origin_file, read_origin, write_origin
from assistant.library.pulling import Pulled, plan_pull, pull
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(4000)
OTHER = MODEL + b"more"
ORIGIN = Origin(
    repository=REPOSITORY,
    revision="0" * 40,
    quantization="q4_k_m",
    files=(FILE,),
    sha256=("a" * 64,),
    licence="mit",
    link="https://huggingface.co/someone/Little-GGUF",
    pulled=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    brought=(FILE,),
    converted=False,
)


def pulled(quantization: str | None = None, *, keep_source: bool = True, called: str | None = None) -> Pulled:
    *_, last = pull(plan_pull(HubName(REPOSITORY, quantization), called=called), keep_source=keep_source)
    assert isinstance(last, Pulled)
    return last


@pytest.fixture
def model(server: Server) -> Installed:
    server.add(REPOSITORY, {FILE: MODEL, "Little-Q8_0.gguf": OTHER})
    return pulled().model


def test_written_and_read(tmp_path: Path) -> None:
    model = tmp_path / "x.gguf"
    assert read_origin(model) is None
    write_origin(model, ORIGIN)
    assert read_origin(model) == ORIGIN
    assert ORIGIN.name == "someone/Little-GGUF:q4_k_m"
    assert [path.name for path in tmp_path.iterdir()] == ["x.gguf.origin.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    key=st.sampled_from(["version", "repository", "revision", "files", "brought", "sha256", "pulled", "licence"]),
    value=st.none() | st.integers() | st.text() | st.lists(st.text()) | st.sampled_from(["../../x", "a/../../b"]),
)
def test_whatever_stands_there(key: str, value: object, tmp_path: Path) -> None:
    """Nothing fails, and no name leads out of the cache."""
    model = tmp_path / "x.gguf"
    write_origin(model, ORIGIN)
    values = json.loads(origin_file(model).read_text())
    origin_file(model).write_text(json.dumps({**values, key: value}))
    found = read_origin(model)
    if found is not None:
        inside = cached(found.repository).snapshot(found.revision)
        assert inside.parents[2] == cached(REPOSITORY).folder.parent
        assert all((inside / path).resolve().is_relative_to(inside.resolve()) for path in found.files)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "[" * 5000, '{"version": 1}', "x" * (2 << 20)])
def test_what_is_no_origin(text: str, tmp_path: Path) -> None:
    origin_file(tmp_path / "x.gguf").write_text(text)
    assert read_origin(tmp_path / "x.gguf") is None


def test_removing_frees_both_names(server: Server, model: Installed) -> None:
    assert freed_by_removing(model) == len(MODEL)
    assert remove_model(model) == len(MODEL)
    assert list(models_folder().iterdir()) == []
    assert not cached(REPOSITORY).folder.exists()


def test_what_was_cached_before_stays(server: Server) -> None:
    added = server.add(REPOSITORY, {FILE: MODEL})
    path = hf_hub_download(REPOSITORY, FILE, revision=added.revision)
    model = pulled().model
    assert freed_by_removing(model) == 0
    assert remove_model(model) == 0
    assert Path(path).read_bytes() == MODEL


def test_a_copy_of_a_pulled_model_keeps_nothing_in_the_cache(model: Installed, tmp_path: Path) -> None:
    """It says where it came from too, but nobody would remove the cache's copy when it goes."""
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(MODEL)
    write_origin(copy, ORIGIN if model.origin is None else model.origin)
    *_, last = import_file(copy)
    assert isinstance(last, Imported)
    assert remove_model(model) == len(MODEL)
    assert not cached(REPOSITORY).folder.exists()
    assert last.model.path.read_bytes() == MODEL


def test_of_two_that_come_at_once_the_first_keeps_its_origin(tmp_path: Path) -> None:
    """The other copied for so long that it comes to its end only when the name is taken."""
    source = tmp_path / "little.gguf"
    source.write_bytes(MODEL)
    late = import_file(source, origin=ORIGIN)
    next(late)
    *_, first = import_file(source, origin=ORIGIN)
    assert isinstance(first, Imported)
    with pytest.raises(OutputFailed, match="is there already"):
        list(late)
    assert read_origin(first.model.path) == ORIGIN
    assert len(list(models_folder().iterdir())) == 2


def test_what_another_model_needs_stays(server: Server, model: Installed) -> None:
    """The same repository in another quantization is another file; the same file under another name is needed."""
    other = pulled("q8_0").model
    again = pulled(called="Again").model
    assert freed_by_removing(model) == 0
    assert remove_model(model) == 0
    assert hf_hub_download(REPOSITORY, FILE, local_files_only=True)
    assert remove_model(again) == len(MODEL)
    assert remove_model(other) == len(OTHER)
    assert not cached(REPOSITORY).folder.exists()


def test_what_another_snapshot_needs_stays(server: Server, model: Installed) -> None:
    newer = server.add(REPOSITORY, {FILE: MODEL, "README.md": b"new"})
    path = Path(hf_hub_download(REPOSITORY, FILE, revision=newer.revision))
    assert freed_by_removing(model) == 0
    remove_model(model)
    assert path.read_bytes() == MODEL


def test_it_moves_with_the_model(server: Server, model: Installed) -> None:
    renamed = rename_model(model, "Mine")
    assert renamed.origin == model.origin
    assert sorted(path.name for path in models_folder().iterdir()) == ["Mine.gguf", "Mine.gguf.origin.json"]
    assert remove_model(renamed) == len(MODEL)


def test_it_comes_with_a_copy(server: Server, model: Installed, tmp_path: Path) -> None:
    """A copy has nothing of its own in the cache: whatever its origin claims, removing it takes nothing there."""
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(MODEL)
    assert model.origin is not None
    write_origin(copy, model.origin)
    *_, last = import_file(copy)
    assert isinstance(last, Imported)
    assert last.model.origin is not None
    assert (last.model.origin.name, last.model.origin.brought) == (model.origin.name, ())
    remove_model(last.model)
    assert cached(REPOSITORY).folder.exists()
    assert model.path.exists()


def test_the_source_may_go_at_once(server: Server) -> None:
    server.add(REPOSITORY, {FILE: MODEL})
    last = pulled(keep_source=False)
    assert (last.freed, last.kept) == (0, 0)
    assert last.model.path.stat().st_nlink == 1
    assert not cached(REPOSITORY).folder.exists()
    assert freed_by_removing(last.model) == len(MODEL)


def test_a_copy_on_another_disk_takes_room(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.importing._link", lambda *_: False)
    server.add(REPOSITORY, {FILE: MODEL})
    last = pulled()
    assert (last.freed, last.kept) == (0, len(MODEL))
    assert freed_by_removing(last.model) == 2 * len(MODEL)
    assert remove_model(last.model) == 2 * len(MODEL)
    last = pulled(keep_source=False)
    assert (last.freed, last.kept) == (len(MODEL), 0)


def test_nobody_elses_models_have_one() -> None:
    assert [model.origin for model in installed()] == [None] * len(installed())
