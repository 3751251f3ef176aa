"""Words side by side, by the cells they take."""

import pytest
from rich.cells import cell_len

from tui.columns import fitted, padded, widest


@pytest.mark.parametrize(
    "text", ["", "abc", "萤火虫", "a萤", "🎉🎉", "e\u0301e\u0301e\u0301", "long words indeed", "萤火虫飞来飞去"]
)
@pytest.mark.parametrize("width", [1, 4, 5, 8, 30])
def test_every_text_takes_exactly_its_column(text: str, width: int) -> None:
    shown = fitted(text, width)
    assert cell_len(shown) == width
    assert shown.startswith(text) or "…" in shown
    assert cell_len(padded(text, width)) == max(width, cell_len(text))


def test_the_widest_and_no_more_than_fits() -> None:
    assert widest(["a", "萤火虫", "abc"], 40) == 6
    assert widest(["a", "萤火虫"], 4) == 4
    assert widest([], 4) == 0
