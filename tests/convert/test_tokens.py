"""Token ids of a converted file in llama.cpp equal those of the `tokenizers` library, on everything nasty."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.convert.corpus import every_byte, nasty_corpus
from tests.convert.gguf_file import read
from tests.convert.tiny import SPECIAL, tiny_checkpoint, toy_tokenizer
from tests.support import LlamaModel, converted_file, llama_model

CONTROL, USER_DEFINED, UNUSED = 3, 4, 5


def assert_same_tokens(model: LlamaModel, tokenizer: Tokenizer, texts: list[str]) -> None:
    """Ids are equal with control tokens parsed and with control tokens as plain text."""
    for parse_special in (True, False):
        tokenizer.encode_special_tokens = not parse_special
        for text in texts:
            expected = tokenizer.encode(text, add_special_tokens=False).ids
            assert model.tokens(text, parse_special=parse_special) == expected, (text, parse_special)
    tokenizer.encode_special_tokens = False


def test_the_corpus_holds_every_byte_of_utf8() -> None:
    found = set("".join(every_byte()).encode())
    assert found == set(range(256)) - {0xC0, 0xC1, *range(0xF5, 0x100)}


def test_real_tokens(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    with llama_model(converted("q4_0"), vocabulary_only=True) as model:
        assert model.vocabulary_size == 49152
        assert_same_tokens(model, tokenizer, nasty_corpus())


@pytest.mark.parametrize("kind", ["gpt2", "smollm", "llama3", "qwen2"])
def test_tokens_of_each_pre_tokenizer(kind: str, tmp_path: Path) -> None:
    tokenizer = toy_tokenizer(kind)
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer)
    target = converted_file(folder, tmp_path / "tiny.gguf", "f16")
    with llama_model(target, vocabulary_only=True) as model:
        assert_same_tokens(model, tokenizer, nasty_corpus())


def test_tokens_of_any_text(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    with llama_model(converted("q4_0"), vocabulary_only=True) as model:

        @settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.text(min_size=1, max_size=60))
        def same(text: str) -> None:
            assert_same_tokens(model, tokenizer, [text])

        same()


def test_every_single_token_survives(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    """The bytes of each of the 49,152 tokens are those of the source's own decoder."""
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    tokens = read(converted("q4_0")).metadata["tokenizer.ggml.tokens"]
    assert isinstance(tokens, list)
    assert tokens == [tokenizer.id_to_token(number) for number in range(49152)]
    with llama_model(converted("q4_0"), vocabulary_only=True) as model:
        for number in range(0, 49152, 7):
            whole = tokenizer.decode([number], skip_special_tokens=False)
            if "\ufffd" not in whole:
                assert model.piece(number).decode() == whole, number


def test_special_and_added_tokens_keep_their_ids_and_kinds(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer(size=411)
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer, padding=6)
    target = converted_file(folder, tmp_path / "tiny.gguf", "f16")
    metadata = read(target).metadata
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    assert isinstance(tokens, list)
    assert isinstance(kinds, list)
    assert len(tokens) == len(kinds) == 417
    assert len(set(tokens)) == 417
    assert tuple(tokens[:3]) == SPECIAL
    assert kinds[:3] == [CONTROL] * 3
    assert (tokens[410], kinds[410]) == ("<note>", USER_DEFINED)
    assert kinds[411:] == [UNUSED] * 6
    assert set(kinds[3:410]) == {1}
    assert metadata["tokenizer.ggml.bos_token_id"] == 1
    assert metadata["tokenizer.ggml.eos_token_id"] == 2
    assert metadata["tokenizer.ggml.unknown_token_id"] == 0
    assert metadata["tokenizer.ggml.padding_token_id"] == 2
    assert metadata["tokenizer.ggml.add_bos_token"] is False
    assert metadata["tokenizer.ggml.add_eos_token"] is False
    with llama_model(target, vocabulary_only=True) as model:
        assert [model.is_control(number) for number in (0, 1, 2, 3, 410)] == [True, True, True, False, False]
        assert model.ends_generation(2)
        assert not model.ends_generation(3)


def test_begin_and_end_tokens_are_added_as_the_source_adds_them(tmp_path: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = toy_tokenizer("llama3")
    tokenizer.post_processor = TemplateProcessing(single=f"{SPECIAL[1]} $A", special_tokens=[(SPECIAL[1], 1)])
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer)
    with llama_model(converted_file(folder, tmp_path / "tiny.gguf", "f16"), vocabulary_only=True) as model:
        for text in ("a", "Light to read by."):
            found = model.tokens(text, parse_special=True, add_special=True)
            assert found == tokenizer.encode(text).ids
            assert found[0] == 1
