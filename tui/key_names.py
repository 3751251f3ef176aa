"""Keys as people know them."""

from textual.keys import REPLACED_KEYS, key_to_character

_NAMES = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_words(key: str) -> str:
    """A key as people know it: `Ctrl+Q`, `F1`, `Esc`."""
    *modifiers, last = key.split("+")
    sign = (key_to_character(REPLACED_KEYS.get(last, last)) or "").strip()  # `>` for `greater_than_sign`
    sign = sign if sign.isprintable() else ""
    name = _NAMES.get(last) or (sign.upper() if modifiers else sign) or last.capitalize()
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])
