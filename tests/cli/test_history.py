"""`luciole history`, and what `luciole chat` keeps for it."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.conversation.store import Store, store_path
from assistant.errors import EngineFailed
from assistant.events import Text
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.paths import folder
from tests.cli.conftest import Luciole, Opens, Typed


@pytest.fixture
def talked(luciole: Luciole, opens: Opens, typed: Typed) -> str:
    """A kept conversation of four turns; its short name."""
    opens(FakeEngine(["Paris.", "合同金额是三万元。"]))
    typed(["Capital of France?", "Contract?"])
    assert luciole("chat", stdin=None).code == 0
    with Store() as store:
        return store.entries()[0].short


def test_the_list(luciole: Luciole, talked: str) -> None:
    shown = luciole("history", "list")
    assert (shown.code, shown.err) == (0, "")
    assert luciole("history") == shown
    (line,) = shown.out.splitlines()
    assert line.startswith(f"{talked}  20")
    assert line.endswith("    4 turns  Capital of France?")
    (entry,) = json.loads(luciole("history", "list", "--json").out)["conversations"]
    assert (entry["short"], entry["title"], entry["turns"], entry["archived"]) == (
        talked,
        "Capital of France?",
        4,
        False,
    )


def test_nothing_kept_is_said(luciole: Luciole) -> None:
    shown = luciole("history", "list")
    assert (shown.code, shown.out) == (0, "")
    assert shown.err == "note: no conversation is kept yet; luciole chat begins one\n"
    shown = luciole("history", "show", "last")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err == "error: no conversation is kept yet; one was expected; begin with luciole chat\n"


def test_a_long_list_says_what_it_leaves_out(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    for number in range(32):
        luciole("chat", "--keep", f"Question {number}")
    shown = luciole("history", "list")
    assert len(shown.out.splitlines()) == 30
    assert shown.err == "note: 2 older ones; --all lists them too\n"
    assert len(luciole("history", "list", "--all").out.splitlines()) == 32


def test_show_and_export(luciole: Luciole, talked: str, tmp_path: Path) -> None:
    shown = luciole("history", "show", talked)
    assert shown.out.startswith("# Capital of France?\n\n*20")
    assert shown.out.endswith("## You\n\nContract?\n\n## fake\n\n合同金额是三万元。\n")
    assert luciole("history", "export", "last").out == shown.out
    target = tmp_path / "talk.md"
    assert luciole("history", "export", talked, "-o", str(target)).out == ""
    assert target.read_text(encoding="utf-8") == shown.out
    again = luciole("history", "export", talked, "-o", str(target))
    assert again.code == 1
    assert "talk.md cannot be written (File exists); a new file" in again.err
    assert json.loads(luciole("history", "show", talked, "--json").out)["format"] == "luciole-conversation"


def test_export_and_import_of_json(luciole: Luciole, talked: str, tmp_path: Path) -> None:
    target = tmp_path / "talk.json"
    assert luciole("history", "export", talked, "--json", "-o", str(target)).code == 0
    shown = luciole("history", "import", str(target))
    assert (shown.code, shown.out) == (0, "")
    assert shown.err.startswith("note: imported as ")
    piped = luciole("history", "import", "-", "--json", stdin=target.read_bytes())
    assert json.loads(piped.out)["title"] == "Capital of France?"
    assert len(luciole("history", "list").out.splitlines()) == 3


def test_import_of_anything_else_is_refused(luciole: Luciole, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text('{"format": "other\x1b[31m"}')
    for file, words in (("talk.json", "it is no JSON"), ("", "Is a directory"), ("gone.json", "No such file")):
        shown = luciole("history", "import", str(tmp_path / file))
        assert (shown.code, shown.out) == (1, "")
        assert words in shown.err
        assert "\x1b" not in shown.err
        assert shown.err.count("\n") == 1


def test_search(luciole: Luciole, talked: str) -> None:
    shown = luciole("history", "search", "金额")
    assert shown.out.startswith(f"{talked}  20")
    assert shown.out.endswith("  model  合同金额是三万元。  [Capital of France?]\n")
    assert "  you  Capital of France?" in luciole("history", "search", "capital").out.replace("    ", "  ")
    (hit,) = json.loads(luciole("history", "search", "capital", "--json").out)["hits"]
    assert (hit["short"], hit["role"]) == (talked, "user")
    nothing = luciole("history", "search", "xylo\x1b[31mphone")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "note: nothing holds xylo[31mphone\n")


def test_remove_restore_and_remove_for_good(luciole: Luciole, talked: str) -> None:
    shown = luciole("history", "remove", talked)
    assert shown.code == 0
    assert "brings it back" in shown.err
    assert luciole("history", "list").out == ""
    assert talked in luciole("history", "list", "--removed").out
    luciole("history", "restore", talked)
    assert talked in luciole("history", "list").out
    assert luciole("history", "remove", talked, "nothing").code == 1
    assert talked in luciole("history", "list").out, "all or none"
    assert luciole("history", "remove", "--for-good", talked).err.endswith("is deleted\n")
    assert luciole("history", "list", "--removed").out == luciole("history", "list").out == ""


def test_what_is_hostile_is_never_shown(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("a\x1b]0;owned\x07 answer")]]))
    luciole("chat", "--keep", "q\x1b[2J\nuestion\u202e")
    for command in (["list"], ["show", "last"], ["show", "last", "--json"], ["search", "uestion"], ["list", "--json"]):
        shown = luciole("history", *command)
        assert shown.code == 0
        assert not set("\x1b\x07\u202e") & set(shown.out + shown.err), command


def test_every_subcommand_has_an_example(luciole: Luciole) -> None:
    for name in ("list", "show", "search", "export", "import", "remove", "restore"):
        shown = luciole("history", name, "--help")
        assert shown.code == 0
        assert f"luciole history {name}" in shown.out.split("\n\n")[-1]


def test_a_single_question_is_kept_only_when_asked(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine(["Yes."]))
    luciole("chat", "Hello?")
    luciole("chat", stdin=b"Hello?")
    assert not store_path().exists()
    shown = luciole("chat", "--keep", "Hello?")
    assert (shown.out, shown.err) == ("Yes.\n", "")
    assert len(luciole("history", "list").out.splitlines()) == 1


def test_no_history_keeps_nothing(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine(["Yes."]))
    typed(["Hello?", "/title secret"])
    assert luciole("chat", "--no-history", stdin=None).code == 0
    assert not store_path().exists()
    for other in ("--keep", "--continue=last"):
        shown = luciole("chat", "--no-history", other, stdin=None)
        assert shown.code == 2
        assert "--no-history keeps nothing" in shown.err


def test_going_on_with_the_last_or_a_given_one(luciole: Luciole, opens: Opens, typed: Typed, talked: str) -> None:
    door = opens(FakeEngine(["Rome."]))
    typed(["And Italy?"])
    shown = luciole("chat", "--continue", stdin=None)
    assert shown.code == 0
    assert "continuing Capital of France? (4 turns, 20" in shown.err
    assert "  合同金额是三万元。\n" in shown.err
    assert [message.content for message in door.engine.received[-1]][1:] == [
        "Capital of France?",
        "Paris.",
        "Contract?",
        "合同金额是三万元。",
        "And Italy?",
    ]
    assert luciole("chat", "--continue", talked, "And Spain?").out == "Rome.\n"
    assert " 8 turns " in luciole("history", "list").out
    unknown = luciole("chat", "--continue", "nothing", "Hello?")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no conversation begins with 'nothing'" in unknown.err
    eaten = luciole("chat", "--continue", "And Portugal?")
    assert eaten.code == 2
    assert "write --continue last PROMPT" in eaten.err


def test_an_answer_without_an_end_is_there_again(luciole: Luciole, opens: Opens, typed: Typed, talked: str) -> None:
    with Store() as store:
        identity = store.find(talked)
    with sqlite3.connect(store_path()) as connection:  # as a kill leaves it
        connection.execute("DELETE FROM turns WHERE number = 4")
    connection.close()
    door = opens(FakeEngine(["Thirty."]))
    typed(["/again"])
    shown = luciole("chat", "--continue", identity, stdin=None)
    assert "note: that question has no answer yet; /again answers it\n" in shown.err
    assert shown.out == "Thirty.\n"
    assert door.engine.received[-1][-1].content == "Contract?"


def test_an_answer_that_was_cut_goes_on(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine(["One two three."]))
    typed(["/continue", "Count?", "/continue", "/continue"])
    shown = luciole("chat", "--max-tokens", "2", stdin=None)
    assert shown.out == "One two\n three.\n"
    assert shown.err.count("error: the last answer was not cut; /again writes another one\n") == 2
    assert "note: the answer was cut at 2 tokens; /continue goes on with it\n" in shown.err
    assert "One two three." in luciole("history", "show", "last").out


def test_how_answers_are_written_is_kept(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine(["One two three."]))
    assert luciole("chat", "--keep", "--max-tokens", "2", "Count?").out == "One two\n"
    assert luciole("chat", "--continue", "last", "And?").out == "One two\n"
    assert luciole("chat", "--continue", "last", "--max-tokens", "1", "And?").out == "One\n"
    assert luciole("chat", "--continue", "last", "And?").out == "One\n"


def test_branches_in_a_conversation(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine(["One.", "Two.", "Three.", "Four."]))
    typed(["/again", "Count?", "/again", "/branches", "/branches 1", "More?", "/edit Next?", "/branch", "/branch 9"])
    shown = luciole("chat", stdin=None)
    assert shown.out == "One.\nTwo.\nThree.\nFour.\n"
    assert "error: there is no question yet\n" in shown.err
    assert "   1  model  One.\n*  2  model  Two.\n" in shown.err
    assert [message.content for message in door.engine.received[-1]] == ["Count?", "One.", "Next?"]
    assert "*  1  model  One.\n   2  model  Two.\n   3    you  More?\n*  4    you  Next?\n" in shown.err
    assert "error: 9 is none of 1 to 4; /branches lists them\n" in shown.err
    assert " 7 turns " in luciole("history", "list").out


def test_title_window_and_save(luciole: Luciole, opens: Opens, typed: Typed, tmp_path: Path) -> None:
    opens(FakeEngine(["Paris."]))
    names = [tmp_path / "talk.md", tmp_path / "talk.json"]
    typed(
        [
            "France?",
            "/title Capitals\x1b[31m",
            "/window",
            *(f"/save {name}" for name in names),
            "/save",
            f"/save {tmp_path}",
        ]
    )
    shown = luciole("chat", stdin=None)
    assert "2 of 8,192 tokens used, 8,190 free\n" in shown.err
    assert names[0].read_text().startswith("# Capitals[31m\n")
    assert json.loads(names[1].read_text())["title"] == "Capitals\x1b[31m"
    assert "error: /save needs the name of a new file" in shown.err
    assert "cannot be written (File exists)" in shown.err
    assert "Capitals[31m" in luciole("history", "list").out


def test_a_full_context_does_as_it_is_told(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine(["a b c d e f"], info=replace(FAKE_INFO, context=40)))
    typed([f"question {number} of six words" for number in range(6)])
    shown = luciole("chat", "--when-full", "drop", "--max-tokens", "8", "--system", "", stdin=None)
    assert "note: from here on the model no longer sees the first 4 turns (22 tokens)\n" in shown.err
    assert door.engine.received[-1][-1].content == "question 5 of six words"
    assert " 12 turns " in luciole("history", "list").out, "nothing left the conversation"


def test_the_settings_say_what_happens_to_a_full_context(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    (folder("config") / "settings.toml").write_text('[conversation]\nwhen_full = "drop"\n')
    opens(FakeEngine(["a b c d e f"], info=replace(FAKE_INFO, context=40)))
    typed([f"question {number} of six words" for number in range(4)])
    assert "no longer sees the first 4 turns" in luciole("chat", "--max-tokens", "8", stdin=None).err
    typed([f"question {number} of six words" for number in range(5)])
    assert "nothing was dropped" in luciole("chat", "--when-full", "stop", stdin=None).err
    for text in ("conversation = 1", '[conversation]\nwhen_full = "forget"', "[conversation]\nfull = 1"):
        (folder("config") / "settings.toml").write_text(text)
        shown = luciole("chat", "Hello?")
        assert (shown.code, shown.out) == (1, "")
        assert "expected" in shown.err


def test_what_cannot_be_kept_is_said_and_the_chat_goes_on(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine(["Yes."]))
    store_path().mkdir()
    typed(["Hello?", "Again?"])
    shown = luciole("chat", stdin=None)
    assert (shown.code, shown.out) == (0, "Yes.\nYes.\n")
    assert shown.err.count("nothing of this conversation is being kept") == 1
    listed = luciole("history", "list")
    assert (listed.code, listed.out) == (1, "")
    assert listed.err.startswith("error: the conversations in ")


def test_a_damaged_file_is_said_by_whoever_opens_it(luciole: Luciole, talked: str) -> None:
    store_path().write_bytes(b"no database" * 500)
    shown = luciole("history", "list")
    assert (shown.code, shown.out) == (0, "")
    assert "were damaged (file is not a database); they lie untouched in " in shown.err
    assert "damaged" not in luciole("history", "list").err


def test_what_an_engine_said_before_it_died_is_kept(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("The capital"), EngineFailed("the engine died; it starts anew; ask again")]]))
    assert luciole("chat", "--keep", "Hi").code == 1
    assert "The capital\n\n*ended here by an error*" in luciole("history", "show", "last").out
