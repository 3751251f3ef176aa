"""A widget that is a hundred thousand rows high and has a few children.

Textual finds the children in view by a grid of squares of twenty rows, and enters a child in each square that it
covers: at every layout that was 5,000 entries for a gap of that height, 20 ms. Here one square holds them all.
"""

from typing import TYPE_CHECKING

from textual._spatial_map import SpatialMap
from textual.geometry import Size
from textual.layout import DockArrangeResult

# A mixed-in widget would be the one whose styles are inherited: Textual takes them from the first base that is one.
if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object

_SQUARE = 10_000_000


class Tall(Widget):
    """To be named before the widget it is mixed with."""

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        arranged = super().arrange(size, optimal)
        if arranged._spatial_map is None:
            found = arranged._spatial_map = SpatialMap(_SQUARE, _SQUARE)
            found.insert(
                (place.region.grow(place.margin), place.offset, place.fixed, place.overlay, place)
                for place in arranged.placements
            )
        return arranged
