"""Why a child process ended, in words: from its exit code, its last words, and what the system counts as killed for
lack of memory. Pure but for `memory_kills`, which reads that count. Knows nothing of models.

Sources: `signal(7)`; Microsoft's [MS-ERREF] 2.3.1 for NTSTATUS values; `cgroup-v2.rst` (`memory.events`) and
`proc_vmstat(5)` of Linux.
"""

import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assistant.plan.control_groups import memory_kills as killed_in_group
from assistant.sanitize import one_line

_REINSTALL = "install llama-cpp-python again on this machine"
_SIGNALS: dict[str, str] = {
    "SIGABRT": "llama.cpp gave up, SIGABRT",
    "SIGSEGV": "a fault inside llama.cpp, SIGSEGV",
    "SIGFPE": "a fault inside llama.cpp, SIGFPE",
    "SIGBUS": "the model's file went away or was cut short while it was in use, SIGBUS",
    "SIGILL": f"it was built for another processor, SIGILL: {_REINSTALL}",
    "SIGXCPU": "it has used up the processor time that the system grants, SIGXCPU",
    "SIGTERM": "something ended it, SIGTERM",
}
_STATUS: dict[int, str] = {
    0xC0000005: "a fault inside llama.cpp, access violation",
    0xC0000006: "the model's file went away while it was in use, in-page error",
    0xC0000017: "Windows ran out of memory",
    0xC000001D: f"it was built for another processor, illegal instruction: {_REINSTALL}",
    0xC0000094: "a fault inside llama.cpp, division by zero",
    0xC000009A: "Windows ran out of resources",
    0xC00000FD: "a fault inside llama.cpp, stack overflow",
    0xC000012D: "Windows ran out of memory, commitment limit",
    0xC0000135: f"a library is missing: {_REINSTALL}",
    0xC0000139: f"a library is of another version: {_REINSTALL}",
    0xC000013A: "something ended it, Ctrl-C",
    0xC0000142: f"a library could not begin: {_REINSTALL}",
    0xC0000374: "a fault inside llama.cpp, damaged heap",
    0xC0000409: "llama.cpp gave up, fail-fast exception",
    0xE06D7363: "llama.cpp gave up, C++ exception",
}
_WITHOUT_MEMORY = {0xC0000017, 0xC000009A, 0xC000012D}
_MEMORY = re.compile(
    r"out of memory|bad_alloc|MemoryError|(failed|unable|cannot|could not) to allocate|cannot allocate|"
    r"alloc(ation|ate)?\w* .{0,60}failed|failed to allocate|insufficient memory|OutOfDeviceMemory|OUT_OF_MEMORY",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"GGML_ASSERT|GGML_ABORT|what\(\):|\b(error|failed|fatal|aborted|terminate called|exception|unable to)\b|"
    r"^\w*(Error|Exit|Interrupt)\b|\.(c|cc|cpp|cu|m|h):\d+: ",
    re.IGNORECASE,
)
# The interpreter's own report of a fault repeats the signal, and lists where each thread was.
_NO_ERROR = re.compile(r"Fatal Python error|^(Current t|T)hread 0x|^Extension modules|^  File |^Traceback")
_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class Death:
    """What ended a child."""

    cause: str
    """In words, without the last words."""
    last_words: str = ""
    """Its own last line of error; empty where it gave none."""
    memory: bool = False
    """A lack of memory is the likely cause."""

    @property
    def words(self) -> str:
        return f"{self.cause}: {self.last_words}" if self.last_words else self.cause


def death(code: int, lines: Iterable[str], *, kills: tuple[int | None, int | None] = (None, None)) -> Death:
    """From an exit code as `subprocess` has it (negative: a signal), the child's last lines, and the system's count
    of processes killed for lack of memory before and after.
    """
    last = last_error(lines)
    if code >= 0:
        status = code & 0xFFFFFFFF
        cause = _STATUS.get(status) or (f"status 0x{status:08X}" if status > 0xFFFF else f"exit code {code}")
        return Death(cause, last, status in _WITHOUT_MEMORY or speaks_of_memory(last))
    try:
        name = signal.Signals(-code).name
    except ValueError:
        return Death(f"signal {-code}", last, speaks_of_memory(last))
    if name != "SIGKILL":
        return Death(_SIGNALS.get(name, name), last, speaks_of_memory(last))
    before, after = kills
    if before is None or after is None:
        return Death("killed, SIGKILL; perhaps the system ran out of memory", last, memory=True)
    if after > before:
        return Death("killed, SIGKILL; the system ran out of memory", last, memory=True)
    guard = "killed, SIGKILL; not by the kernel for lack of memory, but perhaps by a guard of memory such as earlyoom"
    return Death(guard, last, memory=True)


def last_error(lines: Iterable[str]) -> str:
    """The last of them that speaks of an error, safe to show and short; empty where none does."""
    spoken = (line for line in lines if not _NO_ERROR.search(line))
    found = [line for line in spoken if _ERROR.search(line) or _MEMORY.search(line)]
    quote = one_line(found[-1]) if found else ""
    return quote if len(quote) <= _LONGEST_QUOTE else quote[: _LONGEST_QUOTE - 3] + "..."


def speaks_of_memory(text: str) -> bool:
    """Whether an error names a lack of memory."""
    return _MEMORY.search(text) is not None


def memory_kills(root: Path = Path("/")) -> int | None:
    """How many processes the kernel has killed for lack of memory: of this control group, else of the machine.

    None where it does not say (other systems, old kernels). A group's count sees only its own; the machine's may have
    grown for another program, which is evidence of a lack of memory all the same.
    """
    own = killed_in_group(root)
    if own is not None:
        return own
    try:
        lines = (root / "proc/vmstat").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    counts = [words[1] for line in lines if len(words := line.split()) == 2 and words[0] == "oom_kill"]
    return int(counts[0]) if counts and counts[0].isdigit() else None
