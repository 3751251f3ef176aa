"""Names and what belongs to them, in two columns; what is long goes on below itself."""

from collections.abc import Sequence

from textual.content import Content

_LEAST = 16


def two_columns(rows: Sequence[tuple[str, Content]], width: int) -> list[Content]:
    """Lines no wider than `width`, the names as wide as the widest of them."""
    first = max((Content(name).cell_length for name, _value in rows), default=0) + 2
    lines = []
    for name, value in rows:
        begin = Content.styled(name + " " * (first - Content(name).cell_length), "$foreground 60%")
        for line in value.wrap(max(_LEAST, width - first)):
            lines.append(begin + line)
            begin = Content(" " * first)
    return lines
