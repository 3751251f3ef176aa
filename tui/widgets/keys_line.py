"""The keys that work at this moment, each of which can be clicked too."""

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui.language import _

_NAMES = {
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "slash": "/",
}


class KeysLine(Static):
    """Follows the focus: bindings of the focused widget first, then those of its room and of the house."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        """What it shows, for whoever asks."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.show_words())
        self.show_words()

    def show_words(self) -> None:
        """Draw them anew."""
        shown: dict[str, tuple[str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description:
                shown.setdefault(binding.action, (binding.key, _(binding.description)))
        parts = [
            Content.assemble((key_words(key), "bold"), f" {does}").stylize(
                Style.from_meta({"@click": f"app.simulate_key({key!r})"})
            )
            for key, does in shown.values()
        ]
        self.text = "  ".join(f"{key_words(key)} {does}" for key, does in shown.values())
        self.update(Content("  ").join(parts))


def key_words(key: str) -> str:
    """A key as people know it: `Ctrl+Q`, `F1`, `Esc`."""
    *modifiers, last = key.split("+")
    name = _NAMES.get(last, last.capitalize() if len(last) > 1 else last.upper() if modifiers else last)
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])
