"""The token goes to the hub, and to nobody else: no other host, no error, no event, no log, no screen."""

import dataclasses
import logging

import pytest

from assistant.errors import AssistantError, HubFailed
from assistant.hub.client import redacted
from assistant.hub.names import HubName
from assistant.library.pulling import plan_pull, pull
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(50_000)


@pytest.fixture(params=["hf_abcdefghijklmnopqrstuvwxyz", "a-token-of-another-kind"])
def token(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HF_TOKEN", request.param)
    return str(request.param)


def everything(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, *said: object) -> str:
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    return " ".join([caplog.text, *map(str, said)])


def test_it_is_sent_to_the_hub_only(
    token: str, server: Server, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.add(REPOSITORY, {FILE: MODEL}, gated="auto")
    plan = plan_pull(HubName(REPOSITORY))
    events = list(pull(plan))
    asked = server.asked()
    assert {request.host.partition(":")[0] for request in asked} == {"127.0.0.1", "localhost"}
    for request in asked:
        own = request.host.startswith("127.0.0.1")
        assert request.headers.get("Authorization") == (f"Bearer {token}" if own else None)
    assert token not in everything(capfd, caplog, dataclasses.asdict(plan), *map(dataclasses.asdict, events))


@pytest.mark.parametrize("status", [401, 403, 500])
@pytest.mark.parametrize("place", ["/api/", "resolve"])
def test_a_server_that_echoes_it(
    status: int,
    place: str,
    token: str,
    server: Server,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.add(REPOSITORY, {FILE: MODEL})
    headers = {
        "X-Error-Message": f"bad token: Bearer {token}",
        "X-HF-Warning": f"token; {token} expires",
        "X-Request-Id": token,
        "Content-Type": "application/json",
    }
    server.fail(place, status=status, headers=headers, body=f'{{"error": "{token}"}}'.encode(), times=9)
    with pytest.raises(AssistantError) as error:
        list(pull(plan_pull(HubName(REPOSITORY))))
    assert token not in everything(capfd, caplog, error.value, repr(error.value))


def test_a_licence_that_echoes_it(token: str, server: Server) -> None:
    server.add(REPOSITORY, {FILE: MODEL}, licence=f"mit {token}", card={"license_link": f"https://x.org/{token}"})
    assert token not in str(plan_pull(HubName(REPOSITORY)))


def test_a_token_that_cannot_be_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", wrong := "hf_ü" * 9)
    server.add(REPOSITORY, {FILE: MODEL})
    with pytest.raises(HubFailed, match="the token is not valid") as error:
        plan_pull(HubName(REPOSITORY))
    assert wrong not in str(error.value)


def test_what_is_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "pass word")
    text = "hf_0123456789 'pass word' https://me:secret@host/x?Signature=abc Bearer other\nline \x1b[31m" + "x" * 400
    found = redacted(text)
    assert found.startswith("(token) '(token)' https://host/x Bearer (token) line [31mxxx")
    assert len(found) == 300
