"""The index of vectors: made once, later as far as something changed, replaced whole, made anew where it is damaged."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.characters.folder import load_character
from assistant.characters.playing import Playing
from assistant.characters.vectors import FILE, Vectors, index_file, read_index, state_of
from assistant.errors import EngineFailed
from assistant.events import Reading
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message
from tests.assistant.characters.support import CSV, made

TEXTS = ["the red fox", "a grey cat", "one old clock"]


class Embedding(FakeEngine):
    """Remembers what it was asked for, and reads no more than a few words."""

    def __init__(self, name: str = "bge", context: int = 8192) -> None:
        super().__init__(info=replace(FAKE_INFO, name=name, context=context))
        self.asked: list[str] = []

    def embed(self, texts: list[str]) -> list[list[float]]:  # type: ignore[override]
        self.asked += texts
        if any(self.count(text) > self._info.context for text in texts):
            raise EngineFailed("too long")
        return super().embed(texts)


def prepared(path: Path, texts: list[str] = TEXTS, name: str = "bge") -> tuple[Vectors, list[str]]:
    engine = Embedding(name)
    vectors = Vectors(path, texts, lambda: engine)
    readings = list(vectors.prepare())
    assert not readings or (readings[-1].done, readings[0].done) == (readings[-1].total, 0)
    assert all(isinstance(reading, Reading) for reading in readings)
    return vectors, engine.asked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / FILE


def test_made_once(path: Path) -> None:
    assert state_of(path, TEXTS) == ("none", 0, "")
    vectors, made_of = prepared(path)
    assert made_of == TEXTS
    assert vectors.ranked("where is the clock") == vectors.ranked("where is the clock")
    assert vectors.ranked("a clock that is old")[0] == 2
    assert vectors.ranked("red red fox")[0] == 0
    assert state_of(path, TEXTS) == ("whole", 3, "bge")
    again, nothing = prepared(path)
    assert nothing == []
    assert list(again.prepare()) == []
    assert again.ranked("red red fox")[0] == 0
    assert [file.name for file in path.parent.iterdir()] == [FILE]


def test_only_what_changed_is_made(path: Path) -> None:
    prepared(path)
    texts = [TEXTS[1], "a new one", TEXTS[1]]
    assert state_of(path, texts) == ("in part", 2, "bge")
    vectors, made_of = prepared(path, texts)
    assert made_of == ["a new one"]
    assert vectors.ranked("grey cat")[:2] == (0, 2)
    assert len(read_index(path).rows or ()) == 2, "what is no longer there is gone"


def test_another_model_makes_all_of_them(path: Path) -> None:
    prepared(path)
    assert prepared(path, name="other")[1] == TEXTS
    assert state_of(path, TEXTS) == ("whole", 3, "other")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "array", "shapes", "kinds", "folder"])
def test_a_damaged_one_is_made_anew_and_that_is_said(damage: str, path: Path) -> None:
    import numpy as np

    prepared(path)
    data = path.read_bytes()
    hashes, vectors = np.zeros((3, 16), np.uint8), np.zeros((3, 4), np.float32)
    match damage:
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "flipped":
            at = len(data) // 2
            path.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
        case "empty" | "text":
            path.write_bytes(b"" if damage == "empty" else b"no vectors here")
        case "array":
            with path.open("wb") as file:
                np.savez(file, model=np.array("bge\n"), hashes=hashes)
        case "shapes":
            with path.open("wb") as file:
                np.savez(file, model=np.array("bge\n"), hashes=hashes[:2], vectors=vectors)
        case "kinds":
            with path.open("wb") as file:
                np.savez(file, model=np.array("bge\n"), hashes=hashes, vectors=vectors * np.nan)
        case "folder":
            path.unlink()
            path.mkdir()
    assert state_of(path, TEXTS)[0] == "damaged"
    vectors_, made_of = prepared(path)
    assert made_of == TEXTS
    assert vectors_.notes[0] == f"{FILE} was damaged, and is made anew"
    assert vectors_.ranked("red red fox")[0] == 0
    if damage == "folder":
        assert "cannot be written" in vectors_.notes[1]
    else:
        assert state_of(path, TEXTS)[0] == "whole"


def test_what_was_made_before_an_interruption_stays(path: Path) -> None:
    texts = [f"text {number}" for number in range(40)]
    engine = Embedding()
    with closing(Vectors(path, texts, lambda: engine).prepare()) as readings:
        next(readings)
        next(readings)
    assert state_of(path, texts) == ("in part", 16, "bge")
    assert len(prepared(path, texts)[1]) == 24
    assert state_of(path, texts)[0] == "whole"


def test_long_texts_are_cut(path: Path) -> None:
    engine = Embedding(context=20)
    vectors = Vectors(path, ["fox " * 500, "word " * 3 + "x" * 100_000, "zebra"], lambda: engine)
    list(vectors.prepare())
    assert vectors.ranked("dog " * 300 + "\nzebra")[0] == 2, "of the conversation the end is kept"
    vectors.close()
    vectors.close()
    assert engine.closed


def test_a_character_that_names_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant import models

    folder = made("one", 'name = "三三"\n[retrieval]\nembedding_model = "bge"\n', d_csv=CSV)
    opened: list[str] = []
    embedding = Embedding()

    def opens(name: str) -> FakeEngine:
        opened.append(name)
        return embedding

    monkeypatch.setattr(models, "open_engine", opens)
    character = load_character("one")
    engine = FakeEngine()
    list(engine.load())
    part = Playing(character, engine, retrieval=False)
    assert not list(part.prepare())
    assert opened == []
    part.retrieval = True
    assert list(part.prepare())
    assert list(part.prepare()) == []
    assert opened == ["bge"]
    assert embedding.asked == ["user0：怎么样？", "user0：你爸爸是谁？"], "as the model's makers searched"
    assert index_file(character) == folder / FILE
    assert (folder / FILE).is_file()
    assert len(part.drawn((Message("user", "你爸爸是谁"),))) == 2
    assert embedding.asked[-1] == "user0：你爸爸是谁"
    part.close()
    assert embedding.closed
    shipped = replace(character, shipped=True)
    assert index_file(shipped).parts[-4:] == ("cache", "characters", "one", FILE)


@pytest.mark.slow
def test_with_a_real_encoder_in_its_own_process() -> None:
    from assistant.characters.changes import new_character
    from assistant.characters.folder import SAMPLES
    from assistant.paths import models_folder
    from tests.contract.support import write_encoder

    write_encoder(models_folder() / "tiny.gguf")
    character = new_character("night", SAMPLES / "glim")
    with (character.folder / "character.toml").open("a", encoding="utf-8") as file:
        file.write('\n[retrieval]\nembedding_model = "tiny"\n')
    engine = FakeEngine()
    list(engine.load())
    part = Playing(load_character("night"), engine)
    with closing(part):
        readings = [event for event in part.prepare() if isinstance(event, Reading)]
        assert readings[-1].done == readings[-1].total > 0
        assert part.drawn((Message("user", "Why is the clock slow?"),))
        state, found, model = state_of(character.folder / FILE, [])
        assert (state, found, model) == ("whole", 0, "tiny")
    again = Playing(load_character("night"), engine)
    with closing(again):
        assert list(again.prepare()) == []
