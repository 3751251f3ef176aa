"""What every engine promises, asked of the fake one, of llama.cpp in this process, and of the child process."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import Engine, EngineSettings
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Settled, Text
from assistant.fake import FakeEngine
from assistant.llama.engine import LlamaEngine
from assistant.messages import Message
from assistant.process.engine import EngineProcess
from tests.contract.support import ANSWER, GREEDY, LONG, SHORT, Make, answer


def stopped(engine: Engine, messages: list[Message], kind: type[Event], nth: int = 1) -> None:
    """Close the stream at the nth event of a kind."""
    left = nth
    with closing(engine.stream(messages, replace(GREEDY, max_tokens=200))) as events:
        for event in events:
            left -= isinstance(event, kind)
            if left == 0:
                break
    assert left == 0, "the event never came"


class TestEngine:
    def test_events_come_in_order(self, make: Make) -> None:
        with closing(make(None)) as engine:
            before = engine.info
            events = list(engine.stream(SHORT, GREEDY))
            info = engine.info
        assert before is None
        kinds = [type(event) for event in events]
        order = [Loading, Settled, Reading, Text, Finished]
        assert kinds == sorted(kinds, key=order.index), "Loading* Settled? Reading* Text* Finished"
        assert set(kinds) | {Settled} == set(order)
        assert kinds.count(Settled) <= 1
        assert kinds.count(Finished) == 1
        fractions = [event.fraction for event in events if isinstance(event, Loading)]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0
        assert answer(events) == ANSWER
        assert info is not None
        assert info.context == info.trained_context == 8192

    def test_readings_and_usage_agree(self, engine: Engine) -> None:
        stopped(engine, [Message("user", "Something else before.")], Text)
        events = list(engine.stream(SHORT, GREEDY))
        readings = [event for event in events if isinstance(event, Reading)]
        done = [event.done for event in readings]
        last = events[-1]
        assert isinstance(last, Finished)
        usage = last.usage
        assert {event.total for event in readings} == {usage.prompt_tokens} == {engine.count(SHORT)}
        assert done == sorted(done)
        assert done[-1] == usage.prompt_tokens
        assert readings[0].done == usage.reused_tokens
        assert last.reason == "stop"
        assert 0 < usage.answer_tokens <= GREEDY.max_tokens
        assert usage.prompt_tokens + usage.answer_tokens <= usage.context
        assert usage.read_seconds > 0
        assert usage.write_seconds > 0

    def test_a_loaded_model_is_not_loaded_again(self, engine: Engine) -> None:
        assert list(engine.load()) == []
        assert not any(isinstance(event, Loading) for event in engine.stream(SHORT, GREEDY))

    def test_counts(self, engine: Engine) -> None:
        assert engine.count("") == 0
        assert engine.count("The capital of France") >= 4
        more = [*SHORT, Message("assistant", "Paris."), Message("user", "And of Italy?")]
        assert engine.count(more) > engine.count(SHORT) >= engine.count(SHORT[1].content)

    def test_counts_of_many_texts_are_those_of_each(self, engine: Engine) -> None:
        texts = ["", "The capital of France", "a\nb\n\nc ", "北京是首都。", "<|im_end|>", "word " * 500]
        assert engine.count_each(texts) == [engine.count(text) for text in texts]
        assert engine.count_each([]) == []

    def test_very_many_texts_and_very_long_ones(self, engine: Engine) -> None:
        """More than one request and one reply can hold, in their order."""
        sizes = [number % 5 for number in range(10_000)]
        counts = engine.count_each(["lamp " * size for size in sizes])
        assert len(counts) == len(sizes)
        assert counts[:5] == counts[-5:] == sorted(set(counts[:5]))
        huge = "".join(f"Lamp {number}. " for number in range(70_000))
        assert engine.count_each([huge, "lamp", huge]) == [engine.count(huge), engine.count("lamp"), engine.count(huge)]

    def test_an_answer_that_was_cut_goes_on(self, engine: Engine) -> None:
        cut = list(engine.stream(SHORT, replace(GREEDY, max_tokens=4)))
        assert isinstance(cut[-1], Finished)
        assert cut[-1].reason == "length"
        begun = [*SHORT, Message("assistant", answer(cut))]
        events = list(engine.stream(begun, GREEDY))
        assert answer(cut) + answer(events) == ANSWER
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.reason == "stop"
        assert last.usage.prompt_tokens == engine.count(begun)
        together = list(engine.stream_many([begun, SHORT], GREEDY))
        assert answer(event for index, event in together if index == 0) == answer(events)
        assert answer(event for index, event in together if index == 1) == ANSWER

    def test_the_longest_prompt_is_bounded_by_the_context(self, engine: Engine) -> None:
        assert engine.longest_prompt(200) == 8192 - 200
        assert engine.longest_prompt(9000) == 0
        assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER, "asking leaves nothing behind"

    def test_the_longest_prompt_is_answered_and_a_longer_one_is_not(self, make: Make) -> None:
        with closing(make(256)) as engine:
            longest = engine.longest_prompt(64)
            assert longest == 256 - 64
            assert engine.info is not None or isinstance(engine, FakeEngine)
            for words in range(longest, 0, -1):
                messages = [Message("user", "word " * words)]
                if engine.count(messages) <= longest:
                    break
            assert engine.count(messages) == longest
            assert isinstance(list(engine.stream(messages, replace(GREEDY, max_tokens=64)))[-1], Finished)
            with pytest.raises(PromptTooLong):
                list(engine.stream([Message("user", "word " * (longest + 65))], replace(GREEDY, max_tokens=64)))

    def test_counting_loads(self, make: Make) -> None:
        with closing(make(None)) as engine:
            assert engine.count("one two three") >= 3

    def test_the_longest_answer(self, engine: Engine) -> None:
        events = list(engine.stream(SHORT, replace(GREEDY, max_tokens=3)))
        last = events[-1]
        assert isinstance(last, Finished)
        assert last.reason == "length"
        assert last.usage.answer_tokens == 3
        assert ANSWER.startswith(answer(events))

    @pytest.mark.parametrize(("kind", "nth"), [(Reading, 1), (Reading, 2), (Text, 1), (Text, 4)])
    def test_stopping_leaves_nothing_behind(self, engine: Engine, kind: type[Event], nth: int) -> None:
        """Closed while reading and while writing, the next answer is that of a fresh engine."""
        stopped(engine, LONG if kind is Reading else SHORT, kind, nth)
        assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER

    @pytest.mark.parametrize("kind", [Reading, Text])
    def test_an_interrupted_stream_ends_without_its_end(self, engine: Engine, kind: type[Event]) -> None:
        engine.interrupt()  # nothing runs: nothing happens
        seen: list[Event] = []
        for event in engine.stream(LONG if kind is Reading else SHORT, GREEDY):
            seen.append(event)
            if isinstance(event, kind) and len([e for e in seen if isinstance(e, kind)]) == 1:
                engine.interrupt()
        assert not any(isinstance(event, Finished) for event in seen)
        assert len([event for event in seen if isinstance(event, Text)]) < GREEDY.max_tokens
        assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER

    def test_stopping_while_loading(self, make: Make) -> None:
        with closing(make(None)) as engine:
            stopped(engine, SHORT, Loading)
            assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER
        with closing(make(None)) as engine:
            with closing(engine.load()) as events:
                next(events)
            assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER

    def test_what_does_not_fit_is_refused_with_both_counts(self, make: Make) -> None:
        with closing(make(256)) as engine:
            for text in ("word " * 300, "word " * 30_000):
                messages = [Message("user", text)]
                with pytest.raises(PromptTooLong) as error:
                    list(engine.stream(messages, GREEDY))
                assert error.value.tokens == engine.count(messages) > error.value.limit > 100
                assert error.value.limit <= 256
                plain = str(error.value).replace(",", "")
                assert str(error.value.tokens) in plain
                assert str(256) in plain
            assert answer(list(engine.stream(SHORT, GREEDY))) == ANSWER, "a refusal leaves nothing behind"
            events = list(engine.stream(SHORT, replace(GREEDY, max_tokens=100_000)))
            assert isinstance(events[-1], Finished)
            assert events[-1].usage.context <= 256

    def test_closing_twice_and_in_the_middle(self, make: Make) -> None:
        engine = make(None)
        events = engine.stream(SHORT, GREEDY)
        for event in events:
            if isinstance(event, Text):
                break
        engine.close()
        engine.close()
        events.close()
        engine.close()

    def test_never_loaded_it_can_be_closed(self, make: Make) -> None:
        engine = make(None)
        engine.close()
        assert engine.info is None


@pytest.mark.parametrize("kind", [LlamaEngine, EngineProcess])
class TestRealEngine:
    """Promises that a script has no part in."""

    def test_what_was_settled_is_said_before_the_reading(
        self, kind: type[LlamaEngine | EngineProcess], starter_gguf: Path
    ) -> None:
        with closing(kind(starter_gguf, EngineSettings(threads=1, kv=("q8_0", "f16")))) as engine:
            kv = []
            said: list[Settled] = []
            for event in engine.stream(SHORT, GREEDY):
                if isinstance(event, Settled):
                    said.append(event)
                    assert engine.info
                    kv.append(engine.info.kv)
            (settled,) = said
            assert engine.info
            assert settled.kv == engine.info.kv == "q8_0/f16"
            assert kv == ["q8_0/f16"], "whoever hears of it finds it in the info"
            assert settled.context >= engine.count(SHORT) + GREEDY.max_tokens
            assert settled.gpu_layers == engine.info.gpu_layers
            assert settled.memory == engine.info.memory >= 0
            assert settled.reason
            assert not settled.stepped_down
            assert not any(isinstance(event, Settled) for event in engine.stream(SHORT, GREEDY)), "there is room"

    def test_overlapping_calls_are_a_mistake(self, kind: type[LlamaEngine | EngineProcess], starter_gguf: Path) -> None:
        with closing(kind(starter_gguf, EngineSettings(threads=1))) as engine:
            with closing(engine.stream(SHORT, GREEDY)) as events:
                next(events)
                for overlapping in (lambda: engine.count("a"), lambda: next(engine.load())):
                    with pytest.raises(RuntimeError, match="overlap"):
                        overlapping()
            assert engine.count("a") == 1
        with pytest.raises(EngineFailed, match="closed"):
            engine.count("a")

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            (EngineSettings(threads=0), "0 threads"),
            (EngineSettings(context=0), "would be 0 tokens; at least 128"),
            (EngineSettings(context=1), "would be 1 tokens; at least 128"),
            (EngineSettings(context=8193), "trained for 8,192"),
        ],
    )
    def test_impossible_settings(
        self, kind: type[LlamaEngine | EngineProcess], settings: EngineSettings, words: str, starter_gguf: Path
    ) -> None:
        with closing(kind(starter_gguf, settings)) as engine:
            for _ in range(2):
                with pytest.raises(EngineFailed, match=words):
                    list(engine.stream(SHORT, GREEDY))
            assert engine.info is None
