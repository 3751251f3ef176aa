"""The list of what is kept: its days, how one walks and opens, the page beside it, the other lists."""

from datetime import datetime
from pathlib import Path

import pytest

from assistant import Attachment, FakeEngine, Store, Turn, attach
from assistant.conversation.turns import Placed
from tests.tui.history.support import NOW, Keeping, ago, chosen, history, listed, room, shelf, stored
from tests.tui.support import Screen, drawn, house, status, wait_until
from tui.messages import OpenConversation, OpenDocument
from tui.rooms.history.dates import group_of, moment_of
from tui.rooms.history.page import page_of


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> Keeping:
    return Keeping(monkeypatch)


def fill(keeping: Keeping) -> None:
    keeping.keep("firefly", "How bright is a firefly?", "A fortieth of a candle.", when=ago(minutes=4))
    keeping.keep("glow", "萤火虫为什么发光？", "因为荧光素。", when=ago(hours=20))
    keeping.keep("dam", "What does it cost?", "120,000 euros.", when=ago(days=3), document="/home/u/report.pdf")
    keeping.keep("old", "q", "a", when=ago(days=60), title="An old one with a title " * 5)


async def opened(pilot: Screen, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the house is asked to open from here on."""
    asked: list[object] = []
    post = room(pilot).post_message

    def watched(message):  # type: ignore[no-untyped-def]
        if isinstance(message, OpenConversation | OpenDocument):
            asked.append(message)
            return True
        return post(message)

    monkeypatch.setattr(room(pilot), "post_message", watched)
    return asked


async def test_everything_kept_is_listed_under_its_day_the_newest_first(keeping: Keeping) -> None:
    fill(keeping)
    async with history((80, 24)) as pilot:
        assert listed(pilot) == [
            "[Today]",
            "How bright is a firefly?",
            "[Yesterday]",
            "萤火虫为什么发光？",
            "[The last seven days]",
            "What does it cost?",
            "[September 2026]",
            "An old one with a title An old one with a title An old one…",
        ]
        await wait_until(pilot, lambda: "A fortieth of a candle." in drawn(pilot))
        shown = drawn(pilot)
        assert "│ How bright is a firef… 15:26 ▏ 2 turns · begun 15:26 · tiny" in shown
        assert "  萤火虫为什么发光？     19:30 ▏" in shown
        assert "▤ report.pdf · 2 turns" in shown
        assert "4 conversations" in shown


async def test_nothing_kept_is_said(keeping: Keeping) -> None:
    async with history() as pilot:
        assert "What you say in the chat will be here." in drawn(pilot)
        await pilot.press("down", "enter", "tab")
        assert room(pilot).chosen is None
        keeping.keep("first", "Hello?", "Yes.")
        await pilot.press("f2", "f5")
        await wait_until(pilot, lambda: listed(pilot) == ["[Today]", "Hello?"])
        assert "What you say in the chat" not in drawn(pilot)


async def test_one_walks_by_keys_and_the_page_follows(keeping: Keeping) -> None:
    fill(keeping)
    async with history((80, 24)) as pilot:
        assert "↓ list" in status(pilot).keys
        for key in ("r rename", "/ search"):
            assert key not in status(pilot).keys, "letters are typed into the search"
        await pilot.press("down")
        assert shelf(pilot).has_focus
        assert "▌ How bright" in drawn(pilot), "where the focus is is seen without colour"
        assert "Enter open" in status(pilot).keys
        assert "/ search" in status(pilot).keys
        await pilot.press("j")
        await wait_until(pilot, lambda: "因为荧光素。" in drawn(pilot))
        for key, expected in (("G", "old"), ("g", "firefly"), ("end", "old"), ("k", "dam"), ("home", "firefly")):
            await pilot.press(key)
            assert chosen(pilot) == expected
        await pilot.press("up")
        assert not shelf(pilot).has_focus, "above the first row is the search"
        await pilot.press("down", "slash")
        assert not shelf(pilot).has_focus
        await pilot.press("tab", "tab")
        assert pilot.app.focused is room(pilot).query_one("#preview")


async def test_a_conversation_opens_in_the_chat(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(keeping)
    async with history() as pilot:
        asked = await opened(pilot, monkeypatch)
        await pilot.press("enter")
        await pilot.press("down", "down", "enter")
        names = [(message.identity, message.turn) for message in asked if isinstance(message, OpenConversation)]
        assert names == [("firefly", None), ("glow", None)]


async def test_one_about_a_document_opens_with_the_documents(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping.keep("dam", "What does it cost?", "Much.", document="/home/u/report.pdf")
    keeping.keep("pipe", "And this?", "Less.", document="-", when=ago(days=1))
    async with history() as pilot:
        asked = await opened(pilot, monkeypatch)
        await pilot.press("enter")
        where = [(m.path, m.conversation, m.turn) for m in asked if isinstance(m, OpenDocument)]
        assert where == [("/home/u/report.pdf", "dam", None)]
        await pilot.press("down", "down", "enter")
        assert len(asked) == 1
        await wait_until(pilot, lambda: "text from a pipe" in drawn(pilot))


async def test_documents_within_a_message_are_folded(keeping: Keeping) -> None:
    notes = Attachment("notes.md", "First line.\n" + "More of it.\n" * 100 + "The needle.")
    keeping.keep("with", attach("What is missing here?", [notes]), "Nothing.")
    async with history((80, 24)) as pilot:
        assert listed(pilot) == ["[Today]", "What is missing here?"], "the title is what was asked"
        await wait_until(pilot, lambda: "▤ notes.md · 102 lines" in drawn(pilot))
        assert "More of it." not in drawn(pilot)
        room(pilot).action_search("needle")
        await wait_until(pilot, lambda: "▏ The needle." in drawn(pilot))
        assert "▤ notes.md" not in drawn(pilot), "what was found is in the document"


async def test_a_document_that_was_summarized_is_there_with_its_summary(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("The dam is repaired in spring. It costs 120,000 euros.\n", encoding="utf-8")
    async with history((80, 24), FakeEngine(["The repair costs 120,000 euros."])) as pilot:
        room(pilot).post_message(OpenDocument(str(path), summarize=True))
        study = house(pilot).documents
        await wait_until(pilot, lambda: study.study is not None and study.study.result is not None)
        await pilot.press("f5")
        await wait_until(pilot, lambda: "Summarize notes.txt" in listed(pilot))
        await wait_until(pilot, lambda: "The repair costs 120,000 euros." in drawn(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: house(pilot).room is study)


async def test_what_others_write_meanwhile_appears(keeping: Keeping) -> None:
    async with history() as pilot:
        keeping.keep("other", "From another program?", "Yes.")
        await wait_until(pilot, lambda: "From another program?" in listed(pilot))


async def test_the_page_is_drawn_as_markdown_and_follows_what_is_written(keeping: Keeping) -> None:
    keeping.keep("glow", "Who glows?", "**Males** in flight:\n\n| who | when |\n|---|---|\n| males | at dusk |")
    async with history() as pilot:
        await wait_until(pilot, lambda: "Males in flight:" in drawn(pilot))
        assert "|---|" not in drawn(pilot)
        with Store() as store:
            question = Turn("glow-2", "glow-1", "user", "And females?", NOW)
            store.write([Placed("glow", question)])
        await wait_until(pilot, lambda: "And females?" in drawn(pilot))
        with Store() as store:
            store.rename("glow", "Of light")
        await wait_until(pilot, lambda: drawn(pilot).count("Of light") == 2)


async def test_the_mouse_chooses_and_opens(keeping: Keeping, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(keeping)
    async with history() as pilot:
        asked = await opened(pilot, monkeypatch)
        await pilot.click(shelf(pilot), offset=(5, 5))  # the row under "Yesterday"
        assert chosen(pilot) == "glow"
        assert not asked
        await pilot.click(shelf(pilot), offset=(5, 4))  # a heading
        await pilot.click(shelf(pilot), offset=(5, 19))
        assert chosen(pilot) == "glow"
        await pilot.click(shelf(pilot), offset=(5, 6), times=2)
        assert [message.identity for message in asked if isinstance(message, OpenConversation)] == ["glow"]


async def test_lists_of_archived_and_of_deleted_ones(keeping: Keeping) -> None:
    fill(keeping)
    with Store() as store:
        store.archive("glow")
        store.remove("dam")
    async with history() as pilot:
        assert [title for title in listed(pilot) if title[0] != "["] == [
            "How bright is a firefly?",
            "An old one with a title An old one with a title An old one…",
        ]
        await pilot.press("down", "v")
        assert listed(pilot) == ["[Yesterday]", "萤火虫为什么发光？"]
        assert "archived: 1 conversation" in drawn(pilot)
        await pilot.click("#shown")
        assert listed(pilot) == ["[The last seven days]", "What does it cost?"]
        assert "deleted: 1 conversation" in drawn(pilot)
        await pilot.press("d")
        await wait_until(pilot, lambda: listed(pilot) == [])
        assert stored("dam")[2] is False, "what is deleted once more comes back"
        assert "Nothing was deleted." in drawn(pilot)
        room(pilot).action_view()
        await wait_until(pilot, lambda: "What does it cost?" in listed(pilot))


async def test_what_is_chosen_and_what_is_faint_is_seen_in_every_look(keeping: Keeping) -> None:
    fill(keeping)
    async with history((80, 24)) as pilot:
        await pilot.press("down")
        for theme in ("dusk", "day", "contrast", "terminal", "plain"):
            pilot.app.theme = theme
            await pilot.pause()
            title, facts = shelf(pilot).render_line(1), shelf(pilot).render_line(2)
            assert (title.text[0], facts.text[0]) == ("▌", "▌")
            styles = [segment.style for segment in facts if segment.style]
            (ground,) = {style.bgcolor for style in styles}
            if theme in ("dusk", "day", "contrast"):
                colors = {style.color.get_truecolor() for style in styles if style.color}
                assert len(colors) > 1, "what is beside the title is fainter"
                assert ground is not None
                assert ground.get_truecolor() not in colors


async def test_a_narrow_terminal_has_the_list_alone(keeping: Keeping) -> None:
    fill(keeping)
    async with history((50, 20)) as pilot:
        assert "How bright is a firefly?                 15:26" in drawn(pilot)
        assert not room(pilot).query_one("#preview").display
        await pilot.resize_terminal(120, 40)
        assert room(pilot).query_one("#preview").display


async def test_a_long_list_scrolls_with_the_choice_and_draws_what_is_in_view(keeping: Keeping) -> None:
    for number in range(60):
        keeping.keep(f"c{number:03}", f"Question {number}", "Yes.", when=ago(hours=number))
    async with history((80, 24)) as pilot:
        await pilot.press("down", "end")
        await pilot.pause()
        assert "▌ Question 59" in drawn(pilot)
        await wait_until(pilot, lambda: "Question 0 " not in drawn(pilot))
        await pilot.press("pageup")
        assert chosen(pilot) < "c055"
        await pilot.press("home")
        await pilot.pause()
        assert " Today " in drawn(pilot), "the heading above the first row comes with it"


def test_days_and_times() -> None:
    assert group_of(NOW + 60, NOW) == "Today"
    assert group_of(ago(hours=16), NOW) == "Yesterday"
    assert group_of(ago(days=6), NOW) == "The last seven days"
    assert group_of(ago(days=7), NOW) == "November 2026"
    assert group_of(datetime(2024, 2, 29).timestamp(), NOW) == "February 2024"
    assert moment_of(ago(hours=1), NOW) == "14:30"
    assert moment_of(ago(days=9), NOW) == "11-12"
    assert moment_of(datetime(2024, 2, 29).timestamp(), NOW) == "2024-02-29"


def test_a_page_shows_how_it_began_and_ended_or_what_was_found(keeping: Keeping) -> None:
    keeping.keep("long", *(f"turn {number}" for number in range(20)))
    with Store() as store:
        (entry,) = store.entries()
        whole, found = page_of(store, entry), page_of(store, entry, turn="long-11", search="11")

    def shown(turns: tuple[Turn | int, ...]) -> list[str]:
        return [turn.content if isinstance(turn, Turn) else f"{turn} more" for turn in turns]

    assert shown(whole.turns) == ["turn 0", "turn 1", "14 more", "turn 16", "turn 17", "turn 18", "turn 19"]
    assert shown(found.turns) == ["10 more", "turn 10", "turn 11", "turn 12", "turn 13", "6 more"]


async def test_a_fault_of_ours_in_the_thread_of_the_store_is_seen(keeping: Keeping) -> None:
    def fault(_store: Store) -> None:
        raise ZeroDivisionError("ours")

    async def asked() -> None:
        async with history() as pilot:
            room(pilot)._librarian.ask(fault)
            await wait_until(pilot, lambda: pilot.app._exception is not None)

    with pytest.raises(ZeroDivisionError):
        await asked()
