"""Room for a reading: planned, made anew when it grows, one step down where it fails, nothing lost where it cannot."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import EngineSettings
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Reading, Settled, Text
from assistant.gguf.file import read_header
from assistant.llama import planner, room
from assistant.llama.context import LlamaContext
from assistant.llama.planner import Planner
from assistant.messages import Sampling
from assistant.plan import machine
from assistant.plan.machine import HOST, Free
from assistant.plan.plan import Need, Plan
from assistant.plan.setting import Setting
from tests.assistant.llama.test_reuse import fresh, same
from tests.assistant.llama.tiny_files import TokenEngine, plain, prompt, read, token_engine, words

MIB = 1 << 20


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plain(tmp_path_factory.mktemp("room"))


@pytest.fixture
def engine(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEngine]:
    monkeypatch.setattr(room, "SMALLEST_CONTEXT", 256)
    with closing(token_engine(file)) as made:
        yield made


def events(engine: TokenEngine, tokens: list[int], answer: int = 2) -> list[Event]:
    return list(engine.stream(prompt(tokens), Sampling(temperature=0.0, max_tokens=answer)))


def settled(found: list[Event]) -> Settled:
    (event,) = (event for event in found if isinstance(event, Settled))
    return event


def fails(monkeypatch: pytest.MonkeyPatch, times: int) -> list[Setting]:
    """The next so many contexts cannot be made; gives what was tried."""
    tried: list[Setting] = []

    class Failing(LlamaContext):
        def __init__(self, model: object, setting: Setting, **rest: object) -> None:
            tried.append(setting)
            if len(tried) <= times:
                raise EngineFailed("llama.cpp cannot make a context (no memory)")
            super().__init__(model, setting, **rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(room, "LlamaContext", Failing)
    return tried


def test_the_context_is_as_large_as_prompt_and_answer(engine: TokenEngine) -> None:
    found = events(engine, words(1, 700), 20)
    first = settled(found)
    assert [type(event) for event in found if not isinstance(event, Text)][-4:-1] == [Reading, Reading, Reading]
    assert first.context == 768
    assert first.kv == "f16/f16"
    assert first.gpu_layers == 0
    assert first.memory > 0
    assert "needs" in first.reason
    assert not first.stepped_down
    assert not any(isinstance(event, Settled) for event in events(engine, words(2, 600)))
    assert settled(events(engine, words(3, 900))).context == 1280, "a quarter to spare when it grows"
    assert settled(events(engine, words(3, 3300), 500)).context == 4096, "never more than the model was trained for"
    assert engine.info
    assert (engine.info.kv, engine.info.memory) == ("f16/f16", settled_memory(engine))


def settled_memory(engine: TokenEngine) -> int:
    assert engine._loaded
    assert engine._loaded.room.option
    return engine._loaded.room.option.memory


def test_what_fails_steps_down_once_and_says_so(
    engine: TokenEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = fails(monkeypatch, 1)
    found = events(engine, words(1, 700))
    event = settled(found)
    first, second = tried
    assert event.stepped_down
    assert event.kv == second.kv != first.kv
    assert second.context >= 702
    assert "no memory" in event.reason
    assert f"--kv {second.kv_words}" in event.reason
    assert isinstance(found[-1], Finished)
    logits, _ = read(engine, words(1, 700))
    with closing(token_engine(file, kv=(second.k, second.v))) as other:
        assert same(logits, read(other, words(1, 700))[0])


def test_two_failures_are_an_error_and_the_next_call_tries_again(
    engine: TokenEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = fails(monkeypatch, 2)
    with pytest.raises(EngineFailed, match="no memory"):
        events(engine, words(1, 700))
    assert len(tried) == 2
    assert isinstance(events(engine, words(1, 700))[-1], Finished)


def test_what_was_read_survives_a_context_that_cannot_grow(
    engine: TokenEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(engine, words(1, 700), answer=3)
    tried = fails(monkeypatch, 2)
    with pytest.raises(EngineFailed, match="no memory"):
        events(engine, words(1, 2000))
    assert tried[-1].context == 768, "the one from before was made again"
    more = words(2, 20)
    logits, usage = read(engine, words(1, 700), more)
    assert usage.reused_tokens >= 700
    assert same(logits, fresh((file, None), words(1, 700), more))


def test_what_does_not_fit_is_refused_with_what_would(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory for some thousand tokens, not for four."""

    class Memory:
        total = available = 64 * 1024 * MIB

    monkeypatch.setattr("assistant.plan.machine.psutil.virtual_memory", lambda: Memory)
    monkeypatch.setattr(machine, "limits", list)
    with closing(token_engine(file)) as engine:
        list(engine.load())
        assert engine._loaded
        planner, reserve = engine._loaded.planner, 1024 * MIB
        large, small = (
            min(option.memory for option in planner.plan(Need(size, size, size, 0)).options) for size in (4096, 512)
        )
        Memory.available = reserve + (large + small) // 2
        with pytest.raises(EngineFailed, match=r"needs at least .* would fit: --context \d+ --kv ") as caught:
            events(engine, words(1, 4000))
        largest = int(str(caught.value).split("--context ")[1].split()[0])
        assert 512 <= largest < 4000
        assert isinstance(events(engine, words(1, largest - 200))[-1], Finished)


def test_another_kind_of_memory_is_read_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Growing, the planner takes quantized values: what was read in others is of no use."""
    monkeypatch.setattr(room, "SMALLEST_CONTEXT", 256)
    with closing(token_engine(file)) as engine:
        read(engine, words(1, 700))
        fails(monkeypatch, 1)
        found = events(engine, [*words(1, 700), *words(2, 900)])
        assert settled(found).stepped_down
        last = found[-1]
        assert isinstance(last, Finished)
        assert last.usage.reused_tokens == 0


def test_copies_are_given_up_where_the_plan_needs_their_memory(
    engine: TokenEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(engine, words(1, 300))
    read(engine, words(2, 300))
    assert engine._recall.copies
    planned = engine._loaded.planner.plan if engine._loaded else None
    assert planned

    def tight(*arguments: object, **named: object) -> Plan:
        found = planned(*arguments, **named)  # type: ignore[arg-type]  # passed on as it came
        assert found.chosen
        return replace(found, free=replace(found.free, usable={machine.HOST: found.chosen.memory + 1}))

    monkeypatch.setattr(engine._loaded.planner, "plan", tight)
    logits, usage = read(engine, words(2, 300), words(3, 600))
    assert engine._recall.copies == 0
    assert usage.reused_tokens == 0
    assert same(logits, fresh((file, None), words(2, 300), words(3, 600)))


def test_the_longest_prompt_is_one_there_is_room_for(
    engine: TokenEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Little memory: a prompt of that length is answered, a longer one is refused; what is open already counts."""
    assert engine.longest_prompt(96) == 4000
    free = Free({HOST: memory_of(file, 1024)})
    monkeypatch.setattr(planner, "free_memory", lambda *_: free)
    longest = engine.longest_prompt(96)
    assert longest == 1024 - 96
    with pytest.raises(EngineFailed, match="would fit: --context 1024"):
        events(engine, words(1, longest + 64), 96)
    assert settled(events(engine, words(1, longest), 96)).context == 1024
    monkeypatch.setattr(planner, "free_memory", lambda *_: Free({HOST: 1}))
    assert engine.longest_prompt(96) == longest
    assert engine.longest_prompt(1025) == 0
    assert isinstance(events(engine, words(2, longest), 96)[-1], Finished)


def memory_of(file: Path, context: int) -> int:
    """Bytes that the smallest way to make such a context takes."""
    chooser = Planner(file, read_header(file), EngineSettings(), threads=1)
    found = chooser.plan(Need(context, context, context - 1, 1), may_measure=False)
    return min(option.memory for option in found.options if option.setting.context == context)
