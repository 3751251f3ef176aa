"""What the sampler chooses from given logits, and from a real model's: penalties, biases, seeds, grammars."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.engine import EngineSettings
from assistant.errors import InvalidSetting
from assistant.events import Finished
from assistant.llama import sampler as module
from assistant.llama.engine import LlamaEngine
from assistant.llama.model import LlamaModel, load_model
from assistant.llama.sampler import Sampler
from assistant.messages import Message, Sampling
from tests.contract.support import SHORT, answer

ONE = EngineSettings(threads=1)


@pytest.fixture(scope="module")
def model(starter_gguf: Path) -> Iterator[LlamaModel]:
    loading = load_model(starter_gguf)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            yield end.value
            end.value.free()
            return


@pytest.fixture(scope="module")
def engine(starter_gguf: Path) -> Iterator[LlamaEngine]:
    with closing(LlamaEngine(starter_gguf, ONE)) as engine:
        yield engine


def logits_of(model: LlamaModel, **values: float) -> NDArray[np.float32]:
    """-10 everywhere but at the tokens named `t…`."""
    logits = np.full(model.vocabulary, -10, np.float32)
    for token, value in values.items():
        logits[int(token[1:])] = value
    return logits


def chosen(
    model: LlamaModel, logits: NDArray[np.float32], times: int, prompt: tuple[int, ...] = (), **fields: Any
) -> list[int]:
    with Sampler(Sampling(**fields), model, times, prompt) as sampler:
        return [sampler.choose(logits) for _ in range(times)]


def test_greedy_takes_the_likeliest(model: LlamaModel) -> None:
    assert chosen(model, logits_of(model, t7=3, t8=2), 3, temperature=0.0) == [7, 7, 7]


def test_each_penalty_with_greedy(model: LlamaModel) -> None:
    logits = logits_of(model, t7=4, t8=3)
    assert chosen(model, logits, 3, temperature=0.0, repeat_penalty=1.5) == [7, 8, 7], "then both are divided"
    assert chosen(model, logits, 4, temperature=0.0, presence_penalty=1.5) == [7, 8, 7, 7], "how often does not matter"
    assert chosen(model, logits, 5, temperature=0.0, frequency_penalty=0.7) == [7, 7, 8, 7, 8]


def test_the_window_of_the_penalties(model: LlamaModel) -> None:
    logits = logits_of(model, t7=4, t8=3.9, t9=3.8)
    penalty: dict[str, Any] = {"temperature": 0.0, "presence_penalty": 1.0}
    assert chosen(model, logits, 6, penalty_window=1, **penalty) == [7, 8, 7, 8, 7, 8]
    assert chosen(model, logits, 6, penalty_window=2, **penalty) == [7, 8, 9, 7, 8, 9]
    assert chosen(model, logits, 3, penalty_window=0, **penalty) == [7, 7, 7], "a window of nothing penalises nothing"
    assert chosen(model, logits, 6, penalty_window=-1, **penalty) == [7, 8, 9, 7, 7, 7]


def test_whether_the_prompt_counts(model: LlamaModel) -> None:
    logits = logits_of(model, t7=4, t8=3)
    penalty: dict[str, Any] = {"temperature": 0.0, "repeat_penalty": 1.5}
    assert chosen(model, logits, 1, (7,), **penalty) == [7]
    assert chosen(model, logits, 1, (7,), penalize_prompt=True, **penalty) == [8]
    assert chosen(model, logits, 1, (7, 1, 2, 3), penalize_prompt=True, penalty_window=3, **penalty) == [7]


def test_words_of_an_answer_that_goes_on_count(model: LlamaModel) -> None:
    """Whether the prompt counts or not: they are the answer's own."""
    logits = logits_of(model, t7=4, t8=3)
    for penalize_prompt in (False, True):
        fields = Sampling(temperature=0.0, presence_penalty=1.5, penalize_prompt=penalize_prompt)
        with Sampler(fields, model, 3, (1, 2, 7), (7,)) as sampler:
            assert [sampler.choose(logits) for _ in range(2)] == [8, 7]


def test_a_grammar_goes_on_where_the_answer_was_cut(model: LlamaModel) -> None:
    sampling = Sampling(temperature=0.0, grammar='root ::= "a"{4}')
    (letter,) = model.encode_text("a")
    end = next(token for token in range(model.vocabulary) if model.ends_answer(token))
    logits = logits_of(model, **{f"t{end}": 20})
    with Sampler(sampling, model, 10, [1, *[letter] * 4], [letter] * 4) as sampler:
        assert sampler.choose(logits) == end
    with pytest.raises(InvalidSetting, match="the answer so far does not follow the grammar"):
        Sampler(sampling, model, 10, [1, 7], [7])


def test_prompt_and_whole_window_are_hugging_faces_penalty(model: LlamaModel) -> None:
    torch = pytest.importorskip("torch")
    processors = pytest.importorskip("transformers.generation.logits_process")
    processor = processors.RepetitionPenaltyLogitsProcessor(1.3)
    random = np.random.default_rng(5)
    ids = [int(token) for token in random.integers(0, 40, 30)]
    fields: dict[str, Any] = {"temperature": 0.0, "repeat_penalty": 1.3, "penalty_window": -1, "penalize_prompt": True}
    with Sampler(Sampling(**fields), model, 100, tuple(ids)) as sampler:
        for _ in range(100):
            logits = logits_of(model)
            logits[:60] = random.normal(0, 1, 60)
            scores = processor(torch.tensor([ids]), torch.tensor(logits)[None].clone())[0]
            ids.append(sampler.choose(logits))
            assert ids[-1] == int(scores.argmax())


def test_biases_by_id_and_by_text(model: LlamaModel) -> None:
    (word,) = model.encode_text(" cat")
    (alone,) = model.encode_text("cat")
    logits = logits_of(model, **{f"t{word}": 5, f"t{alone}": 4.9, "t7": 4})
    assert chosen(model, logits, 1, temperature=0.0) == [word]
    assert chosen(model, logits, 1, temperature=0.0, logit_bias=((word, -1.0),)) == [alone]
    assert chosen(model, logits, 1, temperature=0.0, logit_bias=(("cat", -100),)) == [7]
    assert chosen(model, logits, 1, temperature=0.0, logit_bias=((9, 20),)) == [9]
    with pytest.raises(InvalidSetting, match="token 99999999; this model has"):
        chosen(model, logits, 1, logit_bias=((99_999_999, 1.0),))
    with pytest.raises(InvalidSetting, match="'萤火虫'; a text that is one token"):
        chosen(model, logits, 1, logit_bias=(("萤火虫", 1.0),))


def test_top_k_top_p_min_p(model: LlamaModel) -> None:
    logits = logits_of(model, t7=5, t8=4.9, t9=4.8, t10=2)
    draws: dict[str, Any] = {"temperature": 5.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "seed": 1}
    assert len(set(chosen(model, logits, 60, **draws))) > 4, "nothing is cut off"
    assert set(chosen(model, logits, 60, **{**draws, "top_k": 2})) == {7, 8}
    assert set(chosen(model, logits, 60, **{**draws, "top_p": 0.6})) == {7, 8}
    assert set(chosen(model, logits, 60, **{**draws, "min_p": 0.5})) == {7, 8, 9}


def test_the_same_seed_draws_the_same(model: LlamaModel) -> None:
    logits = np.random.default_rng(1).normal(0, 1, model.vocabulary).astype(np.float32)
    fields: dict[str, Any] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    first = chosen(model, logits, 20, seed=3, **fields)
    assert first == chosen(model, logits, 20, seed=3, **fields)
    assert first != chosen(model, logits, 20, seed=4, **fields)
    assert chosen(model, logits, 20, **fields) != chosen(model, logits, 20, **fields)


WILD = Sampling(temperature=1.5, top_k=0, top_p=1.0, min_p=0.0, seed=11, max_tokens=25)


def test_the_same_seed_writes_the_same_words(starter_gguf: Path, engine: LlamaEngine) -> None:
    """In a fresh engine, after other questions, and where the prompt was in memory."""
    first = answer(list(engine.stream(SHORT, WILD)))
    again = list(engine.stream(SHORT, WILD))
    assert isinstance(again[-1], Finished)
    assert again[-1].usage.reused_tokens > 0
    assert answer(again) == first
    list(engine.stream([Message("user", "Something else.")], WILD))
    assert answer(list(engine.stream(SHORT, WILD))) == first
    with closing(LlamaEngine(starter_gguf, ONE)) as fresh:
        assert answer(list(fresh.stream(SHORT, WILD))) == first


SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 12},
            "age": {"type": "integer", "minimum": 0},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        },
        "required": ["name", "age"],
    }
)


@pytest.mark.parametrize("seed", range(3))
def test_json_of_the_schema_whatever_is_drawn(engine: LlamaEngine, seed: int) -> None:
    sampling = Sampling(temperature=2.0, top_p=1.0, min_p=0.0, seed=seed, json_schema=SCHEMA, max_tokens=120)
    events = list(engine.stream(SHORT, sampling))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stop"
    value = json.loads(answer(events))
    assert list(value)[:2] == ["name", "age"]
    assert len(value["name"]) <= 12
    assert value["age"] >= 0
    assert set(value.get("tags", [])) <= {"a", "b"}


def test_the_end_comes_only_where_the_grammar_allows(model: LlamaModel) -> None:
    """The model would end at once; the grammar wants four letters."""
    end = next(token for token in range(model.vocabulary) if model.ends_answer(token))
    logits = logits_of(model, **{f"t{end}": 20})
    with Sampler(Sampling(temperature=0.0, grammar='root ::= "a"{4}'), model, 10) as sampler:
        text = b""
        while not model.ends_answer(token := sampler.choose(logits)):
            text += model.bytes_of(token)
    assert text == b"aaaa"


def test_control_tokens_are_no_text_of_a_grammar(model: LlamaModel) -> None:
    control = next(token for token, text in ((t, model.text_of(t)) for t in range(20)) if text == "<|im_start|>")
    logits = logits_of(model, **{f"t{control}": 20})
    with Sampler(Sampling(temperature=0.0, grammar='root ::= [^"]{20}'), model, 10) as sampler:
        assert sampler.choose(logits) != control


@pytest.mark.parametrize(
    ("grammar", "words"),
    [
        ("root ::= [^\\x00-\\U0010FFFF]", "leave no token"),
        ("root ::= nobody", "line 1 of the grammar uses the rule 'nobody'"),
        ('root ::= "a"{50}{50}', "llama.cpp refuses the grammar"),
    ],
)
def test_a_grammar_that_leads_nowhere(model: LlamaModel, grammar: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=words):
        chosen(model, logits_of(model), 1, grammar=grammar)


def test_everything_forbidden(model: LlamaModel) -> None:
    with pytest.raises(InvalidSetting, match="leave no token"):
        chosen(model, logits_of(model), 1, grammar='root ::= "a"', temperature=0.0, logit_bias=(("a", -100),))


def test_a_grammar_may_not_take_for_ever(model: LlamaModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRAMMAR_SECONDS", 0.0)
    with pytest.raises(InvalidSetting, match="s for one token"):
        chosen(model, logits_of(model), 1, grammar='root ::= "a"*')
