"""Export and import: the round trip is equal, and no file from outside does harm."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.conversation.conversation import Conversation
from assistant.conversation.exchange import LARGEST, export_json, import_json
from assistant.conversation.markdown import export_markdown
from assistant.conversation.store import Store
from assistant.conversation.tree import Tree
from assistant.conversation.turns import END_REASONS, Forgot, Heading, Turn, new_id
from assistant.errors import HistoryFailed
from assistant.events import Usage
from assistant.fake import FakeEngine
from assistant.messages import Sampling
from assistant.sanitize import printable_json
from tests.assistant.conversation.support import whole


def talk() -> tuple[Heading, Tree]:
    conversation = Conversation(FakeEngine(["Paris.", "It is Paris.", "Rome."]), system="Be brief.")
    list(conversation.say("France?"))
    list(conversation.regenerate())
    list(conversation.say("Italy?"))
    list(conversation.edit(conversation.path[-2].id, "Spain?"))
    conversation.rename("Capitals")
    return conversation.heading, conversation.tree


def exported() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(printable_json(export_json(*talk())))
    return value


def imported(value: object) -> tuple[Heading, Tree]:
    return import_json(json.dumps(value).encode())


def test_a_conversation_comes_back_equal_under_other_ids() -> None:
    heading, tree = talk()
    tree.mark(tree.path[2].id, Forgot(2, 17, "Paris."))
    again = import_json(printable_json(export_json(heading, tree)).encode())
    assert whole(again) == whole((heading, tree))
    assert again[1].path[0].usage == tree.path[0].usage
    names = {turn.id for turn in tree.turns} | {heading.id}
    assert not names & ({turn.id for turn in again[1].turns} | {again[0].id})


TEXT = st.text(max_size=40)
MOMENT = st.integers(86_400_000 * 400, 4_000_000_000_000).map(lambda milliseconds: round(milliseconds / 1000, 3))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), TEXT, MOMENT, st.sampled_from(END_REASONS)), min_size=1, max_size=12), TEXT
)
def test_any_tree_comes_back_equal(rows: list[tuple[int, str, float, Any]], title: str) -> None:
    tree = Tree()
    for place, text, created, reason in rows:
        parent = None if not tree.turns or place == 0 else tree.turns[place % len(tree.turns)]
        if parent is None or parent.role == "assistant":
            tree.add(Turn(new_id(), parent.id if parent else None, "user", text, created))
        else:
            usage = Usage(prompt_tokens=place, write_seconds=0.25)
            tree.add(Turn(new_id(), parent.id, "assistant", text, created, "m", reason, usage))
    saved = Heading(new_id(), rows[0][2], " ".join(title.split()), None, tree.current), tree
    data = printable_json(export_json(*saved)).encode()
    assert whole(import_json(data)) == whole(saved)
    with Store() as store:
        heading, again = import_json(data)
        store.add(heading, again)
        assert whole(store.load(heading.id)) == whole(saved)


def test_how_answers_are_written_comes_back() -> None:
    heading, tree = talk()
    own = Sampling(temperature=1.25, seed=7, stop=("END",), logit_bias=(("a", 2.0), (7, -1.0)))
    value = export_json(replace(heading, sampling=own), tree)
    assert import_json(printable_json(value).encode())[0].sampling == own
    value["sampling"]["of_another_version"] = 1
    assert imported(value)[0].sampling == own, "what this version does not know is left out"
    del value["sampling"]
    assert imported(value)[0].sampling is None, "earlier versions wrote none"


def test_what_was_removed_is_not_exported() -> None:
    heading, tree = talk()
    tree.remove(tree.path[0].id)
    assert export_json(heading, tree)["turns"] == []
    with pytest.raises(HistoryFailed, match="there is no turn in it"):
        imported(export_json(heading, tree))


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    value = exported()
    change(value)
    return value


def of_turn(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["turns"][1].update(fields)


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another format": (lambda v: v.update(format="chat"), "no exported conversation"),
    "newer": (lambda v: v.update(version=2), "is of version 2; expected: version 1"),
    "version of another kind": (lambda v: v.update(version=True), "version of the file is true"),
    "no turns": (lambda v: v.pop("turns"), "turns is missing"),
    "turns of another kind": (lambda v: v.update(turns=[1]), r"turns is \[1\]"),
    "too many": (lambda v: v.update(turns=v["turns"][:1] * 100_001), "100,001 turns; expected: at most 100,000"),
    "an orphan": (of_turn(parent="nobody"), "the parent of turn 2 is .nobody.; expected: the id of a turn before it"),
    "a cycle": (lambda v: v["turns"][0].update(parent=v["turns"][1]["id"]), "the parent of turn 1 is"),
    "itself": (lambda v: v["turns"][0].update(parent=v["turns"][0]["id"]), "the parent of turn 1 is"),
    "two of one id": (lambda v: v["turns"][1].update(id=v["turns"][0]["id"]), "turn 2 has the id of another one"),
    "no id": (of_turn(id=7), "id of turn 2 is 7"),
    "an endless id": (of_turn(id="x" * 1001), "id of turn 2 has 1,001 characters"),
    "a third role": (of_turn(role="system"), "is of role .system."),
    "an unhashable role": (of_turn(role=["user"]), "is of role"),
    "two questions": (
        of_turn(role="user"),
        "take turns",
    ),
    "no content": (of_turn(content=None), "content of turn 2 is missing"),
    "content of another kind": (of_turn(content={"a": "x" * 100}), "content of turn 2 is"),
    "half a character": (of_turn(content="a\ud800"), r"holds half a character \(U\+D800\)"),
    "no time": (of_turn(created="yesterday"), "created of turn 2 is .yesterday.; expected: a time with its zone"),
    "a time without a zone": (of_turn(created="2026-01-01T00:00:00"), "a time with its zone"),
    "a time far off": (of_turn(created="9999-12-31T23:59:59-12:00"), "a time with its zone"),
    "a time as a number": (of_turn(created=1e300), "created of turn 2"),
    "an unknown end": (of_turn(reason="bored"), "turn 2 ended by .bored."),
    "an unhashable end": (of_turn(reason={}), "turn 2 ended by"),
    "figures of another kind": (of_turn(usage=[]), "the usage of turn 2"),
    "a figure of another kind": (of_turn(usage={"prompt_tokens": "1"}), "prompt_tokens of turn 2 is .1."),
    "a broken figure": (of_turn(usage={"prompt_tokens": 1.5}), "prompt_tokens of turn 2 is 1.5"),
    "a huge figure": (of_turn(usage={"prompt_tokens": 10**400}), "prompt_tokens of turn 2 is 1000"),
    "an infinite figure": (of_turn(usage={"read_seconds": float("inf")}), "Infinity is no number"),
    "a huge real": (of_turn(usage={"read_seconds": 1e300}), "read_seconds of turn 2 is 1e"),
    "no title": (lambda v: v.update(title=None), "title of the file is missing"),
    "an instruction of another kind": (lambda v: v.update(system=1), "system of the file is 1"),
    "sampling of another kind": (lambda v: v.update(sampling=[1]), r"the sampling is \[1\]"),
    "sampling out of range": (
        lambda v: v.update(sampling={"temperature": 99}),
        "the sampling has a value that it cannot have .temperature is 99",
    ),
    "a current turn that is not there": (lambda v: v.update(current="nobody"), "current is .nobody."),
    "an unhashable current turn": (lambda v: v.update(current=[]), r"current is \[\]"),
    "a mark of nothing": (lambda v: v.update(marks=[{"turn": "x", "turns": 0, "tokens": 0, "summary": ""}]), "mark 1"),
    "a mark past its turn": (
        lambda v: v.update(marks=[{"turn": v["turns"][0]["id"], "turns": 2, "tokens": 0, "summary": ""}]),
        "mark 1 leaves out 2 turns before a turn that has 0",
    ),
    "half an exchange": (
        lambda v: v.update(marks=[{"turn": v["turns"][3]["id"], "turns": 1, "tokens": 0, "summary": ""}]),
        "mark 1 leaves out 1 turns",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_refused_with_words(name: str) -> None:
    change, words = HOSTILE[name]
    with pytest.raises(HistoryFailed, match=words) as refused:
        imported(changed(change))
    assert str(refused.value).startswith("the conversation cannot be imported: ")
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is no JSON"),
        (b"\xff\xfe\x00", "it is no JSON"),
        (b"[" * 200_000, "it is nested too deep"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": ' + b"1" * 5000 + b"}", "it is no JSON"),
        (b"[]", "no exported conversation"),
        (b" " * (LARGEST + 1), "at most 67,108,864"),
    ],
    ids=["nothing", "bytes", "deep", "NaN", "digits", "list", "large"],
)
def test_what_is_no_export_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(HistoryFailed, match=words):
        import_json(data)


def test_a_path_of_many_thousand_turns_is_no_danger() -> None:
    value = exported()
    first = value["turns"][0]
    turns = [first]
    for number in range(20_000):
        role = "user" if number % 2 else "assistant"
        turns.append({**first, "id": str(number), "parent": turns[-1]["id"], "role": role})
    value.update(turns=turns, current=None, marks=[])
    heading, tree = imported(value)
    assert len(tree.path) == 20_001
    tree.remove(tree.path[10].id)
    assert len(tree.path) == 10
    assert len(export_json(heading, tree)["turns"]) == 10


def test_control_characters_stay_data_and_are_never_shown() -> None:
    value = exported()
    value["turns"][0]["content"] = "a\x1b]0;owned\x07\x00b"
    value["turns"][1]["model"] = "m\x1b[2J\nx"
    value["title"] = "t\x1b[31m"
    heading, tree = imported(value)
    assert tree.turns[0].content == "a\x1b]0;owned\x07\x00b"
    assert not set("\x1b\x07\x00") & set(export_markdown(heading, tree, branches=True))
    assert "\x1b" not in printable_json(export_json(heading, tree))


def test_markdown_of_the_path_and_of_all_branches() -> None:
    heading, tree = talk()
    tree.mark(tree.path[2].id, Forgot(2, 17, "It was\nParis."))
    path = export_markdown(heading, tree)
    assert path.startswith("# Capitals\n\n*20")
    assert path.split("\n\n", 2)[2] == (
        "## Instruction\n\nBe brief.\n\n## You\n\nFrance?\n\n## fake\n\nIt is Paris.\n\n"
        "*from here on the model no longer sees the first 2 turns (17 tokens), but this summary of them: "
        "It was Paris.*\n\n## You\n\nSpain?\n\n## fake\n\nRome.\n"
    )
    headings = [line for line in export_markdown(heading, tree, branches=True).split("\n") if line.startswith("## ")]
    assert headings == [
        "## Instruction",
        "## You",
        "## fake (1 of 2)",
        "## fake (2 of 2, current)",
        "## You (1 of 2)",
        "## fake",
        "## You (2 of 2, current)",
        "## fake",
    ]


def test_markdown_says_how_an_answer_ended() -> None:
    tree = Tree([Turn("q", None, "user", "Hi", 1.0)])
    for reason in (*END_REASONS, None):
        tree.add(Turn(f"a{reason}", "q", "assistant", "Yes.", 1.0, "", reason))
    shown = export_markdown(Heading("x", 1.0), tree, branches=True)
    assert [line for line in shown.split("\n") if line.startswith("*") and "19" not in line] == [
        "*cut at the longest answer allowed*",
        "*ended here because it repeated itself*",
        "*stopped here*",
        "*ended here by an error*",
        "*without an end: the program was ended meanwhile, or is still writing*",
    ]
