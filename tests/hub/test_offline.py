"""Offline, what the cache holds is enough where all of it is there, and nothing is asked."""

from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download

from assistant.errors import HubFailed
from assistant.hub.cache import cached
from assistant.hub.names import HubName
from assistant.library.changes import remove_model
from assistant.library.pulling import Pulled, plan_pull, pull
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(4000)


@pytest.fixture
def offline(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The hub's own client has fetched one file of two; then the network went away."""
    added = server.add(REPOSITORY, {FILE: MODEL, "Little-Q8_0.gguf": MODEL + b"more"})
    hf_hub_download(REPOSITORY, FILE)
    hf_hub_download(REPOSITORY, FILE, revision=added.revision)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    server.requests.clear()
    return server


def test_all_is_there(offline: Server) -> None:
    plan = plan_pull(HubName(REPOSITORY))
    assert (plan.left, plan.revision) == (0, offline.repositories[REPOSITORY].revision)
    assert "HF_HUB_OFFLINE is set" in plan.warnings[0]
    assert plan_pull(HubName(REPOSITORY, None, plan.revision)).left == 0
    *_, last = pull(plan)
    assert isinstance(last, Pulled)
    assert last.origin.cached_before
    remove_model(last.model)
    assert cached(REPOSITORY).whole(plan.chosen[0], plan.revision)
    assert offline.requests == []


@pytest.mark.parametrize("name", [HubName("nobody/nothing"), HubName(REPOSITORY, None, "v1")])
def test_nothing_is_there(name: HubName, offline: Server) -> None:
    with pytest.raises(HubFailed, match=r"HF_HUB_OFFLINE is set, and .* is not in the hub's cache"):
        plan_pull(name)
    assert offline.requests == []


def test_not_this_one(offline: Server) -> None:
    with pytest.raises(HubFailed, match=r"has no 'q8_0' \(HF_HUB_OFFLINE=1\); it offers"):
        plan_pull(HubName(REPOSITORY, "q8_0"))


def test_what_is_there_is_wrong(offline: Server) -> None:
    plan = plan_pull(HubName(REPOSITORY))
    blob = cached(REPOSITORY).blob(plan.chosen[0])
    blob.write_bytes(bytes(len(MODEL)))
    with pytest.raises(HubFailed, match="did not come as announced"):
        list(pull(plan))


def test_a_disk_without_links(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files themselves lie in the snapshot, as the hub's own client keeps them there."""
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_SYMLINKS", True)
    added = server.add(REPOSITORY, {FILE: MODEL})
    *_, last = pull(plan_pull(HubName(REPOSITORY)))
    assert isinstance(last, Pulled)
    file = Path(hf_hub_download(REPOSITORY, FILE, local_files_only=True))
    assert not file.is_symlink()
    remove_model(last.model)
    assert not cached(REPOSITORY).folder.exists()
    hf_hub_download(REPOSITORY, FILE, revision=added.revision)
    hf_hub_download(REPOSITORY, FILE)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    *_, last = pull(plan_pull(HubName(REPOSITORY)))
    assert isinstance(last, Pulled)
