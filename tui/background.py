"""Asks the terminal whether its background is light, where it can be asked without harm, while the program still loads.

The question is xterm's OSC 11, followed by one that every terminal answers (its attributes): when that answer is there,
the other one is, or will never be. What somebody types meanwhile is not lost: it comes back with the answer.
Nobody is asked over a slow line, in the background, or where the environment has said it already. Knows no Textual.
"""

import os
import re
import select
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]  # asked for below

PATIENCE = 0.25
"""Seconds from the question to the last moment of its answer."""
_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
_COLOUR = re.compile(
    rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[^\x07\x1b]*(?:\x07|\x1b\\)"
)
_ATTRIBUTES = re.compile(rb"\x1b\[\?[\d;]*c")
_SEQUENCE = re.compile(rb"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]?|.?)", re.DOTALL)
_NOT_ASKED = frozenset({"", "dumb", "linux", "unknown"})
"""Values of TERM that stand for terminals without an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    light: bool | None = None
    """None: it was not asked, or did not say."""
    typed: str = ""
    """What was typed meanwhile, line ends as `\\n`."""


def ask(
    environment: Mapping[str, str], terminal: int | None = None, *, clock: Callable[[], float] = monotonic
) -> Callable[[], Answer]:
    """Put the question, and return what gives the answer; that one must be called, and before anybody else reads.

    `terminal`: the descriptor to ask, to be read and written; None: the one of this program.
    """
    descriptor = _terminal() if terminal is None else terminal
    if descriptor is None or not _may_be_asked(environment, descriptor):
        return Answer
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSANOW)
    os.write(descriptor, _QUESTION)
    end = clock() + PATIENCE

    def answer() -> Answer:
        try:
            return _read(descriptor, end, clock)
        finally:
            termios.tcsetattr(descriptor, termios.TCSANOW, before)

    return answer


def understood(data: bytes) -> Answer:
    """What the bytes that came back say."""
    colour = _COLOUR.search(data)
    light = None
    if colour is not None:
        red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in colour.groups())
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
    typed = _SEQUENCE.sub(b"", data).decode(errors="ignore").replace("\r", "\n")
    return Answer(light, "".join(letter for letter in typed if letter == "\n" or letter.isprintable()))


def _terminal() -> int | None:
    """The terminal that both the words and the keys go through."""
    try:
        both = (sys.__stdin__, sys.__stdout__)
        if termios is None or not all(stream is not None and stream.isatty() for stream in both):
            return None
        found = sys.__stdin__.fileno() if sys.__stdin__ is not None else None
        return found if found is not None and os.ttyname(found) == os.ttyname(1) else None
    except (OSError, ValueError):  # closed, or none of the system's
        return None


def _may_be_asked(environment: Mapping[str, str], descriptor: int) -> bool:
    said = any(environment.get(name) for name in ("COLORFGBG", "NO_COLOR"))
    far = any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "MOSH_IP"))
    if said or far or environment.get("TERM", "") in _NOT_ASKED:
        return False
    try:
        # Whoever is in the background is stopped when it asks; what is typed already would come before the answer.
        return os.tcgetpgrp(descriptor) == os.getpgrp() and not _ready(descriptor, 0)
    except OSError:
        return False


def _read(descriptor: int, end: float, clock: Callable[[], float]) -> Answer:
    data = b""
    while not _ATTRIBUTES.search(data) and _ready(descriptor, max(0.0, end - clock())):
        more = os.read(descriptor, 4096)
        if not more:
            break
        data += more
    return understood(data)


def _ready(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])
