"""A GGUF comes into the model folder: whole or not at all, with its other parts, its report and its origin.

Its files come under temporary names and take their own when all are complete, the first part last: a model is there
only when all of it is. What a killed program left goes with the next model that comes.
"""

import errno
import os
import re
import shutil
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from assistant.errors import OutputFailed
from assistant.library.files import expect_absent, failed, report_of, stem, targets
from assistant.library.installed import Installed, look, parts_of
from assistant.library.origin import Origin, origin_file, take_origin, write_origin
from assistant.paths import models_folder

_BLOCK = 8 << 20
_LEFT_OVER = re.compile(r"\..+\.(\d+)\.partial")
_NO_USE_IN_COPYING = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` bytes; `name` says what is being done. A total of 0: it is not known how much there is."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Imported:
    """The last event of an import. `linked`: it takes no room, because the file only has a second name now."""

    model: Installed
    linked: bool


def import_file(
    path: str | Path, name: str | None = None, origin: Origin | None = None
) -> Generator[Step | Imported, None, None]:
    """Bring a GGUF into the model folder; the last event is `Imported`.

    On one disk its files get a second name and take no room; else they are copied. Closing the iterator early leaves
    nothing behind. `name`: what it is called there; None: as its file. `origin`: where it came from; None: as it says
    beside the file. Raises InvalidModelFile, OutputFailed.
    """
    source = Path(os.path.expanduser(path))  # noqa: PTH111  pathlib's raises without a home
    files = parts_of(source)
    goals = targets(stem(source.name) if name is None else name, files)
    first, made = goals[0], [_partial(goal) for goal in goals]
    sweep()
    try:
        sizes = [file.stat().st_size for file in files]
        total, done, linked = sum(sizes), 0, True
        yield Step(source.name, 0, total)
        for file, partial, count in zip(files, list(made), sizes, strict=True):
            if not _link(file, partial):
                linked = False
                _expect_space(first, total - done)
                for written in _copied(file, partial):
                    yield Step(file.name, done + written, total)
            done += count
            yield Step(file.name, done, total)
        for goal in goals:
            expect_absent(goal)  # what lies beside a model that came meanwhile is not ours to write, or to remove
        made.append(_take_report(source, first))
        made.append(_take_origin(source, first, origin))
        for goal in reversed(goals):
            expect_absent(goal)
            _partial(goal).replace(goal)
            made.append(goal)
        made.clear()
    except OSError as error:
        raise failed(first, error, "written") from error
    finally:
        for file in made:
            with suppress(OSError):
                file.unlink(missing_ok=True)
    yield Imported(look(first, "folder"), linked)


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.partial")


def _link(source: Path, target: Path) -> bool:
    """A second name for the file, where the disk can do that. Raises OSError where copying would not help."""
    try:
        target.unlink(missing_ok=True)
        os.link(source.resolve(), target)  # a name of the file, not of a link to it
    except OSError as error:
        if error.errno in _NO_USE_IN_COPYING:
            raise
        return False
    return True


def _expect_space(target: Path, needed: int) -> None:
    free = shutil.disk_usage(target.parent).free
    if needed > free:
        raise OutputFailed(
            f"{target.name} needs {needed / 2**20:,.0f} MiB; {free / 2**20:,.0f} MiB are free on the disk of "
            f"{target.parent}; free some space"
        )


def _copied(source: Path, target: Path) -> Generator[int, None, None]:
    """Copy a file and send it to the disk; gives the bytes so far. Raises OSError, OutputFailed."""
    with source.open("rb") as reading, target.open("wb") as writing:
        before = os.fstat(reading.fileno())
        done = 0
        while block := reading.read(_BLOCK):
            done += writing.write(block)
            yield done
        writing.flush()
        os.fsync(writing.fileno())
        after = os.fstat(reading.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise OutputFailed(f"{source.name} changed while it was copied; a file at rest was expected; try again")


def _take_report(source: Path, target: Path) -> Path:
    """Copy what is proven of the file; without it the model is one that nobody has compared yet. Gives its place."""
    report = report_of(target)
    partial = _partial(report)
    with suppress(OSError):
        if report_of(source).is_file():
            shutil.copyfile(report_of(source), partial)
            partial.replace(report)
    with suppress(OSError):
        partial.unlink(missing_ok=True)
    return report


def _take_origin(source: Path, target: Path, origin: Origin | None) -> Path:
    """Keep where it came from; without that it is a model of unknown origin. Gives its place."""
    with suppress(OSError):
        if origin is not None:
            write_origin(target, origin)
        else:
            take_origin(source, target)
    return origin_file(target)


def sweep() -> None:
    """Remove what programs that are gone left half done in the model folder."""
    with suppress(OSError):
        for path in models_folder().iterdir():
            found = _LEFT_OVER.fullmatch(path.name)
            if found and int(found[1]) != os.getpid() and not psutil.pid_exists(int(found[1])):
                path.unlink(missing_ok=True)
