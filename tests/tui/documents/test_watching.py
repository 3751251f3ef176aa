"""A file that is kept up with: its changes are told and read, the engine is free meanwhile, and what changed shown."""

from pathlib import Path

from assistant import FakeEngine, Reading
from tests.tui.documents.support import CONTRACT, SUMMARY, contract, opened, room, shown_lines, summary_there
from tests.tui.support import HeldEngine, Screen, drawn, send, status, texts, wait_until
from tui.rooms.documents.changes import ChangesScreen

EDITED = CONTRACT.replace("1.5 %", "2 %") + "A last clause.\n"


def news(pilot: Screen) -> str:
    return str(room(pilot).news.render()) if room(pilot).news.display else ""


async def resummarized(pilot: Screen, text: str) -> None:
    await wait_until(pilot, lambda: room(pilot).text.document.text == text, 20)
    await wait_until(pilot, lambda: room(pilot).study.result.document.text == text, 20)
    await summary_there(pilot)


async def test_a_change_is_told_read_and_shown(tmp_path: Path) -> None:
    path = contract(tmp_path)
    engine = FakeEngine([SUMMARY, SUMMARY.replace("36 months", "three years")])
    async with opened(path, engine, summarized=True) as pilot:
        room(pilot).clock = lambda: 12.0
        await pilot.press("w")
        assert news(pilot) == "◉ watching"
        path.write_text(EDITED)
        await resummarized(pilot, EDITED)
        assert news(pilot) == "◉ watching · changed just now · 1 paragraph changed, 1 paragraph added"
        room(pilot).clock = lambda: 24.0
        await wait_until(pilot, lambda: "changed 12 s ago" in news(pilot))
        assert "The penalty is 2 % of the monthly fee. ‹15" in drawn(pilot)
        assert "Summary   1 not in the document" in drawn(pilot)
        await pilot.press("d")
        changes = pilot.app.screen
        assert isinstance(changes, ChangesScreen)
        await wait_until(pilot, lambda: "A last clause." in drawn(pilot))
        shown = drawn(pilot)
        assert "line 15" in shown
        assert "- For each day of delay the penalty is 1.5 %" in shown
        assert "+ For each day of delay the penalty is 2 %" in shown
        assert "+ - The term is three years" in shown
        await pilot.press("enter")
        await pilot.pause()
        assert shown_lines(pilot) == (15, 15)
        await pilot.press("w")
        assert news(pilot) == ""
        assert not room(pilot).keeps_up


async def test_while_a_change_is_waited_for_the_chat_has_the_engine(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path, FakeEngine([SUMMARY, "Hello you.", SUMMARY]), summarized=True) as pilot:
        await pilot.press("w", "f2")
        await send(pilot, "Hello")
        await wait_until(pilot, lambda: texts(pilot)[-1:] == ["model: Hello you."])
        await wait_until(pilot, lambda: status(pilot).state == "ready")
        path.write_text(EDITED)
        await resummarized(pilot, EDITED)
        assert room(pilot).summary.words.words == SUMMARY


async def test_how_much_is_read_again_and_a_stop_keeps_watching(tmp_path: Path) -> None:
    path = contract(tmp_path)
    engine = HeldEngine([Reading(900, 1000, 900)], tick=Reading(950, 1000, 900))
    async with opened(path, engine) as pilot:
        await pilot.press("w")
        await wait_until(pilot, engine.waiting.is_set)
        engine.waiting.clear()
        path.write_text(EDITED)
        await wait_until(pilot, lambda: room(pilot).text.document.text == EDITED, 20)
        await wait_until(pilot, engine.waiting.is_set, 20)
        await wait_until(pilot, lambda: "re-reading 100 of 1,000 tokens" in news(pilot), 20)
        await pilot.press("escape")
        await wait_until(pilot, lambda: room(pilot).summary.state == "stopped")
        assert "watching" in news(pilot)
        engine.waiting.clear()
        path.write_text(CONTRACT)
        await wait_until(pilot, engine.waiting.is_set, 20)
        await pilot.press("escape")
        await wait_until(pilot, lambda: status(pilot).state == "ready")


async def test_a_file_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path, summarized=True) as pilot:
        await pilot.press("w")
        await pilot.pause()
        path.unlink()
        await wait_until(pilot, lambda: "contract.md" in news(pilot), 20)
        assert room(pilot).text.document.text == CONTRACT
        path.write_text(CONTRACT)
        await wait_until(pilot, lambda: news(pilot) == "◉ watching", 20)
        assert room(pilot).summary.state == "done"


async def test_a_summary_asked_for_while_watching_goes_on_watching(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path, summarized=True) as pilot:
        await pilot.press("w", "s")
        await summary_there(pilot)
        path.write_text(EDITED)
        await resummarized(pilot, EDITED)


async def test_the_command_opens_summarizes_and_watches(tmp_path: Path) -> None:
    path = contract(tmp_path)
    async with opened(path) as pilot:
        await pilot.press("f2")
        await send(pilot, f"/watch {path}")
        await wait_until(pilot, lambda: news(pilot) == "◉ watching")
        await summary_there(pilot)
        path.write_text(EDITED)
        await resummarized(pilot, EDITED)
        await pilot.press("d")
        await wait_until(pilot, lambda: "In the summary" in drawn(pilot) and "nothing" in drawn(pilot))
