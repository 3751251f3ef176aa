"""Two looks, dusk and day: a calm page with one warm light in it. Any other Textual theme works as well."""

import os

from textual.theme import Theme

DUSK = Theme(
    name="luciole-dusk",
    dark=True,
    primary="#e3c567",
    secondary="#7fb2c4",
    accent="#c3d86b",
    success="#9ccb83",
    warning="#e9b35a",
    error="#e98078",
    foreground="#d9dee3",
    background="#14171b",
    surface="#1b2025",
    panel="#262c33",
    variables={"footer-key-foreground": "#e3c567", "input-selection-background": "#e3c567 25%"},
)

DAY = Theme(
    name="luciole-day",
    dark=False,
    primary="#8a6400",
    secondary="#2c6a80",
    accent="#5d7300",
    success="#3b7a2a",
    warning="#9a5b00",
    error="#b3372e",
    foreground="#2a2e33",
    background="#fbfaf6",
    surface="#f2f0e8",
    panel="#e6e3d8",
    variables={"footer-key-foreground": "#8a6400", "input-selection-background": "#8a6400 25%"},
)


def preferred() -> str:
    """The look that fits the terminal, where it says (`COLORFGBG`, its last number is the background); else dusk."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return DAY.name if background in {"7", "15"} else DUSK.name
