"""Several prompts in one batch write what each writes alone, and share what they begin with."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.events import Event, Finished, Reading, Text
from assistant.llama import many
from assistant.llama.writing import Writing
from assistant.messages import Sampling
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
