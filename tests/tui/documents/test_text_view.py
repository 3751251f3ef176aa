"""The text of a document: numbers, wrapping and marks as they are drawn; large texts at once; nothing obeyed."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from assistant import Document
from assistant.documents.document import File, Heading, Page
from tui.rooms.documents.spans import Spans
from tui.rooms.documents.text_view import Marks, TextView

TEXT = "The first line.\n\nThe third line is longer than the others.\nThe last one.\n"


class Reader(App[None]):
    CSS_PATH = Path(__file__).parents[3] / "tui" / "rooms" / "documents" / "room.tcss"

    def __init__(self) -> None:
        super().__init__()
        self.pointed: list[int] = []

    def compose(self) -> ComposeResult:
        yield TextView()

    def on_text_view_pointed(self, message: TextView.Pointed) -> None:
        self.pointed.append(message.offset)


@asynccontextmanager
async def page(
    text: str | Document, size: tuple[int, int] = (37, 8)
) -> AsyncIterator[tuple[Pilot[None], TextView, Reader]]:
    app = Reader()
    async with app.run_test(size=size) as pilot:
        view = app.query_one(TextView)
        view.show(text if isinstance(text, Document) else Document("a.txt", text, "utf-8"))
        await pilot.pause()
        yield pilot, view, app


def lines(pilot: Pilot[None]) -> list[str]:
    return [strip.text[1:].rstrip() for strip in pilot.app.screen._compositor.render_strips()]


async def all_rows(pilot: Pilot[None], view: TextView) -> None:
    end = monotonic() + 10
    while not view.is_laid_out:
        assert monotonic() < end
        await pilot.pause(0.01)


async def test_lines_are_numbered_and_wrapped() -> None:
    async with page(TEXT) as (pilot, view, _):
        assert lines(pilot)[:6] == [
            "  1   The first line.",
            "  2",
            "  3   The third line is longer than",
            "      the others.",
            "  4   The last one.",
            "",
        ]
        await pilot.resize_terminal(61, 8)
        await pilot.pause()
        assert lines(pilot)[2] == "  3   The third line is longer than the others."
        assert view.virtual_size.height == 4


async def test_what_is_marked_is_told_by_signs_too() -> None:
    async with page(TEXT) as (pilot, view, _):
        at = TEXT.index("longer")
        start = TEXT.index("The third")
        view.mark(
            Marks(
                used=Spans([(0, 5)]),
                unread=Spans([(TEXT.index("The last"), len(TEXT))]),
                shown=(start, start + 40),
                figures=((at, at + 6),),
            )
        )
        await pilot.pause()
        assert [line[4] for line in lines(pilot)[:5] if line[4:]] == ["│", "▌", "▌", "░"]
        strip = pilot.app.screen._compositor.render_strips()[2]
        reversed_ = "".join(segment.text for segment in strip if segment.style and segment.style.reverse)
        assert reversed_ == "longer"


async def test_a_megabyte_is_there_at_once_and_scrolls_to_its_end() -> None:
    text = "".join(f"{number} {'word ' * (number % 30)}\n" for number in range(15_000))
    assert len(text) > 1_000_000
    async with page(text, (60, 20)) as (pilot, view, _):
        assert lines(pilot)[3] == "    4   3 word word word"
        await all_rows(pilot, view)
        await pilot.press("G")
        await pilot.pause()
        assert lines(pilot)[-1].startswith(("15000   14999 ", "        word"))
        assert view.place.lines[0] > 14_980
        at = text.index("\n7000 ") + 1
        view.go_to((at, at + 4))
        await pilot.pause()
        assert any(line.startswith(" 7001   7000 ") for line in lines(pilot))


async def test_where_one_goes_before_the_rows_are_known() -> None:
    text = "".join(f"line {number}\n" for number in range(60_000))
    async with page(text, (60, 20)) as (pilot, view, _):
        view.show(Document("b.txt", text, "utf-8"))
        assert not view.is_laid_out
        at = text.index("line 59000\n")
        view.go_to((at, at + 4))
        await all_rows(pilot, view)
        await pilot.pause()
        assert any("line 59000" in line for line in lines(pilot))


async def test_a_resize_keeps_the_place() -> None:
    text = "".join(f"line {number} with some more words in it than fit one row of this page\n" for number in range(500))
    async with page(text, (40, 10)) as (pilot, view, _):
        at = text.index("line 300 ")
        view.go_to((at, at))
        await pilot.pause()
        top = view.top
        await pilot.resize_terminal(90, 12)
        await pilot.pause()
        assert view.top == text.rindex("\n", 0, top + 1) + 1


async def test_wide_characters_and_emoji_keep_their_cells() -> None:
    async with page("甲方应当在合同签订后三十日内支付全部款项，乙方交货。🎉👩\u200d🚀é\n", (39, 8)) as (pilot, *_):
        rows = lines(pilot)
        assert rows[0] == "  1   甲方应当在合同签订后三十日内支"
        assert rows[1] == "      付全部款项，乙方交货。🎉👩\u200d🚀é"
        for strip in pilot.app.screen._compositor.render_strips():
            assert strip.cell_length == 39


async def test_a_hostile_text_is_drawn_and_not_obeyed() -> None:
    hostile = "[red]x[/] \x1b]0;t\x07\x1b[2J \x9b31m \u202egnp.exe\r\x08\x7f [@click=app.bell]y[/]\n" * 3
    async with page(Document("a.txt", hostile, "utf-8", headings=(Heading(0, 1, hostile),)), (111, 6)) as (pilot, *_):
        shown = "\n".join(lines(pilot))
        assert shown.count("[red]x[/]") == 3
        assert shown.count("<U+202E>gnp.exe") == 3
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)


async def test_numbers_are_those_of_each_file_and_the_place_names_the_page() -> None:
    text = "a.txt\n\nOne.\nTwo.\n\nb.txt\n\nThree.\n"
    second = text.index("b.txt")
    document = Document(
        "folder", text, "utf-8", files=(File(0, "a.txt", -1), File(second, "b.txt", -1)), pages=(Page(second, "7"),)
    )
    async with page(document) as (pilot, view, _):
        assert lines(pilot) == ["      a.txt", "", "  1   One.", "  2   Two.", "  3", "      b.txt", "", "  1   Three."]
        await pilot.resize_terminal(37, 3)
        view.go_to((second, second + 5))
        await pilot.pause()
        assert view.place.file == "a.txt"
        await pilot.press("end")
        await pilot.pause()
        assert (view.place.file, view.place.page) == ("b.txt", "7")


async def test_a_click_and_enter_point_at_characters() -> None:
    async with page(TEXT) as (pilot, view, app):
        await pilot.click(TextView, offset=(7 + 4, 0))
        assert app.pointed == [4]
        await pilot.click(TextView, offset=(7, 3))
        assert app.pointed[-1] == TEXT.index("the others")
        view.focus()
        view.mark(Marks(shown=(TEXT.index("The last"), len(TEXT))))
        await pilot.press("enter")
        assert app.pointed[-1] == TEXT.index("The last")


async def test_what_is_selected_is_the_text_without_its_rows() -> None:
    async with page(TEXT) as (pilot, view, _):
        selected = view.get_selection(Selection(Offset(4, 2), Offset(3, 3)))
        assert selected == ("third line is longer than the", "\n")
        view.screen.selections = {view: Selection(Offset(0, 0), Offset(9, 0))}
        await pilot.pause()
        assert lines(pilot)[0] == "  1   The first line."
