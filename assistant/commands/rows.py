"""Names and what belongs to them on the terminal: two columns, wrapped at words on a terminal, never in a pipe."""

import re
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from assistant.console import Output
from assistant.sanitize import one_line, printable

_LEAST = 20


def print_rows(rows: Iterable[tuple[str, str]], *, err: bool = False) -> None:
    """One row a name; `err`: on stderr. An address or a path stays whole, so that it can be copied or followed."""
    console = Console(highlight=False, stderr=True) if err else Output(highlight=False)
    shown = [(one_line(name), " ".join(printable(value).splitlines())) for name, value in rows]
    first = max((cell_len(name) for name, _ in shown), default=0) + 2
    for name, value in shown:
        begin = Text(set_cell_size(name, first), style="bold")
        width = max(_LEAST, console.width - first)
        for line in _wrapped(value, width) if console.is_terminal else [value]:
            console.print(begin + Text(line), soft_wrap=True)
            begin = Text(" " * first)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of words; a word that is wider than a line is one."""
    lines = [""]
    for word in re.findall(r"\s*\S+", text):
        if lines[-1] and cell_len(lines[-1] + word) > width:
            lines.append(word.lstrip())
        else:
            lines[-1] += word
    return lines
