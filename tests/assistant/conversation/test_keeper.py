"""Keeping never slows or ends a conversation, whatever the disk does; what it does is said once."""

import sqlite3
from pathlib import Path
from time import monotonic, sleep

import pytest

from assistant.conversation.conversation import Conversation
from assistant.conversation.keeper import PAUSE, Keeper
from assistant.conversation.store import Store, store_path
from assistant.conversation.turns import Heading, Notice, Placed, Turn, Words
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Reading, Text
from assistant.fake import FakeEngine
from tests.assistant.conversation.support import kept, misbehaving, slow_disk, whole


def contents(identity: str) -> list[str]:
    with Store() as store:
        return [turn.content for turn in store.load(identity)[1].path]


def test_a_question_is_on_the_disk_before_the_model_has_read_it() -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(["Yes."]), keeper=keeper)
    events = conversation.say("Hello?")
    while not isinstance(next(events), Reading):
        pass
    assert keeper.settle(5)
    assert contents(conversation.id) == ["Hello?"]
    list(events)
    keeper.close(5)


def test_words_are_on_the_disk_within_the_pause_also_when_no_more_come() -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(["one two three four"]), keeper=keeper)
    events = conversation.say("Count")
    heard = 0
    for event in events:
        heard += isinstance(event, Text)
        if heard == 3:
            break
    sleep(PAUSE * 1.8)  # the model stalls
    with Store() as store:
        answer = store.load(conversation.id)[1].path[-1]
    assert (answer.content, answer.reason) == ("one two three", None)
    events.close()
    keeper.close(5)
    assert contents(conversation.id) == ["Count", "one two three"]


def test_an_error_and_a_stop_are_kept_with_their_reason() -> None:
    keeper = Keeper()
    broken: list[Event | EngineFailed] = [Text("Half"), EngineFailed("the engine died")]
    conversation = Conversation(FakeEngine([broken, [EngineFailed("again")]]), keeper=keeper)
    with pytest.raises(EngineFailed):
        list(conversation.say("Talk"))
    with pytest.raises(EngineFailed):
        list(conversation.say("Lost?"))
    keeper.close(5)
    with Store() as store:
        _, tree = store.load(conversation.id)
    assert [(turn.content, turn.reason) for turn in tree.path] == [("Talk", None), ("Half", "failed")]
    assert [turn.content for turn in tree.turns if turn.removed] == ["Lost?"], "the question is not lost either"


def test_a_slow_disk_does_not_slow_the_words() -> None:
    """300 words while each commit takes a third of a second."""
    keeper = Keeper(lambda: Store(connect=misbehaving(slow_disk)))
    conversation = Conversation(FakeEngine(["word " * 300]), keeper=keeper)
    begun = monotonic()
    list(conversation.say("Talk"))
    list(conversation.say("More"))
    assert monotonic() - begun < 0.2
    assert keeper.close(10)
    with Store() as store:
        assert whole(store.load(conversation.id)) == whole((conversation.heading, conversation.tree))


class Disk:
    """Full while `full`."""

    def __init__(self) -> None:
        self.full = True

    def __call__(self, sql: str) -> None:
        if self.full and sql == "BEGIN IMMEDIATE":
            raise sqlite3.OperationalError("database or disk is full")


def test_a_full_disk_is_said_once_and_nothing_is_lost_when_there_is_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.conversation.keeper._AGAIN", 0.05)
    Store().close()
    disk = Disk()
    keeper = Keeper(lambda: Store(connect=misbehaving(disk)))
    conversation = Conversation(FakeEngine(["Yes, hello."]), keeper=keeper)
    said = []
    for _ in range(3):
        said += list(conversation.say("Hello?"))
        keeper.settle(1)
        sleep(0.1)
    assert len([event for event in said if isinstance(event, Finished)]) == 3, "the chat goes on"
    (notice,) = [event for event in said if isinstance(event, Notice)]
    assert notice.text.startswith("nothing of this conversation is being kept: ")
    assert "database or disk is full" in notice.text
    disk.full = False
    end = monotonic() + 10
    while not (notices := keeper.notices()):
        assert monotonic() < end
        sleep(0.02)
    assert notices == ("the conversation is being kept again, with all that was said meanwhile",)
    assert keeper.close(5)
    with Store() as store:
        assert whole(store.load(conversation.id)) == whole((conversation.heading, conversation.tree))


def test_a_really_full_file() -> None:
    """SQLite's own refusal: the file may have no more pages."""

    def limited(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA max_page_count = 12")
        return connection

    kept("Hello?")
    keeper = Keeper(lambda: Store(connect=limited))
    conversation = Conversation(FakeEngine(["word " * 20_000]), keeper=keeper)
    list(conversation.say("Talk"))
    assert not keeper.settle(5)
    (notice,) = keeper.notices()
    assert "database or disk is full" in notice
    assert not keeper.close(5)
    with sqlite3.connect(store_path()) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_folder_that_cannot_be_is_said_and_the_chat_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    keeper = Keeper(lambda: Store(tmp_path / "file" / "conversations.db"))
    conversation = Conversation(FakeEngine(["Yes, hello."]), keeper=keeper)
    said = list(conversation.say("Hello?"))
    assert not keeper.settle(5)
    said += conversation.say("Hello?")
    (notice,) = [event for event in said if isinstance(event, Notice)]
    assert "cannot be used (Not a directory)" in notice.text
    assert not any(isinstance(event, Notice) for event in conversation.say("Hello?"))
    assert not keeper.close(5)


def test_a_damaged_file_is_told_in_the_conversation() -> None:
    store_path().write_bytes(b"no database at all" * 1000)
    keeper = Keeper()
    conversation = Conversation(FakeEngine(), keeper=keeper)
    list(conversation.say("Hello?"))
    assert keeper.settle(5)
    (notice,) = conversation.notices()
    assert "they lie untouched in" in notice
    assert keeper.close(5)
    assert len(contents(conversation.id)) == 2


def test_a_conversation_that_was_deleted_elsewhere_is_told_once() -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(), keeper=keeper)
    list(conversation.say("Hello?"))
    assert keeper.settle(5)
    with Store() as store:
        store.purge(conversation.id)
    for _ in range(2):
        list(conversation.say("And now?"))
        keeper.settle(5)
    keeper.close(5)
    notices = keeper.notices()
    with Store() as store:
        assert store.entries() == []
    assert [text for text in notices if "removed for good elsewhere" in text] == list(notices)


def test_closing_waits_no_longer_than_it_is_told() -> None:
    seconds = 1.0
    keeper = Keeper(lambda: Store(connect=misbehaving(lambda sql: sleep(seconds) if sql == "COMMIT" else None)))
    list(Conversation(FakeEngine(), keeper=keeper).say("Hello?"))
    begun = monotonic()
    assert not keeper.close(0.1)
    assert monotonic() - begun < 0.4
    keeper.keep(Heading("late", 1.0))
    seconds = 0.0  # what is left has nothing to show
    assert keeper._thread is not None
    keeper._thread.join(10)


def test_what_costs_words_their_time() -> None:
    """Handing a word over takes microseconds: a thousand in far less than a tenth of a second."""
    keeper = Keeper()
    keeper.keep(Heading("one", 1.0))
    keeper.keep(Placed("one", Turn("q", None, "user", "Talk", 1.0)))
    keeper.keep(Placed("one", Turn("a", "q", "assistant", "", 1.0)))
    begun = monotonic()
    for _ in range(1000):
        keeper.keep(Words("a", "word "))
    assert monotonic() - begun < 0.1
    assert keeper.close(5)
    assert contents("one") == ["Talk", "word " * 1000]
