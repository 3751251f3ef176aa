"""In one reading: the document first, then what is asked, in the words that a model was trained with if it has such."""

from dataclasses import replace
from pathlib import Path

from assistant.events import Finished, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.summary.summarize import summarize
from assistant.summary.values import Request
from tests.assistant.gguf.build import STRING, U32, array, file, key, scalar, string, text
from tests.assistant.summary.support import CHINESE, ENGLISH, contents, result


def index_32k(folder: Path) -> Path:
    """The header of an Index-1.9B-32K, by which its family is told."""
    tokens = ["<unk>", "<s>", "</s>", "reserved_0", "reserved_1", *(f"t{number}" for number in range(5, 65029))]
    keys = (
        key("general.architecture", string("llama")),
        key("llama.context_length", scalar(U32, 32768)),
        key("tokenizer.ggml.tokens", array(STRING, len(tokens), b"".join(map(text, tokens)))),
    )
    path = folder / "index.gguf"
    path.write_bytes(file(keys))
    return path


def test_the_whole_document_comes_before_the_instruction() -> None:
    engine = FakeEngine(["It is agreed."])
    list(summarize(ENGLISH, engine))
    ((message,),) = engine.received
    assert message.role == "user"
    assert message.content.startswith(ENGLISH.text + "\n")
    assert "Summarize the text above" in message.content[len(ENGLISH.text) :]


def test_chinese_is_asked_in_chinese() -> None:
    engine = FakeEngine(["会议讨论了销售计划。"])
    assert result(list(summarize(CHINESE, engine))).language == "zh"
    assert contents(engine) == [CHINESE.text + "\n\n\n\n\n\n请用中文总结以上内容："]


def test_a_model_that_was_trained_on_long_documents_gets_its_own_words(tmp_path: Path) -> None:
    engine = FakeEngine(["会议讨论了销售计划。"], info=replace(FAKE_INFO, path=str(index_32k(tmp_path))))
    list(summarize(CHINESE, engine))
    before, after = "请用中文总结以下内容：\n\n\n\n\n\n", "\n\n\n\n\n\n请用中文总结以上内容："
    assert contents(engine) == [before + CHINESE.text + after]


def test_its_words_are_for_what_it_was_trained_on(tmp_path: Path) -> None:
    engine = FakeEngine(["It is agreed."], info=replace(FAKE_INFO, path=str(index_32k(tmp_path))))
    list(summarize(ENGLISH, engine, request=Request(language="en")))
    assert contents(engine)[0].startswith(ENGLISH.text)


def test_a_length_that_was_asked_for_has_its_room() -> None:
    engine = FakeEngine(["word " * 1000])
    summary = result(list(summarize(ENGLISH, engine, request=Request(length=300))))
    assert len(summary.summary.split()) > 900


def test_the_user_may_say_how_long_it_may_be() -> None:
    summary = result(list(summarize(ENGLISH, FakeEngine(["word " * 3000]), request=Request(max_tokens=17))))
    assert len(summary.summary.split()) == 17
    assert any(warning.startswith("the summary was cut at 17 tokens") for warning in summary.warnings)


def test_what_the_engine_had_in_memory_is_counted() -> None:
    usage = Usage(prompt_tokens=40, reused_tokens=30, answer_tokens=2, read_seconds=0.25, write_seconds=0.75)
    script = [Reading(30, 40, 30), Reading(40, 40, 30), Text("It is agreed."), Finished("stop", usage)]
    summary = result(list(summarize(ENGLISH, FakeEngine([script]))))
    assert (summary.coverage.tokens_read, summary.coverage.reused_tokens) == (16, 30)
    assert (summary.seconds.read, summary.seconds.write) == (0.25, 0.75)
