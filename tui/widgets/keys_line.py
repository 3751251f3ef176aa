"""The keys that work at this moment, each of which can be clicked too."""

from rich.cells import cell_len
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui.key_names import key_words
from tui.language import _

_SHARE = 0.6
"""Of the line, as in the style sheet."""
_ALWAYS = ("stop", "help", "quit")
"""Bindings that stay: what ends what runs, what leads to the other keys, the way out."""


class KeysLine(Static):
    """Follows the focus: bindings of the focused widget first, then those of its room and of the house."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.text = ""
        """What it shows, for whoever asks."""
        self._offered: list[tuple[str, str, bool]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.show_words())
        self.show_words()

    def show_words(self) -> None:
        """Draw them anew."""
        shown: dict[str, tuple[str, str, bool]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description:
                words = f"{key_words(binding.key)} {_(binding.description)}"
                shown.setdefault(binding.action, (binding.key, words, binding.id in _ALWAYS))
        self._offered = list(shown.values())
        self.fit()

    def fit(self) -> None:
        """Draw what fits in its share of the screen."""
        offered, room = list(self._offered), self.screen.size.width * _SHARE - 2
        less = [found for found in offered if not found[2]]
        while less and sum(cell_len(text) + 2 for _key, text, _stays in offered) > room:
            offered.remove(less.pop())
        self.text = "  ".join(text for _key, text, _stays in offered)
        self.update(Content("  ").join(_button(key, text) for key, text, _stays in offered))


def _button(key: str, text: str) -> Content:
    end = len(text.partition(" ")[0])
    content = Content(text).stylize("bold", 0, end)
    return content.stylize(Style.from_meta({"@click": f"app.simulate_key({key!r})"}))
