"""A checkpoint of the hub becomes a GGUF here, made and compared by the real converter."""

import random
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from huggingface_hub import snapshot_download

from assistant.errors import ConversionFailed, HubFailed
from assistant.hub.cache import cached
from assistant.hub.names import HubName
from assistant.hub.waiting import Waiting
from assistant.library import pulling
from assistant.library.changes import freed_by_removing, remove_model
from assistant.library.conversion import Converted
from assistant.library.importing import Step
from assistant.library.installed import installed, look
from assistant.library.pulling import Fetching, Pulled, plan_pull, pull
from assistant.library.verification import UNVERIFIED, Unproven
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes
from tests.convert.tiny import tiny_checkpoint
from tests.hub.server import Server

REPOSITORY = "someone/Tiny-Chat"
ASIDE = {"modeling_tiny.py": b"raise SystemExit", "pytorch_model.bin": b"x" * 3000, "README.md": b"# Tiny"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tiny_checkpoint(tmp_path_factory.mktemp("made") / "tiny", shard_size="1MB")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_family_that_cannot_be_converted_is_refused_before_its_weights_come(server: Server) -> None:
    strange = {"config.json": b'{"architectures": ["StrangeForCausalLM"]}', "model.safetensors": bytes(30_000)}
    server.add(REPOSITORY, {**strange, "tokenizer.json": b"{}"})
    with pytest.raises(ConversionFailed, match=r"'StrangeForCausalLM' in config\.json is not supported; known: "):
        list(pull(plan_pull(HubName(REPOSITORY))))
    assert server.sent("safetensors|tokenizer") == 0
    assert list(models_folder().iterdir()) == []


def test_it_is_fetched_in_two_goes_and_converted(server: Server, files: dict[str, bytes]) -> None:
    added = server.add(REPOSITORY, {**files, **ASIDE}, licence="mit")
    plan = plan_pull(HubName(REPOSITORY, "q8_0"))
    assert {file.path for file in plan.files} == set(files)
    assert plan.bytes == sum(map(len, files.values()))
    assert plan.needed > plan.bytes
    server.fail(r"^/cdn/.*00002-of", cut=10_000)
    for event in pull(plan):
        if isinstance(event, Waiting):
            break
    assert not (cached(REPOSITORY).folder / "refs").exists()
    assert list(models_folder().iterdir()) == []
    *events, last = pull(plan_pull(HubName(REPOSITORY, "q8_0")), verify=False)
    assert isinstance(last, Pulled)
    assert (last.model.name, last.model.quantization, last.model.proof) == ("Tiny-Chat-q8_0", "Q8_0", "partly proven")
    assert last.origin.converted
    assert (last.origin.repository, last.origin.revision) == (REPOSITORY, added.revision)
    assert last.model.origin == last.origin
    assert UNVERIFIED in last.warnings
    assert last.kept == plan.bytes
    assert any(isinstance(event, Step) and event.total for event in events)
    told = [event for event in events if isinstance(event, Fetching)]
    assert (told[-1].number, told[-1].files, told[-1].all_done) == (len(files), len(files), plan.bytes)
    index = len(files["model.safetensors.index.json"])  # read for the first plan; for the second it is here
    assert sum(server.sent(f"{added.revision}/{name}$") for name in files) == plan.bytes + index
    assert server.sent("modeling_tiny|pytorch_model.bin|README") == 0
    folder = Path(snapshot_download(REPOSITORY, local_files_only=True))
    assert {path.name for path in folder.iterdir()} == set(files)
    assert freed_by_removing(last.model) == last.model.bytes + plan.bytes
    assert remove_model(last.model) == last.model.bytes + plan.bytes
    assert not cached(REPOSITORY).folder.exists()


def test_a_checkpoint_that_the_converter_refuses(
    server: Server, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched stays: a later version, or another option, may read it."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise ConversionFailed("it is unknown; another was expected; choose one")

    monkeypatch.setattr(pulling, "convert_folder", refuse)
    server.add(REPOSITORY, files)
    plan = plan_pull(HubName(REPOSITORY))
    with pytest.raises(ConversionFailed, match="it is unknown"):
        list(pull(plan))
    assert plan_pull(HubName(REPOSITORY)).left == 0
    assert list(models_folder().iterdir()) == []


def test_a_comparison_that_is_stopped_leaves_the_source(
    server: Server, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was to go: without it the model could not be compared any more."""
    stopped: list[bool] = []

    def converted(*_: object, **__: object) -> Iterator[Converted]:
        path = models_folder() / "Tiny.gguf"
        path.write_bytes(model_bytes())
        yield Converted(look(path, "folder"), 1.0, "q8_0", (), (), (), 1)

    def verified(*_: object) -> Generator[Step, None, Unproven]:
        yield Step("compared with the source", 0, 0)
        stopped.append(True)
        return Unproven(UNVERIFIED, refused=False)

    monkeypatch.setattr(pulling, "expect_convertible", lambda *_: None)
    monkeypatch.setattr(pulling, "convert_folder", converted)
    monkeypatch.setattr(pulling, "verified", verified)
    server.add(REPOSITORY, files)
    plan = plan_pull(HubName(REPOSITORY), called="Tiny")
    *_, last = pull(plan, keep_source=False, interrupted=lambda: bool(stopped))
    assert last == Step("compared with the source", 0, 0), "it is not pulled"
    assert plan.here() == plan.bytes
    assert [model.name for model in installed() if model.place == "folder"] == ["Tiny"]


@pytest.mark.slow
def test_it_is_verified_and_its_source_goes(server: Server, files: dict[str, bytes]) -> None:
    server.add(REPOSITORY, files)
    *events, last = pull(plan_pull(HubName(REPOSITORY), called="Tiny"), keep_source=False)
    assert isinstance(last, Pulled)
    assert Step("compared with the source", 0, 0) in events
    assert last.warnings == ()
    assert (last.model.name, last.model.proof) == ("Tiny", "proven")
    assert (last.freed, last.kept) == (sum(map(len, files.values())), 0)
    assert not cached(REPOSITORY).folder.exists()
    assert [model.name for model in installed() if model.place == "folder"] == ["Tiny"]
    assert freed_by_removing(last.model) == last.model.bytes


@pytest.mark.slow
def test_a_proof_that_fails_leaves_no_model(
    server: Server, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is damaged between the conversion and the comparison."""
    server.add(REPOSITORY, files)
    plan = plan_pull(HubName(REPOSITORY, "f16"))
    events = pull(plan)
    path = models_folder() / "Tiny-Chat-f16.gguf"
    while next(events) != Step("compared with the source", 0, 0) or not path.exists():
        pass
    content = path.read_bytes()
    path.write_bytes(content[:-5000] + random.Random(1).randbytes(5000))
    with pytest.raises(ConversionFailed, match="is not what"):
        list(events)
    assert list(models_folder().iterdir()) == []
    assert plan_pull(HubName(REPOSITORY)).left == 0


def test_offline_a_checkpoint_that_is_not_whole(
    server: Server, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants, hf_hub_download

    server.add(REPOSITORY, files)
    hf_hub_download(REPOSITORY, "config.json")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubFailed, match="the cache holds no whole GGUF and no checkpoint"):
        plan_pull(HubName(REPOSITORY))
