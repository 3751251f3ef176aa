"""The ids that Ollama makes of its prompt, by llama.cpp as Ollama calls it, are those of a chat here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import llama_cpp
import pytest

from assistant.library.exporting.modelfile import modelfile
from assistant.library.exporting.setting import Vocabulary
from assistant.library.exporting.turns import conversations
from assistant.llama.model import LlamaModel
from assistant.messages import Message
from assistant.prompt.render import render
from tests.assistant.library.exporting.go_subset import execute
from tests.assistant.library.exporting.making import running
from tests.assistant.library.exporting.modelfile_reader import read_modelfile
from tests.assistant.library.exporting.templates import REGULAR
from tests.convert.test_formats import BYTE_LEVEL_CONTROLS, model_of
from tests.convert.tiny import LLAMA3_PATTERN
from tests.convert.toy_tokenizers import byte_level, split_then_bytes, write_sentencepiece

WORDS = ("Why?", "Because\nof the light.", "  Two and\n\n萤火虫 ", "Now?")


def write_bytes(folder: Path) -> int:
    folder.mkdir()
    tokenizer = byte_level(split_then_bytes(LLAMA3_PATTERN), size=600, first=BYTE_LEVEL_CONTROLS)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"eos_token": "</s>", "bos_token": "<s>"}', encoding="utf-8")
    return 600


def pieces(**choices: Any) -> Callable[[Path], int]:
    return lambda folder: write_sentencepiece(folder, **choices)


def as_ollama(model: LlamaModel, text: str) -> list[int]:
    """Its runner cuts the prompt at once, what the file asks for around it, control tokens wherever they stand."""
    data = text.encode()
    out = (llama_cpp.llama_token * (len(data) + 8))()
    count = llama_cpp.llama_tokenize(model.vocab, data, len(data), out, len(data) + 8, True, True)
    return list(out[:count])


@pytest.mark.slow  # a model for each vocabulary; that the begin token comes once, test_modelfile.py shows in text
@pytest.mark.parametrize(
    "write",
    [write_bytes, pieces(), pieces(add_bos=False), pieces(dummy_prefix=False)],
    ids=["bytes", "pieces", "no begin token", "no space in front"],
)
def test_ollamas_ids_are_those_of_a_chat_here(write: Callable[[Path], int], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    model = model_of(folder, write(folder))
    habits: dict[str, Any] = model.habits
    vocabulary = Vocabulary(habits["bos"], habits["eos"], habits["adds_bos"], habits["adds_eos"], ())
    for name, template in REGULAR.items():
        made = modelfile(replace(running(template=template), vocabulary=vocabulary))
        written = dict(read_modelfile(made.text))["template"]
        more = [1] if any("here prompts begin without it" in note for note in made.notes) else []
        words = [text.strip() for text in WORDS] if any("white space" in note for note in made.notes) else WORDS
        for messages in talks(words, made.notes):
            here = model.encode(render(template, messages, bos=model.bos, eos=model.eos))
            there = as_ollama(model, execute(written, messages))
            assert there[len(more) :] == here, name
            assert there[: len(more)] == more


def talks(words: Sequence[str], notes: Sequence[str]) -> list[list[Message]]:
    return conversations(words, system=not any("no system message" in note for note in notes))[:6]
