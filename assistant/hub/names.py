"""What is a name on the hub, and what it asks for. Pure; nothing is looked up but whether a file has that name.

Source of what may be a name: `huggingface_hub.utils.validate_repo_id`.
"""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from assistant.hub.quantizations import quantization_of
from assistant.sanitize import one_line

_PART = r"[A-Za-z0-9](?:[\w.-]*\w)?"
_NAME = re.compile(
    rf"(?P<repository>{_PART}/{_PART})(?::(?P<quantization>[\w.-]+))?(?:@(?P<revision>[\w-]+(?:[./][\w-]+)*))?",
    re.ASCII,
)
_LONGEST = 96
_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
_PAGES = ("tree", "blob", "resolve", "raw", "commit")
"""What stands between a repository and a revision in addresses."""
_OTHERS = ("datasets", "spaces", "kernels", "buckets", "docs", "api", "collections", "models")
"""First parts of addresses that are no owner of models."""

_LONGEST_PATH, _LONGEST_PART = 1024, 240
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_FORBIDDEN = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
"""What one system or another forbids in names, or gives a meaning."""


@dataclass(frozen=True, slots=True)
class HubName:
    """A repository of the hub, and what is wanted of it."""

    repository: str
    """`owner/name`."""
    quantization: str | None = None
    """As it was typed; None: the usual one."""
    revision: str | None = None
    """A branch, a tag or a commit; None: the main branch."""

    def __str__(self) -> str:
        """As it is typed, without the revision: `owner/name:q4_k_m`."""
        return f"{self.repository}:{self.quantization}" if self.quantization else self.repository


def hub_name(text: str, revision: str | None = None) -> HubName | None:
    """`owner/name[:quantization][@revision]`, or a pasted address of the hub; None: it is no name on the hub.

    Paths are none (`./x/y`, `~/x`, `a/b.gguf`), nor is what lies on the disk under that name. `revision` wins over one
    in the text.
    """
    found = _address(text) if "://" in text or text.startswith(("hf.co/", "huggingface.co/")) else _typed(text)
    if found is None or not _may_be(found.repository):
        return None
    return HubName(found.repository, found.quantization, revision or found.revision)


def is_safe(path: object) -> bool:
    """A relative path that stays in its folder, on every system, and shows as what it is."""
    if not isinstance(path, str) or not path or len(path) > _LONGEST_PATH or _FORBIDDEN.search(path):
        return False
    if one_line(path) != path:
        return False
    return all(
        part not in {"", ".", ".."}
        and len(part.encode(errors="replace")) <= _LONGEST_PART
        and part[-1] not in " ."
        and not _RESERVED.match(part)
        for part in path.split("/")
    )


def _typed(text: str) -> HubName | None:
    found = _NAME.fullmatch(text)
    if found is None or text.lower().endswith(".gguf") or os.path.lexists(text):
        return None
    return HubName(found["repository"], found["quantization"], found["revision"])


def _address(text: str) -> HubName | None:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, steps = parts.hostname, [unquote(step) for step in parts.path.strip("/").split("/")]
    except ValueError:
        return None
    if parts.scheme == "hf":
        host, steps = _HOSTS[0], [parts.netloc, *steps]
    if host not in (*_HOSTS, _own_host()) or len(steps) < 2 or steps[0] in _OTHERS:
        return None
    quantization = None
    owner, (name, _, typed) = steps[0], steps[1].partition(":")
    if typed:
        quantization = typed
    elif len(steps) > 4 and steps[-1].lower().endswith(".gguf"):
        quantization = quantization_of("/".join(steps[4:]))
    revision = steps[3] if len(steps) > 3 and steps[2] in _PAGES else None
    found = _typed(f"{owner}/{name}")
    return HubName(found.repository, quantization, revision) if found else None


def _own_host() -> str | None:
    """Of HF_ENDPOINT."""
    try:
        return urlsplit(os.environ.get("HF_ENDPOINT", "")).hostname
    except ValueError:
        return None


def _may_be(repository: str) -> bool:
    forbidden = ("--" in repository, ".." in repository, repository.endswith(".git"))
    return len(repository) <= _LONGEST and not any(forbidden)
