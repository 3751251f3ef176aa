"""Vectors of texts, by models that were made for them and by no others."""

from collections.abc import Iterator
from contextlib import closing
from math import sqrt
from pathlib import Path

import pytest

from assistant.engine import Engine, EngineSettings
from assistant.errors import EngineFailed, PromptTooLong
from assistant.llama.engine import LlamaEngine
from assistant.process.engine import EngineProcess
from tests.contract.support import ANSWER, GREEDY, KINDS, SHORT, answer, make_engine, write_encoder

TEXTS = ["a lamp was lit", "dark", "a dark lamp", "a lamp was lit"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder") / "encoder.gguf")


@pytest.fixture(scope="module", params=KINDS)
def embedder(request: pytest.FixtureRequest, encoder: Path) -> Iterator[Engine]:
    with closing(make_engine(request.param, encoder)) as engine:
        yield engine


class TestVectors:
    def test_one_a_text_in_their_order(self, embedder: Engine) -> None:
        vectors = embedder.embed(TEXTS)
        assert len(vectors) == len(TEXTS)
        assert len({len(vector) for vector in vectors}) == 1
        assert len(vectors[0]) == 32
        for vector in vectors:
            assert sqrt(sum(value * value for value in vector)) == pytest.approx(1.0, abs=1e-5)
        assert vectors[0] == pytest.approx(vectors[3], abs=1e-5), "the same text, the same vector"
        assert vectors[0] != pytest.approx(vectors[1], abs=1e-2)
        (alone,) = embedder.embed(TEXTS[1:2])
        assert alone == pytest.approx(vectors[1], abs=1e-4), "company changes nothing"

    def test_of_no_texts_there_are_none(self, embedder: Engine) -> None:
        assert embedder.embed([]) == []

    def test_of_very_many(self, embedder: Engine) -> None:
        texts = [f"a lamp {'dark ' * (number % 7)}" for number in range(200)]
        vectors = embedder.embed(texts)
        assert len(vectors) == 200
        assert vectors[3] == pytest.approx(vectors[3 + 7], abs=1e-4)


@pytest.mark.parametrize("kind", [LlamaEngine, EngineProcess])
class TestRealVectors:
    def test_a_model_that_writes_has_none(self, kind: type[LlamaEngine | EngineProcess], starter_gguf: Path) -> None:
        with closing(kind(starter_gguf, EngineSettings(threads=1))) as engine:
            for _ in range(2):
                with pytest.raises(EngineFailed, match="embeddings"):
                    engine.embed(TEXTS)
            assert answer(engine.stream(SHORT, GREEDY)) == ANSWER

    def test_a_model_for_vectors_does_not_write(self, kind: type[LlamaEngine | EngineProcess], encoder: Path) -> None:
        with closing(kind(encoder, EngineSettings(threads=1))) as engine:
            for _ in range(2):
                with pytest.raises(EngineFailed, match="writes none"):
                    list(engine.stream(SHORT, GREEDY))
            assert len(engine.embed(TEXTS)) == len(TEXTS)

    def test_a_text_that_is_too_long_is_refused_with_both_counts(
        self, kind: type[LlamaEngine | EngineProcess], encoder: Path
    ) -> None:
        with closing(kind(encoder, EngineSettings(threads=1))) as engine:
            with pytest.raises(PromptTooLong, match="text 2") as error:
                engine.embed(["a lamp", "dark " * 600])
            assert (error.value.tokens, error.value.limit) == (602, 512)
            assert len(engine.embed(["a lamp"])) == 1
