"""Widgets of one kind, one under the other; of thousands only those near the view are made.

What is known of each (`Shown`) stays; its widget comes and goes. Gaps as high as what is not there stand in its place,
so the scrollbar tells the truth, and any place can be scrolled to. One that grows is always there. What is read stays
where it is, whatever happens above it; the end stays in view while the reader is there.
"""

from asyncio import Lock
from collections.abc import Sequence

from textual import events
from textual.containers import Vertical, VerticalScroll
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.widget import Widget

from tui.widgets.laid_out_once import LaidOutOnce
from tui.widgets.nearby import MOST_PAGES, Range, nearby
from tui.widgets.shown import Entry, Gap, Shown
from tui.widgets.tall import Tall

_LEAST_PAGE = 20
"""Rows; also while nothing is drawn yet."""
_WIDTH = 80


class Box(Tall, LaidOutOnce, Vertical):
    """What scrolls. As high as what is in it, and no lower than the view: the first ones begin at the top."""

    DEFAULT_CSS = """
    Box {
        height: auto;
        min-height: 100%;
    }
    """


class Windowed(Tall, LaidOutOnce, VerticalScroll, can_focus=False, inherit_bindings=False):
    """The window over them."""

    def __init__(self) -> None:
        self._above, self._below = Gap(), Gap()
        self._box = Box(self._above, self._below)
        super().__init__(self._box)
        self._entries: list[Entry] = []
        self._there: list[Entry] = []
        """Those with a widget: the ones near the view, then the tail."""
        self._near = Range(0, 0)
        self._tail = 0
        """The first entry that is always there, with all that follow it."""
        self._changing = Lock()
        self._looking = False
        self._following = True
        self._width = _WIDTH
        self._arranged: DockArrangeResult | None = None
        self._tops: dict[Widget, int] = {}
        self._in_view: list[tuple[Widget, int]] = []
        """What the reader sees, with the row of the view in which it begins (less than 0: above the view)."""

    # Which turns there are

    @property
    def keys(self) -> list[str]:
        """The names of all turns that have one."""
        return [entry.key for entry in self._entries if entry.key]

    def named(self, key: str) -> Widget | None:
        """The widget of a turn, if it is there now."""
        return next((entry.widget for entry in self._there if entry.key == key), None)

    async def show(self, turns: Sequence[Shown]) -> None:
        """Have these turns and no others; those that are there already stay as they are.

        What has no key stays behind the turn that it follows. A turn of a known key that is otherwise now is made anew.
        What grows stays as it is, at the end if the turn before it goes.
        """
        async with self._changing:
            old = {entry.key: place for place, entry in enumerate(self._entries) if entry.key}
            entries = self._keyless_from(0)
            for shown in turns:
                place = old.get(shown.key)
                if place is None:
                    entries.append(Entry(shown, None, shown.rows(self._width)))
                    continue
                entry = self._entries[place]
                same = entry.live or entry.shown == shown
                entries.append(entry if same else Entry(shown, None, entry.rows))
                entries += self._keyless_from(place + 1)
            await self._have([*entries, *self._live_beside(entries)])

    async def cut(self, key: str) -> None:
        """Take out this turn and all that follow it, but for what grows."""
        async with self._changing:
            place = self._place_of(key)
            if place is not None:
                entries = self._entries[:place]
                await self._have([*entries, *self._live_beside(entries)])

    async def put(self, shown: Shown, *, before: Widget | None = None) -> None:
        """One more turn, at the end or before another one."""
        await self._insert(Entry(shown, None, shown.rows(self._width)), before=before)

    async def add(self, *turns: Widget, after: Widget | str | None = None, before: Widget | None = None) -> None:
        """Append widgets that grow, or put them after one (or the turn of this key) or before one.

        They are always there, until `settle`.
        """
        for turn in turns:
            await self._insert(Entry(None, turn, 1, live=True), after=after, before=before)
            after = turn if after is not None else None

    async def hold(self, key: str) -> Widget | None:
        """The widget of a turn that grows again, until `settle`; None where there is no such turn."""
        async with self._changing:
            place = self._place_of(key)
            if place is None:
                return None
            self._entries[place].live = True
            await self._have(self._entries)
            return self._entries[place].widget

    async def settle(self, widget: Widget, shown: Shown) -> None:
        """A turn that grew is what `shown` says now, and may go when it is far away."""
        for entry in self._there:
            if entry.widget is widget:
                entry.shown, entry.live = shown, False
        await self._look()

    async def drop(self, *widgets: Widget) -> None:
        """Take turns out."""
        async with self._changing:
            await self._have([entry for entry in self._entries if entry.widget not in widgets])

    async def empty(self) -> None:
        """Remove all turns, and stay at the end of those that come."""
        async with self._changing:
            await self._have([])
        self._following = True

    # Where the reader is

    @property
    def at_end(self) -> bool:
        """The last line is in view."""
        return self.scroll_y >= self.max_scroll_y

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self._box.refresh(layout=True)  # whose ancestors are arranged anew

    async def to_top(self) -> None:
        """Go to the beginning."""
        await self._go(0)
        self.scroll_home(animate=False)

    async def go(self, key: str, offset: int = 1) -> Widget | None:
        """Bring the beginning of a turn to a row of the view; its widget, or None where there is no such turn."""
        place = self._place_of(key)
        if place is None:
            return None
        await self._go(place, offset)
        return self._entries[place].widget

    def offset_of(self, widget: Widget) -> int:
        """The row of the view where this turn begins; less than 0 above the view. 1 where it is not drawn."""
        return self._tops[widget] - round(self.scroll_y) if widget in self._tops else 1

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        # Only what the reader does comes here; `arrange` keeps the place without a word.
        super().watch_scroll_y(old_value, new_value)
        self._following = self.at_end
        self._remember()
        self._ask_to_look()

    def on_resize(self, event: events.Resize) -> None:
        width = event.size.width
        if width and width != self._width:
            self._width = width
            for entry in self._entries:
                if entry.widget is None and entry.shown is not None:
                    entry.rows = entry.shown.rows(width)
            self._fill_gaps()
        self._ask_to_look()

    # What is drawn

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """As Textual does; and before anything is drawn, put the view where the reader was."""
        arranged = super().arrange(size, optimal)
        if arranged is not self._arranged and not optimal:
            self._arranged = arranged
            self._measure(next(place.region.size for place in arranged.placements if place.widget is self._box))
            most = max(0, arranged.total_region.bottom - size.height)
            row = most if self._following else min(max(self._row_to_keep(), 0), most)
            if row != self.scroll_y:
                self.set_reactive(Widget.scroll_y, row)
                self.set_reactive(Widget.scroll_target_y, row)
                self.vertical_scrollbar.position = row
            self._remember()
            self._ask_to_look()
        return arranged

    def _measure(self, size: Size) -> None:
        rows, end = {}, 0
        self._tops = {}
        for placement in self._box.arrange(size).placements:
            if not placement.fixed:
                self._tops[placement.widget] = placement.region.y
                rows[placement.widget] = placement.region.bottom - end
                end = placement.region.bottom
        for entry in self._there:
            if entry.widget is not None:
                entry.rows = rows.get(entry.widget, entry.rows)

    def _row_to_keep(self) -> int:
        for widget, offset in self._in_view:
            if widget in self._tops:
                return self._tops[widget] - offset
        return round(self.scroll_y)

    def _remember(self) -> None:
        top = round(self.scroll_y)
        self._in_view = [
            (entry.widget, start - top)
            for entry in self._there
            if entry.widget is not None
            and (start := self._tops.get(entry.widget)) is not None
            and start < top + self.size.height
            and start + entry.rows > top
        ]

    # Which widgets there are

    @property
    def _page(self) -> int:
        return max(self.size.height, _LEAST_PAGE)

    def _top(self, entries: Sequence[Entry]) -> int:
        """The first row in view, where these are the entries."""
        if self._following:
            return max(0, sum(entry.rows for entry in entries) - self._page)
        offsets = dict(self._in_view)
        row = 0
        for entry in entries:
            if entry.widget is not None and entry.widget in offsets:
                return row - offsets[entry.widget]
            row += entry.rows
        return round(self.scroll_y)

    def _is_enough(self) -> bool:
        """What is there goes a page beyond the view, and not too far."""
        top, page = round(self.scroll_y), self._page
        before, after = top - self._above.rows, self._tops.get(self._below, 0) - top - page
        return (
            (self._near.low == 0 or page <= before)
            and (self._near.high == self._tail or page <= after)
            and (max(before, after) <= MOST_PAGES * page)
        )

    def _ask_to_look(self) -> None:
        if not self._looking and self.is_attached and not self._is_enough():
            self._looking = True
            self.call_later(self._look)

    async def _look(self) -> None:
        """Make what comes near the view, and let go of what is far from it."""
        self._looking = False
        async with self._changing:
            await self._have(self._entries)

    async def _go(self, place: int, offset: int = 1) -> None:
        async with self._changing:
            self._following = False
            rows = sum(entry.rows for entry in self._entries[:place])
            await self._have(self._entries, top=rows)
            widget = self._entries[place].widget
            self._in_view = [(widget, offset)] if widget is not None else []
            self._box.refresh(layout=True)

    async def _insert(self, entry: Entry, *, after: Widget | str | None = None, before: Widget | None = None) -> None:
        async with self._changing:
            place = len(self._entries)
            for index, other in enumerate(self._entries):
                if after is not None and after in (other.widget, other.key):
                    place = index + 1
                elif before is not None and other.widget is before:
                    place = index
            await self._have([*self._entries[:place], entry, *self._entries[place:]])

    def _keyless_from(self, place: int) -> list[Entry]:
        """What stands there without a key, up to the next turn that has one."""
        end = place
        while end < len(self._entries) and not self._entries[end].key:
            end += 1
        return self._entries[place:end]

    def _live_beside(self, entries: Sequence[Entry]) -> list[Entry]:
        known = set(entries)
        return [entry for entry in self._entries if entry.live and entry not in known]

    def _place_of(self, key: str) -> int | None:
        return next((place for place, entry in enumerate(self._entries) if entry.key == key), None)

    async def _have(self, entries: list[Entry], *, top: int | None = None) -> None:
        """Let these be the entries, and those of them be there that are near the view. Only while `_changing`."""
        if any(entry.removed for entry in self._there):
            entries = [entry for entry in entries if not entry.removed]
        tail = next((place for place, entry in enumerate(entries) if entry.live), len(entries))
        top = self._top(entries) if top is None else top
        near = nearby([entry.rows for entry in entries[:tail]], self._run_in_view(entries[:tail]), top, self._page)
        if entries is self._entries and (near, tail) == (self._near, self._tail):
            return
        there = [*entries[near.low : near.high], *entries[tail:]]
        staying = set(there)
        gone = [entry for entry in self._there if entry not in staying]
        self._entries, self._there, self._near, self._tail = entries, there, near, tail
        with self.app.batch_update():  # nothing is laid out meanwhile
            removed = [entry.widget for entry in gone if entry.widget is not None]
            for entry in gone:
                entry.widget, entry.mounted = None, False
            last = await self._mount_behind(self._above, entries[near.low : near.high])
            if not last.is_attached:
                return  # the screen is being taken down: nothing is mounted any more
            if self._box.children.index(self._below) != self._box.children.index(last) + 1:
                self._box.move_child(self._below, after=last)
            await self._mount_behind(self._below, entries[tail:])
            self._fill_gaps()
            self._keep_focus(removed)
            await self._box.remove_children(removed)

    def _run_in_view(self, entries: Sequence[Entry]) -> Range:
        """Those that are there without a gap between them, in view if any is."""
        seen = {widget for widget, _ in self._in_view}
        places = [place for place, entry in enumerate(entries) if entry.widget is not None]
        if not places:
            return Range(0, 0)
        low = high = next((place for place in places if entries[place].widget in seen), places[-1])
        while low > 0 and entries[low - 1].widget is not None:
            low -= 1
        while high < len(entries) and entries[high].widget is not None:
            high += 1
        return Range(low, high)

    def _keep_focus(self, removed: Sequence[Widget]) -> None:
        """Where the turn that has the focus goes, one in view gets it: the keys for turns go on working."""
        focused = self.screen.focused
        if focused is not None and not set(removed).isdisjoint(focused.ancestors_with_self):
            staying = [entry.widget for entry in self._there if entry.can_focus and entry.widget is not None]
            seen = [widget for widget, _ in self._in_view if widget in staying]
            if staying:
                self.screen.set_focus((seen or staying)[0], scroll_visible=False)

    async def _mount_behind(self, last: Widget, entries: Sequence[Entry]) -> Widget:
        """See that these are there, in order, right behind `last`; the last of them."""
        run: list[Widget] = []
        for entry in entries:
            if entry.widget is None and entry.shown is not None:
                entry.widget = entry.shown.widget()
            if entry.widget is None:
                continue
            if entry.mounted:
                if run:
                    await self._box.mount(*run, after=last)
                run, last = [], entry.widget
            else:
                entry.mounted = True
                run.append(entry.widget)
        if run:
            await self._box.mount(*run, after=last)
            last = run[-1]
        return last

    def _fill_gaps(self) -> None:
        self._above.set_rows(sum(entry.rows for entry in self._entries[: self._near.low]))
        self._below.set_rows(sum(entry.rows for entry in self._entries[self._near.high : self._tail]))
