"""Files that the hub sends to its own client only (more than 50 GB): here, with the limit lowered."""

import pytest
from huggingface_hub import constants

from assistant.errors import HubFailed
from assistant.hub import fetching
from assistant.hub.cache import cached
from assistant.hub.client import constants as ours
from assistant.hub.names import HubName
from assistant.library.pulling import Fetching, Pulled, plan_pull, pull
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(200_000)


@pytest.fixture(autouse=True)
def lowered(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add(REPOSITORY, {FILE: MODEL})
    assert ours is constants
    monkeypatch.setattr(fetching, "largest", lambda: 100_000)


def test_the_hubs_own_client_fetches_them(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    plan = plan_pull(HubName(REPOSITORY))
    *events, last = pull(plan)
    assert isinstance(last, Pulled)
    assert last.model.path.read_bytes() == MODEL
    assert not last.origin.cached_before
    assert [event for event in events if isinstance(event, Fetching)][-1].done == len(MODEL)
    assert any(request.method == "HEAD" for request in server.requests)
    assert capfd.readouterr() == ("", "")


def test_they_are_compared_too(server: Server) -> None:
    server.fail("^/cdn/", change=lambda content: content[:-1] + b"!", times=2)
    with pytest.raises(HubFailed, match=f"{FILE} did not come as announced"):
        list(pull(plan_pull(HubName(REPOSITORY))))
    assert not cached(REPOSITORY).blob(plan_pull(HubName(REPOSITORY)).chosen[0]).exists()


def test_without_the_library_for_them(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "MAX_HTTP_DOWNLOAD_SIZE", 100_000)
    with pytest.raises(HubFailed, match="hf_xet"):
        list(pull(plan_pull(HubName(REPOSITORY))))


def test_being_interrupted(server: Server) -> None:
    plan = plan_pull(HubName(REPOSITORY))
    assert not any(isinstance(event, Pulled) for event in pull(plan, interrupted=lambda: True))
