"""`luciole chat --character`, with a scripted engine: who is played, what is drawn, and what is kept of it."""

import json
from pathlib import Path

import pytest

from assistant.characters.folder import character_folder
from assistant.conversation.store import Store
from assistant.fake import FakeEngine
from assistant.messages import Message, Sampling
from tests.cli.conftest import Luciole, Opens, Typed

CORPUS = """number,dialogue
1,"Guest: Is the lamp lit?
Keeper: It is lit, as it has been every night for thirty years."
2,"Guest: Do you like the sea?
Keeper: I like the sea when it is asleep, and so does my old dog."
3,"Guest: What did you have for breakfast today?
Keeper: Bread and tea, as the keepers before me had on every morning."
"""
SETTINGS = """
name = "Keeper"
user = "Guest"
language = "en"
greeting = "Come in, \\u001b[31mthe lamp is lit."
description = "An old keeper of a lighthouse."
[sampling]
temperature = 0.85
top_k = 7
"""


@pytest.fixture
def keeper() -> Path:
    """A character of the user's."""
    folder = character_folder() / "lighthouse"
    folder.mkdir()
    (folder / "character.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "dialogues.csv").write_text(CORPUS, encoding="utf-8")
    return folder


def asked(engine: FakeEngine, turn: int = -1) -> list[Message]:
    return list(engine.received[turn])


def test_one_question(luciole: Luciole, opens: Opens, keeper: Path) -> None:
    door = opens(FakeEngine(["Keeper: It is lit.\nGuest: And now?"]))
    shown = luciole("chat", "--character", "lighthouse", "Is the lamp lit?")
    assert (shown.code, shown.out, shown.err) == (0, "It is lit.\n", ""), "neither its name nor the user's words"
    system, *dialogues, question, begun = asked(door.engine)
    assert begun == Message("assistant", "Keeper:")
    assert "An old keeper of a lighthouse." in system.content
    assert question.content == "Guest: Is the lamp lit?"
    assert "as it has been every night" in dialogues[-1].content


def test_the_answer_as_json(luciole: Luciole, opens: Opens, keeper: Path) -> None:
    opens(FakeEngine(["Keeper: It is lit."]))
    shown = luciole("chat", "--character", "Keeper", "--json", "--top-k", "9", "Is the lamp lit?")
    found = json.loads(shown.out)
    assert (found["answer"], found["character"]) == ("It is lit.", "lighthouse")
    assert [sorted(one) for one in found["dialogues"]] == [["id", "text"]] * 3
    assert found["dialogues"][-1]["text"].startswith("Guest: Is the lamp lit?\nKeeper:"), "the most similar last"
    sampling = found["sampling"]
    assert (sampling["temperature"], sampling["top_k"], sampling["top_p"]) == (0.85, 9, Sampling().top_p)
    assert sampling["stop"] == [], "its stops are no part of the sampling"


def test_without_one_the_json_says_so(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    found = json.loads(luciole("chat", "--json", "Hi").out)
    assert (found["character"], found["dialogues"]) == (None, [])


def test_a_dialogue(luciole: Luciole, opens: Opens, typed: Typed, keeper: Path) -> None:
    door = opens(FakeEngine(["Keeper: It is lit.", "It is asleep."]))
    typed(["/dialogues", "Is the lamp lit?", "/dialogues", "/dialogues 1", "/dialogues 4", "/retrieval off",
           "And the sea?", "/dialogues", "/retrieval", "/retrieval wat", "/retrieval on", "/new"])  # fmt: skip
    shown = luciole("chat", "--character", "lighthouse", stdin=None)
    assert (shown.code, shown.out) == (0, "It is lit.\nIt is asleep.\n")
    said = shown.err.replace("> ", "")
    banner, greeting, none, *_ = said.splitlines()
    assert banner.startswith("fake (")
    assert greeting == "Keeper: Come in, [31mthe lamp is lit.", "printable, and before everything"
    assert none == "note: there is no answer yet"
    assert "\n  1  Guest: Is the lamp lit? Keeper: It is lit, as it has been every nig…\n" in said, "a line each"
    assert "note: 3 drawn, the most similar last; /dialogues 1 shows that one whole\n" in said
    assert "\nGuest: Is the lamp lit?\nKeeper: It is lit, as it has been every night for thirty years.\n" in said
    assert "error: 4 is none of 1 to 3; /dialogues lists them\n" in said
    assert said.count("\nKeeper: ") == 5, "greeted twice, its name before each answer, and in the dialogue"
    assert "note: dialogues are not drawn for the next answers\n" in said
    assert "note: no dialogues were drawn for the last answer\n" in said
    assert "note: dialogues are not drawn\n" in said
    assert "error: wat is neither on nor off" in said
    assert "note: dialogues are drawn for the next answers\n" in said
    assert asked(door.engine)[-2].content == "Guest: And the sea?"
    assert asked(door.engine)[1].content == "Guest: Is the lamp lit?", (
        "what was drawn for a turn is not read again with the next"
    )


def test_without_a_character_nothing_is_drawn(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine())
    typed(["/dialogues", "/retrieval off"])
    assert luciole("chat", stdin=None).err.count("error: no character is played; ") == 2


def test_the_users_name_and_no_retrieval(luciole: Luciole, opens: Opens, keeper: Path) -> None:
    door = opens(FakeEngine(["Aye.\nAnna: And now?"]))
    shown = luciole("chat", "--character", "lighthouse", "--user", "Anna", "--no-retrieval", "--json", "Is it lit?")
    found = json.loads(shown.out)
    assert (found["answer"], found["dialogues"]) == ("Aye.", [])
    assert asked(door.engine)[-2].content == "Anna: Is it lit?"
    assert "Anna" in asked(door.engine)[0].content


@pytest.mark.parametrize("user", ["", "a:b", "two\nlines", "x" * 41, "keeper"])
def test_a_name_that_is_none_is_refused(luciole: Luciole, opens: Opens, keeper: Path, user: str) -> None:
    opens(FakeEngine())
    shown = luciole("chat", "--character", "lighthouse", "--user", user, "Hi")
    assert (shown.code, shown.out) == (1, "")
    assert "name" in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("name", ["nobody", "", "../lighthouse", "/etc"])
def test_a_character_that_is_not_there(luciole: Luciole, opens: Opens, keeper: Path, name: str) -> None:
    opens(FakeEngine())
    shown = luciole("chat", "--character", name, "Hi")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1


def test_what_is_about_a_character_needs_one(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    for options in (["--user", "Anna"], ["--no-retrieval"]):
        assert luciole("chat", *options, "Hi").code == 2


@pytest.fixture
def talked(luciole: Luciole, opens: Opens, typed: Typed, keeper: Path) -> str:
    """A kept conversation with it, as Anna, without retrieval; its id."""
    opens(FakeEngine(["Keeper: It is lit."]))
    typed(["/retrieval off", "Is it lit?"])
    assert luciole("chat", "--character", "lighthouse", "--user", "Anna", stdin=None).code == 0
    with Store() as store:
        return store.find("last")


def test_it_is_taken_up_again(luciole: Luciole, opens: Opens, typed: Typed, talked: str) -> None:
    door = opens(FakeEngine(["Keeper: Still."]))
    typed(["Still?", "/retrieval on", "And now?"])
    shown = luciole("chat", "--continue", stdin=None)
    assert (shown.code, shown.out) == (0, "Still.\nStill.\n")
    assert "Come in" not in shown.err, "it has greeted already"
    assert "Anna" in asked(door.engine, 0)[0].content
    assert asked(door.engine, 0)[-2].content == "Anna: Still?"
    assert any("thirty years" in message.content for message in asked(door.engine, 1))
    with Store() as store:
        heading, tree = store.load(talked)
    assert (heading.character, heading.user, heading.retrieval) == ("lighthouse", "Anna", True)
    assert [turn.speaker for turn in tree.path] == ["", "Keeper"] * 3


def test_one_that_is_gone_is_told_and_the_conversation_goes_on(
    luciole: Luciole, opens: Opens, talked: str, keeper: Path
) -> None:
    keeper.rename(keeper.with_name("elsewhere"))
    door = opens(FakeEngine(["Of course."]))
    shown = luciole("chat", "--continue", talked, "Still?")
    assert (shown.code, shown.out) == (0, "Of course.\n")
    assert shown.err.startswith("note: lighthouse cannot be played any more: ")
    assert shown.err.endswith("; the conversation goes on without\n")
    assert [message.role for message in asked(door.engine)] == ["system", "user", "assistant", "user"]
    with Store() as store:
        heading, tree = store.load(talked)
    assert heading.character == "lighthouse", "when it is back it is played again"
    assert tree.path[-1].speaker == ""
    named = luciole("chat", "--continue", talked, "--character", "elsewhere", "Who?")
    assert (named.code, named.err) == (0, "")
    with Store() as store:
        assert store.load(talked)[0].character == "elsewhere"


def test_the_history_names_it(luciole: Luciole, talked: str) -> None:
    (line,) = luciole("history", "list").out.splitlines()
    assert line.endswith("Is it lit?  [with lighthouse]")
    (entry,) = json.loads(luciole("history", "list", "--json").out)["conversations"]
    assert entry["character"] == "lighthouse"
    shown = luciole("history", "show", talked).out
    assert "\n*With lighthouse*\n" in shown
    assert "## Keeper\n\nIt is lit.\n" in shown
    exported = json.loads(luciole("history", "show", talked, "--json").out)
    assert exported["character"] == {"id": "lighthouse", "user": "Anna", "retrieval": False}
    assert exported["turns"][1]["speaker"] == "Keeper"
