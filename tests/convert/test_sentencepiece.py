"""tokenizer.model in llama.cpp: ids equal those of the sentencepiece library, and what stands apart stands apart."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sentencepiece import SentencePieceProcessor

from convert.checkpoint import Checkpoint
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.vocabulary import read_vocabulary
from tests.convert.corpus import nasty_corpus
from tests.convert.damage import edit_json
from tests.convert.toy_tokenizers import (
    GEMMA_USER_DEFINED,
    gemma_model,
    sentencepiece_model,
    write_bloom,
    write_gemma_json,
    write_llama_json,
    write_sentencepiece,
)
from tests.convert.vocabulary_file import write_vocabulary
from tests.support import LlamaModel

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def processor(folder: Path) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))


def plain_texts(*apart: str) -> list[str]:
    """The nasty corpus without texts that spell one of the tokens."""
    return [text for text in nasty_corpus() if not any(token in text for token in apart)]


def assert_same(model: LlamaModel, witness: SentencePieceProcessor, texts: Sequence[str]) -> None:
    assert len(texts) > 300
    for text in texts:
        assert model.tokens(text, parse_special=True) == witness.encode(text), text


@pytest.mark.parametrize("dummy_prefix", [True, False])
def test_plain_texts(dummy_prefix: bool, tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", dummy_prefix=dummy_prefix)
    written = write_vocabulary(tmp_path / "toy", rows)
    assert written.keys["tokenizer.ggml.model"] == "llama"
    assert written.keys["tokenizer.ggml.add_space_prefix"] is dummy_prefix
    assert written.agreement.texts > 1000
    assert written.agreement.warnings == ()
    witness = processor(tmp_path / "toy")
    assert (witness.id_to_piece(witness.encode("a"))[0][0] == "▁") is dummy_prefix
    with written.opened() as model:
        assert_same(model, witness, plain_texts("<s>", "</s>", "<unk>"))


def test_pieces_scores_and_kinds_are_those_of_the_model(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", user_defined=("<ud>",), control=("reserved_0",))
    witness = processor(tmp_path / "toy")
    keys = write_vocabulary(tmp_path / "toy", rows + 3).keys
    tokens, kinds = keys["tokenizer.ggml.tokens"], keys["tokenizer.ggml.token_type"]
    assert tokens == [witness.id_to_piece(number) for number in range(rows)] + [f"[PAD{rows + n}]" for n in range(3)]
    assert keys["tokenizer.ggml.scores"] == [witness.get_score(number) for number in range(rows)] + [0.0] * 3
    expected = {"<unk>": UNKNOWN, "<s>": CONTROL, "</s>": CONTROL, "reserved_0": CONTROL, "<ud>": USER_DEFINED}
    for text, kind in expected.items():
        assert kinds[tokens.index(text)] == kind, text
    assert [tokens[number] for number in range(rows) if kinds[number] == BYTE] == [f"<0x{b:02X}>" for b in range(256)]
    assert kinds[-3:] == [UNUSED] * 3
    assert kinds.count(NORMAL) == rows - 5 - 256


def test_stretches_between_control_tokens_are_encoded_on_their_own(tmp_path: Path) -> None:
    """As the slow tokenizers of transformers do: the dummy prefix comes after each control token again."""
    rows = write_sentencepiece(tmp_path / "toy", added={600: "<human>", 601: "<bot>"})
    written = write_vocabulary(tmp_path / "toy", rows + 14)
    witness = processor(tmp_path / "toy")
    with written.opened() as model:
        found = model.tokens("<s><human>: fire</s>  light<bot>:", parse_special=True)
        parts = [witness.encode(": fire"), witness.encode("  light"), witness.encode(":")]
        assert found == [1, 600, *parts[0], 2, *parts[1], 601, *parts[2]]
        assert model.tokens("<human>", parse_special=False) == witness.encode("<human>")
        assert model.is_control(600)
        assert max(model.tokens("[PAD603] [PAD610]", parse_special=True)) < 600


@pytest.mark.parametrize(
    ("said", "tokenizer_class", "expected"),
    [(True, "Whatever", True), (False, "LlamaTokenizer", False), (None, "LlamaTokenizer", True),
     (None, "IndexTokenizer", False), (None, "Whatever", False)],
)  # fmt: skip
def test_the_begin_token(said: bool | None, tokenizer_class: str, expected: bool, tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", tokenizer_class=tokenizer_class)

    def change(values: dict[str, object]) -> None:
        values["add_bos_token"] = said
        if said is None:
            values.pop("add_bos_token")

    edit_json(tmp_path / "toy" / "tokenizer_config.json", change)
    written = write_vocabulary(tmp_path / "toy", rows)
    assert written.keys["tokenizer.ggml.add_bos_token"] is expected
    assert written.keys["tokenizer.ggml.add_eos_token"] is False
    with written.opened() as model:
        found = model.tokens("light", parse_special=True, add_special=True)
    assert found == [1] * expected + processor(tmp_path / "toy").encode("light")
    guessed = said is None and tokenizer_class == "Whatever"
    assert any("begin token" in warning for warning in written.agreement.warnings) is guessed


def index_like(folder: Path) -> int:
    """Index's tokenizer: `<unk>` 0, `reserved_0` 3, `reserved_1` 4 are its prompt."""
    return write_sentencepiece(
        folder, dummy_prefix=False, control=("reserved_0", "reserved_1"), tokenizer_class="IndexTokenizer",
        add_bos=False,
    )  # fmt: skip


def test_every_end_token_of_a_family_ends_an_answer(tmp_path: Path) -> None:
    rows = index_like(tmp_path / "index")
    written = write_vocabulary(tmp_path / "index", rows, ends=(0, 3, 4))
    with written.opened() as model:
        assert [number for number in range(rows) if model.ends_generation(number)] == [0, 2, 3, 4]
        system, user = processor(tmp_path / "index").encode("light"), processor(tmp_path / "index").encode("fire")
        assert model.tokens("<unk>lightreserved_0firereserved_1", parse_special=True) == [0, *system, 3, *user, 4]
    keys = written.keys
    ends = [keys[f"tokenizer.ggml.{role}_token_id"] for role in ("eos", "eot", "eom", "fim_pad")]
    assert ends == [2, 3, 4, 0]
    assert any("0 as fim_pad" in warning for warning in written.agreement.warnings)
    assert written.vocabulary.ends == {
        2: "tokenizer_config.json: eos_token",
        **dict.fromkeys((0, 3, 4), "the family's prompt format"),
    }


def test_the_family_alone_names_the_end_token(tmp_path: Path) -> None:
    """llama.cpp would else end at a token of its own choice: 2 for SentencePiece, 11 for byte-level BPE."""
    rows = write_bloom(tmp_path / "toy")
    (tmp_path / "toy" / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    written = write_vocabulary(tmp_path / "toy", rows, ends=(400,), config={})
    with written.opened() as model:
        ends = [number for number in range(rows) if model.ends_generation(number)]
    assert ends == [2, 400]  # 2 is `</s>`, at whose text llama.cpp always ends


def test_more_end_tokens_than_places(tmp_path: Path) -> None:
    rows = index_like(tmp_path / "index")
    with pytest.raises(UnsupportedTokenizer, match="7 end tokens beside eos"):
        write_vocabulary(tmp_path / "index", rows, ends=(0, 3, 4, 300, 301, 302, 303))
    with pytest.raises(InvalidCheckpoint, match=f"{rows} rows"):
        write_vocabulary(tmp_path / "index", rows, ends=(rows,))


def test_without_pieces_for_bytes(tmp_path: Path) -> None:
    """llama.cpp would end the process at the first unknown character."""
    rows = write_sentencepiece(tmp_path / "toy", byte_fallback=False)
    with pytest.raises(UnsupportedTokenizer, match="256 of the 256 pieces for single bytes"):
        write_vocabulary(tmp_path / "toy", rows)


def test_a_character_map_is_said_and_measured(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", rule="nmt_nfkc")
    written = write_vocabulary(tmp_path / "toy", rows)
    (warning,) = written.agreement.warnings
    assert "nmt_nfkc" in warning
    assert "，" in warning
    witness = processor(tmp_path / "toy")
    with written.opened() as model:
        for text in ("light to read by, 123", "中文分词", "naïve façade"):
            assert model.tokens(text, parse_special=True) == witness.encode(text)
        assert model.tokens("，", parse_special=True) != witness.encode("，")


def test_a_character_map_that_changes_latin_letters(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", rule="nfkc_cf")
    with pytest.raises(UnsupportedTokenizer, match="nfkc_cf"):
        write_vocabulary(tmp_path / "toy", rows)


def test_user_defined_pieces(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", user_defined=("<ud>", "\n\n", "▁▁", "▁▁▁"), dummy_prefix=False)
    written = write_vocabulary(tmp_path / "toy", rows)
    witness = processor(tmp_path / "toy")
    with written.opened() as model:
        assert_same(model, witness, plain_texts("<s>", "</s>", "<unk>", "▁"))
        for text in ("a<ud>b <ud> c", "x\n\n\ny", "  two   three    four", "<ud><ud>"):
            assert model.tokens(text, parse_special=False) == witness.encode(text), text


def test_a_unigram_model(tmp_path: Path) -> None:
    rows = write_sentencepiece(
        tmp_path / "toy", model_type="unigram", byte_fallback=False, size=500, rule="nmt_nfkc", extra_spaces=False
    )
    written = write_vocabulary(tmp_path / "toy", rows)
    assert written.keys["tokenizer.ggml.model"] == "t5"
    witness = processor(tmp_path / "toy")
    with written.opened() as model:
        assert_same(model, witness, plain_texts("<s>", "</s>", "<unk>", "\x00"))


@pytest.mark.parametrize("chats", [True, False])
def test_a_prefix_before_the_first_word_only(chats: bool, tmp_path: Path) -> None:
    """`legacy` false: llama.cpp puts its space everywhere or nowhere; prompts that begin with a token are exact."""
    rows = write_sentencepiece(tmp_path / "toy")

    def change(values: dict[str, object]) -> None:
        values["legacy"] = False
        if chats:
            values["chat_template"] = "{{ messages }}"

    edit_json(tmp_path / "toy" / "tokenizer_config.json", change)
    written = write_vocabulary(tmp_path / "toy", rows)
    assert written.keys["tokenizer.ggml.add_space_prefix"] is not chats
    assert any("puts a space before a text" in warning for warning in written.agreement.warnings)
    witness = processor(tmp_path / "toy")

    def bare(text: str) -> list[int]:
        """Without the prefix, by transformers' own detour: behind a text that nothing merges with."""
        return list(witness.encode(f"\n{text}"))[len(witness.encode("\n")) :]

    with written.opened() as model:
        if chats:
            found = model.tokens("<s>light</s> fire", parse_special=True)
            assert found == [1, *bare("light"), 2, *bare(" fire")]
        else:
            assert model.tokens("light fire", parse_special=True) == witness.encode("light fire")


def test_chatglm_has_tokens_behind_its_pieces(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "glm", tokenizer_class="ChatGLMTokenizer", add_bos=False)
    written = write_vocabulary(tmp_path / "glm", rows + 20)
    with written.opened() as model:
        found = model.tokens("[gMASK]sop<|user|>\n<|assistant|>", parse_special=True)
    assert found[:3] == [rows + 1, rows + 3, rows + 6]
    assert found[-1] == rows + 7


@pytest.mark.parametrize("slow", [False, True])
def test_two_files_that_disagree(slow: bool, tmp_path: Path) -> None:
    """Yi: its tokenizer.json puts a space first, its tokenizer.model does not, and its authors ask for the latter."""
    rows = write_llama_json(tmp_path / "yi")
    model = sentencepiece_model(dummy_prefix=False)
    (tmp_path / "yi" / "tokenizer.model").write_bytes(model)
    edit_json(tmp_path / "yi" / "tokenizer_config.json", lambda values: values.__setitem__("use_fast", not slow))
    written = write_vocabulary(tmp_path / "yi", rows)
    assert written.vocabulary.file.name == ("tokenizer.model" if slow else "tokenizer.json")
    (warning,) = written.agreement.warnings
    assert "tokenizer.json and tokenizer.model part on" in warning
    with written.opened() as opened:
        first = opened.tokens("light", parse_special=True)
    assert (first == SentencePieceProcessor(model_proto=model).encode("light")) is slow


def test_two_files_that_agree(tmp_path: Path) -> None:
    rows = write_llama_json(tmp_path / "llama", with_model=True)
    written = write_vocabulary(tmp_path / "llama", rows)
    assert written.agreement.warnings == ()
    with written.opened() as model:
        assert_same(model, processor(tmp_path / "llama"), plain_texts("<s>", "</s>", "<unk>"))


def test_gemma_model_without_json(tmp_path: Path) -> None:
    rows = write_gemma_json(tmp_path / "gemma")
    (tmp_path / "gemma" / "tokenizer.json").unlink()
    (tmp_path / "gemma" / "tokenizer.model").write_bytes(gemma_model())
    written = write_vocabulary(tmp_path / "gemma", rows, config={"eos_token_id": 1})
    assert written.keys["tokenizer.ggml.unknown_token_id"] == 3
    assert written.keys["tokenizer.ggml.bos_token_id"] == 2
    with written.opened() as model:
        witness = processor(tmp_path / "gemma")
        assert_same(model, witness, plain_texts("<bos>", "<eos>", "<unk>", "<pad>", "▁"))
        for text in GEMMA_USER_DEFINED:
            assert model.tokens(f"a{text.replace('▁', ' ')}b", parse_special=True) == witness.encode(
                f"a{text.replace('▁', ' ')}b"
            )


def refused(folder: Path, rows: int = 606) -> str:
    with pytest.raises((InvalidCheckpoint, IncompleteCheckpoint, UnsupportedTokenizer)) as caught:
        read_vocabulary(Checkpoint(folder, {"eos_token_id": 2}, {}, {}), rows)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_of_other_kinds_name_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(b"IQ== 0\nIg== 1\n")
    assert "tiktoken" in refused(tmp_path)
    (tmp_path / "tokenizer.model").unlink()
    (tmp_path / "qwen.tiktoken").write_bytes(b"IQ== 0\n")
    message = refused(tmp_path)
    assert "qwen.tiktoken" in message
    assert "fast tokenizer" in message


def test_white_space_that_an_added_token_swallows(tmp_path: Path) -> None:
    """`rstrip` beside a tokenizer.model: the slow tokenizers drop the space, llama.cpp keeps it, which is said."""
    rows = write_sentencepiece(tmp_path / "toy", added={600: "<|user|>"})

    def change(values: dict[str, Any]) -> None:
        values["added_tokens_decoder"]["600"]["rstrip"] = True

    edit_json(tmp_path / "toy" / "tokenizer_config.json", change)
    written = write_vocabulary(tmp_path / "toy", rows)
    assert written.vocabulary.source().ids("<|user|>  light") == [600, *processor(tmp_path / "toy").encode("light")]
    assert any("drops white space beside <|user|>" in warning for warning in written.agreement.warnings)


def test_an_added_token_wins_over_a_piece(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", control=("reserved_0",), added={3: "<|im_start|>"})
    written = write_vocabulary(tmp_path / "toy", rows)
    assert "reserved_0" not in written.keys["tokenizer.ggml.tokens"]
    with written.opened() as model:
        assert model.tokens("<|im_start|>", parse_special=True) == [3]


def test_an_added_token_over_a_piece_that_texts_need(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", added={300: "<|im_start|>"})
    with pytest.raises(UnsupportedTokenizer, match="nearest, default, parts on"):
        write_vocabulary(tmp_path / "toy", rows)


def test_files_that_contradict_each_other(tmp_path: Path) -> None:
    rows = write_sentencepiece(tmp_path / "toy", added={600: "<human>"})
    (tmp_path / "toy" / "added_tokens.json").write_text(json.dumps({"<bot>": 600}), encoding="utf-8")
    assert "'<bot>'" in refused(tmp_path / "toy", rows)
    (tmp_path / "toy" / "added_tokens.json").write_text(json.dumps({"<human>": 600, "<bot>": 601}), encoding="utf-8")
    assert "601" in refused(tmp_path / "toy", rows)
