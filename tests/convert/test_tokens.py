"""Token ids of a converted file in llama.cpp equal those of the `tokenizers` library, on everything nasty."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.convert.corpus import ASSIGNED, every_byte, nasty_corpus
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


def unknown_bytes(tokenizer: Tokenizer) -> set[int]:
    """Bytes without a token of their own. SmolLM2 lacks 21, among them six control characters."""
    letters = bytes_to_letters()
    return {byte for byte in range(256) if tokenizer.token_to_id(letters[byte]) is None}


def bytes_to_letters() -> dict[int, str]:
    """The letter of each byte in a byte-level vocabulary: printable ones for themselves, the others from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + index) for index, byte in enumerate(others)}


def without(unknown: set[int], text: str) -> str:
    """The text without the characters that hold an unknown byte."""
    return "".join(letter for letter in text if not unknown.intersection(letter.encode()))


def test_real_tokens(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    """Characters with a byte the vocabulary lacks stand alone here: both sides drop such a byte, but `tokenizers` then
    merges its neighbours and llama.cpp does not.
    """
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    unknown = unknown_bytes(tokenizer)
    assert len(unknown) == 21
    texts = [text if len(text) == 1 else without(unknown, text) for text in nasty_corpus()]
    with llama_model(converted("q4_0"), vocabulary_only=True) as model:
        assert model.vocabulary_size == 49152
        assert_same_tokens(model, tokenizer, texts)


@pytest.mark.parametrize(
    ("kind", "name"), [("gpt2", "gpt-2"), ("smollm", "smollm"), ("llama3", "llama-bpe"), ("qwen2", "qwen2")]
)
def test_tokens_of_each_pre_tokenizer(kind: str, name: str, tmp_path: Path) -> None:
    tokenizer = toy_tokenizer(kind)
    assert unknown_bytes(tokenizer) == set()
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer)
    target = converted_file(folder, tmp_path / "tiny.gguf", "f16")
    assert read(target).metadata["tokenizer.ggml.pre"] == name
    with llama_model(target, vocabulary_only=True) as model:
        assert_same_tokens(model, tokenizer, nasty_corpus())


def test_tokens_of_any_text(real_checkpoint: Path, converted: Callable[[str], Path]) -> None:
    tokenizer = Tokenizer.from_file(str(real_checkpoint / "tokenizer.json"))
    unknown = unknown_bytes(tokenizer)
    letters = st.one_of(*(st.characters(min_codepoint=low, max_codepoint=high) for low, high in set(ASSIGNED)))
    with llama_model(converted("q4_0"), vocabulary_only=True) as model:

        @settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.text(letters, min_size=1, max_size=60))
        def same(text: str) -> None:
            assert_same_tokens(model, tokenizer, [without(unknown, text)])

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
