"""Names and what belongs to them on standard output: two columns, folded at the terminal's width, never in a pipe."""

from collections.abc import Iterable


def print_rows(rows: Iterable[tuple[str, str]], *, err: bool = False) -> None:
    """One line a row; `err`: on stderr."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from assistant.sanitize import one_line

    console = Console(highlight=False, stderr=err)
    if not console.is_terminal:
        console.width = 240  # lines of a pipe are for `grep`: no wrapping at 80
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(one_line(name)), Text(one_line(value)))
    console.print(table)
