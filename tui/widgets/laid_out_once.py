"""A widget that grows without having the whole screen laid out twice.

When a layout has given a widget another size, Textual's `virtual_size` asks for one layout more, for the widget and
for all around it that grew with it. Nothing here depends on that size; where text streams, it was a fifth of all work.
"""

from typing import TYPE_CHECKING

from textual.geometry import Size

# A mixed-in widget would be the one whose styles are inherited: Textual takes them from the first base that is one.
if TYPE_CHECKING:
    from textual.widget import Widget
else:
    Widget = object


class LaidOutOnce(Widget):
    """To be named before the widget it is mixed with."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:  # noqa: ARG002  what Textual asks for
        return super()._size_updated(size, virtual_size, container_size, layout=False)
