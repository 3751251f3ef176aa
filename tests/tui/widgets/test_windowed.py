"""A window over thousands of widgets: few are made, and the reader stays where he is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from tui.widgets.transcript import Transcript


class Line(Static, can_focus=True):
    DEFAULT_CSS = "Line { height: auto; margin: 1 0 0 0; }"


@dataclass(frozen=True, slots=True)
class Some:
    """A turn of a number of lines, which guesses its height wrong."""

    key: str
    lines: int = 3
    guess: int = 6
    can_focus: bool = True

    def rows(self, width: int) -> int:
        return self.guess

    def widget(self) -> Line:
        return Line("\n".join(f"{self.key}.{line}" for line in range(self.lines)), markup=False)


class Stage(App[None]):
    def compose(self) -> ComposeResult:
        yield Transcript()


@asynccontextmanager
async def stage(turns: list[Some]) -> AsyncIterator[tuple[Pilot[None], Transcript]]:
    async with Stage().run_test(size=(40, 20)) as pilot:
        view = pilot.app.screen.query_one(Transcript)
        await view.show(turns)
        await pilot.pause()
        yield pilot, view


async def until(pilot: Pilot[None], text: str, *, gone: bool = False) -> None:
    end = monotonic() + 10
    while (text in seen(pilot)) == gone:
        assert monotonic() < end, f"{text!r} in:\n{seen(pilot)}"
        await pilot.pause(0.01)


def seen(pilot: Pilot[None]) -> str:
    return "\n".join(strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips())


def made(view: Transcript) -> int:
    return len(view.query(Line))


THOUSANDS = [Some(f"turn{number}") for number in range(5000)]


async def test_of_thousands_some_dozens_are_made_and_the_end_is_in_view() -> None:
    async with stage(THOUSANDS) as (pilot, view):
        await until(pilot, "turn4999.2")
        assert view.at_end
        assert made(view) < 60
        assert view.max_scroll_y > 10_000, "the scrollbar tells how much there is"


async def test_the_beginning_the_end_and_any_turn_can_be_reached() -> None:
    async with stage(THOUSANDS) as (pilot, view):
        await view.to_top()
        await until(pilot, "turn0.0")
        assert view.scroll_y == 0
        assert made(view) < 60
        assert await view.go("turn2500") is not None
        await until(pilot, "turn2500.0")
        await pilot.pause()
        assert seen(pilot).splitlines()[1].startswith("turn2500.0")
        view.follow()
        await until(pilot, "turn4999.2")
        assert await view.go("nobody") is None


async def test_paging_up_shows_every_turn_in_order() -> None:
    async with stage(THOUSANDS[:100]) as (pilot, view):
        found: set[str] = set()
        for _ in range(60):
            found |= {line.split(".")[0].strip() for line in seen(pilot).splitlines() if "turn" in line}
            if view.scroll_y == 0:
                break
            view.page(-1)
            await pilot.pause()
            await pilot.pause()
        assert found == {f"turn{number}" for number in range(100)}


async def test_a_place_between_can_be_scrolled_to_as_with_the_bar() -> None:
    async with stage(THOUSANDS) as (pilot, view):
        view.scroll_to(y=view.max_scroll_y // 2, animate=False)
        await until(pilot, "turn2")
        lines = [line for line in seen(pilot).splitlines() if "turn" in line]
        assert 2300 < int(lines[0].strip().removeprefix("turn").split(".")[0]) < 2700


async def test_what_is_read_stays_where_it_is_while_others_come_and_go() -> None:
    async with stage(THOUSANDS) as (pilot, view):
        await view.go("turn100")
        await until(pilot, "turn100.0")
        for _ in range(5):
            await pilot.pause()
        before = seen(pilot)
        await view.put(Some("late"))
        await view.show([*THOUSANDS[50:], Some("later", lines=9)])
        for _ in range(5):
            await pilot.pause()
        text = [line.split()[0] for line in before.splitlines() if "turn" in line]
        assert [line.split()[0] for line in seen(pilot).splitlines() if "turn" in line] == text


async def test_whoever_is_at_the_end_stays_there_and_others_do_not() -> None:
    async with stage(THOUSANDS[:50]) as (pilot, view):
        await view.put(Some("new"))
        await until(pilot, "new.2")
        view.page(-1)
        await pilot.pause()
        await view.put(Some("newest"))
        await pilot.pause()
        assert "newest" not in seen(pilot)
        view.follow()
        await until(pilot, "newest.2")


async def test_what_grows_is_always_there_until_it_is_settled() -> None:
    async with stage(THOUSANDS[:200]) as (pilot, view):
        growing = Line("growing")
        await view.add(growing)
        await until(pilot, "growing")
        await view.to_top()
        await until(pilot, "turn0.0")
        assert growing in view.query(Line)
        growing.update("\n".join(["grown"] * 30))
        await pilot.pause()
        assert view.scroll_y == 0
        await view.settle(growing, Some("grown", lines=30))
        await until(pilot, "turn0.0")
        end = monotonic() + 10
        while growing in view.query(Line):
            assert monotonic() < end
            await pilot.pause(0.01)
        assert view.keys[-1] == "grown"
        view.follow()
        await until(pilot, "grown.29")


async def test_turns_that_stay_are_the_same_widgets() -> None:
    async with stage([Some("a"), Some("b"), Some("c")]) as (pilot, view):
        a, b = view.named("a"), view.named("b")
        await view.put(Some(""))
        await view.show([Some("a"), Some("b", lines=5), Some("d")])
        assert view.keys == ["a", "b", "d"]
        assert view.named("a") is a
        assert view.named("b") is not b
        await until(pilot, "b.4")
        assert "c.0" not in seen(pilot)


async def test_the_focus_goes_from_turn_to_turn_and_the_view_with_it() -> None:
    async with stage([*THOUSANDS[:300], Some("note", can_focus=False), Some("last", lines=30)]) as (pilot, view):
        await until(pilot, "last.29")
        assert await view.step(-1)
        await pilot.pause()
        assert view.current is view.named("last")
        assert not await view.step(1)
        for number in range(299, 279, -1):
            assert await view.step(-1)
            assert view.current is view.named(f"turn{number}")
            await pilot.pause()
            assert f"turn{number}.0" in seen(pilot)
        assert await view.first()
        await until(pilot, "turn0.0")
        assert view.current is view.named("turn0")
        assert not await view.step(-1)
        assert await view.last()
        await until(pilot, "last.0")


async def test_a_focused_turn_that_is_scrolled_away_hands_the_focus_on() -> None:
    async with stage(THOUSANDS[:300]) as (pilot, view):
        await view.last()
        await pilot.pause()
        await view.to_top()
        await until(pilot, "turn0.0")
        await pilot.pause()
        assert view.current is not None
        assert view.current.is_attached


@pytest.mark.parametrize("width", [20, 90])
async def test_another_width_keeps_the_turn_in_view(width: int) -> None:
    async with stage(THOUSANDS) as (pilot, view):
        await view.go("turn300")
        await until(pilot, "turn300.0")
        await pilot.resize_terminal(width, 15)
        await pilot.pause()
        await pilot.pause()
        assert "turn300.0" in seen(pilot)
