"""Several prompts at once: each has its own answer, and all of them end together."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace

import pytest

from assistant.engine import Engine
from assistant.errors import PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Settled, Text
from assistant.messages import Message
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, Make, answer

PROMPTS = [[SHORT[0], Message("user", f"What is the capital of {land}?")] for land in ("France", "Italy", "Norway")]
MANY = [*PROMPTS, *PROMPTS, PROMPTS[0]]
"""More than are answered at the same time."""


def sorted_out(events: Iterable[tuple[int, Event]]) -> dict[int, list[Event]]:
    found = defaultdict(list)
    for index, event in events:
        found[index].append(event)
    return dict(found)


class TestManyPrompts:
    def test_each_prompt_has_its_own_events_in_order(self, make: Make) -> None:
        with closing(make(None)) as engine:
            found = sorted_out(engine.stream_many(MANY, GREEDY))
            totals = [engine.count(prompt) for prompt in MANY]
        assert sorted(found) == list(range(len(MANY)))
        for index, events in found.items():
            kinds = [type(event) for event in events]
            order = [Loading, Settled, Reading, Text, Finished]
            assert kinds == sorted(kinds, key=order.index), "Loading* Settled? Reading* Text* Finished"
            assert {Reading, Text, Finished} <= set(kinds)
            assert kinds.count(Finished) == 1
            assert index == 0 or not {Loading, Settled} & set(kinds), "loading counts to the first"
            readings = [event for event in events if isinstance(event, Reading)]
            last = events[-1]
            assert isinstance(last, Finished)
            assert {event.total for event in readings} == {last.usage.prompt_tokens} == {totals[index]}
            assert readings[-1].done == totals[index]
            assert 0 < last.usage.answer_tokens <= GREEDY.max_tokens

    def test_the_words_are_those_of_one_after_the_other(self, engine: Engine) -> None:
        alone = [answer(engine.stream(prompt, GREEDY)) for prompt in PROMPTS]
        together = sorted_out(engine.stream_many(PROMPTS, GREEDY))
        assert [answer(together[index]) for index in range(len(PROMPTS))] == alone
        assert alone[0] == ANSWER

    def test_one_and_none(self, engine: Engine) -> None:
        assert list(engine.stream_many([], GREEDY)) == []
        events = list(engine.stream_many([SHORT], GREEDY))
        assert {index for index, _ in events} == {0}
        assert answer(event for _, event in events) == ANSWER

    @pytest.mark.parametrize("kind", [Reading, Text])
    def test_closing_stops_all(self, engine: Engine, kind: type[Event]) -> None:
        prompts = [LONG, *PROMPTS] if kind is Reading else PROMPTS
        with closing(engine.stream_many(prompts, replace(GREEDY, max_tokens=200))) as events:
            for _, event in events:
                if isinstance(event, kind):
                    break
        assert answer(engine.stream(SHORT, GREEDY)) == ANSWER

    def test_an_interrupt_ends_all_without_their_ends(self, engine: Engine) -> None:
        seen = []
        for _, event in engine.stream_many(PROMPTS, replace(GREEDY, max_tokens=200)):
            seen.append(event)
            if isinstance(event, Text):
                engine.interrupt()
        assert not any(isinstance(event, Finished) for event in seen)
        assert answer(engine.stream(SHORT, GREEDY)) == ANSWER

    def test_one_that_does_not_fit_refuses_all(self, make: Make) -> None:
        with closing(make(256)) as engine:
            seen = []
            with pytest.raises(PromptTooLong) as error:  # noqa: PT012
                for _, event in engine.stream_many([SHORT, [Message("user", "word " * 300)]], GREEDY):
                    seen.append(event)
            assert error.value.tokens > error.value.limit > 0
            assert all(isinstance(event, Loading) for event in seen)
            assert answer(engine.stream(SHORT, GREEDY)) == ANSWER, "a refusal leaves nothing behind"
