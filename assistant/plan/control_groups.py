"""What the control groups of this process (a container, a service, a login) let it take of the host's memory. Linux.

Each group on the way up may have a limit of its own. Pages of files count as taken there, although the system gives
them back when memory is short: here they count as free, as they do for the whole host.
Source of the files: `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst` of the Linux kernel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

UNLIMITED = 1 << 60
"""Version 1 writes a number near 2^63 where there is no limit, version 2 the word `max`."""


@dataclass(frozen=True, slots=True)
class Limit:
    """In bytes."""

    most: int
    left: int


@dataclass(frozen=True, slots=True)
class _Files:
    """Names of one version: limit, use, the lines of memory.stat that count file pages, and the file of kills."""

    limit: str
    use: str
    given_back: tuple[str, ...]
    kills: str


_V2 = _Files("memory.max", "memory.current", ("inactive_file", "active_file"), "memory.events")
_V1 = _Files(
    "memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"), "memory.oom_control"
)


def limits(root: Path = Path("/")) -> list[Limit]:
    """The limits that hold for this process, its own group's first; none on systems without control groups.

    A file that cannot be read or understood sets no limit: the host's own figure then stands alone.
    """
    found = []
    for folder, files in _groups(root):
        most, use = _number(folder / files.limit), _number(folder / files.use)
        if most is not None and use is not None and most < UNLIMITED:
            found.append(Limit(most, max(0, most - max(0, use - _given_back(folder / "memory.stat", files)))))
    return found


def memory_kills(root: Path = Path("/")) -> int | None:
    """Processes of this process's group that the kernel has killed for lack of memory; None where it does not say."""
    for folder, files in _groups(root):
        for line in (_text(folder / files.kills) or "").splitlines():
            words = line.split()
            if len(words) == 2 and words[0] == "oom_kill" and words[1].isdigit():
                return int(words[1])
    return None


def _groups(root: Path) -> Iterator[tuple[Path, _Files]]:
    """Folders of the group and of all above it. Inside a container the group's path may be the host's and not be there:
    what is mounted is then its own group."""
    mounts = root / "sys/fs/cgroup"
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            tops, files = [mounts, mounts / "unified"], _V2
        elif "memory" in controllers.split(","):
            tops, files = [mounts / controllers, mounts / "memory"], _V1
        else:
            continue
        top = next((top for top in tops if (top / "cgroup.procs").is_file()), None)
        if top is None:
            continue
        parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
        for depth in range(len(parts), -1, -1):
            yield top.joinpath(*parts[:depth]), files


def _given_back(stat: Path, files: _Files) -> int:
    lines = (line.split() for line in (_text(stat) or "").splitlines())
    return sum(int(line[1]) for line in lines if len(line) == 2 and line[0] in files.given_back and line[1].isdigit())


def _number(path: Path) -> int | None:
    """The whole number in a file; None where it says `max`, or there is none."""
    text = (_text(path) or "").strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
