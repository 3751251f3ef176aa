"""huggingface_hub as the house uses it: silent, and with nothing of the token in any word. Nothing is asked here.

The one module that imports it: that takes a third of a second, so whoever needs only names does without. Supported are
versions 1 and 2; of their private names none is used. `http` is the library that they speak HTTP with, which is another
in each.
"""

import logging
import re
import warnings
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import HubFailed
from assistant.sanitize import one_line

try:
    with warnings.catch_warnings(), redirect_stdout(StringIO()):  # where it fails it prints, and stdout is the answer's
        warnings.simplefilter("ignore")  # of settings that it no longer knows: they are not ours
        from huggingface_hub import (
            HfApi,
            constants,
            get_session,
            get_token,
            hf_hub_download,
            hf_hub_url,
            hf_raise_for_status,
        )
        from huggingface_hub.errors import HfHubHTTPError
        from huggingface_hub.file_download import repo_folder_name
except ValueError as error:  # it reads numbers from its environment when it is imported
    raise HubFailed(
        f"huggingface_hub cannot be loaded ({one_line(str(error))}); numbers were expected in HF_HUB_ETAG_TIMEOUT and "
        "HF_HUB_DOWNLOAD_TIMEOUT; correct or unset them"
    ) from error

__all__ = [
    "HfApi",
    "HfHubHTTPError",
    "WeakFileLock",
    "api",
    "constants",
    "expect_endpoint",
    "get_session",
    "headers",
    "hf_hub_download",
    "hf_hub_url",
    "hf_raise_for_status",
    "http",
    "is_offline",
    "page",
    "redacted",
    "repo_folder_name",
]

_utils: Any = import_module("huggingface_hub.utils")  # it offers names that mypy does not see
WeakFileLock, build_hf_headers = _utils.WeakFileLock, _utils.build_hf_headers
http: ModuleType = import_module(HfHubHTTPError.__bases__[0].__module__.partition(".")[0])
for _name in ("huggingface_hub", http.__name__, http.__name__.replace("httpx", "httpcore"), "filelock"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)  # what matters is an event or an error of ours

constants.HF_HUB_DISABLE_TELEMETRY = True  # else it asks for a list of programs that may have called us, and names one

_TOKEN = re.compile(r"\b(?:hf|api)_[A-Za-z0-9_]{8,}|(?<=Bearer )\S+")
_LONGEST = 300


def api() -> HfApi:
    """The hub's own requests, with the token of the environment or of `hf auth login`."""
    return HfApi(endpoint=constants.ENDPOINT, library_name="luciole")


def headers() -> dict[str, str]:
    """Those of every request; the answer is wanted as it is stored, or parts of it could not be counted."""
    found: dict[str, Any] = build_hf_headers(library_name="luciole")
    return {**found, "Accept-Encoding": "identity"}


def is_offline() -> bool:
    """The environment forbids requests (HF_HUB_OFFLINE)."""
    return bool(constants.HF_HUB_OFFLINE)


def expect_endpoint() -> None:
    """Raises HubFailed where HF_ENDPOINT is no address."""
    try:
        parts = urlsplit(constants.ENDPOINT)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        valid = valid and not parts.query and not parts.fragment and constants.ENDPOINT.isprintable()
    except ValueError:
        valid = False
    if not valid:
        raise HubFailed(
            f"HF_ENDPOINT is {redacted(constants.ENDPOINT)!r}; an address such as https://huggingface.co was expected; "
            "correct it, or unset it"
        )


def page(repository: str) -> str:
    """Where people read about a repository."""
    return f"{constants.ENDPOINT}/{repository}"


def redacted(text: str) -> str:
    """Words from outside on one line, not too long, without the token, passwords and signed addresses."""
    token = get_token()
    if token:
        text = text.replace(token, "(token)")
    text = re.sub(r"(https?://)[^\s/@]+@", r"\1", text)
    text = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1", text)
    text = one_line(_TOKEN.sub("(token)", text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
