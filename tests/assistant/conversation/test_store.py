"""Kept conversations: what is written is read again; lists, searches, removal; several processes at once."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.attachments import Attachment, attach
from assistant.conversation.conversation import Conversation
from assistant.conversation.keeper import Keeper
from assistant.conversation.search import excerpt, found_in
from assistant.conversation.store import Store, store_path
from assistant.conversation.tree import Tree
from assistant.conversation.turns import END_REASONS, Forgot, Heading, Placed, Turn, Words, new_id, title_of
from assistant.errors import HistoryFailed
from assistant.events import Text, Usage
from assistant.fake import FakeEngine
from tests.assistant.conversation.support import kept, misbehaving, without_index

LONG = "Question " * 50


def test_everything_that_happened_is_there_again() -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(["Yes, hello.", "第二个答案。"]), system="Be brief.", keeper=keeper)
    list(conversation.say("Hello?"))
    list(conversation.regenerate())
    list(conversation.edit(conversation.path[0].id, "Hello, then?"))
    with closing(conversation.say("Stop there")) as events:
        for event in events:
            if isinstance(event, Text):
                break
    conversation.remove(conversation.tree.children(None)[0].id)
    conversation.rename("A  talk")
    conversation.select(conversation.path[0].id)
    assert keeper.close(5)
    with Store() as store:
        heading, tree = store.load(conversation.id)
    assert heading == conversation.heading
    assert heading.title == "A talk"
    assert tree.turns == conversation.tree.turns
    assert tree.path == conversation.path
    assert [turn.reason for turn in tree.path] == [None, "stop", None, "stopped"]
    resumed = Conversation(FakeEngine(), saved=(heading, tree))
    assert resumed.messages == conversation.messages


TEXTS = st.text(max_size=60)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), TEXTS, st.sampled_from(END_REASONS)), min_size=1, max_size=12), TEXTS)
def test_any_tree_of_any_text_survives(rows: list[tuple[int, str, str]], system: str) -> None:
    tree = Tree()
    for place, text, reason in rows:
        parent = None if not tree.turns or place == 0 else tree.turns[place % len(tree.turns)]
        role = "user" if parent is None or parent.role == "assistant" else "assistant"
        usage = Usage(prompt_tokens=place, read_seconds=0.1) if role == "assistant" else None
        ended = reason if role == "assistant" else None
        tree.add(
            Turn(new_id(), parent.id if parent else None, role, text, 1.5, "m", ended, usage)  # type: ignore[arg-type]
        )
    tree.mark(tree.turns[0].id, Forgot(0, 7, "all"))
    heading = Heading(new_id(), 1.25, "t", system, tree.current)
    with Store() as store:
        store.add(heading, tree)
        loaded, again = store.load(heading.id)
    assert loaded == heading
    assert (again.turns, again.path, again.marks) == (tree.turns, tree.path, tree.marks)


def test_bytes_of_no_text_do_not_stop_the_keeping() -> None:
    conversation = kept("caf\udce9 \ud83d", "null \0 inside")
    with Store() as store:
        contents = [turn.content for turn in store.load(conversation.id)[1].path]
    assert contents == ["caf? ?", "Yes, hello.", "null \0 inside", "Yes, hello."]


def test_the_list_has_the_last_changed_first_and_short_names() -> None:
    first, second = kept("First of all"), kept(LONG)
    with Store() as store:
        entries = store.entries()
        assert [entry.heading.id for entry in entries] == [second.id, first.id]
        assert [entry.title for entry in entries] == [title_of("", LONG), "First of all"]
        assert entries[0].turns == 2
        assert all(store.find(entry.short) == entry.heading.id and len(entry.short) >= 4 for entry in entries)
        assert store.find("last") == second.id
        assert store.find(first.id.upper()) == first.id
        store.add(Heading(first.id[:-1] + "!", 1.0), _one("Hello"))
        shorts = {entry.heading.id: entry.short for entry in store.entries()}
        assert shorts[first.id] == first.id
        with pytest.raises(HistoryFailed, match="more than one conversation begins with"):
            store.find(first.id[:-1])
        with pytest.raises(HistoryFailed, match="no conversation begins with 'zzzz%'"):
            store.find("zzzz%")
        with pytest.raises(HistoryFailed, match="no conversation begins with ''"):
            store.find("")


def _one(text: str) -> Tree:
    return Tree([Turn(new_id(), None, "user", text, 1.0)])


def test_a_title_is_what_was_asked_and_not_the_documents_before_it() -> None:
    notes = Attachment("notes.md", "word " * 300)
    kept(attach("What is missing?", [notes]))
    kept(attach("", [notes, Attachment("more.md", "a")]))
    kept("[x] is no document")
    with Store() as store:
        titles = [entry.title for entry in store.entries()]
        assert titles == ["[x] is no document", "notes.md, more.md", "What is missing?"]
        assert {hit.title for hit in store.search("word")} == set(titles[1:])


def test_the_version_is_another_one_where_others_have_written() -> None:
    conversation = kept("Hello?")
    with Store() as store, Store() as other:
        before = store.version()
        store.rename(conversation.id, "Mine")
        assert store.version() == before
        other.rename(conversation.id, "Theirs")
        assert store.version() != before


def test_what_was_removed_can_be_restored_and_is_found_no_more() -> None:
    conversation = kept("The quarterly report")
    with Store() as store:
        store.remove(conversation.id)
        assert store.entries() == []
        assert store.search("quarterly") == []
        (entry,) = store.entries(removed=True)
        assert entry.heading.removed
        with pytest.raises(HistoryFailed, match="no conversation is kept yet"):
            store.find("last")
        store.restore(conversation.id)
        assert len(store.entries()) == len(store.search("quarterly")) == 1
        store.archive(conversation.id)
        assert store.entries()[0].heading.archived
        store.rename(conversation.id, " Q3\nnumbers ")
        assert store.entries()[0].title == "Q3 numbers"
        with pytest.raises(HistoryFailed, match="no conversation is nothing"):
            store.remove("nothing")


def test_for_good_means_that_no_word_stays_in_any_file() -> None:
    conversation, other = kept("The unforgettable xylophone of the report"), kept("Another one")
    with Store() as store:
        assert len(store.search("xylophone")) == 1
        assert store.purge(conversation.id)
        assert [entry.heading.id for entry in store.entries()] == [other.id]
    for path in store_path().parent.iterdir():
        assert b"xylophone" not in path.read_bytes(), path.name
        assert b"xyl" not in path.read_bytes(), "nor a piece of it in the index"


@pytest.mark.parametrize("indexed", [True, False])
def test_search_finds_in_all_branches_all_scripts_and_parts_of_words(indexed: bool) -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(["合同的总金额是三万元。", "100% of the “budget”_x"]), keeper=keeper)
    list(conversation.say("What is the amount?"))
    list(conversation.regenerate())
    conversation.rename("Contract 合同")
    keeper.close(5)
    with Store(connect=misbehaving((lambda _: None) if indexed else without_index)) as store:

        def found(text: str) -> list[str | None]:
            return [hit.turn for hit in store.search(text)]

        question, chinese, english = (turn.id for turn in conversation.tree.turns)
        assert found("金额") == [chinese], "two characters: shorter than the index can find"
        assert found("总金额是") == [chinese]
        assert found("合同") == [None, chinese], "the title too"
        assert found("AMOUNT") == [question]
        assert found("mount what") == [question], "parts of words, in any order"
        assert found("mount budget") == []
        assert found("100%") == found("%") == found("”_x") == [english]
        assert found('"budget') == found("' OR 1") == found("NEAR(a b)") == found("*") == []
        assert found("   ") == found("\0\0\0\0") == []
        (hit,) = store.search("总金额")
        assert (hit.excerpt, hit.role, hit.title) == ("合同的总金额是三万元。", "assistant", "Contract 合同")


def test_words_written_without_an_index_are_found_once_there_is_one() -> None:
    path = store_path()
    keeper = Keeper(lambda: Store(path, connect=misbehaving(without_index)))
    list(Conversation(FakeEngine(), keeper=keeper).say("The quarterly report"))
    assert keeper.close(5)
    assert keeper.notices() == ()
    with Store() as store:
        assert len(store.search("quarterly")) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM found").fetchone() == (2,)


def test_words_that_grow_are_found_as_they_are_now() -> None:
    conversation = kept("Hello?")
    answer = conversation.path[-1]
    with Store() as store:
        assert store.search("xylophone") == []
        store.write([Words(answer.id, " And a xylophone.")])
        assert store.search("xylophone")[0].turn == answer.id
        store.write([Placed(conversation.id, replace(answer, content="No more."))])
        assert store.search("xylophone") == []


def test_a_damaged_index_is_made_anew_and_costs_no_words() -> None:
    conversation = kept("The quarterly report")
    for purge in (False, True):
        with closing(sqlite3.connect(store_path(), isolation_level=None)) as connection:
            connection.execute("UPDATE found_data SET block = zeroblob(30)")
        with Store() as store:
            assert store.notice == ""
            answer = conversation.path[-1]
            store.write([Words(answer.id, " More."), Placed(conversation.id, replace(answer, content="Whole."))])
            assert [hit.turn for hit in store.search("quarterly")] == [conversation.path[0].id]
            assert [hit.excerpt for hit in store.search("Whole")] == ["Whole."]
            if purge:
                connection = sqlite3.connect(store_path(), isolation_level=None)
                connection.execute("UPDATE found_data SET block = zeroblob(30)")
                connection.close()
                assert store.purge(conversation.id)
                assert store.search("quarterly") == []


def test_an_excerpt_shows_what_was_found() -> None:
    assert excerpt("a\n\nb " * 100 + "the needle " + "c " * 100, ["NEEDLE"]).count("needle") == 1
    assert excerpt("short and\nplain", ["missing"]) == "short and plain"
    assert excerpt("x" * 300, ["y"]) == "x" * 100 + "…"


def test_where_the_words_stand_in_an_excerpt() -> None:
    text = "The Lamp of lamplight: 萤火虫"
    spans = found_in(text, "lamp  LAMPLIGHT 萤火")
    assert [text[start:end] for start, end in spans] == ["Lamp", "lamplight", "萤火"]
    assert found_in(text, " ") == found_in("", "a") == ()
    assert found_in("a.b (c", "(c .") == ((1, 2), (4, 6)), "words are no patterns"


def test_a_search_ends_after_so_many_turns() -> None:
    conversation = kept("First lamp?", "Second lamp?", "Third lamp?")
    with Store() as store:
        hits = store.search("lamp", most=2)
        store.rename(conversation.id, "The lamp")
        assert [hit.turn is None for hit in store.search("lamp", most=1)] == [True, False], "titles besides"
        assert len(store.search("lamp")) == 4
    assert [hit.excerpt for hit in hits] == ["Third lamp?", "Second lamp?"]


WRITER = """
import sys
from assistant.conversation.conversation import Conversation
from assistant.conversation.keeper import Keeper
from assistant.fake import FakeEngine
keeper = Keeper()
for number in range(10):
    conversation = Conversation(FakeEngine(["word " * 50]), keeper=keeper)
    for turn in range(5):
        list(conversation.say(f"Question {turn} of {sys.argv[1]}"))
        assert keeper.settle(20)
assert keeper.close(20)
assert keeper.notices() == (), keeper.notices()
"""


def test_several_processes_write_at_once_and_nothing_is_lost() -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(number)]) for number in range(4)]
    with Store() as store:
        while any(writer.poll() is None for writer in writers):
            store.entries()
            store.search("Question")
    assert [writer.wait() for writer in writers] == [0] * 4
    with Store() as store:
        entries = store.entries()
        assert len(entries) == 40
        assert {entry.turns for entry in entries} == {10}
        assert all(len(store.load(entry.heading.id)[1].path) == 10 for entry in entries)
        assert len(store.search("Question")) == 200
    with closing(sqlite3.connect(store_path())) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_two_programs_in_one_conversation_make_branches() -> None:
    first = kept("Hello?")
    with Store() as store:
        saved = [store.load(first.id) for _ in range(2)]
    keepers = [Keeper(), Keeper()]
    for keeper, one in zip(keepers, saved, strict=True):
        list(Conversation(FakeEngine(["Here."]), saved=one, keeper=keeper).say("Where?"))
    assert all(keeper.close(5) for keeper in keepers)
    with Store() as store:
        _, tree = store.load(first.id)
    assert len(tree.children(first.path[-1].id)) == 2


def test_a_long_history_is_listed_searched_and_loaded_quickly() -> None:
    """5,000 messages in one conversation; figures in the note are of this test."""
    turns = []
    for number in range(5000):
        role = "assistant" if number % 2 else "user"
        parent = f"t{number - 1}" if number else None
        turns.append(Turn(f"t{number}", parent, role, f"Words of turn {number} " * 20, 1.0))  # type: ignore[arg-type]
    with Store() as store:
        store.add(Heading("long", 1.0), Tree(turns))
        assert len(store.load("long")[1].path) == 5000
        assert len(store.search("turn 4321")) == 1
        assert store.entries()[0].turns == 5000
