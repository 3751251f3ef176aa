"""tokenizer.json of every kind in llama.cpp: ids equal those of the `tokenizers` library."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers

from convert.choices import Choices
from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from tests.convert.corpus import nasty_corpus
from tests.convert.damage import edit_json
from tests.convert.tiny import LLAMA3_PATTERN, QWEN2_PATTERN
from tests.convert.toy_tokenizers import (
    BLOOM_PATTERN,
    GEMMA_USER_DEFINED,
    byte_level,
    lines,
    split_then_bytes,
    write_bloom,
    write_gemma_json,
    write_gpt2,
    write_llama_json,
    write_qwen,
    write_wordpiece,
    write_xlmr,
)
from tests.convert.vocabulary_file import write_vocabulary
from tests.support import LlamaModel


def witness_of(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def assert_same(model: LlamaModel, witness: Tokenizer, texts: Sequence[str]) -> None:
    assert len(texts) > 200
    for text in texts:
        expected = witness.encode(text, add_special_tokens=False).ids
        assert model.tokens(text, parse_special=True) == expected, text


def without(letters: str, texts: Sequence[str]) -> list[str]:
    """Texts that hold none of the letters."""
    return [text for text in texts if not set(letters).intersection(text)]


def test_llama_json(tmp_path: Path) -> None:
    rows = write_llama_json(tmp_path / "llama", added=[AddedToken("<|user|>", special=True, normalized=False)])
    written = write_vocabulary(tmp_path / "llama", rows + 2)
    assert written.agreement.warnings == ()
    assert written.keys["tokenizer.ggml.model"] == "llama"
    assert written.keys["tokenizer.ggml.add_space_prefix"] is True
    assert written.keys["tokenizer.ggml.add_bos_token"] is True
    with written.opened() as model:
        texts = [*nasty_corpus(), "<|user|>light<|user|> fire</s>  <s>a"]
        assert_same(model, witness_of(tmp_path / "llama"), texts)
        assert model.is_control(600)


def test_gemma_json(tmp_path: Path) -> None:
    rows = write_gemma_json(tmp_path / "gemma")
    written = write_vocabulary(tmp_path / "gemma", rows, config={"eos_token_id": [1, 10]})
    assert written.agreement.warnings == ()
    assert written.keys["tokenizer.ggml.add_space_prefix"] is False
    ids = {role: written.keys[f"tokenizer.ggml.{role}_token_id"] for role in ("bos", "eos", "unknown", "padding")}
    assert ids == {"bos": 2, "eos": 1, "unknown": 3, "padding": 0}
    witness = witness_of(tmp_path / "gemma")
    end = witness.token_to_id("<end_of_turn>")
    with written.opened() as model:
        assert_same(model, witness, [*nasty_corpus(), *(f"a{text}b {text}\n{text}" for text in GEMMA_USER_DEFINED)])
        assert model.ends_generation(end)
        assert model.ends_generation(10)


@pytest.mark.parametrize("chats", [True, False])
def test_a_space_before_the_first_word_only(chats: bool, tmp_path: Path) -> None:
    """Mistral's newer files: exact behind a begin token where there is a chat template, else for plain texts."""
    rows = write_llama_json(tmp_path / "mistral", style="metaspace")
    if chats:
        (tmp_path / "mistral" / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    written = write_vocabulary(tmp_path / "mistral", rows)
    assert any("control tokens" in warning for warning in written.agreement.warnings)
    witness = witness_of(tmp_path / "mistral")
    texts = [text for text in nasty_corpus() if "▁" not in text]
    with written.opened() as model:
        if chats:
            assert_same(model, witness, [f"<s>{text}" for text in texts])
            assert model.tokens("light", parse_special=True) != witness.encode("light", add_special_tokens=False).ids
        else:
            plain = [text for text in texts if text[0] != " " and not any(t in text for t in ("<s>", "</s>", "<unk>"))]
            assert_same(model, witness, plain)
            assert model.tokens("<s>a", parse_special=True) != witness.encode("<s>a", add_special_tokens=False).ids


def phi3_tokens() -> Iterator[AddedToken]:
    yield AddedToken("</s>", rstrip=True, normalized=False)
    yield AddedToken("<|endoftext|>", special=True, normalized=False)
    for text in ("<|assistant|>", "<|end|>", "<|user|>"):
        yield AddedToken(text, special=True, rstrip=True, normalized=False)


@pytest.mark.parametrize("name", ["Phi-3-mini", "my-finetune"])
def test_white_space_behind_phi_3_tokens_is_dropped(name: str, tmp_path: Path) -> None:
    rows = write_llama_json(tmp_path / "phi3", added=list(phi3_tokens()))
    written = write_vocabulary(tmp_path / "phi3", rows, name=name)
    assert written.keys["general.name"] == ("Phi-3-mini" if "Phi" in name else "my-finetune (phi-3 tokens)")
    assert any("general.name" in warning for warning in written.agreement.warnings) is (name == "my-finetune")
    texts = ["<|user|>\nlight<|end|>\n<|assistant|>\n", "<|user|>  a <|end|> b</s> c<|endoftext|> d", *nasty_corpus()]
    with written.opened() as model:
        assert_same(model, witness_of(tmp_path / "phi3"), texts)


def test_a_llama_that_is_called_phi_3_keeps_its_white_space(tmp_path: Path) -> None:
    rows = write_llama_json(tmp_path / "toy", added=[AddedToken("<|endoftext|>", special=True, normalized=False)])
    written = write_vocabulary(tmp_path / "toy", rows, name="not-phi-3")
    with written.opened() as model:
        assert_same(model, witness_of(tmp_path / "toy"), ["<s> a</s> b\n<|endoftext|>\n", *nasty_corpus()])


def test_white_space_beside_a_special_token_is_said(tmp_path: Path) -> None:
    """llama.cpp keeps it for all models but Phi-3; what stands close to the token is exact."""
    token = AddedToken("<|user|>", special=True, rstrip=True, normalized=False)
    rows = write_llama_json(tmp_path / "toy", added=[token])
    written = write_vocabulary(tmp_path / "toy", rows)
    (warning,) = written.agreement.warnings
    assert "drops white space beside <|user|>" in warning
    with written.opened() as model:
        assert_same(model, witness_of(tmp_path / "toy"), ["<|user|>light</s><|user|>", *nasty_corpus()])


def test_merges_that_texts_do_not_tell(tmp_path: Path) -> None:
    """BPE trained on characters: pieces that only one order of merges makes. llama.cpp has one name for such."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    control = [AddedToken(text, normalized=False) for text in ("<unk>", "<s>", "</s>")]
    trainer = trainers.BpeTrainer(
        vocab_size=700, show_progress=False, special_tokens=control,
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz▁"), limit_alphabet=120,
    )  # fmt: skip
    tokenizer.train_from_iterator(lines(), trainer)
    values = json.loads(tokenizer.to_str())
    vocab = values["model"]["vocab"]
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = 700 + byte
    vocab["zq"] = 956  # no merge makes it; llama.cpp would, where it goes by texts
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}))
    written = write_vocabulary(folder, 957)
    assert written.keys["tokenizer.ggml.pre"] == "sarvam-moe"
    with written.opened() as model:
        assert_same(model, witness_of(folder), ["a zq b", "zzqq", *nasty_corpus()])


def test_unigram(tmp_path: Path) -> None:
    rows = write_xlmr(tmp_path / "xlmr")
    written = write_vocabulary(tmp_path / "xlmr", rows)
    keys = written.keys
    assert keys["tokenizer.ggml.model"] == "t5"
    assert keys["tokenizer.ggml.unknown_token_id"] == 3
    assert keys["tokenizer.ggml.mask_token_id"] == rows - 1
    assert keys["tokenizer.ggml.seperator_token_id"] == 2
    assert (keys["tokenizer.ggml.add_bos_token"], keys["tokenizer.ggml.add_eos_token"]) == (True, True)
    witness = witness_of(tmp_path / "xlmr")
    texts = [text for text in nasty_corpus() if "<unk>" not in text]
    with written.opened() as model:
        assert_same(model, witness, without("\x85\u1680\x1c\x1d\x1e\x1f", texts))
        for text in ("fire", "light to read by"):
            assert model.tokens(text, parse_special=True, add_special=True) == witness.encode(text).ids


def test_the_unknown_token_that_no_settings_file_names(tmp_path: Path) -> None:
    """llama.cpp would take 2 for it, which is `</s>` here."""
    rows = write_xlmr(tmp_path / "xlmr")
    path = tmp_path / "xlmr" / "tokenizer_config.json"
    edit_json(path, lambda values: values.pop("unk_token"))
    written = write_vocabulary(tmp_path / "xlmr", rows)  # no settings file names it
    assert written.keys["tokenizer.ggml.unknown_token_id"] == 3
    with written.opened() as model:
        assert 3 in model.tokens("\u0f00", parse_special=True)


@pytest.mark.parametrize("lowercase", [True, False])
def test_wordpiece(lowercase: bool, tmp_path: Path) -> None:
    rows = write_wordpiece(tmp_path / "bert", lowercase=lowercase)
    written = write_vocabulary(tmp_path / "bert", rows, config={})
    keys = written.keys
    assert keys["tokenizer.ggml.model"] == "bert"
    assert keys["tokenizer.ggml.normalizer.lowercase"] is lowercase
    assert (keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.seperator_token_id"]) == (2, 3)
    assert written.vocabulary.ends == {}
    witness = witness_of(tmp_path / "bert")
    texts = ["The FIREFLY reads Émile's naïve façade", "中文 分词，light。", "[CLS] fire [SEP]", "unbelievably"]
    with written.opened() as model:
        for text in texts:
            assert model.tokens(text, parse_special=True, add_special=True) == witness.encode(text).ids
        assert model.tokens("[MASK]", parse_special=True) == [4]
        assert 4 not in model.tokens("[MASK]", parse_special=False)


def test_wordpiece_rare_characters_are_named(tmp_path: Path) -> None:
    rows = write_wordpiece(tmp_path / "bert")
    (warning,) = write_vocabulary(tmp_path / "bert", rows, config={}).agreement.warnings
    assert "U+000B" in warning
    assert "rare characters" in warning


def test_vocab_txt_alone(tmp_path: Path) -> None:
    rows = write_wordpiece(tmp_path / "bert")
    witness = witness_of(tmp_path / "bert")
    (tmp_path / "bert" / "tokenizer.json").unlink()
    written = write_vocabulary(tmp_path / "bert", rows, config={})
    assert written.vocabulary.file.name == "vocab.txt"
    with written.opened() as model:
        for text in ("The firefly READS, 123 中文", "naïve"):
            assert model.tokens(text, parse_special=True, add_special=True) == witness.encode(text).ids


def test_nfc_is_said(tmp_path: Path) -> None:
    rows = write_qwen(tmp_path / "qwen")
    written = write_vocabulary(tmp_path / "qwen", rows)
    (warning,) = written.agreement.warnings
    assert "NFC" in warning
    assert written.keys["tokenizer.ggml.pre"] == "qwen2"
    witness = witness_of(tmp_path / "qwen")
    normalizer: Any = witness.normalizer
    texts = nasty_corpus()
    changed = [text for text in texts if normalizer.normalize_str(text) != text]
    assert changed
    with written.opened() as model:
        assert_same(model, witness, [normalizer.normalize_str(text) for text in texts])
        text = "e\u0301"
        assert model.tokens(text, parse_special=True) != witness.encode(text).ids


O200K = "|".join(
    (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
TEKKEN = O200K.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(r"\p{N}{1,3}", r"\p{N}")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [(LLAMA3_PATTERN, {"llama-bpe", "dbrx"}), (QWEN2_PATTERN, {"qwen2"}), (BLOOM_PATTERN, {"bloom"}),
     (O200K, {"gpt-4o", "granite-embed-multi-97m"}), (TEKKEN, {"tekken"})],
    ids=["llama3", "qwen2", "bloom", "o200k", "tekken"],
)  # fmt: skip
def test_published_ways_of_cutting(pattern: str, names: set[str], tmp_path: Path) -> None:
    tokenizer = byte_level(split_then_bytes(pattern), size=600, last=("<|endoftext|>",))
    folder = tmp_path / "toy"
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|endoftext|>"}))
    written = write_vocabulary(folder, 600)
    assert written.keys["tokenizer.ggml.pre"] in names
    marked = any("combining marks" in warning for warning in written.agreement.warnings)
    texts = [text for text in nasty_corpus() if len(text) < 3000]
    with written.opened() as model:
        plain = [text for text in texts if not any(ord(letter) >= 0x300 for letter in text)] if marked else texts
        assert_same(model, tokenizer, plain)


def test_bloom(tmp_path: Path) -> None:
    rows = write_bloom(tmp_path / "bloom")
    written = write_vocabulary(tmp_path / "bloom", rows)
    assert written.keys["tokenizer.ggml.pre"] == "bloom"
    with written.opened() as model:
        assert_same(model, witness_of(tmp_path / "bloom"), nasty_corpus())
        assert model.tokens("<s>ab</s></s>", parse_special=True)[0] == 1
        assert model.tokens("<s>ab</s></s>", parse_special=True)[-2:] == [2, 2]


def test_vocab_json_and_merges_alone(tmp_path: Path) -> None:
    write_gpt2(tmp_path / "with")
    rows = write_gpt2(tmp_path / "gpt2", with_json=False)
    written = write_vocabulary(tmp_path / "gpt2", rows, config={})
    assert written.vocabulary.file.name == "vocab.json"
    with written.opened() as model:
        assert_same(model, witness_of(tmp_path / "with"), nasty_corpus())
        assert model.ends_generation(rows - 1)


def test_vocab_json_of_an_unknown_class(tmp_path: Path) -> None:
    rows = write_gpt2(tmp_path / "gpt2", with_json=False)
    edit_json(tmp_path / "gpt2" / "tokenizer_config.json", lambda v: v.__setitem__("tokenizer_class", "MyTokenizer"))
    with pytest.raises(UnsupportedTokenizer, match="MyTokenizer"):
        write_vocabulary(tmp_path / "gpt2", rows, config={})


def test_a_pre_tokenizer_by_name(tmp_path: Path) -> None:
    rows = write_qwen(tmp_path / "qwen")
    written = write_vocabulary(tmp_path / "qwen", rows, choices=Choices(pretokenizer="gpt-2"))
    assert written.keys["tokenizer.ggml.pre"] == "gpt-2"
    assert any("texts become other tokens" in warning for warning in written.agreement.warnings)
    same = write_vocabulary(tmp_path / "qwen", rows, choices=Choices(pretokenizer="deepseek-r1-qwen"))
    assert same.keys["tokenizer.ggml.pre"] == "deepseek-r1-qwen"
    assert not any("texts become other tokens" in warning for warning in same.agreement.warnings)


def test_a_pre_tokenizer_that_is_none(tmp_path: Path) -> None:
    rows = write_qwen(tmp_path / "qwen")
    with pytest.raises(UnsupportedTokenizer, match=r"--pretokenizer nope .*qwen2"):
        write_vocabulary(tmp_path / "qwen", rows, choices=Choices(pretokenizer="nope"))
    rows = write_llama_json(tmp_path / "llama")
    with pytest.raises(UnsupportedTokenizer, match="leave the option out"):
        write_vocabulary(tmp_path / "llama", rows, choices=Choices(pretokenizer="qwen2"))


def test_where_they_part_is_said(tmp_path: Path) -> None:
    """A way of cutting that llama.cpp has not: every character alone."""
    values = json.loads(byte_level(split_then_bytes(QWEN2_PATTERN), size=600, last=("<|endoftext|>",)).to_str())
    values["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {"Regex": "."}
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "tokenizer.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|endoftext|>"}))
    parting = r"nearest, .*, parts on 24 or more of \d+ texts: the text .* instead of \["
    with pytest.raises(UnsupportedTokenizer, match=parting) as caught:
        write_vocabulary(folder, 600)
    assert "\n" not in str(caught.value)


def test_a_damaged_character_map(tmp_path: Path) -> None:
    rows = write_xlmr(tmp_path / "xlmr")

    def change(values: dict[str, Any]) -> None:
        whole = values["normalizer"]["precompiled_charsmap"]
        values["normalizer"]["precompiled_charsmap"] = whole[:4000] + "/" * 400 + whole[4400:]

    edit_json(tmp_path / "xlmr" / "tokenizer.json", change)
    with pytest.raises(InvalidCheckpoint, match="character map"):
        write_vocabulary(tmp_path / "xlmr", rows)
