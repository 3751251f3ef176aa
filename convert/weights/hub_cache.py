"""A model by its name on the hub, where it already lies in the local cache. Nothing is downloaded; no socket is opened.

The cache is where huggingface_hub keeps it (HF_HUB_CACHE, HF_HOME). A folder of that name wins over the cache.
"""

import re
from pathlib import Path

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w-]+([./][\w-]+)*)?")
_SNAPSHOTS, _PREFIX, _SEPARATOR = "snapshots", "models--", "--"


def local_folder(source: Path) -> Path:
    """The folder of a checkpoint: `source` itself, or the snapshot of `owner/name[@revision]` in the cache.

    Raises InvalidCheckpoint where it is neither.
    """
    text = source.as_posix()
    if source.exists() or not _NAME.fullmatch(text):
        return source
    from huggingface_hub import constants, snapshot_download  # noqa: PLC0415 - takes a moment, and few need it
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    name, _, revision = text.partition("@")
    try:
        folder = Path(snapshot_download(name, revision=revision or None, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError) as error:
        command = f"luciole models pull {name} --convert{f' --revision {revision}' if revision else ''}"
        raise InvalidCheckpoint(
            f"{text} is no folder, and the local hub cache {constants.HF_HUB_CACHE} holds no such model; a model "
            f"folder or a model in the cache was expected; fetch and convert it with: {command}"
        ) from error
    unfinished = next((path for path in sorted(folder.iterdir()) if not path.exists()), None)
    if unfinished is not None:
        raise IncompleteCheckpoint(
            f"{unfinished.name} of {text} points to a file that is not in the local hub cache; a whole download was "
            f"expected; fetch the rest with: hf download {name}"
        )
    return folder


def model_name(folder: Path) -> str:
    """A name for people: the folder's own, or the model's where the folder is a snapshot of the cache."""
    cached = _cached_name(folder)
    return folder.resolve().name if cached is None else cached.rpartition("/")[-1]


def remedy(folder: Path) -> str:
    """How to get what is missing in a folder, as the end of a message; empty where it is no snapshot of the cache."""
    cached = _cached_name(folder)
    return "" if cached is None else f": hf download {cached} --revision {folder.resolve().name}"


def _cached_name(folder: Path) -> str | None:
    """`owner/name` where the folder is a snapshot of the cache."""
    resolved = folder.resolve()
    home = resolved.parent.parent.name
    if resolved.parent.name != _SNAPSHOTS or not home.startswith(_PREFIX):
        return None
    return home.removeprefix(_PREFIX).replace(_SEPARATOR, "/")
