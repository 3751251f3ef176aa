"""Where huggingface_hub keeps files, and what of a repository lies there, in its own layout: its programs find them.

`blobs/` holds files under their hashes, `snapshots/<commit>/` their names, `refs/` what a branch or tag stood for.

A snapshot appears when all files that are wanted are here, and not before: it is complete, or it does not count. What
is half here is beside the blobs, under a name that `hf cache` knows as unfinished.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from assistant.hub.client import constants, repo_folder_name
from assistant.hub.failures import disk

_PARTIAL = ".luciole.incomplete"
_VALIDATOR = ".luciole.etag"
_OURS = ".luciole"


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """One file of a commit, as the hub lists it."""

    path: str
    """Parts joined by `/`; a safe relative path."""
    bytes: int
    sha256: str | None
    """Of large files; None: only its git id is known."""
    git_id: str
    """Empty where neither is known, offline on a disk without links."""

    @property
    def id(self) -> str:
        """What the hub calls its content, and the cache its blob."""
        return self.sha256 or self.git_id or "-"


@dataclass(frozen=True, slots=True)
class Cached:
    """The cache of one repository."""

    folder: Path

    def blob(self, file: RepositoryFile) -> Path:
        """Where its content lies when it is whole."""
        return self.folder / "blobs" / file.id

    def partial(self, file: RepositoryFile) -> Path:
        """Where its content lies as long as it is not."""
        return self.folder / "blobs" / f"{file.id}{_PARTIAL}"

    def validator(self, file: RepositoryFile) -> Path:
        """Where it is noted which version the half one is a half of."""
        return self.folder / "blobs" / f"{file.id}{_VALIDATOR}"

    def claim(self, file: RepositoryFile) -> None:
        """Note that we bring it, until a model's origin says so. Raises OSError."""
        self._claim(file).touch()

    def is_claimed(self, file: RepositoryFile) -> bool:
        """We bring it, or an earlier run that ended early did."""
        return self._claim(file).exists()

    def settle(self, files: Iterable[RepositoryFile]) -> None:
        """The claims are noted elsewhere now."""
        with suppress(OSError):
            for file in files:
                self._claim(file).unlink(missing_ok=True)

    def _claim(self, file: RepositoryFile) -> Path:
        return self.folder / "blobs" / f"{file.id}{_OURS}"

    def lock(self, file: RepositoryFile) -> Path:
        """huggingface_hub's own, so that only one program fetches a file."""
        return self.folder.parent / ".locks" / self.folder.name / f"{file.id}.lock"

    def snapshot(self, revision: str) -> Path:
        """The folder of a commit."""
        return self.folder / "snapshots" / revision

    def whole(self, file: RepositoryFile, revision: str) -> Path | None:
        """A file of that content and size, if it is here."""
        return next((place for place in self._places(file, revision) if _size(place) == file.bytes), None)

    def _places(self, file: RepositoryFile, revision: str) -> tuple[Path, Path]:
        # Where a disk knows no links, the file itself lies in the snapshot.
        return self.blob(file), self.snapshot(revision) / file.path

    def have(self, file: RepositoryFile, revision: str) -> int:
        """Bytes of it that need not be fetched any more."""
        if self.whole(file, revision):
            return file.bytes
        return min(_size(self.partial(file)) or 0, file.bytes)

    def prepare(self, file: RepositoryFile) -> None:
        """Make the folders. Raises OutputFailed."""
        try:
            for place in (self.blob(file), self.lock(file), self.snapshot("-")):
                place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk(error, self.folder.parent) from error

    def publish(self, files: Iterable[RepositoryFile], revision: str, asked: str) -> Path:
        """Give whole files their names in the commit's folder, and the commit its own. Raises OutputFailed."""
        snapshot = self.snapshot(revision)
        try:
            for file in files:
                pointer = snapshot / file.path
                if _size(pointer) != file.bytes:
                    pointer.parent.mkdir(parents=True, exist_ok=True)
                    _point(pointer, self.blob(file))
            if asked != revision:
                ref = self.folder / "refs" / asked
                ref.parent.mkdir(parents=True, exist_ok=True)
                fresh = ref.with_name(f".{ref.name}.{uuid4().hex}")
                fresh.write_text(revision, encoding="ascii")
                fresh.replace(ref)
        except OSError as error:
            raise disk(error, self.folder.parent) from error
        return snapshot

    def commit(self, asked: str) -> str | None:
        """The commit that a branch or tag stood for when it was last fetched; the commit itself; None: unknown."""
        with suppress(OSError, ValueError):
            if (self.snapshot(asked)).is_dir():
                return asked
            return (self.folder / "refs" / asked).read_text(encoding="ascii").strip() or None
        return None

    def release(self, paths: Sequence[str], revision: str) -> None:
        """Remove these files of a commit from the cache, and what only they needed. Leaves what it may not remove.

        Contents go first: where it ends early, their names still lead here, and the next time goes on.
        """
        snapshot = self.snapshot(revision)
        for blob in self.releasable(paths, revision):
            with suppress(OSError):
                for ending in ("", _OURS, _VALIDATOR):
                    blob.with_name(f"{blob.name}{ending}").unlink(missing_ok=True)
        with suppress(OSError):
            for path in paths:
                (snapshot / path).unlink(missing_ok=True)
                _prune((snapshot / path).parent, self.folder / "snapshots")
        with suppress(OSError):
            if not snapshot.is_dir():
                self._forget(revision)
        with suppress(OSError):
            if not any((self.folder / "snapshots").iterdir()) and not any((self.folder / "blobs").iterdir()):
                shutil.rmtree(self.folder)
                shutil.rmtree(self.folder.parent / ".locks" / self.folder.name, ignore_errors=True)

    def releasable(self, paths: Sequence[str], revision: str) -> tuple[Path, ...]:
        """Files whose content goes with these names: no other name of the cache stands for it."""
        snapshot = self.snapshot(revision)
        own = {snapshot / path for path in paths}
        used = {_target(path) for path in _below(self.folder / "snapshots") if path not in own}
        found = dict.fromkeys(_target(path) for path in own if path.is_file())
        return tuple(place for place in found if place not in used)

    def _forget(self, revision: str) -> None:
        """No branch or tag stands for the commit any more."""
        for ref in _below(self.folder / "refs"):
            if ref.read_text(encoding="utf-8", errors="replace").strip() == revision:
                ref.unlink()


def cached(repository: str) -> Cached:
    """The cache of a repository, whether or not there is one."""
    home = Path(os.path.abspath(os.path.expanduser(constants.HF_HUB_CACHE)))  # noqa: PTH100, PTH111  need no home
    return Cached(home / repo_folder_name(repo_id=repository, repo_type="model"))


def free_bytes(place: Path) -> int:
    """Room on the disk where a place lies, or will lie."""
    return shutil.disk_usage(existing(place)).free


def existing(place: Path) -> Path:
    """The nearest folder above that is there."""
    return next((parent for parent in (place, *place.parents) if parent.exists()), Path(place.anchor))


def files_below(folder: Path) -> list[tuple[str, Path]]:
    """Relative path, with `/`, and place of the content of all files of a snapshot."""
    return [(path.relative_to(folder).as_posix(), _target(path)) for path in _below(folder) if path.is_file()]


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def _target(path: Path) -> Path:
    """The blob that a name stands for; the file itself where it is none. A blob may itself be a link."""
    if not path.is_symlink():
        return path
    return Path(os.path.abspath(path.parent / path.readlink()))  # noqa: PTH100  resolve would follow further


def _point(pointer: Path, blob: Path) -> None:
    if not constants.HF_HUB_DISABLE_SYMLINKS:
        pointer.unlink(missing_ok=True)  # it leads nowhere, or to a file of another size
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except FileExistsError:  # another program gives it the same name at the same time
            return
        except (OSError, NotImplementedError):  # a disk without links: huggingface_hub keeps the file itself there
            pass
        else:
            return
    blob.replace(pointer)


def _prune(folder: Path, top: Path) -> None:
    """Remove empty folders up to, and without, `top`."""
    while folder != top and folder.is_relative_to(top) and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
