"""Tables as the bench prints them: the first column to the left, figures to the right."""

from collections.abc import Iterable, Sequence

from rich.table import Table


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table of finished cells."""
    made = Table(title=title, title_justify="left", box=None, min_width=72)
    for index, column in enumerate(columns):
        made.add_column(column, justify="right" if index else "left", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made
