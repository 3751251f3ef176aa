"""The number of threads may change between the tokens of an answer: not a bit of what is written does."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.engine import EngineSettings
from assistant.events import Loading
from assistant.llama import threads
from assistant.llama.context import LlamaContext, Piece
from assistant.llama.engine import LlamaEngine
from assistant.llama.model import LlamaModel, load_model
from assistant.plan.setting import Setting
from tests.assistant.llama.tiny_files import plain, recurrent, sliding, words
from tests.contract.support import GREEDY, SHORT

PROMPT = 600
"""Tokens; flash attention shares out no fewer than 512."""
PLAIN = Setting(1024, "f16", "f16", flash=False, gpu_layers=0, batch=512, sequences=4)
MODELS = {"plain": plain, "sliding": sliding, "recurrent": recurrent}


class Turns:
    """In place of a `Pace`: each step has another number of threads, up and down again."""

    made: list["Turns"]

    def __init__(self, most: int, least: int = 1) -> None:
        self.least, self.most, self.steps = least, most, 0
        self.made.append(self)

    @property
    def threads(self) -> int:
        numbers = range(self.least, self.most + 1)
        return numbers[self.steps % len(numbers)]

    def took(self, seconds: float) -> None:
        assert seconds > 0
        self.steps += 1

    def answer(self) -> None:
        pass


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> list[Turns]:
    """The paces that were made."""
    Turns.made = []
    monkeypatch.setattr(threads, "Pace", Turns)
    return Turns.made


@pytest.fixture(scope="module", params=[*MODELS, pytest.param("starter", marks=pytest.mark.slow)])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, starter_gguf: Path
) -> Iterator[LlamaModel]:
    name = request.param
    path = starter_gguf if name == "starter" else MODELS[name](tmp_path_factory.mktemp("model"))
    loaded = run(load_model(path))
    yield loaded
    loaded.free()


def run(loading: Generator[Loading, None, LlamaModel]) -> LlamaModel:
    while True:
        try:
            next(loading)
        except StopIteration as end:
            found: LlamaModel = end.value
            return found


@contextmanager
def context(model: LlamaModel, setting: Setting, *, may_use_fewer: bool) -> Iterator[LlamaContext]:
    """It has read a prompt."""
    made = LlamaContext(model, setting, threads=3, interrupted=lambda: False, may_use_fewer=may_use_fewer)
    try:
        tokens = words(1, PROMPT)
        assert made.decode(tokens[:300])
        assert made.decode(tokens[300:])
        yield made
    finally:
        made.free()


def logits(context: LlamaContext, model: LlamaModel, index: int = -1) -> NDArray[np.uint32]:
    """As bits."""
    found = llama_cpp.llama_get_logits_ith(context.pointer, index)
    return np.array(found[: model.vocabulary], np.float32).view(np.uint32)


def written(model: LlamaModel, setting: Setting, *, may_use_fewer: bool) -> list[NDArray[np.uint32]]:
    """Behind each token of an answer."""
    found = []
    with context(model, setting, may_use_fewer=may_use_fewer) as made:
        for token in words(2, 12):
            assert made.write(token)
            found.append(logits(made, model))
    return found


def written_together(model: LlamaModel, setting: Setting, *, may_use_fewer: bool) -> list[NDArray[np.uint32]]:
    """Behind each token of three answers, which are written together."""
    found = []
    with context(model, setting, may_use_fewer=may_use_fewer) as made:
        made.share()
        for sequence in (1, 2, 3):
            made.copy_sequence(sequence)
        for step in range(9):
            pieces = [Piece(number, PROMPT + step, [words(number, 9)[step]], last=True) for number in (1, 2, 3)]
            assert made.decode_pieces(pieces)
            found += [logits(made, model, index) for index in range(3)]
    return found


@pytest.mark.parametrize("way", [("f16", "f16", False), ("q8_0", "f16", False), ("q8_0", "q8_0", True)])
def test_the_words_are_the_same_to_the_bit(model: LlamaModel, way: tuple[str, str, bool], made: list[Turns]) -> None:
    setting = Setting(1024, way[0], way[1], flash=way[2], gpu_layers=0, batch=512, sequences=4)
    expected = written(model, setting, may_use_fewer=False)
    together = written_together(model, setting, may_use_fewer=False)
    assert all(pace.least == pace.most == 3 for pace in made)
    made.clear()
    assert np.array_equal(written(model, setting, may_use_fewer=True), expected)
    assert [(pace.least, pace.most, pace.steps) for pace in made] == [(1, 3, 12)]
    assert np.array_equal(written_together(model, setting, may_use_fewer=True), together)


@pytest.mark.parametrize("model", ["plain"], indirect=True)
class TestThreads:
    def test_where_bits_would_change_all_threads_write(self, model: LlamaModel, made: list[Turns]) -> None:
        """Flash attention over f16 shares what was read out among the threads."""
        flash = Setting(1024, "f16", "f16", flash=True, gpu_layers=0, batch=512, sequences=4)
        assert np.array_equal(written(model, flash, may_use_fewer=True), written(model, flash, may_use_fewer=False))
        assert {(pace.least, pace.most) for pace in made} == {(3, 3)}

    def test_several_tokens_only_where_they_are_computed_alike(
        self, model: LlamaModel, made: list[Turns], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for alike, least in ((True, 1), (False, 3)):
            monkeypatch.setattr(threads, "_STEPS_ARE_SAME", alike)
            made.clear()
            written_together(model, PLAIN, may_use_fewer=True)
            assert [(pace.least, pace.most) for pace in made] == [(least, 3)]

    def test_all_threads_read(self, model: LlamaModel) -> None:
        with context(model, PLAIN, may_use_fewer=True) as made:
            assert llama_cpp.llama_n_threads_batch(made.pointer) == 3
            used = []
            for token in words(3, 4):
                made.write(token)
                used.append(llama_cpp.llama_n_threads(made.pointer))
            assert used == [1, 2, 3, 1]
            made.decode(words(4, 2))
            assert llama_cpp.llama_n_threads_batch(made.pointer) == 3
            made.write(7)
            made.decode([8])
            assert llama_cpp.llama_n_threads(made.pointer) == 3, "a prompt's last token is read too"


@pytest.mark.parametrize(("settings", "least"), [(EngineSettings(threads=2), 2), (EngineSettings(), 1)])
def test_what_the_user_has_said_is_kept(
    settings: EngineSettings, least: int, starter_gguf: Path, made: list[Turns], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.llama.engine.cores", lambda: 2)
    with closing(LlamaEngine(starter_gguf, settings)) as engine:
        list(engine.stream(SHORT, GREEDY))
    assert [(pace.least, pace.most) for pace in made] == [(least, 2)]
