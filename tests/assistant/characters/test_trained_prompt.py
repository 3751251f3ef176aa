"""Index-1.9B-Character gets the text and the ids that it was trained on, and its file says that it is the one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sentencepiece import SentencePieceProcessor

from assistant.characters.folder import load_character
from assistant.characters.forms import form_for, is_index_character
from assistant.characters.playing import Playing
from assistant.engine import EngineSettings
from assistant.events import Finished, Reading
from assistant.gguf.file import read_header
from assistant.llama.engine import LlamaEngine
from assistant.llama.prompts import prompt_ids
from assistant.messages import Message, Plain, Sampling
from tests.assistant.characters.index_file import index_gguf
from tests.assistant.characters.support import CSV, made

DEMO = """请你扮演“三三”与用户“user”进行对话。请注意：
1.请永远记住你正在扮演三三。
2.下文给出了一些三三与其他人物的对话，请参考给定对话中三三的语言风格，用一致性的语气与user进行对话。
3.如果给出了三三的人设，请保证三三的对话语气符合三三的人设。

以下是一些三三的对话：
二二：怎么样？
三三：姐姐，好像触发了什么奇怪的开关
--------------------
观众：你爸爸是谁？
三三：我不清楚具体是谁。

以下是三三的人设：
姓名：三三
reserved_0 </s> <unk>

基于以上材料，请你扮演三三与user对话。结果只用返回一轮三三的回复。
user:你好
三三:你好
user:你爸爸是谁
三三:"""
"""What bilibili's demo (`roleplay/`) makes of this corpus and these turns, but for the order of the dialogues."""
TOML = 'name = "三三"\nlanguage = "en"\ndescription = """\n姓名：三三\nreserved_0 </s> <unk>\n"""\n'
TURNS = (Message("user", "你好"), Message("assistant", "你好"), Message("user", "你爸爸是谁"))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SentencePieceProcessor]:
    return index_gguf(tmp_path_factory.mktemp("index"))


@pytest.fixture
def engine(index: tuple[Path, SentencePieceProcessor]) -> Iterator[LlamaEngine]:
    found = LlamaEngine(index[0], EngineSettings(threads=1, saved_readings=False))
    for _ in found.load():
        pass
    yield found
    found.close()


def playing(engine: LlamaEngine) -> Playing:
    part = Playing(load_character(made(toml=TOML, dialogues_csv=CSV)), engine)
    for _ in part.prepare():
        pass
    return part


def test_the_ids_are_those_of_the_demo(index: tuple[Path, SentencePieceProcessor], engine: LlamaEngine) -> None:
    part = playing(engine)
    prompt = part.prompt(TURNS)
    assert prompt == Plain(DEMO)
    ids = prompt_ids(engine._loaded.model, read_header(index[0]), prompt, "x")  # type: ignore[union-attr]
    assert ids == index[1].encode(DEMO)
    assert not {0, 1, 2, 3, 4} & set(ids), "no begin token, and no control token of what is written there"
    assert engine.count(prompt) == len(ids)


def test_it_answers_and_goes_on(engine: LlamaEngine) -> None:
    part = playing(engine)
    events = list(part.heard(engine.stream(part.prompt(TURNS), Sampling(max_tokens=4, seed=1)), ""))
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Reading) and event.total == engine.count(Plain(DEMO)) for event in events)
    begun = (*TURNS, Message("assistant", "我不"))
    assert part.prompt(begun) == Plain(DEMO, "我不")
    assert part.drawn(begun) == part.drawn(TURNS)


def test_which_file_it_is(index: tuple[Path, SentencePieceProcessor], engine: LlamaEngine) -> None:
    header = read_header(index[0])
    assert is_index_character(header, "")
    assert is_index_character(header, "ggml-model-Q8_0")
    form = playing(engine).form
    assert (form.kind, form.language) == ("trained", "zh")
    assert "was trained on this block" in form.reason
    chat = form_for(load_character(made("two", 'name = "a"\n[prompt]\nform = "chat"\n')), engine.info)
    assert (chat.kind, chat.system) == ("chat", True)
