"""Whatever the hub, the network or the disk refuses: one line with the remedy, and nothing half there."""

import errno
import shutil
import socket
import ssl
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import close_session, constants, set_client_factory
from huggingface_hub.utils._http import default_client_factory

from assistant.errors import AssistantError, HubFailed, InvalidModelFile, OutputFailed
from assistant.hub import failures, half
from assistant.hub.cache import cached
from assistant.hub.client import http
from assistant.hub.names import HubName
from assistant.hub.waiting import Waiting
from assistant.library.pulling import Pulled, plan_pull, pull
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes, write_model
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(50_000)


@pytest.fixture(autouse=True)
def added(server: Server) -> None:
    server.add(REPOSITORY, {FILE: MODEL, "Little-Q8_0.gguf": MODEL + b"more", "Little-IQ4_XS.gguf": MODEL + b"less"})


def refused(match: str, name: str = REPOSITORY, *, kind: type[AssistantError] = HubFailed) -> str:
    """What a pull says that does not come about: one line, three parts."""
    with pytest.raises(kind, match=match) as error:
        list(pull(plan_pull(named(name))))
    text = str(error.value)
    assert "\n" not in text
    assert text.count("; ") >= 2
    assert [path for path in models_folder().iterdir() if path.suffix == ".gguf"] == []
    return text


def named(text: str) -> HubName:
    name, _, revision = text.partition("@")
    repository, _, quantization = name.partition(":")
    return HubName(repository, quantization or None, revision or None)


def test_no_such_repository() -> None:
    assert "HF_TOKEN" in refused("there is no repository nobody/nothing", "nobody/nothing")


def test_no_such_revision() -> None:
    refused("has no revision 'v9'", f"{REPOSITORY}@v9")
    refused("is no revision", f"{REPOSITORY}@../../x")


def test_no_such_quantization() -> None:
    text = refused("has no 'q4_k_s'", f"{REPOSITORY}:q4_k_s")
    assert "like it: q4_k_m" in text
    assert "q8_0 (" in text


def test_a_file_that_is_gone(server: Server) -> None:
    server.fail("resolve", status=404, headers={"X-Error-Code": "EntryNotFound"})
    refused(f"has no {FILE} any more")


@pytest.mark.parametrize("status", [401, 403])
def test_gated(status: int, server: Server) -> None:
    headers = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access to model is restricted."}
    server.fail("resolve", status=status, headers=headers)
    text = refused("is gated")
    assert f"accept them at {server.endpoint}/{REPOSITORY}" in text
    assert "HF_TOKEN" in text


def test_gated_and_not_granted_yet(server: Server) -> None:
    headers = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Your request is awaiting a review from the authors."}
    server.fail("resolve", status=403, headers=headers)
    refused("has not granted access yet")


def test_gated_is_planned_and_said(server: Server) -> None:
    server.add(REPOSITORY, {FILE: MODEL}, gated="manual", licence="other", card={"license_name": "Our Terms"})
    plan = plan_pull(HubName(REPOSITORY))
    assert plan.licence.gated
    assert plan.licence.name == "Our Terms"


def test_a_bad_token(server: Server) -> None:
    server.fail("/api/", status=401, headers={"X-Error-Message": "Invalid credentials in Authorization header"})
    refused("the token is not valid")


def test_forbidden(server: Server) -> None:
    server.fail("resolve", status=403, headers={"X-Error-Message": "This needs the \x1b[31mread right"})
    assert "read right" in refused("refuses")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_that_stays(status: int, server: Server) -> None:
    server.fail("/api/", status=status, times=100)
    refused(f"\\({status}\\)")
    assert len(server.requests) == 5


def test_too_often_for_too_long(server: Server) -> None:
    server.fail("/api/", status=429, headers={"Retry-After": "3600"})
    refused("try again in 3,600 seconds")
    assert len(server.requests) == 1


def test_waits_of_a_plan_are_told(server: Server) -> None:
    server.fail("/api/", status=429, headers={"ratelimit": '"api";r=0;t=0'}, times=1)
    server.fail("/tree/", status=503, times=1)
    told: list[Waiting] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("assistant.hub.stream.pause", lambda *_: True)
        plan_pull(HubName(REPOSITORY), told=told.append)
    assert [(wait.seconds, wait.attempt) for wait in told] == [(1, 2), (0.01, 2)]


def test_a_plan_that_nobody_wants_any_more(server: Server) -> None:
    with pytest.raises(HubFailed, match="given up"):
        plan_pull(HubName(REPOSITORY), interrupted=lambda: True)


LOGIN = b"<!DOCTYPE html><html><body>Sign in to Airport Wi-Fi</body></html>"


def test_a_page_to_sign_in_instead_of_an_answer(server: Server) -> None:
    server.fail("/api/", status=200, headers={"Content-Type": "text/html"}, body=LOGIN, times=9)
    refused("a web page came instead")


def test_a_page_to_sign_in_instead_of_a_file(server: Server) -> None:
    """What is half here stays."""
    plan = plan_pull(HubName(REPOSITORY))
    place = cached(REPOSITORY)
    place.prepare(plan.chosen[0])
    place.partial(plan.chosen[0]).write_bytes(MODEL[:30_000])
    server.fail("resolve", status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=LOGIN, times=9)
    with pytest.raises(HubFailed, match="a web page came instead"):
        list(pull(plan))
    assert place.have(plan.chosen[0], plan.revision) == 30_000


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"id": 7}', b'{"id": "a/b", "sha": "main"}', b'{"id":"a/b","cardData":"x"}']
)
def test_answers_that_are_none(body: bytes, server: Server) -> None:
    server.fail("/api/", status=200, headers={"Content-Type": "application/json"}, body=body, times=9)
    refused("did not answer as a hub does|names no commit")


@pytest.mark.parametrize(
    "body", [b"{", b"7", b'[{"type": "file"}]', b'[{"type": "file", "path": 7, "size": 1, "oid": 2}]']
)
def test_listings_that_are_none(body: bytes, server: Server) -> None:
    server.fail("/tree/", status=200, headers={"Content-Type": "application/json"}, body=body, times=9)
    refused("did not answer as a hub does|cannot be used here")


@pytest.mark.parametrize(
    "endpoint", ["hub", "ftp://hub", "https://", "https://hub:port", "http://[::1", "https://a/?x=1"]
)
def test_an_address_that_is_none(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    refused("HF_ENDPOINT is")


def test_passwords_in_the_address_are_not_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", server.endpoint.replace("//", "//me:secret@"))
    server.fail("/api/", status=418)
    assert "secret" not in refused("answered 418")


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
    assert "refused" in refused("the connection to 127.0.0.1 was lost")


def failing(error: Exception) -> Callable[[], Any]:
    """A client whose every connection ends like this."""

    def refuse(request: Any) -> Any:
        found = http.ConnectError("no connection hf_abcdefghijkl", request=request)
        raise found from error

    return lambda: http.Client(transport=http.MockTransport(refuse))


@pytest.fixture
def network() -> Any:
    yield lambda error: set_client_factory(failing(error))
    set_client_factory(default_client_factory)
    close_session()


def test_no_network(network: Callable[[Exception], None]) -> None:
    network(socket.gaierror(-2, "Name or service not known"))
    text = refused("is not found: there is no network")
    assert "HF_HUB_OFFLINE=1" in text
    assert "hf_abc" not in text


@pytest.mark.parametrize(("code", "words"), [(9, "is not valid yet"), (10, "has expired")])
def test_a_clock_that_is_wrong(code: int, words: str, network: Callable[[Exception], None]) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "certificate"
    network(error)
    text = refused(words)
    assert "set the clock" in text
    assert "by this machine's clock (" in text


def test_a_certificate_of_a_stranger(network: Callable[[Exception], None]) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = 19, "self-signed certificate in certificate chain"
    network(error)
    assert "SSL_CERT_FILE" in refused("is not trusted")


Usage = namedtuple("Usage", "total used free")


def test_no_room_before(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100_000, 99_000, 1_000))
    plan = plan_pull(HubName(REPOSITORY))
    assert (plan.needed, plan.free, plan.fits) == (len(MODEL), 1_000, False)
    refused("needs .* of disk", kind=OutputFailed)
    assert server.asked("resolve") == []


def test_no_room_in_the_middle(server: Server) -> None:
    """What came until then is not fetched again."""
    taken = half.Half.take

    def take(self: half.Half, piece: bytes) -> None:
        taken(self, piece[:20_000])
        raise failures.disk(OSError(errno.ENOSPC, "No space left on device"), Path("cache"))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(half.Half, "take", take)
        refused("is full", kind=OutputFailed)
    plan = plan_pull(HubName(REPOSITORY))
    assert plan.left == len(MODEL) - 20_000
    *_, last = pull(plan)
    assert isinstance(last, Pulled)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_disk_that_is_full(server: Server) -> None:
    file = plan_pull(HubName(REPOSITORY)).chosen[0]
    place = cached(REPOSITORY)
    place.prepare(file)
    place.partial(file).symlink_to("/dev/full")
    with closing(half.Half(place, file)) as opened, pytest.raises(OutputFailed, match="is full"):
        opened.take(MODEL)


def test_a_cache_that_cannot_be_written(server: Server) -> None:
    server.cache.write_text("a file where a folder is expected")
    text = refused("cannot be written", kind=OutputFailed)
    assert "HF_HUB_CACHE" in text


def test_a_gguf_that_is_none(server: Server) -> None:
    """Its hash is right, and it is still no model: nothing of it stays."""
    server.add(REPOSITORY, {FILE: b"GGUF" + bytes(2000)})
    refused("GGUF", kind=InvalidModelFile)
    assert not cached(REPOSITORY).folder.exists()


def test_a_name_that_is_taken(server: Server) -> None:
    write_model("Little-Q4_K_M")
    with pytest.raises(OutputFailed, match="is there already"):
        plan_pull(HubName(REPOSITORY))
    assert plan_pull(HubName(REPOSITORY), called="Another").model == "Another"
    with pytest.raises(InvalidModelFile, match="no name for a model"):
        plan_pull(HubName(REPOSITORY), called="../x")


def test_what_is_here_already() -> None:
    list(pull(plan_pull(HubName(REPOSITORY))))
    with pytest.raises(OutputFailed, match="someone/Little-GGUF:q4_k_m is here already, as Little-Q4_K_M"):
        plan_pull(HubName(REPOSITORY))


def test_a_repository_without_a_model(server: Server) -> None:
    server.add("someone/data", {"README.md": b"# Nothing", "train.csv": b"1,2"})
    refused("cannot be used here", "someone/data")
