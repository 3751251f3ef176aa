"""The looks of the screen, and which one fits the terminal.

Dusk and day are a calm page with one warm light in it; contrast is for tired eyes and poor displays; terminal takes the
sixteen colours of the terminal itself; plain has none at all, and tells everything by bold, underline and reversal. Any
other Textual theme works as well.
"""

from collections.abc import Mapping

from textual.theme import Theme

from tui.language import N_

AUTO = "auto"

DUSK = Theme(
    name="dusk",
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
    variables={
        "footer-key-foreground": "#e3c567",
        "input-selection-background": "#e3c567 25%",
        "block-cursor-background": "#e3c567",
        "block-cursor-foreground": "#14171b",
        "border": "#e3c567",
        "border-blurred": "#3a424b",
    },
)

DAY = Theme(
    name="day",
    dark=False,
    primary="#7a5700",
    secondary="#255d72",
    accent="#4f6300",
    success="#2f6b1f",
    warning="#8a4f00",
    error="#a82f27",
    foreground="#1e2227",
    background="#fbfaf6",
    surface="#f4f2ea",
    panel="#eae7dc",
    variables={
        "footer-key-foreground": "#7a5700",
        "input-selection-background": "#7a5700 25%",
        "block-cursor-background": "#7a5700",
        "block-cursor-foreground": "#fbfaf6",
        "border": "#7a5700",
        "border-blurred": "#c9c5b6",
    },
)

CONTRAST = Theme(
    name="contrast",
    dark=True,
    primary="#ffd84a",
    secondary="#5fe1ff",
    accent="#d4ff4a",
    success="#5dff7a",
    warning="#ffb340",
    error="#ff9088",
    foreground="#ffffff",
    background="#000000",
    surface="#0c0c0c",
    panel="#1f1f1f",
    variables={
        "footer-key-foreground": "#ffd84a",
        "input-selection-background": "#ffd84a 50%",
        "block-cursor-background": "#ffd84a",
        "block-cursor-foreground": "#000000",
        "border": "#ffd84a",
        "border-blurred": "#bfbfbf",
    },
)

_SAME = {
    "block-cursor-text-style": "bold reverse",
    "block-cursor-blurred-text-style": "bold underline",
    "input-cursor-text-style": "reverse",
    "button-focus-text-style": "bold reverse",
    "ansi-background": "ansi_default",
    "ansi-foreground": "ansi_default",
    "block-cursor-foreground": "ansi_default",
    "block-cursor-background": "ansi_default",
}

TERMINAL = Theme(
    name="terminal",
    ansi=True,
    primary="ansi_magenta",
    secondary="ansi_cyan",
    accent="ansi_green",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **_SAME,
        "border": "ansi_magenta",
        "border-blurred": "ansi_bright_black",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_magenta",
        "scrollbar-active": "ansi_magenta",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "footer-key-foreground": "ansi_magenta",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
    },
)

_COLOURLESS = (
    "border",
    "border-blurred",
    "scrollbar",
    "scrollbar-hover",
    "scrollbar-active",
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
    "footer-key-foreground",
    "input-selection-background",
    "input-selection-foreground",
    "screen-selection-background",
    "screen-selection-foreground",
)

PLAIN = Theme(
    name="plain",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    success="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={**_SAME, **dict.fromkeys(_COLOURLESS, "ansi_default")},
)

OURS = (DUSK, DAY, CONTRAST, TERMINAL, PLAIN)

WORDS = {
    AUTO: N_("what fits the terminal"),
    DUSK.name: N_("dusk, warm light on a dark page"),
    DAY.name: N_("day, dark ink on a light page"),
    CONTRAST.name: N_("high contrast"),
    TERMINAL.name: N_("the colours of the terminal"),
    PLAIN.name: N_("no colours"),
}
"""What each look is; themes of Textual go by their names."""


def fitting(environment: Mapping[str, str], *, light: bool | None = None) -> str:
    """The name of the theme that fits a terminal; `light`: its background, where it said so, else `COLORFGBG` may."""
    if environment.get("NO_COLOR"):
        return PLAIN.name
    if light is None:
        light = environment.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
    return DAY.name if light else DUSK.name
