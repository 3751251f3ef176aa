"""`luciole ask` with a scripted engine: transcripts, conversations that go on, refusals."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.conversation.store import Store
from assistant.engine import EngineSettings
from assistant.errors import EngineFailed
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.paths import folder
from tests.cli.conftest import Luciole, Opens, Typed

TEXT = "The committee met on 3 March 2026. The dam will be repaired for 120,000 euros.\n"
ANSWER = "It costs 120,000 euros."
BELOW = """\
checked: 1 figure or name, in the document
source: line 1
read: 15 of 15 tokens (100 %)
time: reading 0.5 s, writing 1.0 s
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def long(tmp_path: Path) -> Path:
    path = tmp_path / "long.txt"
    path.write_text(TEXT + "\n" + "\n\n".join(f"Nothing was said in week {n} of the rain." for n in range(400)))
    return path


def test_the_answer_alone_is_on_stdout(luciole: Luciole, opens: Opens, report: Path) -> None:
    door = opens(FakeEngine(["It costs\x1b 120,000 euros."]))
    shown = luciole("ask", str(report), "What does it cost?", "-m", "small", "--context", "4096")
    assert (shown.code, shown.out, shown.err) == (0, "It costs 120,000 euros.\n", BELOW)
    assert door.model == "small"
    assert door.settings is not None
    assert door.settings.context == 4096
    assert door.engine.closed
    (message,) = door.engine.received[0]
    assert message.role == "user"
    assert message.content.startswith(TEXT.strip())
    assert message.content.endswith("the text does not answer it: What does it cost?")


def test_what_the_document_does_not_have_is_marked_and_named(luciole: Luciole, opens: Opens, report: Path) -> None:
    opens(FakeEngine(["It costs 130,000 euros."]))
    shown = luciole("ask", str(report), "What does it cost?")
    assert shown.out == "It costs 130,000 euros [?].\n"
    assert "not in the document and marked: 130,000 euros\n" in shown.err


def test_on_a_terminal_the_words_come_marked_as_they_are_written(
    luciole: Luciole, opens: Opens, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens(FakeEngine(["It costs 130,000 euros in June."]))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    shown = luciole("ask", str(report), "What does it cost?")
    assert shown.out == "It costs 130,000 euros [?] in June.\n"


def test_standard_input(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine([ANSWER]))
    shown = luciole("ask", "-", "What does it cost?", stdin=TEXT.encode())
    assert (shown.code, shown.out) == (0, f"{ANSWER}\n")
    assert door.engine.received[0][0].content.startswith(TEXT.strip())


def test_several_documents(luciole: Luciole, opens: Opens, report: Path, long: Path) -> None:
    door = opens(FakeEngine([ANSWER]))
    assert luciole("ask", str(report), str(long), "What does it cost?").code == 0
    content = door.engine.received[0][0].content
    assert TEXT.strip() in content
    assert "week 399" in content
    with Store() as store:
        assert store.entries()[0].heading.document == f"{report}\n{long}"


def test_json_is_one_object(luciole: Luciole, opens: Opens, report: Path) -> None:
    opens(FakeEngine(["The dam will be repaired for 130,000 euros."]))
    shown = luciole("ask", str(report), "What does it cost?", "--json")
    found = json.loads(shown.out)
    assert found["seconds"].pop("load") >= 0
    assert found == {
        "question": "What does it cost?",
        "answer": "The dam will be repaired for 130,000 euros.",
        "marked": "The dam will be repaired for 130,000 euros [?].",
        "strategy": "whole",
        "language": "en",
        "model": "fake",
        "kind": "text",
        "encoding": "utf-8",
        "tokens_total": 15,
        "tokens_read": 15,
        "reused_tokens": 0,
        "readings": 1,
        "seconds": {"read": 0.5, "write": 1.0},
        "claims": {
            "checked": 1,
            "supported": 0,
            "unsupported": 1,
            "items": [
                {"text": "130,000 euros", "kind": "amount", "start": 29, "end": 42, "supported": False, "places": []}
            ],
        },
        "sources": [
            {
                "text": "The dam will be repaired for 130,000 euros.",
                "lines": [1, 1],
                "page": None,
                "file": None,
                "heading": None,
            }
        ],
        "excerpts": [],
        "warnings": [],
    }


def test_beyond_the_window_it_says_what_was_read(luciole: Luciole, opens: Opens, long: Path) -> None:
    opens(FakeEngine([ANSWER], info=replace(FAKE_INFO, context=900)))
    shown = luciole("ask", str(long), "What does the repair of the dam cost?", "--json")
    found = json.loads(shown.out)
    assert found["strategy"] == "search"
    assert found["tokens_read"] < found["tokens_total"]
    assert found["excerpts"][0]["lines"][0] == 1
    only = f"passages were read, {found['tokens_read']:,} of {found['tokens_total']:,} tokens"
    assert only in found["warnings"][0]
    assert f"warning: {found['warnings'][0]}\n" in shown.err


def test_the_conversation_goes_on(
    luciole: Luciole, opens: Opens, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = opens(FakeEngine([ANSWER, "In March."]))
    luciole("ask", str(report), "What does it cost?")
    monkeypatch.chdir(report.parent)
    shown = luciole("ask", "report.txt", "--continue", "And when was that?")
    assert (shown.code, shown.out) == (0, "In March.\n")
    assert "kept" not in shown.err
    contents = [message.content for message in door.engine.received[1]]
    assert contents[0] == door.engine.received[0][0].content
    assert contents[1:] == [ANSWER, "And when was that?"]
    with Store() as store:
        (entry,) = store.entries()
        assert entry.turns == 4
        assert entry.heading.document == str(report)


def test_without_continue_a_new_one_begins(luciole: Luciole, opens: Opens, report: Path) -> None:
    door = opens(FakeEngine([ANSWER]))
    for _ in range(2):
        luciole("ask", str(report), "What does it cost?")
    assert len(door.engine.received[1]) == 1
    with Store() as store:
        assert len(store.entries()) == 2


def test_there_may_be_nothing_to_continue(luciole: Luciole, opens: Opens, report: Path, long: Path) -> None:
    opens(FakeEngine([ANSWER]))
    luciole("ask", str(long), "What does it cost?")
    luciole("chat", "--keep", "Hello?")
    shown = luciole("ask", str(report), "--continue", "What does it cost?")
    assert shown.code == 0
    assert shown.err.startswith(f"note: no conversation about {report} is kept yet; a new one begins\n")
    with Store() as store:
        assert len(store.entries()) == 3


def test_a_changed_document_is_said_and_read_anew(luciole: Luciole, opens: Opens, report: Path) -> None:
    door = opens(FakeEngine([ANSWER]))
    luciole("ask", str(report), "What does it cost?")
    report.write_text(TEXT.replace("120,000", "140,000"))
    for said in (True, False):
        shown = luciole("ask", str(report), "--continue", "And now?")
        changed = f"note: {report} has changed since that conversation; the new text is read\n"
        assert shown.err.startswith(changed) is said
    assert "140,000" in door.engine.received[1][0].content
    assert "120,000" not in door.engine.received[1][0].content


def test_standard_input_goes_on_with_the_same_text_only(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine([ANSWER]))
    luciole("ask", "-", "What does it cost?", stdin=TEXT.encode())
    luciole("ask", "-", "--continue", "Sure?", stdin=b"Another text.")
    luciole("ask", "-", "--continue", "And now?", stdin=TEXT.encode())
    assert [len(messages) for messages in door.engine.received] == [1, 1, 3]


def test_nothing_is_kept_where_nothing_should_be(luciole: Luciole, opens: Opens, report: Path) -> None:
    opens(FakeEngine([ANSWER]))
    assert luciole("ask", str(report), "--no-history", "What does it cost?").code == 0
    with Store() as store:
        assert store.entries() == []


def test_history_shows_what_it_is_about(luciole: Luciole, opens: Opens, report: Path) -> None:
    opens(FakeEngine([ANSWER]))
    luciole("ask", str(report), "What does it cost?")
    assert luciole("history").out.endswith("2 turns  What does it cost?  [report.txt]\n")
    assert "*About report.txt*" in luciole("history", "show", "last").out
    (listed,) = json.loads(luciole("history", "list", "--json").out)["conversations"]
    assert listed["document"] == str(report)


def test_chat_goes_on_with_conversations_without_a_document_only(luciole: Luciole, opens: Opens, report: Path) -> None:
    door = opens(FakeEngine(["Hello.", ANSWER, "Still here."]))
    luciole("chat", "--keep", "Hello?")
    luciole("ask", str(report), "What does it cost?")
    assert luciole("chat", "--continue", "last", "Are you there?").out == "Still here.\n"
    assert [message.content for message in door.engine.received[2]][-3:] == ["Hello?", "Hello.", "Are you there?"]
    with Store() as store:
        about = next(entry for entry in store.entries() if entry.heading.document)
    shown = luciole("chat", "--continue", about.heading.id, "And now?")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: that conversation is about report.txt; one without a document was expected; ")


def test_a_dialogue(luciole: Luciole, opens: Opens, report: Path, typed: Typed) -> None:
    door = opens(FakeEngine(["The dam will be repaired for 130,000 euros.", "In March.", "In spring."]))
    typed(["What does it cost?", "And when?", "/again", "/window"])
    shown = luciole("ask", str(report), stdin=None)
    assert (shown.code, shown.out) == (0, "The dam will be repaired for 130,000 euros [?].\nIn March.\nIn spring.\n")
    assert "not in the document and marked: 130,000 euros\nsource: line 1\n[" in shown.err
    assert [len(messages) for messages in door.engine.received] == [1, 3, 3]
    assert all(messages[0].content.startswith(TEXT.strip()) for messages in door.engine.received)


def test_an_answer_that_goes_on_is_looked_up_whole(luciole: Luciole, opens: Opens, report: Path, typed: Typed) -> None:
    opens(FakeEngine(["The dam costs 130,000 euros, and 120,000 of them are there."]))
    typed(["What does it cost?", "/continue"])
    shown = luciole("ask", str(report), "--max-tokens", "6", stdin=None)
    assert shown.err.count("not in the document and marked: 130,000 euros") == 2


def test_a_dialogue_goes_on(luciole: Luciole, opens: Opens, report: Path, typed: Typed) -> None:
    door = opens(FakeEngine([ANSWER, "In March."]))
    luciole("ask", str(report), "What does it cost?")
    typed(["And when?"])
    shown = luciole("ask", str(report), "--continue", stdin=None)
    assert "continuing What does it cost? (2 turns" in shown.err
    assert len(door.engine.received[1]) == 3


def test_errors_in_a_dialogue_end_no_dialogue(luciole: Luciole, opens: Opens, report: Path, typed: Typed) -> None:
    opens(FakeEngine([[EngineFailed("it died; life was expected; ask again")], "In March."]))
    typed(["What does it cost?", "And when?"])
    shown = luciole("ask", str(report), stdin=None)
    assert (shown.code, shown.out) == (0, "In March.\n")
    assert "error: it died; life was expected; ask again\n" in shown.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument"),
        (("{report}",), "QUESTION is missing"),
        (("-",), "QUESTION is missing"),
        (("{report}", "{report}"), "is a file; write the question behind it"),
        (("{report}", "  "), "the QUESTION is empty"),
        (("-", "-", "Who?"), "- is given twice"),
        (("{report}", "Who?", "--continue", "--no-history"), "--no-history keeps nothing"),
    ],
)
def test_wrong_usage(luciole: Luciole, opens: Opens, report: Path, arguments: Sequence[str], said: str) -> None:
    door = opens(FakeEngine())
    shown = luciole("ask", *(argument.format(report=report) for argument in arguments))
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert door.model is None
    assert not door.engine.closed


def test_json_needs_a_question(luciole: Luciole, opens: Opens, report: Path) -> None:
    opens(FakeEngine())
    shown = luciole("ask", str(report), "--json", stdin=None)
    assert shown.code == 2
    assert "--json prints one answer" in shown.err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [("missing.md", None, "does not exist"), ("empty.md", b"", "has no text"), ("bin.md", bytes(range(256)), "binary")],
)
def test_no_document(luciole: Luciole, opens: Opens, tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    door = opens(FakeEngine())
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    shown = luciole("ask", str(path), "Who?")
    assert (shown.code, shown.out) == (1, "")
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not door.engine.received


def test_another_encoding_is_told_and_may_be_given(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    door = opens(FakeEngine(["会议讨论了销售计划。"]))
    path = tmp_path / "纪要.txt"
    path.write_bytes("会议纪要：本次会议讨论了第三季度的销售计划。".encode("gb18030"))
    shown = luciole("ask", str(path), "会议讨论了什么？", "--encoding", "gb18030")
    assert shown.err.startswith(f"note: {path} is in gb18030\n")
    assert "第三季度的销售计划" in door.engine.received[0][0].content


def test_the_model_for_vectors_is_the_one_in_the_settings(
    luciole: Luciole, opens: Opens, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder("config") / "settings.toml").write_text('[ask]\nembedding_model = "small-vectors"\n')
    asked: list[str | None] = []
    engine = FakeEngine([ANSWER], info=replace(FAKE_INFO, context=900))
    opens(engine)

    def open_engine(model: str | None = None, settings: EngineSettings | None = None) -> FakeEngine:
        asked.append(model)
        return engine if model is None else FakeEngine()

    monkeypatch.setattr("assistant.models.open_engine", open_engine)
    assert luciole("ask", str(long), "What does the dam cost?").code == 0
    assert asked == [None, "small-vectors"]
