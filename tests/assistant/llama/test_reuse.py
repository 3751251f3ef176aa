"""What was read before gives the very logits that a fresh reading gives, for every kind of memory."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.llama import context as context_module
from assistant.llama import recall
from assistant.llama.context import LlamaContext
from tests.assistant.llama.tiny_files import TokenEngine, plain, read, recurrent, sliding, token_engine, words

Kind = tuple[Path, tuple[str, str] | None]
"""A file, and the types of its keys and values; None: as planned."""

KINDS = {
    "plain": (plain, None),
    "q8_0/f16": (plain, ("q8_0", "f16")),
    "q8_0/q8_0": (plain, ("q8_0", "q8_0")),
    "q4_0/q4_0": (plain, ("q4_0", "q4_0")),
    "sliding": (sliding, None),
    "sliding q8_0": (sliding, ("q8_0", "q8_0")),
    "recurrent": (recurrent, None),
}
TOLERANCE = 2e-3
"""Share of the logits' standard deviation: batches of other lengths round otherwise. A wrong memory differs by one."""

LONG = words(1, 1300)


OTHERS = ("q8_0/f16", "q4_0/q4_0", "sliding q8_0")
"""Combinations of what the other kinds show one by one."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.slow if name in OTHERS else ()) for name in KINDS],
)
def kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[str, str] | None]:
    make, kv = KINDS[request.param]
    return make(tmp_path_factory.mktemp("kind")), kv


@pytest.fixture
def engine(kind: Kind) -> Iterator[TokenEngine]:
    with closing(token_engine(kind[0], kv=kind[1])) as made:
        yield made


def fresh(kind: Kind, *parts: list[int]) -> NDArray[np.float32]:
    with closing(token_engine(kind[0], kv=kind[1])) as made:
        return read(made, *parts)[0]


def same(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    return bool(np.abs(found - expected).max() < TOLERANCE * expected.std())


def test_another_text_differs(kind: Kind) -> None:
    """The tolerance tells memories apart."""
    assert not same(fresh(kind, LONG), fresh(kind, LONG[:-60], [5], LONG[-59:]))


def test_the_same_prompt_again(engine: TokenEngine, kind: Kind) -> None:
    read(engine, LONG, answer=100)
    found, usage = read(engine, LONG)
    assert usage.reused_tokens == len(LONG) - 1
    assert same(found, fresh(kind, LONG))


def test_a_conversation_goes_on(engine: TokenEngine, kind: Kind) -> None:
    read(engine, LONG, answer=1)
    more = words(2, 70)
    found, usage = read(engine, LONG, more)
    assert usage.reused_tokens >= len(LONG) - 1
    assert same(found, fresh(kind, LONG, more))


@pytest.mark.parametrize("kept", [1290, 1100, 700, 64, 3])
def test_another_ending(kept: int, engine: TokenEngine, kind: Kind) -> None:
    """Cut at any place: near the end, further back than a window, before the first checkpoint."""
    read(engine, LONG, answer=150)
    other = words(3, 40)
    found, usage = read(engine, LONG[:kept], other)
    assert usage.reused_tokens <= kept
    if kind[0].stem == "plain":
        assert usage.reused_tokens == kept
    elif kept == 1290:
        assert usage.reused_tokens >= 1024, "a checkpoint lies before each of the last two batches"
    assert same(found, fresh(kind, LONG[:kept], other))


def test_an_edit_costs_no_more_than_twice_what_follows_it(engine: TokenEngine, kind: Kind) -> None:
    """A document read with a question behind it; then a word of it is another."""
    document, question = words(9, 3600), words(10, 20)
    read(engine, document, question)
    edited = [*document[:2300], *words(11, 1), *document[2301:]]
    found, usage = read(engine, edited, question)
    assert 3620 - 2 * (3620 - 2300) <= usage.reused_tokens <= 2300
    assert same(found, fresh(kind, edited, question))


def test_two_conversations_in_turn(engine: TokenEngine, kind: Kind) -> None:
    one, two = words(4, 900), words(5, 800)
    read(engine, one, answer=20)
    read(engine, two, answer=20)
    for start, seed in ((one, 6), (two, 7), (one, 8)):
        more = words(seed, 30)
        found, usage = read(engine, start, more)
        assert usage.reused_tokens >= len(start) - 1, "neither is read again"
        assert same(found, fresh(kind, start, more))


def test_a_larger_context_takes_what_was_read_along(
    engine: TokenEngine, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.llama import room

    monkeypatch.setattr(room, "SMALLEST_CONTEXT", 256)
    _, small = read(engine, LONG)
    more = words(9, 1000)
    found, usage = read(engine, LONG, more)
    assert usage.context > small.context
    assert usage.reused_tokens >= len(LONG) - 1
    assert same(found, fresh(kind, LONG, more))


def test_a_stop_in_the_middle(engine: TokenEngine, kind: Kind) -> None:
    from assistant.events import Reading
    from assistant.messages import Sampling
    from tests.assistant.llama.tiny_files import prompt

    with closing(engine.stream(prompt(LONG), Sampling(temperature=0.0))) as events:
        for event in events:
            if isinstance(event, Reading) and event.done >= 512:
                break
    found, usage = read(engine, LONG)
    assert usage.reused_tokens >= 512
    assert same(found, fresh(kind, LONG))


def test_without_room_for_copies_it_reads_again(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.llama.engine._SHARE_FOR_COPIES", 0.0)
    one, two = words(4, 300), words(5, 300)
    with closing(token_engine(kind[0], kv=kind[1])) as engine:
        read(engine, one)
        read(engine, two)
        found, usage = read(engine, one)
        assert usage.reused_tokens == 0
        assert same(found, fresh(kind, one))


def test_checkpoints_stay_within_their_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sliding(tmp_path)
    with closing(token_engine(path)) as engine:
        read(engine, LONG)
        context = engine._loaded.room.context if engine._loaded else None
        assert context
        sizes = [len(point.data) for point in context.checkpoints]
        assert sizes
        monkeypatch.setattr(context_module, "_MOST_CHECKPOINT_BYTES", 2 * max(sizes))
        for seed in range(10, 16):
            read(engine, LONG, words(seed, 600))
            assert len(context.checkpoints) <= 2
        monkeypatch.setattr(context_module, "_MOST_CHECKPOINT_BYTES", 10)
        other = words(20, 900)
        read(engine, other)
        assert context.checkpoints == []
        found, _ = read(engine, other[:600], words(21, 10))
    assert same(found, fresh((path, None), other[:600], words(21, 10)))


def test_the_trap_of_sliding_windows_is_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """llama.cpp cuts where the window is gone, without a word: what `_reaches_back` keeps from us."""
    path = sliding(tmp_path)
    monkeypatch.setattr(LlamaContext, "_reaches_back", lambda *_: True)
    monkeypatch.setattr(recall.Known, "gives", lambda self, prompt: recall.common(self.tokens, prompt[:-1]))
    with closing(token_engine(path)) as engine:
        read(engine, LONG, answer=600)
        found, usage = read(engine, LONG[:700], words(3, 40))
    assert usage.reused_tokens == 700
    assert not same(found, fresh((path, None), LONG[:700], words(3, 40)))
