"""Names and what belongs to them on the terminal: two columns, wrapped at words on a terminal, never in a pipe."""

from collections.abc import Iterable

_LEAST = 20


def print_rows(rows: Iterable[tuple[str, str]], *, err: bool = False) -> None:
    """One row a name; `err`: on stderr. An address or a path stays whole, so that it can be copied or followed."""
    from rich.cells import cell_len, set_cell_size
    from rich.console import Console
    from rich.text import Text

    from assistant.sanitize import one_line, printable

    console = Console(highlight=False, stderr=err)
    shown = [(one_line(name), " ".join(printable(value).splitlines())) for name, value in rows]
    first = max((cell_len(name) for name, _ in shown), default=0) + 2
    for name, value in shown:
        begin, text = Text(set_cell_size(name, first), style="bold"), Text(value)
        width = max(_LEAST, console.width - first) if console.is_terminal else cell_len(value) or 1
        for line in text.wrap(console, width, overflow="ignore"):
            line.rstrip()
            console.print(begin + line, soft_wrap=True)
            begin = Text(" " * first)
