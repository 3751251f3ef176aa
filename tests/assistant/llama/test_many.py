"""Several prompts in one batch write what each writes alone, and share what they begin with."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.engine import EngineSettings
from assistant.events import Event, Finished, Reading, Text
from assistant.gguf.file import read_header
from assistant.llama import many, planner
from assistant.llama.planner import Planner
from assistant.llama.writing import Writing
from assistant.messages import Sampling
from assistant.plan.machine import HOST, Free
from assistant.plan.plan import Need
from assistant.plan.setting import Setting
from assistant.readings import Reading as SavedReading
from tests.assistant.llama.test_reuse import fresh, same
from tests.assistant.llama.tiny_files import TokenEngine, plain, prompt, read, recurrent, sliding, token_engine, words

GREEDY = Sampling(temperature=0.0, max_tokens=24)
DOCUMENT = words(1, 700)


@pytest.fixture(scope="module", params=[plain, sliding, recurrent])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = request.param(tmp_path_factory.mktemp("many"))
    assert isinstance(made, Path)
    return made


@pytest.fixture
def engine(file: Path) -> Iterator[TokenEngine]:
    with closing(token_engine(file)) as made:
        yield made


def answer(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def alone(file: Path, *parts: list[int]) -> str:
    with closing(token_engine(file)) as engine:
        return answer(list(engine.stream(prompt(*parts), GREEDY)))


def together(engine: TokenEngine, *prompts: list[int], sampling: Sampling = GREEDY) -> dict[int, list[Event]]:
    events: dict[int, list[Event]] = {number: [] for number in range(len(prompts))}
    for number, event in engine.stream_many([prompt(one) for one in prompts], sampling):
        events[number].append(event)
    return events


def test_each_writes_what_it_writes_alone(engine: TokenEngine, file: Path) -> None:
    prompts = [[*DOCUMENT, *words(seed, 20 * seed)] for seed in range(2, 8)]
    found = together(engine, *prompts)
    assert len(prompts) > many.AT_ONCE
    for number, tokens in enumerate(prompts):
        readings = [event for event in found[number] if isinstance(event, Reading)]
        last = found[number][-1]
        assert isinstance(last, Finished)
        assert (last.reason == "length") == (last.usage.answer_tokens == GREEDY.max_tokens)
        assert last.usage.prompt_tokens == len(tokens)
        assert last.usage.reused_tokens == (len(DOCUMENT) if number else 0)
        assert [event.done for event in readings] == sorted(event.done for event in readings)
        assert readings[-1].done == readings[-1].total == len(tokens)
        assert answer(found[number]) == alone(file, tokens), number


def test_nothing_in_common_and_one_alone(engine: TokenEngine, file: Path) -> None:
    prompts = [words(seed, 60) for seed in range(20, 23)]
    found = together(engine, *prompts)
    assert [answer(found[number]) for number in range(3)] == [alone(file, tokens) for tokens in prompts]
    assert answer(together(engine, prompts[0])[0]) == alone(file, prompts[0])
    assert answer(together(engine, prompts[0], prompts[0])[1]) == alone(file, prompts[0]), "twins"
    assert together(engine) == {}


def test_afterwards_memory_is_what_it_says(engine: TokenEngine, file: Path) -> None:
    together(engine, *([*DOCUMENT, *words(seed, 30)] for seed in range(2, 5)))
    more = words(9, 25)
    found, usage = read(engine, DOCUMENT, more)
    assert usage.reused_tokens == len(DOCUMENT)
    assert same(found, fresh((file, None), DOCUMENT, more))


def test_what_was_read_before_is_shared_too(engine: TokenEngine, file: Path) -> None:
    read(engine, DOCUMENT)
    found = together(engine, *([*DOCUMENT, *words(seed, 30)] for seed in range(2, 4)))
    first = found[0][-1]
    assert isinstance(first, Finished)
    assert first.usage.reused_tokens >= len(DOCUMENT) - 1


@pytest.mark.parametrize("kind", [Reading, Text])
def test_closing_stops_all(kind: type[Event], engine: TokenEngine, file: Path) -> None:
    prompts = [[*DOCUMENT, *words(seed, 600)] for seed in range(2, 6)]
    with closing(engine.stream_many([prompt(one) for one in prompts], GREEDY)) as events:
        for number, event in events:
            if number == 2 and isinstance(event, kind):
                break
    found, _ = read(engine, prompts[0])
    assert same(found, fresh((file, None), prompts[0]))


def test_what_does_not_fit_together_takes_turns(engine: TokenEngine, file: Path) -> None:
    """Four of these would need 5,000 tokens; the model has 4,096."""
    prompts = [words(seed, 1200) for seed in range(30, 34)]
    found = together(engine, *prompts)
    for number, tokens in enumerate(prompts):
        last = found[number][-1]
        assert isinstance(last, Finished)
        assert last.usage.context <= 4096
        assert answer(found[number]) == alone(file, tokens)


def test_an_answer_that_ends_makes_room_for_the_next(engine: TokenEngine) -> None:
    """Never more sequences than `AT_ONCE`, and no waiting for the slowest."""
    prompts = [words(seed, 40) for seed in range(40, 50)]
    running: set[int] = set()
    most = 0
    for number, event in engine.stream_many([prompt(one) for one in prompts], GREEDY):
        if isinstance(event, Finished):
            running.remove(number)
        elif isinstance(event, Text):
            running.add(number)
        most = max(most, len(running))
    assert most == many.AT_ONCE
    assert running == set()


def test_a_finished_answer_gives_its_sampler_back(engine: TokenEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds an array as long as the vocabulary: a thousand prompts would hold gigabytes."""
    held, most = 0, 0

    class Counted(Writing):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            nonlocal held, most
            super().__init__(*arguments, **named)
            held += 1
            most = max(most, held)

        def close(self) -> None:
            nonlocal held
            super().close()
            held -= 1

    monkeypatch.setattr("assistant.llama.engine.Writing", Counted)
    prompts = [words(seed, 30) for seed in range(60, 70)]
    together(engine, *prompts, sampling=Sampling(temperature=0.0, max_tokens=4))
    assert most == many.AT_ONCE
    assert held == 0
    with closing(engine.stream_many([prompt(one) for one in prompts], GREEDY)) as events:
        for _, event in events:
            if isinstance(event, Text):
                break
    assert held == 0, "also where it was broken off"


def setting(engine: TokenEngine) -> Setting:
    assert engine._loaded
    assert engine._loaded.room.context
    return engine._loaded.room.context.setting


def test_prompts_with_little_in_common_have_a_part_of_the_memory_each(engine: TokenEngine, file: Path) -> None:
    """No token looks over what is another prompt's. More prompts than fit at once, of all lengths, some twice."""
    prompts = [[*words(1, 20), *words(seed, 40 * seed)] for seed in (9, 4, 14, 3, 7, 11, 3)]
    found = together(engine, *prompts)
    assert setting(engine).apart
    assert setting(engine).sequences == many.AT_ONCE
    assert setting(engine).room == 768, "the longest prompt and its answer"
    for number, tokens in enumerate(prompts):
        readings = [event for event in found[number] if isinstance(event, Reading)]
        last = found[number][-1]
        assert isinstance(last, Finished)
        assert (last.usage.prompt_tokens, last.usage.reused_tokens) == (len(tokens), 0)
        assert readings[0].done == 0
        assert readings[-1].done == readings[-1].total == len(tokens)
        assert answer(found[number]) == alone(file, tokens), number
    again = together(engine, *prompts[:2])
    assert setting(engine).sequences == many.AT_ONCE, "there is room"
    assert [answer(again[number]) for number in range(2)] == [answer(found[number]) for number in range(2)]


def test_with_much_in_common_they_share_it(engine: TokenEngine) -> None:
    together(engine, *([*DOCUMENT, *words(seed, 20)] for seed in (2, 3)))
    assert not setting(engine).apart


def test_what_was_read_is_there_behind_prompts_that_were_apart(engine: TokenEngine, file: Path) -> None:
    before, _ = read(engine, DOCUMENT, words(2, 9))
    together(engine, words(3, 90), words(4, 200))
    assert setting(engine).apart
    logits, usage = read(engine, DOCUMENT, words(2, 9))
    assert not setting(engine).apart
    assert usage.reused_tokens >= len(DOCUMENT) - 64
    assert same(logits, before)
    logits, _ = read(engine, words(5, 300))
    assert same(logits, fresh((file, None), words(5, 300))), "nothing of the others is left"


def test_saved_readings_outlive_prompts_that_were_apart(file: Path) -> None:
    """They are of another division of the memory: not to be loaded into it, and not to be taken for damaged."""
    with closing(token_engine(file, saved_readings=True)) as engine:
        read(engine, words(6, 3000))
        assert [len(reading.tokens) for reading in saved(engine)] != []
        kept = {reading.state for reading in saved(engine)}
        together(engine, words(6, 1000), words(7, 1000))
        together(engine, words(6, 900), words(7, 1100))
        assert {reading.state for reading in saved(engine)} == kept


def saved(engine: TokenEngine) -> Sequence[SavedReading]:
    found = engine._saved_readings(("f16", "f16", False))
    assert found is not None
    return found.all()


def test_where_memory_is_short_fewer_are_apart_at_once(
    engine: TokenEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [words(seed, 700) for seed in range(2, 6)]
    chooser = Planner(file, read_header(file), EngineSettings(), threads=1)
    needs = [Need(context, context, context - 1, 1) for context in (768 * 3, 768 * 4)]
    three, four = (
        min(option.memory for option in found.options if option.setting.context == need.context)
        for need in needs
        for found in [chooser.plan(need, sequences=need.context // 768, apart=True, may_measure=False)]
    )
    if three == four:
        pytest.skip("states that do not grow always fit")
    monkeypatch.setattr(planner, "free_memory", lambda *_: Free({HOST: (three + four) // 2}))
    found = together(engine, *prompts)
    assert setting(engine).sequences == 3
    assert all(isinstance(found[number][-1], Finished) for number in range(4))


def test_closing_prompts_that_are_apart(engine: TokenEngine, file: Path) -> None:
    for stop in (Reading, Text):
        with closing(engine.stream_many([prompt(words(seed, 700)) for seed in (2, 3, 4)], GREEDY)) as events:
            for _, event in events:
                if isinstance(event, stop):
                    break
    logits, _ = read(engine, words(5, 300))
    assert same(logits, fresh((file, None), words(5, 300)))
    tokens = words(3, 700)
    assert answer(together(engine, words(8, 60), tokens)[1]) == alone(file, tokens)
