"""Tokenizers that must be refused, and odd ones that may be converted only if every token stays the same."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, normalizers

from convert import ConversionError
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from tests.convert.corpus import CODE, ENGLISH, LOOK_ALIKES
from tests.convert.damage import Refusals, edit_json, with_tensor, without_tensor
from tests.convert.tiny import SPECIAL, tiny_checkpoint, toy_tokenizer
from tests.support import converted_file, llama_model

SLOW = pytest.mark.slow

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ({"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}, UnsupportedTokenizer),
        ({"type": "WordPiece", "vocab": {"a": 0}}, IncompleteCheckpoint),
        ({"type": "WordLevel", "vocab": {"a": 0}}, UnsupportedTokenizer),
        (None, InvalidCheckpoint),
        ([], InvalidCheckpoint),
        ({}, InvalidCheckpoint),
    ],
)
def test_another_kind_of_model(model: object, kind: type[ConversionError], refusals: Refusals) -> None:
    edit_json(refusals.folder / "tokenizer.json", lambda values: values.__setitem__("model", model))
    refusals.expect(kind, "tokenizer.json")


@pytest.mark.parametrize("normalizer", [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip()])
def test_a_normalizer(normalizer: normalizers.Normalizer, refusals: Refusals) -> None:
    tokenizer = toy_tokenizer()
    tokenizer.normalizer = normalizer
    tokenizer.save(str(refusals.folder / "tokenizer.json"))
    refusals.expect(UnsupportedTokenizer, type(normalizer).__name__)


UNREADABLE: dict[str, Change] = {
    "a list as an id": lambda values: values["model"]["vocab"].__setitem__("a", [1]),
    "a text as an id": lambda values: values["model"]["vocab"].__setitem__("a", "7"),
    "an id beyond the embedding": lambda values: values["model"]["vocab"].__setitem__("a", 417),
    "a negative id": lambda values: values["model"]["vocab"].__setitem__("a", -1),
    "a merge of one part": lambda values: values["model"]["merges"].__setitem__(0, ["a"]),
    "a merge that is none": lambda values: values["model"]["merges"].__setitem__(0, 7),
    "an added token without content": lambda values: values["added_tokens"][0].pop("content"),
    "an added token that is a list": lambda values: values["added_tokens"].__setitem__(0, []),
    "an added token with an object as content": lambda values: values["added_tokens"][0].__setitem__("content", {}),
    "a normalizer that is a number": lambda values: values.__setitem__("normalizer", 1.5),
    "steps that are nothing": lambda values: values.__setitem__(
        "pre_tokenizer", {"type": "Sequence", "pretokenizers": None}
    ),
    "no pre-tokenizer": lambda values: values.__setitem__("pre_tokenizer", None),
    "half a surrogate": lambda values: values["added_tokens"][3].__setitem__("content", "\ud800"),
}


@pytest.mark.parametrize("damage", UNREADABLE)
def test_a_tokenizer_that_cannot_be_read(damage: str, refusals: Refusals) -> None:
    edit_json(refusals.folder / "tokenizer.json", UNREADABLE[damage])
    refusals.expect_any()


def test_half_a_surrogate_in_the_template(refusals: Refusals) -> None:
    edit_json(refusals.folder / "tokenizer_config.json", lambda values: values.__setitem__("chat_template", "a\ud800b"))
    refusals.expect_any()


@SLOW
def test_two_texts_for_one_id(refusals: Refusals) -> None:
    """The vocabulary's piece and an added token disagree about id 409: one of them would vanish."""

    def change(values: dict[str, Any]) -> None:
        values["added_tokens"][-1]["id"] = 409

    edit_json(refusals.folder / "tokenizer.json", change)
    refusals.expect_any()


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_a_token_with_a_zero_byte(text: str, tmp_path: Path) -> None:
    """GGUF can hold it, but llama.cpp cuts texts at the zero and then aborts the whole process: hence a child here."""
    tokenizer = toy_tokenizer()
    tokenizer.add_tokens([AddedToken(text)])
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer)
    (tmp_path / "outputs").mkdir()
    (tmp_path / "temporary").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "convert", str(folder), "-o", str(tmp_path / "outputs" / "model.gguf"), "-q", "f16"],
        capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary"), "GGML_NO_BACKTRACE": "1"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-300:]
    assert done.stderr.startswith("error: ")
    assert list((tmp_path / "outputs").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []


def assert_same_or_refused(tokenizer: Tokenizer, texts: list[str], tmp_path: Path) -> None:
    """Converted with the source's own tokens, or refused: never converted with others."""
    folder = tiny_checkpoint(tmp_path / "tiny", tokenizer=tokenizer)
    try:
        target = converted_file(folder, tmp_path / "tiny.gguf", "f16")
    except UnsupportedTokenizer:
        return
    with llama_model(target, vocabulary_only=True) as model:
        for text in [*texts, *ENGLISH, *CODE, *LOOK_ALIKES]:
            assert model.tokens(text, parse_special=True) == tokenizer.encode(text, add_special_tokens=False).ids, text


@pytest.mark.parametrize("ignore_merges", [True, False])
@pytest.mark.parametrize(
    "kind",
    ["gpt2", pytest.param("smollm", marks=pytest.mark.slow), "llama3", pytest.param("qwen2", marks=pytest.mark.slow)],
)
def test_words_that_no_merge_makes(kind: str, ignore_merges: bool, tmp_path: Path) -> None:
    """With `ignore_merges` a word of the vocabulary is one token even so; llama.cpp decides that by name alone."""
    values = json.loads(toy_tokenizer(kind).to_str())
    values["model"]["ignore_merges"] = ignore_merges
    values["model"]["vocab"]["Ġunreachable"] = 410
    values["added_tokens"][-1]["id"] = 411
    tokenizer = Tokenizer.from_str(json.dumps(values))
    assert tokenizer.token_to_id("<note>") == 411
    assert (tokenizer.encode(" unreachable").ids == [410]) is ignore_merges
    assert_same_or_refused(tokenizer, ["an unreachable word", " unreachable"], tmp_path)


ODD_ADDED_TOKENS: dict[str, list[AddedToken]] = {
    "swallows the space before": [AddedToken("<m>", lstrip=True)],
    "swallows the space behind": [AddedToken("<m>", rstrip=True)],
    "a word only": [AddedToken("word", single_word=True)],
    "spaces around": [AddedToken(" two words ")],
    "line ends": [AddedToken("\n\n")],
    "one begins like the other": [AddedToken("<x"), AddedToken("<x>"), AddedToken("<x>y")],
    "normalized and special": [AddedToken("<S>", special=True, normalized=True)],
    "Chinese": [AddedToken("中文"), AddedToken("é")],
    "quotes and braces": [AddedToken("{{'\"\\"), AddedToken("%}")],
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=SLOW if "swallows" in case else ()) for case in ODD_ADDED_TOKENS]
)
def test_odd_added_tokens(case: str, tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    tokenizer.add_tokens(ODD_ADDED_TOKENS[case])
    texts = [f"a{token.content}b {token.content}\n  {token.content}  c" for token in ODD_ADDED_TOKENS[case]]
    texts += ["a   <m>   b<m>", "words word wordword", "<x<x><x>y<x>>", "a two words b\n\n\nc", "中文é中 {{'\"\\%}"]
    assert_same_or_refused(tokenizer, texts, tmp_path)


def test_every_named_end_token_ends_an_answer(tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny")
    edit_json(folder / "generation_config.json", lambda values: values.__setitem__("eos_token_id", [2, 0, 7]))
    with llama_model(converted_file(folder, tmp_path / "tiny.gguf", "f16"), vocabulary_only=True) as model:
        assert [number for number in range(417) if model.ends_generation(number)] == [0, 2, 7]


@pytest.mark.parametrize("named", [417, -1, "2", [2, 417], [[2]], {}])
def test_an_end_token_that_cannot_be(named: object, refusals: Refusals) -> None:
    edit_json(refusals.folder / "generation_config.json", lambda values: values.__setitem__("eos_token_id", named))
    refusals.expect(InvalidCheckpoint, "eos_token_id", "generation_config.json")


@pytest.mark.parametrize("role", ["bos_token", "eos_token"])
def test_a_special_token_that_is_no_token(role: str, refusals: Refusals) -> None:
    edit_json(refusals.folder / "tokenizer_config.json", lambda values: values.__setitem__(role, "<nowhere>"))
    refusals.expect(InvalidCheckpoint, role, "<nowhere>")


def test_more_tokens_than_rows(refusals: Refusals) -> None:
    toy_tokenizer(size=420).save(str(refusals.folder / "tokenizer.json"))
    refusals.expect(InvalidCheckpoint, "417")


def test_the_embedding_may_have_no_tokens_at_its_end(refusals: Refusals, tmp_path: Path) -> None:
    """Padding rows are usual; their texts must be distinct and must never be produced from text."""
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        without_tensor(refusals.folder / "model.safetensors", name)
        with_tensor(refusals.folder / "model.safetensors", name, [448, 256])
    edit_json(refusals.folder / "config.json", lambda values: values.__setitem__("vocab_size", 448))
    with llama_model(converted_file(refusals.folder, tmp_path / "m.gguf", "q8_0"), vocabulary_only=True) as model:
        assert model.vocabulary_size == 448
        assert max(model.tokens("[PAD430] [PAD411]", parse_special=True)) < 411
        assert model.tokens(SPECIAL[2], parse_special=True) == [2]
