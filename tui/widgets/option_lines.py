"""Textual's list of options, which shows the marked one where there are no colours too."""

from textual.style import Style
from textual.widgets import OptionList


class OptionLines(OptionList):
    """Lines of which one is marked."""

    def get_visual_style(self, *component_classes: str, partial: bool = False) -> Style:
        """As Textual's, which leaves out the one style that can be seen without colours: reversed."""
        style = super().get_visual_style(*component_classes, partial=partial)
        reverse = any(self.get_component_styles(name).text_style.reverse for name in component_classes)
        return style + Style(reverse=True) if reverse else style
