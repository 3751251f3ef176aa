"""What is set about the hub on this machine: its address, its cache, whether it may be asked. Opens no socket.

Whether there is a token is known here, what it is never leaves this module.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from assistant.hub.client import constants


@dataclass(frozen=True, slots=True)
class HubStanding:
    """As huggingface_hub reads it from the environment."""

    endpoint: str
    """Without a name and a password that may stand in it."""
    cache: str
    offline: bool
    """HF_HUB_OFFLINE is set: nothing is fetched."""
    token: str | None
    """Where one is kept: the variable or the file; None: none is set."""


def hub_standing() -> HubStanding:
    """What is set. `huggingface_hub.get_token` is not asked: it may ask the network for a newer one."""
    return HubStanding(
        _without_password(constants.ENDPOINT), constants.HF_HUB_CACHE, constants.HF_HUB_OFFLINE, _token_place()
    )


def _without_password(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _token_place() -> str | None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if os.environ.get(name, "").strip():
            return name
    try:
        return constants.HF_TOKEN_PATH if Path(constants.HF_TOKEN_PATH).read_text(encoding="utf-8").strip() else None
    except (OSError, ValueError):
        return None
