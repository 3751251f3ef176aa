"""How watched files look: marks that tell cheaply whether something happened, and a fingerprint of what is in them.

A mark is what the file system says of a file; a touch changes it, a rename over the file does, a link that points
elsewhere does. The fingerprint is of names and bytes alone. The module knows nothing of threads, events and documents.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

Mark = tuple[int, int, int, int, int] | str
"""Device, inode, bytes, and when content and entry were changed, in nanoseconds; or why there is no such thing."""
Marks = Mapping[Path, Mark]

_MOST_HASHED = 1 << 28
"""Bytes; far beyond what is read as a document. Of a larger file its mark stands for its bytes."""
_MOST_LINKS = 40
"""On the way to one file; Linux follows as many."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in the files."""

    fingerprint: str
    trouble: str = ""
    """Why this is no document to be read; one sentence, empty where all is well."""
    is_whole: bool = True
    """False: a file is not there, empty or unreadable, as happens for a moment while an editor saves."""


class Files:
    """The files and folders to be watched; a folder stands for all files in it that are read as documents.

    `files_of` says which these are.
    """

    def __init__(
        self, paths: Sequence[str | os.PathLike[str]], files_of: Callable[[Sequence[Path]], Sequence[Path]]
    ) -> None:
        self._paths = tuple(Path(path) for path in paths)
        self._files_of = files_of
        self._digests: dict[Path, tuple[Mark, str, bool]] = {}
        """The mark a file was read at, what was found, and whether that is beyond doubt."""

    @property
    def paths(self) -> tuple[Path, ...]:
        return self._paths

    def marks(self) -> Marks:
        """Of each file, now."""
        marks: dict[Path, Mark] = {}
        for path in self._paths:
            if not path.is_dir():
                marks[path] = _mark(path)
                continue
            try:
                marks.update((file, _mark(file)) for file in self._files_of([path]))
            except InvalidDocument as error:
                marks[path] = f"cannot be read ({error})"
            except OSError as error:  # it went while it was looked through
                marks[path] = _reason(error)
        return marks

    def read(self, marks: Marks, *, anew: bool = False) -> Contents:
        """What the files with these marks hold. A file whose mark is as it was is not read again.

        `anew`: those too that were read in the very moment they were changed: within one tick of the file system's
        clock more may be written under the same mark.
        """
        found = hashlib.blake2b(digest_size=20)
        trouble, whole = "", True
        for file, mark in marks.items():
            digest, reason = self._digest(file, mark, anew=anew)
            if reason:
                whole = False
                if file in self._paths:
                    trouble = trouble or f"{one_line(str(file))} {reason}"
            found.update(f"{len(str(file))} {file} {digest or reason}\n".encode("utf-8", "surrogatepass"))
        if not marks:
            trouble, whole = f"{one_line(', '.join(map(str, self._paths)))} has no file to be read in it", False
        self._digests = {file: self._digests[file] for file in marks if file in self._digests}
        return Contents(found.hexdigest(), trouble, whole)

    def folders(self, marks: Marks) -> dict[Path, bool]:
        """The folders where something happens when a file changes, a link is pointed elsewhere or a file comes.

        True: all folders in it, too.
        """
        found: dict[Path, bool] = {}
        for path in self._paths:
            for folder in _around(path):
                found.setdefault(folder, False)
            if path.is_dir():
                found[Path(os.path.realpath(path))] = True
        for file in marks.keys() - set(self._paths):
            if file.is_symlink():
                for folder in _around(file):
                    found.setdefault(folder, False)
        return found

    def _digest(self, file: Path, mark: Mark, *, anew: bool) -> tuple[str, str]:
        """Of its bytes; or why there is none."""
        if isinstance(mark, str):
            return "", mark
        if mark[2] == 0:
            return "", "is empty"
        if mark[2] > _MOST_HASHED:
            return f"mark {mark}", ""
        known, digest, sure = self._digests.get(file, ("", "", False))
        if known == mark and (sure or not anew):
            return digest, ""
        try:
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
        except OSError as error:
            return "", _reason(error)
        self._digests[file] = (mark, digest, anew)
        return digest, ""


def _mark(file: Path) -> Mark:
    try:
        found = file.stat()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL character
        return _reason(error)
    if stat.S_ISDIR(found.st_mode):
        return "is a folder now"
    if not stat.S_ISREG(found.st_mode):
        return "is no ordinary file"
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "is gone"
    return f"cannot be read ({error.strerror if isinstance(error, OSError) else error})"


def _around(path: Path) -> Iterator[Path]:
    """The folder of a path, and those of all links on the way and of what they point to."""
    left, seen = [Path(os.path.abspath(path))], set[Path]()  # noqa: PTH100  resolve() would follow the links
    while left and len(seen) < _MOST_LINKS:
        place = left.pop()
        if place in seen:
            continue
        seen.add(place)
        yield place.parent
        for part in (place, *place.parents):
            try:
                target = part.readlink()
            except OSError:  # no link
                continue
            yield part.parent
            left.append(part.parent / target / place.relative_to(part))
