"""A conversation about a document: the text stands before the first question the model sees, and is never a turn."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from assistant.conversation.conversation import Conversation
from assistant.conversation.database import open_database
from assistant.conversation.exchange import export_json, import_json
from assistant.conversation.keeper import Keeper
from assistant.conversation.markdown import export_markdown
from assistant.conversation.migrations import MIGRATIONS
from assistant.conversation.store import Store, store_path
from assistant.conversation.turns import Forgot, Heading
from assistant.conversation.window import WhenFull
from assistant.errors import HistoryFailed
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message, Sampling
from assistant.sanitize import printable_json

DOCUMENT = " ".join(["word"] * 60)


def frame(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    place = next(place for place, message in enumerate(messages) if message.role == "user")
    first = Message("user", f"{DOCUMENT}\n\n{messages[place].content}")
    return (*messages[:place], first, *messages[place + 1 :])


def about(engine: FakeEngine, when_full: WhenFull = "stop", keeper: Keeper | None = None) -> Conversation:
    conversation = Conversation(engine, Sampling(max_tokens=10), when_full=when_full, keeper=keeper)
    conversation.be_about("/papers/report.pdf", "0a1b", frame)
    return conversation


def test_the_document_stands_before_the_first_question_and_nothing_before_it() -> None:
    engine = FakeEngine(["Yes."])
    conversation = about(engine)
    for question in ("Is it so?", "And now?"):
        list(conversation.say(question))
    assert [message.role for message in engine.received[1]] == ["user", "assistant", "user"]
    assert [message.content for message in engine.received[1]] == [f"{DOCUMENT}\n\nIs it so?", "Yes.", "And now?"]
    assert [turn.content for turn in conversation.path] == ["Is it so?", "Yes.", "And now?", "Yes."]


@pytest.mark.parametrize("when_full", ["drop", "summarize"])
def test_a_full_conversation_keeps_the_document_with_the_first_question_that_stays(when_full: WhenFull) -> None:
    engine = FakeEngine(["one two three four five"], info=replace(FAKE_INFO, context=120))
    conversation = about(engine, when_full)
    marks = [event for n in range(12) for event in conversation.say(f"Q{n} a b c d") if isinstance(event, Forgot)]
    assert marks, "the context of 120 holds the document and not twelve exchanges of ten words"
    for messages in engine.received:
        assert engine.count(messages) <= 120
        assert messages[0].content.startswith(DOCUMENT)
        assert not any(DOCUMENT in message.content for message in messages[1:])
    window = conversation.window()
    assert window.used >= 60
    assert 0 < window.dropped_tokens < 12 * 10, "the document is not among what was left out"
    assert window.dropped_turns < 24


def test_a_document_that_fills_the_context_costs_no_more_exchanges_than_it_must() -> None:
    engine = FakeEngine(["Yes."], info=replace(FAKE_INFO, context=120))
    conversation = about(engine, "drop")
    marks = [event for n in range(20) for event in conversation.say(f"Q{n} a") if isinstance(event, Forgot)]
    assert 0 < marks[0].tokens <= (120 - 10 - 60) // 4 + 2 * 3, "a quarter, what was too much, and up to one more"


def test_it_is_kept_with_what_it_is_about() -> None:
    keeper = Keeper()
    conversation = about(FakeEngine(["Yes."]), keeper=keeper)
    list(conversation.say("Is it so?"))
    assert keeper.close(5)
    with Store() as store:
        (entry,) = store.entries()
        assert (entry.heading.document, entry.heading.content) == ("/papers/report.pdf", "0a1b")
        assert entry.heading.about == "report.pdf"
        assert store.about("/papers/report.pdf") == store.about("/papers/report.pdf", "0a1b") == conversation.id
        assert store.about("/papers/report.pdf", "ffff") is None
        assert store.about("/papers/other.pdf") is None
        assert [turn.content for turn in store.load(conversation.id)[1].path] == ["Is it so?", "Yes."]
        store.remove(conversation.id)
        assert store.about("/papers/report.pdf") is None


def test_the_last_one_about_it_is_meant() -> None:
    ids = []
    for _ in range(3):
        keeper = Keeper()
        conversation = about(FakeEngine(["Yes."]), keeper=keeper)
        list(conversation.say("Is it so?"))
        assert keeper.close(5)
        ids.append(conversation.id)
    with Store() as store:
        assert store.about("/papers/report.pdf") == ids[-1]
        store.write([store.load(ids[0])[0]])  # changed last
        assert store.about("/papers/report.pdf") == ids[0]


def test_a_path_that_is_no_text_is_found_again() -> None:
    keeper = Keeper()
    conversation = Conversation(FakeEngine(), keeper=keeper)
    conversation.be_about("/papers/\udcff.txt", "0a1b", frame)
    list(conversation.say("Hello?"))
    assert keeper.close(5)
    with Store() as store:
        assert store.about("/papers/\udcff.txt") == conversation.id


def test_a_new_conversation_stays_about_it() -> None:
    engine = FakeEngine(["Yes."])
    conversation = about(engine)
    list(conversation.say("Is it so?"))
    before = conversation.id
    conversation.clear()
    list(conversation.say("And now?"))
    assert conversation.id != before
    assert conversation.heading.document == "/papers/report.pdf"
    assert engine.received[1][0].content == f"{DOCUMENT}\n\nAnd now?"


def test_exports_carry_it() -> None:
    conversation = about(FakeEngine(["Yes."]))
    list(conversation.say("Is it so?"))
    saved = (conversation.heading, conversation.tree)
    assert "\n\n*About report.pdf*\n\n" in export_markdown(*saved)
    exported = export_json(*saved)
    assert exported["document"] == {"path": "/papers/report.pdf", "content": "0a1b"}
    heading, _ = import_json(printable_json(exported).encode())
    assert (heading.document, heading.content) == ("/papers/report.pdf", "0a1b")


def test_exports_without_it_and_of_earlier_versions_are_read() -> None:
    conversation = Conversation(FakeEngine(["Yes."]))
    list(conversation.say("Is it so?"))
    exported = export_json(conversation.heading, conversation.tree)
    assert exported["document"] is None
    assert "About" not in export_markdown(conversation.heading, conversation.tree)
    del exported["document"]
    assert import_json(printable_json(exported).encode())[0].document == ""


@pytest.mark.parametrize("document", ["report.pdf", {"path": 5, "content": "0a1b"}, {"path": "report.pdf"}])
def test_an_import_that_names_no_document_is_refused(document: object) -> None:
    conversation = about(FakeEngine(["Yes."]))
    list(conversation.say("Is it so?"))
    exported = {**export_json(conversation.heading, conversation.tree), "document": document}
    with pytest.raises(HistoryFailed, match="document"):
        import_json(printable_json(exported).encode())


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ("", ""),
        ("standard input", "standard input"),
        ("/a/b.md\n/a/c.md", "b.md, c.md"),
        ("/a/b\n/a/c\n/a/d\n/a/e\n/a/f", "b, c, d and 2 more"),
        ("/", "/"),
    ],
)
def test_the_document_in_a_few_words(paths: str, shown: str) -> None:
    assert Heading("x", 1.0, document=paths).about == shown


def test_a_database_of_the_version_before_gets_room_for_it() -> None:
    path = store_path()
    open_database(path, MIGRATIONS[:1]).connection.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO conversations (id, created, changed) VALUES ('aaaabbbbcccc', 1.5, 2.5)")
        turn = "('q', 'aaaabbbbcccc', 'user', '?', 1.5)"
        connection.execute(f"INSERT INTO turns (id, conversation, role, content, created) VALUES {turn}")  # noqa: S608
        connection.commit()
    with Store() as store:
        assert store.notice == ""
        heading, tree = store.load("aaaabbbbcccc")
        assert (heading.document, heading.content, tree.path[0].content) == ("", "", "?")
