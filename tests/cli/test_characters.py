"""`luciole characters`: what it prints where, what it asks, and what it refuses."""

import json
from pathlib import Path

import pytest

from assistant.characters.folder import character_folder
from assistant.commands import asking
from tests.assistant.characters.support import CSV, made
from tests.cli.conftest import Luciole


def test_made_listed_shown_checked_and_removed(luciole: Luciole, tmp_path: Path) -> None:
    source = tmp_path / "三三.csv"
    source.write_text(CSV + "7,nobody\n", encoding="utf-8")
    done = luciole("characters", "new", "三三", "--from", str(source), "--description", "话不多。")
    assert (done.code, done.out) == (0, "")
    assert "note: 1 entry is left out; luciole characters check 三三 lists what\n" in done.err
    assert "note: 三三 is made, with 2 dialogues, in " in done.err
    listed = luciole("characters")
    assert "三三" in listed.out
    assert "zh, 2 dialogues" in listed.out
    shown = luciole("characters", "show", "三三")
    assert "2 in 三三.csv" in shown.out
    assert "话不多。" in shown.out
    checked = luciole("characters", "check", "三三")
    assert "2 of 2 that were read, 4 lines: 2 in 三三.csv" in checked.out
    assert checked.err == "note: 三三.csv, row 4 is left out: its first line names nobody who speaks\n"
    again = luciole("characters", "new", "三三")
    assert again.code == 1
    assert again.err == (
        "error: a character '三三' is there already; a name that is free was expected; choose another, or remove that "
        "one first\n"
    )
    assert luciole("characters", "remove", "三三").code == 2
    removed = luciole("characters", "remove", "三三", "--yes")
    assert (removed.code, removed.err) == (0, "note: 三三 is removed\n")
    assert list(character_folder().iterdir()) == []


def test_removing_asks(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    made("one", d_csv=CSV)
    made("two", "broken")
    monkeypatch.setattr(asking, "can_ask", lambda: True)
    monkeypatch.setattr("builtins.input", lambda: "n")
    asked = luciole("characters", "remove", "one", "two")
    assert asked.err == "remove one with 2 files, two with 1 file? [y/N] note: nothing was removed\n"
    monkeypatch.setattr("builtins.input", lambda: "y")
    assert luciole("characters", "remove", "one", "gone").code == 1
    assert (character_folder() / "one").is_dir(), "all or none"
    assert luciole("characters", "remove", "one", "two").code == 0


def test_json(luciole: Luciole, starter_gguf: Path) -> None:
    folder = made("one", 'name = "三三"\ngreeting = "hi"\n[sampling]\ntop_k = 5\n', d_csv=CSV)
    made("bad", "name = 3")
    listed = json.loads(luciole("characters", "list", "--json").out)
    assert listed["folder"] == str(character_folder())
    own = {one["id"]: one for one in listed["characters"] if not one["shipped"]}
    assert own["one"] == {
        "id": "one",
        "name": "三三",
        "folder": str(folder),
        "shipped": False,
        "dialogues": 2,
        "language": "zh",
        "problem": None,
    }
    assert own["bad"]["problem"].startswith("name is 3")
    shown = json.loads(luciole("characters", "show", "one", "--json", "-m", str(starter_gguf)).out)
    assert (shown["sampling"], shown["greeting"]) == ({"top_k": 5}, "hi")
    assert shown["form"]["kind"] == "chat"
    checked = json.loads(luciole("characters", "check", "one", "--json").out)
    assert checked["check"]["dialogues"] == 2
    assert checked["check"]["speakers"] == {"三三": 2, "二二": 1, "观众": 1}
    made_ = json.loads(luciole("characters", "new", "two", "--description", "x", "--json").out)
    assert made_["id"] == "two"


def test_one_of_whom_nothing_is_known_or_whose_name_is_taken_says_so(luciole: Luciole) -> None:
    made = luciole("characters", "new", "glim")
    assert "note: nothing says who glim is; write a description into " in made.err
    assert "note: it stands before the glim that ships with luciole; luciole characters remove glim undoes" in made.err
    assert "longest" not in luciole("characters", "check", "glim").out, "there are no dialogues"
    assert "nothing says" not in luciole("characters", "new", "keeper", "--description", "Keeps a lighthouse.").err


def test_a_folder_somewhere_else(luciole: Luciole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("one", d_csv=CSV).rename(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "./mine", str(tmp_path / "mine")):
        done = luciole("characters", "check", name)
        assert (done.code, "三三" in done.out) == (0, True)
    assert luciole("characters", "check", "other").code == 1


def test_what_cannot_be_played_is_listed_with_its_reason(luciole: Luciole) -> None:
    made("bad", 'name = "\\u001b[31m"')
    done = luciole("characters", "list")
    assert done.code == 0
    assert "bad: name is" in done.out
    assert "\x1b" not in done.out
    assert luciole("characters", "show", "bad").code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["characters", "show"], 2),
        (["characters", "show", "../etc"], 1),
        (["characters", "check", "/nowhere"], 1),
        (["characters", "new", "../x"], 1),
        (["characters", "new", "x", "--language", "fr"], 2),
        (["characters", "nothing"], 2),
        (["characters", "show", "gone"], 1),
    ],
)
def test_what_is_refused(arguments: list[str], code: int, luciole: Luciole) -> None:
    done = luciole(*arguments)
    assert (done.code, done.out) == (code, "")
    assert "Traceback" not in done.err
