"""Words side by side: padded and cut by the cells they take on the screen, where wide characters take two."""

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size


def padded(text: str, width: int) -> str:
    """The text with spaces up to `width` cells; a longer one as it is."""
    return text + " " * max(0, width - cell_len(text))


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells: a longer one with an ellipsis at its end."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"


def fitted(text: str, width: int) -> str:
    """The text in exactly `width` cells: filled up with spaces, or cut with an ellipsis."""
    return padded(cut(text, width), width)


def widest(texts: Iterable[str], most: int) -> int:
    """Cells of the longest text, and no more than `most`."""
    return min(most, max((cell_len(text) for text in texts), default=0))
