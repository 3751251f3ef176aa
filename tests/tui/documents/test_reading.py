"""A document beside its summary: every source and figure leads to its place, by key and by mouse, and back."""

import re
from pathlib import Path

import pytest

from assistant import FakeEngine
from tests.tui.documents.support import CONTRACT, SUMMARY, contract, head, opened, room, shown_lines
from tests.tui.support import Screen, drawn, status, wait_until
from tui.rooms.documents.words import Words


def on(pilot: Screen) -> str:
    """The words that the cursor stands on."""
    finding = room(pilot).beside.finding
    assert finding is not None
    return SUMMARY[finding.start : finding.end]


async def click_words(pilot: Screen, words: str) -> None:
    """Click on the first of these words in the summary."""
    widget = room(pilot).summary.query_one(Words)
    for row, line in enumerate(widget._lines):
        if words in line.plain:
            await pilot.click(widget, offset=(line.plain.index(words), row))
            await pilot.pause()
            return
    raise AssertionError(f"{words!r} is not drawn")


async def test_the_text_and_its_summary_stand_side_by_side(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True, size=(140, 36)) as pilot:
        shown = drawn(pilot)
        assert "contract.md  line 1 · Service agreement" in shown
        assert "  3 │ This agreement was signed on 12 March 2024 by" in shown
        assert "31 May 2027 [?]. ‹11›" in shown
        assert "2 % [?] of the monthly fee. ‹15–19›" in shown
        assert "Summary   2 not in the document" in shown
        assert "✗ 2 of 7 figures and names are not in the document: 31" in shown
        assert "tokens (100 %) · in one reading" in shown
        assert "Northwind" in shown
        assert "**" not in shown
        assert "█" in room(pilot).strip.columns
        assert "·" not in room(pilot).strip.columns
        assert room(pilot).beside.has_focus


async def test_keys_go_from_source_to_source_and_the_text_follows(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True, size=(120, 16)) as pilot:
        places = []
        for _ in range(4):
            await pilot.press("down")
            await pilot.pause()
            assert room(pilot).beside.finding.kind == "source"
            places.append(shown_lines(pilot))
        assert places == [(3, 7), (11, 11), (15, 19), (11, 11)]
        assert "▌ The term is 36 months" in drawn(pilot)
        await pilot.press("up")
        assert shown_lines(pilot) == (15, 19)
        await pilot.press("enter")
        assert room(pilot).text.has_focus


async def test_keys_go_from_figure_to_figure_and_to_each_of_its_places(tmp_path: Path) -> None:
    text = CONTRACT + "Signed on 12 March 2024.\n"
    async with opened(contract(tmp_path, text), summarized=True) as pilot:
        await pilot.press("n")
        assert on(pilot) == "12 March 2024"
        assert "place 1 of 2" in head(pilot)
        assert shown_lines(pilot) == (3, 3)
        await pilot.press("n")
        await pilot.pause()
        assert "place 2 of 2" in head(pilot)
        assert "Signed on 12 March 2024." in drawn(pilot)
        await pilot.press("right")
        assert on(pilot) == "Northwind Ltd"
        await pilot.press("p")
        assert on(pilot) == "12 March 2024"


async def test_what_is_not_in_the_document_is_found_from_anywhere_and_around(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True) as pilot:
        room(pilot).text.focus()
        for expected in ("31 May 2027", "2 %", "31 May 2027"):
            await pilot.press("u")
            assert on(pilot) == expected
            assert "this is not in the document" in head(pilot)
            assert shown_lines(pilot) is None


async def test_a_click_on_a_source_a_figure_or_a_line_leads_to_the_other(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True) as pilot:
        await click_words(pilot, "‹15–19›")
        assert shown_lines(pilot) == (15, 19)
        await click_words(pilot, "4,200 euros")
        assert (on(pilot), shown_lines(pilot)) == ("4,200 euros", (7, 7))
        await click_words(pilot, "[?]")
        assert on(pilot) == "31 May 2027"
        row = next(row for row, line in enumerate(drawn(pilot).splitlines()) if "│ The term is 36" in line)
        await pilot.click(offset=(20, row))
        assert on(pilot).startswith("- The term is 36 months")
        await pilot.click(offset=(20, row))
        assert on(pilot).startswith("It may be ended")  # the next one that rests on this line
        row = next(row for row, line in enumerate(drawn(pilot).splitlines()) if "Clause 3." in line)
        await pilot.click(offset=(20, row))
        assert "nothing beside rests on this place" in head(pilot)


async def test_parts_of_several_files_go_by_their_names(tmp_path: Path) -> None:
    both = tmp_path / "both"
    both.mkdir()
    contract(both, "".join(f"Item {number}: nothing else of note was said.\n\n" for number in range(2000)))
    (both / "other.md").write_text("# Other\n\nNothing.\n")
    engine = FakeEngine([SUMMARY], delay=0.001)
    async with opened(both, engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: re.search(r" contract\.md [\d,]+–[\d,]+ ", drawn(pilot)) is not None, 20)
        assert "lines contract.md" not in drawn(pilot)


async def test_the_coverage_is_that_of_each_part_and_a_click_goes_there(tmp_path: Path) -> None:
    engine = FakeEngine([SUMMARY], delay=0.001)
    text = CONTRACT + "".join(f"Item {number}: nothing else of note was said by anybody.\n\n" for number in range(2000))
    async with opened(contract(tmp_path, text), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: "parts on their own" in drawn(pilot), 20)
        await wait_until(pilot, lambda: room(pilot).summary.state == "done", 20)
        assert "parts on their own" not in drawn(pilot)
        await pilot.pause()
        assert "tokens (100 %) · in 27 parts" in drawn(pilot)
        assert "█" in room(pilot).strip.columns
        await pilot.press("s")
        await wait_until(pilot, lambda: "▂" in room(pilot).strip.columns and room(pilot).summary.state == "done")
        assert "▄" not in room(pilot).strip.columns
        assert "reused" in drawn(pilot)
        await pilot.click(room(pilot).strip, offset=(40, 0))
        await pilot.pause()
        assert room(pilot).text.place.lines[0] > 1000


async def test_what_was_not_read_is_dotted(tmp_path: Path) -> None:
    from assistant import Request

    text = CONTRACT + "".join(f"Item {number}: nothing else of note was said by anybody.\n\n" for number in range(2000))
    async with opened(contract(tmp_path, text)) as pilot:
        room(pilot).study.request = Request(strategy="head-tail")
        await pilot.press("s")
        await wait_until(pilot, lambda: room(pilot).summary.state == "done")
        await pilot.pause()
        columns = room(pilot).strip.columns
        assert columns[0] in "█▄"
        assert columns[-1] in "█▄"
        assert "·" in columns
        assert "tokens were not read: lines" in drawn(pilot)
        assert "only the beginning" in drawn(pilot)
        room(pilot).text.go_to((len(text) // 2, len(text) // 2))
        await pilot.pause()
        assert "░ Item" in drawn(pilot)


async def test_words_are_found_in_the_text(tmp_path: Path) -> None:
    async with opened(contract(tmp_path)) as pilot:
        await pilot.press("slash", *"good faith")
        await wait_until(pilot, lambda: "match 1 of 39" in head(pilot))
        await pilot.press("enter")
        assert room(pilot).text.has_focus
        await pilot.press("f", "f", "F")
        assert "match 2 of 39" in head(pilot)
        await pilot.press("slash", *"nowhere")
        await wait_until(pilot, lambda: "not found" in head(pilot))
        await pilot.press("escape")
        assert room(pilot).text.has_focus
        assert room(pilot).line.mode == "ask"


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_narrow_and_wide_and_one_pane_alone(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(contract(tmp_path), summarized=True, size=size) as pilot:
        text, beside = room(pilot).text.region, room(pilot).beside.region
        assert (text.x == beside.x) == (size[0] < 100)
        assert (text.y == beside.y) == (size[0] >= 100)
        assert "1 This" not in drawn(pilot)
        await pilot.press("z")
        await pilot.pause()
        assert not room(pilot).text.display
        assert room(pilot).beside.region.height >= size[1] - 8
        await pilot.press("down", "enter")
        await pilot.pause()
        assert room(pilot).text.display
        assert not room(pilot).beside.display
        assert "▌ This agreement" in drawn(pilot)
        await pilot.press("enter")  # back to what rests on this place
        await pilot.pause()
        assert room(pilot).beside.has_focus
        assert not room(pilot).text.display
        await pilot.press("escape")
        assert room(pilot).beside.display


async def test_a_chinese_document_and_its_summary(tmp_path: Path) -> None:
    text = "服务合同\n\n甲方应当在合同签订后三十日内支付全部款项，共计人民币五万元整。\n\n"
    text += "乙方应当在2024年3月12日之前交货。\n"
    words = "甲方在三十日内付款，共五万元。乙方在2024年4月12日之前交货。"
    async with opened(contract(tmp_path, text), FakeEngine([words]), summarized=True, size=(100, 24)) as pilot:
        assert "12日 [?]之前交货。 ‹3–5›" in drawn(pilot)
        assert "3 │ 甲方应当在合同签订后三十日内支付全部款  " in drawn(pilot)
        assert "  │ 项，共计人民币五万元整。" in drawn(pilot)
        await pilot.press("u")
        assert "this is not in the document" in head(pilot)
        assert status(pilot).state == "ready"
