"""The tree: siblings, paths, removal and its undoing."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.conversation.tree import Tree
from assistant.conversation.turns import Forgot, Turn


def turn(name: str, parent: str | None = None) -> Turn:
    """Questions are named q…, answers a…."""
    return Turn(name, parent, "user" if name[0] == "q" else "assistant", f"words of {name}", 1.0)


def tree(*pairs: str) -> Tree:
    """`tree("q1", "a1<q1")`: each turn with what it follows."""
    grown = Tree()
    for pair in pairs:
        name, _, parent = pair.partition("<")
        grown.add(turn(name, parent or None))
    return grown


def names(turns: tuple[Turn, ...]) -> str:
    return " ".join(step.id for step in turns)


FORKED = ("q1", "a1<q1", "q2<a1", "a2<q2", "a3<q2", "q3<a3", "a4<q3", "q4")


def test_the_path_follows_what_was_added() -> None:
    grown = tree(*FORKED)
    assert names(grown.path) == "q4"
    assert names(grown.siblings("a2")) == "a2 a3"
    assert names(grown.siblings("q1")) == "q1 q4"
    assert grown.siblings("a3").index(grown["a3"]) + 1 == 2  # "2/2"


def test_moving_between_siblings_comes_back_to_where_each_was_left() -> None:
    grown = tree(*FORKED)
    grown.select("q1")
    assert names(grown.path) == "q1 a1 q2 a3 q3 a4"
    grown.select("a2")
    assert names(grown.path) == "q1 a1 q2 a2"
    grown.select("q4")
    grown.select("q1")
    assert names(grown.path) == "q1 a1 q2 a2", "the branch that was shown last"
    grown.select("a3")
    assert names(grown.path) == "q1 a1 q2 a3 q3 a4"
    grown.select("q2")
    assert names(grown.path) == "q1 a1 q2 a3 q3 a4", "a turn of the path changes nothing"


def test_removing_takes_what_follows_and_goes_to_the_neighbour() -> None:
    grown = tree(*FORKED)
    grown.select("q1")
    grown.remove("a3")
    assert names(grown.path) == "q1 a1 q2 a2"
    assert names(grown.siblings("a2")) == "a2"
    with pytest.raises(KeyError):
        grown.select("a4")
    grown.restore("a3")
    assert names(grown.path) == "q1 a1 q2 a3 q3 a4"


def test_removing_the_only_one_ends_the_path_before_it() -> None:
    grown = tree("q1", "a1<q1")
    grown.remove("a1")
    assert names(grown.path) == "q1"
    for _ in "twice":
        grown.remove("q1")
    assert (grown.current, grown.path, grown.children(None)) == (None, (), ())
    grown.restore("q1")
    assert names(grown.path) == "q1"
    grown.restore("a1")
    assert names(grown.path) == "q1 a1"


def test_removing_elsewhere_leaves_the_path_alone() -> None:
    grown = tree(*FORKED)
    grown.remove("q1")
    assert names(grown.path) == "q4"


def test_only_questions_and_answers_in_turn_are_a_tree() -> None:
    with pytest.raises(ValueError, match="follows one of the same kind"):
        tree("q1", "q2<q1")
    with pytest.raises(ValueError, match="same kind"):
        tree("a1")
    with pytest.raises(ValueError, match="is not there"):
        tree("q1", "a1<q7")
    with pytest.raises(ValueError, match="two turns have the id q1"):
        tree("q1", "q1")
    with pytest.raises(ValueError, match="stays where it is"):
        tree("q1", "a1<q1", "q2<a1").replace(replace(turn("q2"), parent=None))


def test_a_current_turn_that_is_gone_gives_way_to_the_newest() -> None:
    turns = tree(*FORKED).turns
    assert names(Tree(turns, "a2").path) == "q1 a1 q2 a2"
    assert names(Tree(turns, "nothing").path) == "q4"
    removed = [replace(step, removed=True) if step.id == "q4" else step for step in turns]
    assert names(Tree(removed, "q4").path) == "q1 a1 q2 a3 q3 a4"


def test_marks_hold_on_the_paths_through_their_turn() -> None:
    grown = tree(*FORKED)
    grown.mark("q3", Forgot(2, 10))
    found = []
    for turn_id in ("q4", "q1", "a2"):
        grown.select(turn_id)
        found.append(grown.mark_on_path)
    assert found == [None, (4, Forgot(2, 10)), None]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["add", "select", "remove", "restore"])), max_size=60))
def test_the_path_is_always_one(steps: list[tuple[int, str]]) -> None:
    """Whatever is done, the path leads from a first question through visible turns, each following the one before."""
    grown = Tree()
    known: list[str | None] = [None]
    for number, (place, action) in enumerate(steps):
        target = known[place % len(known)]
        try:
            match action:
                case "add":
                    kind = "q" if target is None or target[0] == "a" else "a"
                    grown.add(turn(f"{kind}{number}", target))
                    known.append(f"{kind}{number}")
                case "select" if target is not None:
                    grown.select(target)
                case "remove" if target is not None:
                    grown.remove(target)
                case "restore" if target is not None:
                    grown.restore(target)
        except KeyError:
            continue  # below a removed one
        if action != "add":
            assert [step.parent for step in grown.path] == [None, *(step.id for step in grown.path[:-1])][
                : len(grown.path)
            ]
            assert not any(step.removed for step in grown.path)
            assert len({step.id for step in grown.turns}) == len(known) - 1
