"""The room at work: questions, queues, stops, failures and options; the engine is everybody's."""

from collections.abc import Generator
from pathlib import Path
from threading import Event as Flag

import pytest
from textual.widgets import Input

from assistant import (
    Document,
    EngineFailed,
    Event,
    FakeEngine,
    Finished,
    OutputFailed,
    Prompt,
    Reading,
    Request,
    Sampling,
    Store,
    Text,
    Usage,
)
from tests.tui.documents.support import (
    ANSWER,
    CONTRACT,
    SUMMARY,
    ask,
    contract,
    open_document,
    opened,
    room,
    sections,
    summary_there,
)
from tests.tui.support import (
    HeldEngine,
    drawn,
    house,
    send,
    status,
    wait_until,
)
from tui.messages import OpenDocument
from tui.rooms.documents.opening import DocumentRead, Wanted
from tui.rooms.documents.request import Choice, RequestScreen
from tui.rooms.documents.watching import Watching, WatchReady
from tui.screens.entry import EntryScreen


async def test_questions_are_answered_below_and_kept_as_conversation(tmp_path: Path) -> None:
    engine = FakeEngine([SUMMARY, ANSWER])
    path = contract(tmp_path)
    async with opened(path, engine, summarized=True) as pilot:
        await pilot.press("a", *"What is it?", "enter")
        await wait_until(pilot, lambda: sections(pilot)[1:] == [("What is it?", "done")])
        await wait_until(pilot, lambda: status(pilot).state == "ready")
        await pilot.pause()
        assert "❯ What is it?   1 not in the document" in drawn(pilot)
        assert "50,400 euros [?]" in drawn(pilot)
        assert status(pilot).context.replace("≈", "").split()[0].isdigit()
        await pilot.press("up", "n")
        assert room(pilot).beside.finding is not None
    with Store() as store:
        entry = store.entries()[0]
        assert entry.heading.document == str(path)
        assert entry.title == "What is it?"
        conversation = entry.heading.id
    async with opened(contract(tmp_path), FakeEngine([ANSWER])) as pilot:
        house(pilot).post_message(OpenDocument(str(path), conversation=conversation))
        await wait_until(pilot, lambda: sections(pilot)[1:] == [("What is it?", "done")])
        await pilot.pause()
        assert "50,400 euros [?]" in drawn(pilot)
        assert "a year. ‹7›" in drawn(pilot)
        await ask(pilot, "And in two years?")
        await wait_until(pilot, lambda: sections(pilot)[2:] == [("And in two years?", "done")])
    with Store() as store:
        assert [(entry.title, entry.turns) for entry in store.entries()] == [
            ("What is it?", 4),
            ("Summarize contract.md", 2),
        ]


async def test_a_question_waits_for_the_summary_and_esc_keeps_the_words(tmp_path: Path) -> None:
    engine = HeldEngine(
        [Reading(0, 10), Reading(10, 10), Text("The term is 36 months and goes on for long, with all of it. ")]
    )
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: "36 months" in room(pilot).summary.words.words)
        await ask(pilot, "Which term?")
        assert sections(pilot) == [(None, "running"), ("Which term?", "queued")]
        await wait_until(pilot, lambda: "1 waiting" in status(pilot).state)
        await pilot.press("escape")
        await wait_until(pilot, lambda: sections(pilot) == [(None, "stopped")])
        assert room(pilot).line.text == "Which term?"
        assert "stopped here" in drawn(pilot)
        assert "The term is 36 months" in room(pilot).summary.words.words
        await wait_until(pilot, lambda: status(pilot).state == "ready")


async def test_words_that_come_are_marked_at_once(tmp_path: Path) -> None:
    engine = HeldEngine([Reading(10, 10), Text("It ends on 31 May 2027. It goes on for long, with all of it. ")])
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: "[?]" in room(pilot).summary.words.words)
        assert "It ends on 31 May 2027 [?]." in drawn(pilot)
        await pilot.press("escape")


async def test_reading_shows_how_far_it_is(tmp_path: Path) -> None:
    tick = Reading(4000, 10_000, 1000)
    engine = HeldEngine([Reading(1000, 10_000, 1000)], tick=tick)
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: "▄" in room(pilot).strip.columns)
        columns = room(pilot).strip.columns
        assert columns == "▂" * columns.count("▂") + "▄" * columns.count("▄") + "·" * columns.count("·")
        assert columns.count("▄") / len(columns) == pytest.approx(0.3, abs=0.03)
        assert columns.count("▂") / len(columns) == pytest.approx(0.1, abs=0.03)
        await wait_until(pilot, lambda: "reading 40 %" in status(pilot).state)
        assert "1,000 reused" in status(pilot).state
        await pilot.pause()
        assert drawn(pilot).count("reading 40 %") == 2  # in the status line, and where the summary will be
        await pilot.press("escape")
        await wait_until(pilot, lambda: status(pilot).state == "ready")


async def test_an_engine_that_dies_is_told_and_the_next_summary_is_made(tmp_path: Path) -> None:
    dead = EngineFailed("the engine died [red]of\x1b[31m hunger; more memory was expected; close something")
    async with opened(contract(tmp_path), FakeEngine([[Text("The term "), dead], SUMMARY])) as pilot:
        await pilot.press("s")
        await wait_until(pilot, lambda: room(pilot).summary.state == "failed")
        await pilot.pause()
        assert "died [red]of[31m hunger" in drawn(pilot).replace("\n", " ")
        await pilot.press("s")
        await summary_there(pilot)


async def test_another_kind_of_summary(tmp_path: Path) -> None:
    engine = FakeEngine([SUMMARY])
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("o")
        form = pilot.app.screen
        assert isinstance(form, RequestScreen)
        field = {widget.name: widget for widget in form.query("Input, Choice").results()}
        assert isinstance(field["length"], Input)
        field["length"].value = "many"
        await pilot.press("enter")
        await pilot.pause()
        assert "'many' is not short, medium, long or a number" in drawn(pilot)
        field["length"].value = "40 words"
        field["style"].focus()
        await pilot.press("right")
        assert isinstance(field["style"], Choice)
        assert field["style"].value == "bullets"
        assert "[bullets]" in drawn(pilot)
        await pilot.click(field["strategy"], offset=(16, 0))
        assert isinstance(field["strategy"], Choice)
        assert field["strategy"].value == "whole"
        assert isinstance(field["focus"], Input)
        field["focus"].value = "penalties"
        field["focus"].focus()
        await pilot.press("enter")
        await summary_there(pilot)
        assert room(pilot).study.request == Request(40, "bullets", "auto", "penalties", "whole")
        assert "bullet points of about 40 words" in engine.received[0][0].content
        assert "penalties" in engine.received[0][0].content


async def test_nothing_of_a_document_is_obeyed(tmp_path: Path) -> None:
    hostile = "[red]x[/] \x1b]0;t\x07\x1b[2J \u202egnp.exe [@click=app.bell]y[/]"
    path = tmp_path / f"[b]\x1b[31m{'x' * 5}.md"
    path.write_text(f"# {hostile}\n\n{hostile} in 1998\n" * 5)
    said = [[Reading(1, 1), Text(f"- {hostile} in 1989\n- **{hostile}**\n"), Finished("stop", Usage(1, 0, 1))]]
    async with opened(path, FakeEngine(said), summarized=True, size=(160, 40)) as pilot:
        await ask(pilot, f"What is {hostile}?")
        await wait_until(pilot, lambda: sections(pilot)[-1][1] == "done")
        await pilot.press("f3", "u")
        await pilot.pause()
        shown = drawn(pilot)
        assert shown.count("[red]x[/]") > 5
        assert "<U+202E>gnp.exe" in shown
        assert not set(shown) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x202E]))


async def test_words_in_a_wrong_language_are_taken_back(tmp_path: Path) -> None:
    text = "The committee met in the spring and it agreed to a new plan for the river. " * 5
    wrong = "委员会在春天开会，一致同意了河流的新计划，并且批准了全部的预算。" * 4
    engine = FakeEngine([[Reading(10, 10), Text(wrong), Text(wrong)], "The committee agreed to the plan."])
    async with opened(contract(tmp_path, text), engine, summarized=True) as pilot:
        assert room(pilot).summary.words.words == "The committee agreed to the plan."
        assert "asked for again" in drawn(pilot)
        assert "委" not in drawn(pilot)


async def test_what_can_be_done_can_be_clicked(tmp_path: Path) -> None:
    async with opened(contract(tmp_path)) as pilot:
        assert "s summarize it" in drawn(pilot)
        rows = drawn(pilot).splitlines()
        row = next(row for row, line in enumerate(rows) if "s summarize it" in line)
        await pilot.click(offset=(rows[row].index("summarize it"), row))
        await summary_there(pilot)
        rows = drawn(pilot).splitlines()
        row = next(row for row, line in enumerate(rows) if "x export" in line)
        await pilot.click(offset=(rows[row].index("export"), row))
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))


async def test_sentences_are_copied_with_their_lines_and_marks(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True) as pilot:
        await pilot.press("down", "down", "y")
        assert pilot.app.clipboard == "- The term is 36 months and ends on 31 May 2027 [?]. (line 11 (Term))"
        room(pilot).beside.forget()
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("The agreement was signed on 12 March 2024 by **Northwind Ltd**")
        assert pilot.app.clipboard.count("[?]") == 2


async def test_what_comes_too_late_is_not_shown(tmp_path: Path) -> None:
    late = Document("late.md", "Too late.\n", "utf-8")
    async with opened(contract(tmp_path), summarized=True) as pilot:
        old = Watching(room(pilot), "late.md", lambda _document: iter(()), lambda: None, None)
        room(pilot).post_message(DocumentRead(Wanted("late.md"), late))
        room(pilot).post_message(WatchReady(old, late, None))
        await pilot.pause()
        await pilot.press("w")
        room(pilot).post_message(WatchReady(old, late, None))
        await pilot.pause(0.1)
        assert room(pilot).text.document.text == CONTRACT
        assert sections(pilot) == [(None, "done")]


async def test_a_summary_that_is_stopped_before_its_first_word_leaves_the_one_before(tmp_path: Path) -> None:
    class Later(HeldEngine):
        """Answers once, and then reads without end."""

        def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
            if self.received:
                yield from super().stream(prompt, sampling)
            else:
                self.receive(prompt)
                yield from FakeEngine([SUMMARY]).stream(prompt, sampling)

    engine = Later([Reading(5, 10)], tick=Reading(5, 10))
    async with opened(contract(tmp_path), engine, summarized=True) as pilot:
        await pilot.press("s")
        await wait_until(pilot, engine.waiting.is_set)
        await wait_until(pilot, lambda: room(pilot).summary.words.words == "")
        await pilot.press("escape")
        await wait_until(pilot, lambda: sections(pilot) == [(None, "done")])
        await pilot.pause()
        assert "31 May 2027 [?]" in drawn(pilot)
        await pilot.press("u")
        assert room(pilot).beside.finding is not None
        # And one that never began.
        engine.waiting.clear()
        await ask(pilot, "Why?")
        await wait_until(pilot, engine.waiting.is_set)
        room(pilot).beside.focus()
        await pilot.press("s")
        assert sections(pilot) == [(None, "queued"), ("Why?", "running")]
        await pilot.press("escape")
        await wait_until(pilot, lambda: sections(pilot) == [(None, "done"), ("Why?", "stopped")])


async def test_another_kind_of_summary_while_one_is_written(tmp_path: Path) -> None:
    engine = HeldEngine([Reading(5, 10)], tick=Reading(5, 10))
    async with opened(contract(tmp_path), engine) as pilot:
        await pilot.press("s")
        await wait_until(pilot, engine.waiting.is_set)
        engine.waiting.clear()
        await pilot.press("o", "tab", "right", "enter")
        await wait_until(pilot, engine.waiting.is_set)
        assert "bullet points" in engine.received[-1][0].content
        assert "bullet points" not in engine.received[0][0].content
        await pilot.press("escape")
        await wait_until(pilot, lambda: sections(pilot) == [(None, "stopped")] and status(pilot).state == "ready")


async def test_export_writes_what_is_open_in_the_room_one_is_in(tmp_path: Path) -> None:
    async with opened(contract(tmp_path), summarized=True) as pilot:
        await house(pilot).obey("export", str(tmp_path / "findings.md"))
        await wait_until(pilot, (tmp_path / "findings.md").is_file)
        assert "Northwind" in (tmp_path / "findings.md").read_text(encoding="utf-8")
        await pilot.press("f2")
        await send(pilot, "/export chat.md")
        await wait_until(pilot, lambda: any("nothing was said yet" in n.message for n in pilot.app._notifications))


async def test_an_export_is_told_of_whatever_is_opened_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Flag(), Flag()

    def refused(*_what: object) -> None:
        begun.set()
        go_on.wait(10)
        raise OutputFailed("the disk is full; room was expected; free some")

    monkeypatch.setattr("tui.rooms.documents.room.export_findings", refused)
    other = tmp_path / "other.md"
    other.write_text("# Other\n\nNothing.\n", encoding="utf-8")
    async with opened(contract(tmp_path), summarized=True) as pilot:
        await house(pilot).obey("export", str(tmp_path / "findings.md"))
        await wait_until(pilot, begun.is_set)
        await open_document(pilot, other)
        go_on.set()
        await wait_until(pilot, lambda: any("the disk is full" in n.message for n in pilot.app._notifications))
