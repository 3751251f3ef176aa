"""One child process, measured: seconds, peak private memory, bytes written.

Private memory is RssAnon of /proc/<pid>/status, sampled a hundred times a second, so mapped weight files do not count.
Bytes written are the write_bytes of /proc/<pid>/io: whole pages sent towards a disk, whatever file they belong to (a
folder in memory counts nothing). Linux only.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

_INTERVAL = 0.01


@dataclass(frozen=True, slots=True)
class Run:
    """A finished child."""

    seconds: float
    peak_private_mib: float
    written: int
    """Bytes sent towards a disk, in whole pages, but for standard output and error."""
    output: str


def run(arguments: Sequence[str], *, cwd: Path) -> Run:
    """Run a command to its end. Raises RuntimeError with its last words where it fails."""
    stdout, stderr = cwd / "stdout", cwd / "stderr"
    with stdout.open("wb") as out, stderr.open("wb") as err:
        started = perf_counter()
        child = subprocess.Popen(arguments, cwd=cwd, stdout=out, stderr=err, env=_environment())
        peak = 0
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            peak = max(peak, _private_bytes(child.pid))
            sleep(_INTERVAL)
        seconds = perf_counter() - started
        written = _written_bytes(child.pid)  # while the ended child is still in the table
        status = child.wait()
    text = stdout.read_text(encoding="utf-8", errors="replace")
    if status:
        last = stderr.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise RuntimeError(f"{' '.join(arguments[:4])} … ended with status {status}: {' / '.join(last)}")
    written -= on_disk(stdout.stat().st_size) + on_disk(stderr.stat().st_size)
    return Run(seconds, peak / 2**20, written, text)


def on_disk(size: int) -> int:
    """A file's size in whole pages, as the kernel counts what it writes."""
    page = os.sysconf("SC_PAGESIZE")
    return -(-size // page) * page


def _environment() -> dict[str, str]:
    """The current environment; our packages are found from any folder."""
    root = str(Path(__file__).parents[1])
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}


def _private_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon")), 0)


def _written_bytes(pid: int) -> int:
    counters = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in counters.splitlines() if line.startswith("write_bytes"))
