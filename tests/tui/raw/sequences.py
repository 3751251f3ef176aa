"""What a program wrote to its terminal, cut into control sequences; those that a screen of ours never writes."""

import re
from collections.abc import Iterator

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # a control sequence
    r"|\x1b[\]P_^X].*?(?:\x07|\x1b\\|\Z)"  # a string for the terminal: title, clipboard, links, graphics
    r"|\x1b[ -/]*[0-~]"  # a single function
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # anything else that is obeyed
    r"|[\u202a-\u202e\u2066-\u2069]"  # writing directions
    r"|[\u00ad\u061c\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff]"  # what is not seen
    r"|[\U000e0000-\U000e007f]",
    re.DOTALL,
)
_OURS = re.compile(
    r"\x1b\[[0-9;]*[mH]"  # colours and places
    r"|\x1b\[\?(?:25|7|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"  # modes of the terminal
    r"|\x1b\[\?(?:2026|2048)\$p"  # questions about them
    r"|\x1b\[[<>][0-9]*u"  # the keyboard protocol
    r"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse pointer
    r"|\x1b\[\?996n|\x1b\]1[01];\?(?:\x07|\x1b\\)"  # questions about light and colours
    r"|\r"
)
_NEVER = re.compile(r"\x1b\[8;31;47m|\x1b\[2J")
"""Hidden red letters and a cleared screen: what the hostile texts of the tests ask for, and our themes never do."""


def sequences(output: bytes) -> Iterator[str]:
    """Each of them, in its order."""
    yield from (found[0] for found in _SEQUENCE.finditer(output.decode(errors="backslashreplace")))


def foreign(output: bytes) -> list[str]:
    """Those that are not the screen's own."""
    return [found for found in sequences(output) if not _OURS.fullmatch(found) or _NEVER.match(found)]
