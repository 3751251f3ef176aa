"""What the hub, the network or the machine refuses, in words with the remedy, and whether trying again may help.

The border where foreign exceptions end: nothing of their text passes that could hold a token.
"""

import errno
import json
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import AssistantError, HubFailed, OutputFailed
from assistant.hub.client import HfHubHTTPError, constants, http, page, redacted
from assistant.hub.waiting import LONGEST_SECONDS, retry_after

TOKENS_PAGE = "https://huggingface.co/settings/tokens"
_NOT_YET_VALID, _EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""
_TRY_AGAIN = {408, 429, 500, 502, 503, 504}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Subject:
    """What was asked for."""

    what: str
    """In words: `the list of files`, the path of a file."""
    repository: str
    asked: str
    """The branch, tag or commit."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with one request."""

    error: AssistantError
    passes: bool = False
    """It may pass by itself."""
    reason: str = ""
    """The same for those who wait, without a remedy."""
    seconds: float | None = None
    """So long the hub asks to wait; None: it does not say."""


def failure(error: Exception, subject: Subject) -> Failure:
    """For an exception of a request."""
    what, repository = subject.what, subject.repository
    if isinstance(error, AssistantError):
        return Failure(error)
    if isinstance(error, HfHubHTTPError):
        return _answered(error, subject)
    if isinstance(error, http.HTTPError | OSError):
        return _not_reached(error)
    if isinstance(error, http.InvalidURL | http.StreamError):
        return Failure(HubFailed(f"{_host()} led to no valid address for {what}; a file was expected; try again later"))
    if isinstance(error, json.JSONDecodeError) and error.doc.lstrip()[:1] == "<":
        return Failure(sign_in_page())
    if isinstance(error, UnicodeEncodeError):
        return Failure(_bad_token())
    return Failure(
        HubFailed(
            f"{_host()} did not answer as a hub does, when asked for {what} of {repository} ({type(error).__name__}); "
            "its JSON was expected; check HF_ENDPOINT and the proxy, and try again later"
        )
    )


def sign_in_page() -> HubFailed:
    """A page for people came instead of an answer."""
    return HubFailed(
        f"a web page came instead of {_host()}'s answer; the hub was expected, but a network that asks to sign in, or "
        "a proxy, stands between; open a browser, sign in, and try again"
    )


def _answered(error: Any, subject: Subject) -> Failure:
    what, repository, revision = subject.what, subject.repository, subject.asked
    response = error.response
    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    words = redacted(getattr(error, "server_message", None) or "")
    said = f": {words}" if words else ""
    if status in _TRY_AGAIN:
        return _later(status, retry_after(response.headers), said)
    if code == "GatedRepo":
        return Failure(_gated(repository, status, words))
    if code == "RevisionNotFound":
        return Failure(
            HubFailed(
                f"{repository} has no revision {revision!r}; a branch, a tag or a commit was expected; see "
                f"{page(repository)}/commits/main"
            )
        )
    if code == "EntryNotFound":
        return Failure(HubFailed(f"{repository} has no {what} any more; the files of one commit were expected; "
                                 "pull again"))  # fmt: skip
    if status == 401 and words.startswith("Invalid credentials"):
        return Failure(_bad_token())
    if code == "RepoNotFound" or status in {401, 404}:
        return Failure(
            HubFailed(
                f"there is no repository {repository} on {_host()}, or it is private; the name of a model was "
                f"expected; check the name, and set HF_TOKEN if it is private ({TOKENS_PAGE})"
            )
        )
    if status == 403:
        return Failure(
            HubFailed(
                f"{_host()} refuses {what} of {repository} (403{said}); a token that may read it was expected; give "
                f"HF_TOKEN the right to read this repository ({TOKENS_PAGE})"
            )
        )
    return Failure(
        HubFailed(
            f"{_host()} answered {status} for {what} of {repository}{said}; an answer of a hub was expected; try again "
            "later, or check HF_ENDPOINT"
        )
    )


def _later(status: int, seconds: float | None, said: str) -> Failure:
    if status == 429:
        reason = f"{_host()} is asked too often (429)"
        when = f"in {seconds:,.0f} seconds" if seconds is not None else "in a few minutes"
        remedy = f"try again {when}; signed in, more requests are allowed (HF_TOKEN)"
    else:
        reason = f"{_host()} has trouble ({status})"
        remedy = "try again later; what is here already stays and is not fetched again"
    error = HubFailed(f"{reason}{said}; an answer was expected; {remedy}")
    passes = seconds is None or seconds <= LONGEST_SECONDS
    return Failure(error, passes, reason, seconds)


def _gated(repository: str, status: int, words: str) -> HubFailed:
    if "await" in words.lower() or "pending" in words.lower() or "review" in words.lower():
        return HubFailed(
            f"{repository} is gated, and its owner has not granted access yet ({status}); a token with access was "
            f"expected; wait for the answer, see {page(repository)}"
        )
    return HubFailed(
        f"{repository} is gated ({status}); its terms must be accepted by someone signed in; accept them at "
        f"{page(repository)}, make a token at {TOKENS_PAGE}, and set HF_TOKEN to it"
    )


def _bad_token() -> HubFailed:
    return HubFailed(
        f"the token is not valid on {_host()}; HF_TOKEN, or the one of 'hf auth login', was expected to be; make a "
        f"new one at {TOKENS_PAGE}, or unset HF_TOKEN"
    )


def _not_reached(error: Exception) -> Failure:
    """No answer, or none to its end."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Failure(_certificate(cause))
        if isinstance(cause, socket.gaierror):
            return Failure(
                HubFailed(
                    f"{_host()} is not found: there is no network, or no name server; a connection was expected; "
                    "connect and try again, or set HF_HUB_OFFLINE=1 to use only what is here"
                ),
                passes=True,
                reason=f"{_host()} is not found: no network?",
            )
    if isinstance(error, http.ProxyError):
        return Failure(
            HubFailed(f"the proxy refuses ({redacted(str(error))}); a way to {_host()} was expected; check HTTPS_PROXY")
        )
    if isinstance(error, http.UnsupportedProtocol | http.TooManyRedirects):
        return Failure(
            HubFailed(f"{_host()} led astray ({type(error).__name__}); a file was expected; check HF_ENDPOINT")
        )
    if isinstance(error, http.LocalProtocolError):  # its words quote the header
        return Failure(_bad_token())
    slow = isinstance(error, http.TimeoutException)
    reason = f"{_host()} does not answer" if slow else f"the connection to {_host()} was lost"
    return Failure(
        HubFailed(
            f"{reason} ({_errno(error)}); it was expected to hold; try again: what is here already is not fetched again"
        ),
        passes=True,
        reason=reason,
    )


def _certificate(error: ssl.SSLCertVerificationError) -> HubFailed:
    if error.verify_code in {_NOT_YET_VALID, _EXPIRED}:
        now = datetime.now().astimezone()
        when = "is not valid yet" if error.verify_code == _NOT_YET_VALID else "has expired"
        return HubFailed(
            f"by this machine's clock ({now:%d %B %Y, %H:%M}) the certificate of {_host()} {when}; the right date was "
            "expected; set the clock, and try again"
        )
    return HubFailed(
        f"the certificate of {_host()} is not trusted ({redacted(error.verify_message)}); a known issuer was expected; "
        "a proxy that opens connections needs its own certificate in SSL_CERT_FILE"
    )


def disk(error: OSError, place: Path) -> OutputFailed:
    """What the disk refuses where the hub's cache lies."""
    if error.errno in _FULL:
        return OutputFailed(
            f"the disk of {place} is full; room for the file was expected; free some space and pull again: what is "
            "here already is not fetched again"
        )
    return OutputFailed(
        f"the hub's cache {place} cannot be written ({error.strerror or type(error).__name__}); a folder that takes "
        "files was expected; check who may write there, or set HF_HUB_CACHE to another"
    )


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found


def _errno(error: Exception) -> str:
    """The system's own word for it, else the kind of the exception: its text may hold anything."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno is not None and cause.strerror:
            return redacted(cause.strerror)
    return type(error).__name__


def _host() -> str:
    """Of the hub, without a password that may stand in its address."""
    return urlsplit(constants.ENDPOINT).hostname or "the hub"
