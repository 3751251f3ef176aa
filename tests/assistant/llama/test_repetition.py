"""What is an answer without end, and what only looks like one."""

from contextlib import closing
from itertools import count, cycle, islice
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine import EngineSettings
from assistant.events import Finished
from assistant.llama.engine import LlamaEngine
from assistant.llama.repetition import LEAST, LONGEST, Repetition
from assistant.messages import Message, Sampling


def ends_after(tokens: list[int]) -> int | None:
    """How many tokens were read when the answer was found endless."""
    repetition = Repetition()
    for number, token in enumerate(tokens, 1):
        if repetition.feed(token):
            return number
    return None


@pytest.mark.parametrize(
    ("period", "expected"),
    [(1, 128), (2, 128), (31, 128), (33, 132), (127, 508), (128, 384), (500, 1500), (1024, 3072)],
)
def test_a_loop_of_any_length_is_found_at_once(period: int, expected: int) -> None:
    before = list(range(10_000, 10_300))
    tokens = before + list(islice(cycle(range(period)), 4000))
    assert ends_after(tokens) == len(before) + expected


def test_longer_pieces_are_left_alone() -> None:
    assert ends_after(list(islice(cycle(range(LONGEST + 1)), 5000))) is None


def lines(*texts: str) -> list[int]:
    """Words as tokens, line ends too."""
    words = [word for text in texts for word in (*text.split(), "\n")]
    return [hash(word) % 50_000 for word in words]


REFRAIN = "we all live in a yellow submarine a yellow submarine a yellow submarine"


@pytest.mark.parametrize(
    "tokens",
    [
        [5] * 100,  # a line of dashes, a deep indentation
        lines(*[REFRAIN] * 3),
        lines(*["la la la la la la"] * 8),
        [token for number in range(2000) for token in (*map(ord, str(number)), 10)],
        [token for number in range(500) for token in lines(f"step {number} : take the next one from the list")],
        lines(*["| - | - | - |"] * 9),
        list(islice(count(), 5000)),
    ],
    ids=["dashes", "refrain", "la la", "counting", "steps", "table", "anew"],
)
def test_what_people_ask_for_is_no_loop(tokens: list[int]) -> None:
    assert ends_after(tokens) is None


def test_real_texts_are_no_loops() -> None:
    """Letter by letter, where tables, indentation and lists repeat most."""
    for path in [*sorted(Path(__file__).parents[3].glob("*.md")), Path(__file__)]:
        assert ends_after(list(map(ord, path.read_text(encoding="utf-8")))) is None, path


def plainly(tokens: list[int]) -> bool:
    """The definition, word by word."""
    for period in range(1, min(LONGEST, len(tokens)) + 1):
        length = max(LEAST, (4 if period < 128 else 3) * period)
        if len(tokens) >= length:
            last = tokens[-length:]
            if last[period:] == last[:-period]:
                return True
    return False


@given(
    st.lists(st.integers(0, 2), max_size=40),
    st.lists(st.integers(0, 3), min_size=1, max_size=60),
    st.integers(0, 40),
    st.lists(st.integers(0, 3), max_size=3),
)
def test_it_is_the_definition(before: list[int], piece: list[int], times: int, after: list[int]) -> None:
    tokens = [*before, *piece * times, *after]
    repetition = Repetition()
    for number, token in enumerate(tokens, 1):
        assert repetition.feed(token) == plainly(tokens[:number])


def test_a_real_model_is_stopped_in_its_loop(starter_gguf: Path) -> None:
    """The starter, greedy and without penalties, that may not end its answer: it would repeat itself to the limit."""
    endless = Sampling(temperature=0.0, max_tokens=400, logit_bias=((0, -100), (2, -100)))
    with closing(LlamaEngine(starter_gguf, EngineSettings(saved_readings=False))) as engine:
        *_, last = engine.stream([Message("user", "What is the capital of France?")], endless)
    assert isinstance(last, Finished)
    assert last.reason == "repetition"
    assert LEAST <= last.usage.answer_tokens < 400


def test_the_ten_thousandth_token_costs_what_the_first_does() -> None:
    repetition = Repetition()

    def seconds(tokens: range) -> float:
        started = perf_counter()
        for token in tokens:
            assert not repetition.feed(token)
        return perf_counter() - started

    seconds(range(500))
    first = min(seconds(range(start, start + 500)) for start in (1000, 2000, 3000))
    seconds(range(10_000, 40_000))
    later = min(seconds(range(start, start + 500)) for start in (50_000, 60_000, 70_000))
    assert later < 3 * first + 0.01
