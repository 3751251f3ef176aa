"""What a repository holds at one commit, and under which licence; offline, what of it lies in the cache.

A list of files is a stranger's text: names that would leave their folder, or that a disk or a screen cannot hold, are
left out and counted.
"""

import re
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import HubFailed
from assistant.hub.cache import RepositoryFile, cached, files_below
from assistant.hub.client import (
    api,
    constants,
    expect_endpoint,
    get_session,
    headers,
    hf_raise_for_status,
    is_offline,
    page,
    redacted,
)
from assistant.hub.failures import Subject
from assistant.hub.names import HubName, is_safe
from assistant.hub.stream import patiently
from assistant.hub.waiting import Interrupted, Waiting

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_FILES = 200_000


@dataclass(frozen=True, slots=True)
class Licence:
    """As the repository's card names it; all empty where it does not, or offline."""

    name: str
    link: str
    gated: bool
    """Its terms had to be accepted before."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at one commit."""

    repository: str
    revision: str
    """The full commit hash."""
    asked: str
    """The branch, tag or commit that was asked for."""
    files: tuple[RepositoryFile, ...]
    licence: Licence
    left_out: int = 0
    """Files whose names are not safe."""
    twins: frozenset[str] = frozenset()
    """Paths that some disks hold for one and the same: they differ by case only."""
    offline: bool = False
    """Only what the cache holds."""

    def file(self, path: str) -> RepositoryFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.path == path), None)


def list_files(name: HubName, interrupted: Interrupted) -> Generator[Waiting, None, Listing | None]:
    """Ask the hub; None: interrupted. Raises HubFailed."""
    asked = name.revision or constants.DEFAULT_REVISION
    if not is_safe(asked):
        raise HubFailed(f"{redacted(asked)!r} is no revision; a branch, a tag or a commit was expected; give one")
    if is_offline():
        return _from_cache(name, asked)
    expect_endpoint()
    timeout = constants.HF_HUB_ETAG_TIMEOUT
    client = api()
    subject = Subject("the list of files", name.repository, asked)
    info = yield from patiently(
        lambda: client.model_info(name.repository, revision=asked, timeout=timeout), subject, interrupted
    )
    if info is None:
        return None
    commit = info.sha
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise HubFailed(
            f"the hub names no commit for {name.repository}; a hash of 40 digits was expected; check HF_ENDPOINT"
        )
    tree = yield from _tree(name.repository, commit, subject, interrupted)
    if tree is None:
        return None
    found = [file for entry in tree if (file := _file(entry)) is not None]
    return Listing(
        repository=name.repository,
        revision=commit,
        asked=asked,
        files=tuple(found),
        licence=_licence(info, name.repository),
        left_out=len(tree) - len(found),
        twins=_twins(found),
    )


def _tree(
    repository: str, commit: str, subject: Subject, interrupted: Interrupted
) -> Generator[Waiting, None, list[Mapping[str, Any]] | None]:
    """All entries that are files, page by page; None: interrupted.

    Asked without the client's own function for it, which waits for minutes without a word.
    """
    address: str | None = f"{constants.ENDPOINT}/api/models/{repository}/tree/{commit}?recursive=true"
    found: list[Mapping[str, Any]] = []
    while address is not None:
        page_of_it = yield from patiently(partial(_page, address), subject, interrupted)
        if page_of_it is None:
            return None
        entries, address = page_of_it
        found += [entry for entry in entries if entry.get("type") == "file"]
        if len(found) > _MOST_FILES:
            raise HubFailed(
                f"{repository} lists more than {_MOST_FILES:,} files; a model was expected; name another repository"
            )
    return found


def _page(address: str) -> tuple[list[dict[str, Any]], str | None]:
    """Entries, and the address of the next page. Raises whatever the client raises, ValueError for no list."""
    response = get_session().get(address, headers=headers(), timeout=constants.HF_HUB_ETAG_TIMEOUT)
    hf_raise_for_status(response)
    entries = response.json()
    following = response.links.get("next", {}).get("url")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("no list")
    if following is not None and urlsplit(following).netloc != urlsplit(address).netloc:
        raise ValueError("it goes on elsewhere")  # the token is for this host only
    return entries, following


def _file(entry: Mapping[str, Any]) -> RepositoryFile | None:
    """None: its name, its size or its hash is not what it must be."""
    lfs = entry.get("lfs")
    large = lfs if isinstance(lfs, dict) else None
    path, size, git_id = entry.get("path"), (large or entry).get("size"), entry.get("oid")
    sha256 = large.get("oid") if large is not None else None
    if not isinstance(path, str) or not is_safe(path) or not isinstance(size, int) or size < 0:
        return None
    if not isinstance(git_id, str) or not _COMMIT.fullmatch(git_id):
        return None
    if large is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return None
    return RepositoryFile(path, size, sha256, git_id)


def _twins(files: list[RepositoryFile]) -> frozenset[str]:
    count = Counter(file.path.casefold() for file in files)
    return frozenset(file.path for file in files if count[file.path.casefold()] > 1)


def _licence(info: Any, repository: str) -> Licence:
    card = info.card_data.to_dict() if info.card_data is not None else {}
    values: Mapping[str, Any] = card if isinstance(card, dict) else {}
    tags = [tag for tag in info.tags or [] if isinstance(tag, str) and tag.startswith("license:")]
    found = values.get("license") or (tags[0].removeprefix("license:") if tags else "")
    name = ", ".join(map(str, found)) if isinstance(found, list) else str(found)
    if name in {"other", "unknown"} and values.get("license_name"):
        name = str(values["license_name"])
    link = str(values.get("license_link") or "")
    if link and "://" not in link:
        link = f"{page(repository)}/blob/main/{PurePosixPath(link).name}"
    return Licence(redacted(name)[:100], redacted(link or page(repository))[:300], info.gated not in {None, False})


def _from_cache(name: HubName, asked: str) -> Listing:
    place = cached(name.repository)
    commit = place.commit(asked)
    files = files_below(place.snapshot(commit)) if commit else []
    if commit is None or not files:
        raise HubFailed(
            f"HF_HUB_OFFLINE is set, and {name.repository} is not in the hub's cache ({place.folder.parent}); a model "
            "that was fetched before was expected; unset HF_HUB_OFFLINE to fetch it"
        )
    found = tuple(
        RepositoryFile(
            path,
            blob.stat().st_size,
            blob.name if _SHA256.fullmatch(blob.name) else None,
            blob.name if _COMMIT.fullmatch(blob.name) else "",
        )
        for path, blob in files
        if is_safe(path)
    )
    return Listing(name.repository, commit, asked, found, Licence("", "", gated=False), offline=True)
