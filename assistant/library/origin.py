"""Where a model came from: kept beside it as NAME.gguf.origin.json, and believed only as far as it can do no harm.

Written by a pull. Whatever stands in the file, reading does not fail; names in it may lead to removals in the hub's
cache, so only those of safe form are taken.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.hub.names import hub_name, is_safe
from assistant.sanitize import one_line

_MAX_BYTES = 1 << 20
_VERSION = 1
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit of a repository that a model was fetched from, or made of."""

    repository: str
    """`owner/name`."""
    revision: str
    """The full commit hash."""
    quantization: str
    """`q4_k_m`; empty where no name says it."""
    files: tuple[str, ...]
    """Paths in the repository."""
    sha256: tuple[str, ...]
    """Of each file; empty for a file of which the hub knows only git's own hash."""
    licence: str
    """As the repository's card names it; empty where it does not."""
    link: str
    """Where the licence can be read; may be empty."""
    pulled: datetime
    """UTC."""
    brought: tuple[str, ...]
    """Those of the files that were not in the hub's cache before: they may go when the model goes."""
    converted: bool
    """The model was made of these files; else it is one of them."""

    @property
    def cached_before(self) -> bool:
        """All of it lay in the hub's cache already."""
        return not self.brought

    @property
    def name(self) -> str:
        """As it is asked for: `owner/name:q4_k_m`."""
        return f"{self.repository}:{self.quantization}" if self.quantization else self.repository


def origin_file(model: Path) -> Path:
    """Where the origin of a model's (first) file is kept."""
    return model.with_name(f"{model.name}.origin.json")


def read_origin(model: Path) -> Origin | None:
    """The origin of a model's (first) file; None: unknown."""
    path = origin_file(model)
    try:
        if path.stat().st_size > _MAX_BYTES:
            return None
        return _origin(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def write_origin(model: Path, origin: Origin) -> None:
    """Keep it beside the model. Raises OSError."""
    path = origin_file(model)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")  # swept with the others where it is left
    values = {"version": _VERSION, **asdict(origin), "pulled": origin.pulled.isoformat(timespec="seconds")}
    try:
        partial.write_text(json.dumps(values, ensure_ascii=False, indent=2), encoding="utf-8")
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def take_origin(source: Path, model: Path) -> None:
    """Keep the origin of a file for a copy of it, which has nothing of its own in the hub's cache. Raises OSError."""
    found = read_origin(source)
    if found is not None:
        write_origin(model, replace(found, brought=()))


def _origin(values: Mapping[str, Any]) -> Origin | None:
    """Raises ValueError, TypeError or KeyError where it is none."""
    repository, revision = str(values["repository"]), str(values["revision"])
    files = tuple(path for path in values["files"] if is_safe(path))
    if values["version"] != _VERSION or not _COMMIT.fullmatch(revision) or not _is_repository(repository):
        return None
    pulled = datetime.fromisoformat(values["pulled"])
    return Origin(
        repository=repository,
        revision=revision,
        quantization=one_line(str(values["quantization"]))[:100],
        files=files,
        sha256=tuple(one_line(str(value))[:64] for value in values["sha256"]),
        licence=one_line(str(values["licence"]))[:200],
        link=one_line(str(values["link"]))[:500],
        pulled=pulled if pulled.tzinfo else pulled.replace(tzinfo=UTC),
        brought=tuple(path for path in values["brought"] if path in files),
        converted=values["converted"] is True,
    )


def _is_repository(text: str) -> bool:
    found = hub_name(f"hf://{text}")
    return found is not None and found.repository == text
