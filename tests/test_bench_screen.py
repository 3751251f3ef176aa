"""What the bench of the screen computes by itself, and that each of its ways through the screen can still be gone."""

import sys
from pathlib import Path

import pytest

from assistant import Message, Sampling, Store, Text

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from bench.conversations import FIRST, LAST, write_conversation
from bench.screen import Figure, _percentile, measure, missed, table
from bench.screen_program import BEGIN, END, SHAPES, Paced, answer


def test_goals_are_told_with_what_they_are_about() -> None:
    figures = [Figure("opening", 2.0, "s", 1.0), Figure("   memory", 10.0, "MiB", 150.0), Figure("   top", 9.0, "s")]
    late = Figure("   a key", 70.0, "ms", 50.0)
    assert missed([*figures, late]) == [
        "screen, opening: 2.00 s; 1 was the goal",
        "screen, opening: a key: 70.00 ms; 50 was the goal",
    ]
    assert table(figures).row_count == 3


def test_the_95th_percentile_is_one_of_the_values() -> None:
    assert _percentile([*range(100)]) == 95
    assert _percentile([3.0]) == 3.0


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_has_its_tokens_and_a_mark_at_both_ends(shape: str) -> None:
    texts = [event.text for event in answer(shape, 50) if isinstance(event, Text)]
    assert len(texts) == 52
    assert texts[0].startswith(BEGIN)
    assert texts[-1].endswith(END)


def test_a_paced_model_keeps_its_pace_and_hears_an_interruption() -> None:
    engine = Paced(answer("prose", 30), per_second=1000)
    texts = [event for event in engine.stream([Message("user", "go")], Sampling()) if isinstance(event, Text)]
    assert len(texts) == 32
    events = engine.stream([Message("user", "go")], Sampling())
    assert next(events) is not None
    engine.interrupt()
    assert list(events) == []


def test_a_long_conversation_is_kept(tmp_path: Path) -> None:
    write_conversation(tmp_path, 12)
    with Store(tmp_path / "data" / "conversations.db") as store:
        _, tree = store.load("bench0000000")
    assert len(tree.path) == 12
    assert tree.path[0].content.startswith(FIRST)
    assert tree.path[-1].content.endswith(LAST)


@pytest.mark.slow
def test_the_screen_is_measured(tmp_path: Path) -> None:
    figures = list(measure(tmp_path, runs=1, tokens=100))
    assert all(figure.value > 0 for figure in figures if figure.unit != "MiB")
    assert {figure.unit for figure in figures} == {"s", "ms", "%", "MiB"}
