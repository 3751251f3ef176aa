"""The prompt formats, held to token ids written down by hand from what the models were trained on.

Each is rendered as the assistant does it and cut by llama.cpp with a converted file. The witness cuts the hand-written
prompt with the source's own tokenizer: control tokens by their ids, what stands between two of them as one text.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from assistant.llama.model import LlamaModel, load_model
from assistant.messages import Message
from assistant.prompt.render import render
from convert.formats import FORMATS, NAMES, format_text
from tests.convert.families.support import tiny_model
from tests.convert.tiny import LLAMA3_PATTERN
from tests.convert.toy_tokenizers import byte_level, split_then_bytes, write_bloom, write_sentencepiece
from tests.support import converted_file

BYTE_LEVEL_CONTROLS = (
    "<unk>", "<s>", "</s>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>",
    "<|im_start|>", "<|im_end|>", "<bos>", "<start_of_turn>", "<end_of_turn>", "<|system|>", "<|user|>",
    "<|assistant|>", "<|end|>",
)  # fmt: skip

SYSTEM, ONE, TWO, THREE = "Be brief.", "Who are you?", "A small light.", "And 萤火虫?"
TURN = (Message("user", ONE),)
TURNS = (Message("system", SYSTEM), Message("user", ONE), Message("assistant", TWO), Message("user", THREE))


@dataclass(frozen=True)
class Case:
    """The prompt of one turn, and that of two turns after a system message, as the model was trained to see them."""

    format: str
    one: str
    two: str
    bos: str = ""


ALPACA = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"

BYTE_LEVEL = (
    Case(
        "chatml",
        f"<|im_start|>user\n{ONE}<|im_end|>\n<|im_start|>assistant\n",
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n{ONE}<|im_end|>\n<|im_start|>assistant\n"
        f"{TWO}<|im_end|>\n<|im_start|>user\n{THREE}<|im_end|>\n<|im_start|>assistant\n",
    ),
    Case(
        "llama3",
        f"<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n{ONE}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        f"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n{SYSTEM}<|eot_id|>"
        f"<|start_header_id|>user<|end_header_id|>\n\n{ONE}<|eot_id|>"
        f"<|start_header_id|>assistant<|end_header_id|>\n\n{TWO}<|eot_id|>"
        f"<|start_header_id|>user<|end_header_id|>\n\n{THREE}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        bos="<|begin_of_text|>",
    ),
    Case(
        "gemma",
        f"<bos><start_of_turn>user\n{ONE}<end_of_turn>\n<start_of_turn>model\n",
        f"<bos><start_of_turn>user\n{SYSTEM}\n\n{ONE}<end_of_turn>\n<start_of_turn>model\n{TWO}<end_of_turn>\n"
        f"<start_of_turn>user\n{THREE}<end_of_turn>\n<start_of_turn>model\n",
        bos="<bos>",
    ),
    Case(
        "phi3",
        f"<|user|>\n{ONE}<|end|>\n<|assistant|>\n",
        f"<|system|>\n{SYSTEM}<|end|>\n<|user|>\n{ONE}<|end|>\n<|assistant|>\n{TWO}<|end|>\n"
        f"<|user|>\n{THREE}<|end|>\n<|assistant|>\n",
    ),
    Case(
        "zephyr",
        f"<|user|>\n{ONE}</s>\n<|assistant|>\n",
        f"<|system|>\n{SYSTEM}</s>\n<|user|>\n{ONE}</s>\n<|assistant|>\n{TWO}</s>\n<|user|>\n{THREE}</s>\n"
        "<|assistant|>\n",
    ),
)

PIECES = (
    Case(
        "llama2",
        f"<s>[INST] {ONE} [/INST]",
        f"<s>[INST] <<SYS>>\n{SYSTEM}\n<</SYS>>\n\n{ONE} [/INST] {TWO} </s><s>[INST] {THREE} [/INST]",
        bos="<s>",
    ),
    Case(
        "mistral",
        f"<s>[INST] {ONE} [/INST]",
        f"<s>[INST] {SYSTEM}\n\n{ONE} [/INST]{TWO}</s>[INST] {THREE} [/INST]",
        bos="<s>",
    ),
    Case(
        "vicuna",
        f"<s>USER: {ONE} ASSISTANT:",
        f"<s>{SYSTEM} USER: {ONE} ASSISTANT: {TWO}</s>USER: {THREE} ASSISTANT:",
        "<s>",
    ),
    Case(
        "alpaca",
        f"<s>{ALPACA}### Instruction:\n{ONE}\n\n### Response:\n",
        f"<s>{SYSTEM}\n\n### Instruction:\n{ONE}\n\n### Response:\n{TWO}</s>\n\n### Instruction:\n{THREE}\n\n"
        "### Response:\n",
        bos="<s>",
    ),
)

INDEX = Case(
    "index",
    f"reserved_0{ONE}reserved_1",
    f"<unk>{SYSTEM}reserved_0{ONE}reserved_1{TWO}reserved_0{THREE}reserved_1",
)
ZIYA = Case(
    "ziya",
    f"<s><human>:{ONE}\n<bot>:",
    f"<s>{SYSTEM}<human>:{ONE}\n<bot>:{TWO}\n<human>:{THREE}\n<bot>:",
    bos="<s>",
)
SUS = Case(
    "sus",
    f"### Human: {ONE}\n\n### Assistant: ",
    f"{SYSTEM}### Human: {ONE}\n\n### Assistant: {TWO}<|endoftext|>### Human: {THREE}\n\n### Assistant: ",
    bos="<|startoftext|>",
)
BAICHUAN2 = Case(
    "baichuan2",
    f"<reserved_106>{ONE}<reserved_107>",
    f"{SYSTEM}<reserved_106>{ONE}<reserved_107>{TWO}<reserved_106>{THREE}<reserved_107>",
)
FIREFLY = (
    Case("firefly", f"<s>{ONE}</s></s>", f"<s>{SYSTEM}{ONE}</s></s>{TWO}</s><s>{THREE}</s></s>", "<s>"),
    Case("firefly-v2", f"<s>{ONE}</s>", f"<s>{SYSTEM}{ONE}</s>{TWO}</s>{THREE}</s>", "<s>"),
)


def model_of(folder: Path, tokens: int) -> LlamaModel:
    """A tiny converted model with the tokenizer that lies in the folder."""
    tiny_model("LlamaForCausalLM", vocab_size=tokens).save_pretrained(folder)
    path = converted_file(folder, folder.with_suffix(".gguf"), "q8_0")
    found: list[LlamaModel] = []

    def loading() -> Iterator[object]:
        found.append((yield from load_model(path)))

    assert list(loading()), "it says how far it is"
    return found[0]


def prompt(model: LlamaModel, case: Case, messages: Sequence[Message], *, eos: str) -> tuple[str, list[int]]:
    runs = render(format_text(case.format), messages, bos=case.bos, eos=eos)
    return "".join(run.text for run in runs), model.encode(runs)


@pytest.mark.parametrize("case", BYTE_LEVEL, ids=lambda case: case.format)
def test_ids_of_byte_level_formats(case: Case, byte_level_model: tuple[LlamaModel, Tokenizer]) -> None:
    model, source = byte_level_model
    for messages, expected in ((TURN, case.one), (TURNS, case.two)):
        text, ids = prompt(model, case, messages, eos="</s>")
        assert text == expected
        assert ids == source.encode(expected, add_special_tokens=False).ids
    assert any((source.id_to_token(number) or "").startswith("<") for number in ids), "its marks are tokens"


@pytest.fixture(scope="module")
def byte_level_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[LlamaModel, Tokenizer]:
    folder = tmp_path_factory.mktemp("formats") / "bytes"
    folder.mkdir()
    tokenizer = byte_level(split_then_bytes(LLAMA3_PATTERN), size=600, first=BYTE_LEVEL_CONTROLS)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text('{"eos_token": "</s>"}', encoding="utf-8")
    return model_of(folder, 600), tokenizer


def witness(pieces: SentencePieceProcessor, controls: dict[str, int]) -> Callable[[str], list[int]]:
    """Ids of a prompt: its control texts by number, what stands between them by SentencePiece."""
    pattern = re.compile("(" + "|".join(re.escape(text) for text in controls) + ")")

    def ids(text: str) -> list[int]:
        found: list[int] = []
        for part in pattern.split(text):
            found += [controls[part]] if part in controls else pieces.encode(part)
        return found

    return ids


def sentencepiece_of(folder: Path) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))


def test_ids_of_formats_on_llama_pieces(tmp_path: Path) -> None:
    folder = tmp_path / "pieces"
    model = model_of(folder, write_sentencepiece(folder))
    ids = witness(sentencepiece_of(folder), {"<s>": 1, "</s>": 2})
    for case in PIECES:
        for messages, expected in ((TURN, case.one), (TURNS, case.two)):
            text, found = prompt(model, case, messages, eos="</s>")
            assert text == expected
            assert found == ids(expected), case.format
            assert found[0] == 1


def test_index_turns_are_ids_0_3_and_4(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    tokens = write_sentencepiece(
        folder,
        dummy_prefix=False,
        control=("reserved_0", "reserved_1"),
        add_bos=False,
        tokenizer_class="IndexTokenizer",
    )
    model, pieces = model_of(folder, tokens), sentencepiece_of(folder)
    text, found = prompt(model, INDEX, TURNS, eos="</s>")
    assert text == INDEX.two
    parts = [pieces.encode(part) for part in (SYSTEM, ONE, TWO, THREE)]
    assert found == [0, *parts[0], 3, *parts[1], 4, *parts[2], 3, *parts[3], 4]
    assert prompt(model, INDEX, TURN, eos="</s>")[1] == [3, *parts[1], 4]


def test_ziya_marks_are_its_added_tokens(tmp_path: Path) -> None:
    folder = tmp_path / "ziya"
    tokens = write_sentencepiece(folder, added={600: "<human>", 601: "<bot>"})
    model, pieces = model_of(folder, tokens), sentencepiece_of(folder)
    ids = witness(pieces, {"<s>": 1, "<human>": 600, "<bot>": 601})
    assert prompt(model, ZIYA, TURN, eos="</s>") == (ZIYA.one, ids(ZIYA.one))
    assert prompt(model, ZIYA, TURNS, eos="</s>") == (ZIYA.two, ids(ZIYA.two))
    assert ids(ZIYA.one) == [1, 600, *pieces.encode(f":{ONE}\n"), 601, *pieces.encode(":")]


def test_sus_turns_are_plain_text_closed_by_the_end_token(tmp_path: Path) -> None:
    folder = tmp_path / "sus"
    tokens = write_sentencepiece(folder, dummy_prefix=False, bos="<|startoftext|>", eos="<|endoftext|>", add_bos=False)
    model, pieces = model_of(folder, tokens), sentencepiece_of(folder)
    ids = witness(pieces, {"<|endoftext|>": 2})
    assert prompt(model, SUS, TURN, eos="<|endoftext|>") == (SUS.one, pieces.encode(SUS.one))
    assert prompt(model, SUS, TURNS, eos="<|endoftext|>") == (SUS.two, ids(SUS.two))


@pytest.mark.parametrize("kind", ["user_defined", "control"])
def test_baichuan2_turns_are_its_reserved_tokens(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "baichuan2"
    marks: dict[str, Any] = {kind: ("<reserved_106>", "<reserved_107>")}
    tokens = write_sentencepiece(folder, dummy_prefix=False, add_bos=False, **marks)
    model, pieces = model_of(folder, tokens), sentencepiece_of(folder)
    user, answer = (pieces.piece_to_id(mark) for mark in marks[kind])
    parts = [pieces.encode(part) for part in (SYSTEM, ONE, TWO, THREE)]
    two = [*parts[0], user, *parts[1], answer, *parts[2], user, *parts[3], answer]
    assert prompt(model, BAICHUAN2, TURNS, eos="</s>") == (BAICHUAN2.two, two)
    assert prompt(model, BAICHUAN2, TURN, eos="</s>") == (BAICHUAN2.one, [user, *parts[1], answer])


def test_firefly_closes_a_question_with_two_end_tokens_and_version_2_with_one(tmp_path: Path) -> None:
    folder = tmp_path / "firefly"
    folder.mkdir()
    model = model_of(folder, write_bloom(folder))
    source = Tokenizer.from_file(str(folder / "tokenizer.json"))
    words = [source.encode(text, add_special_tokens=False).ids for text in (SYSTEM + ONE, TWO, THREE, ONE)]
    expected = {
        "firefly": [1, *words[0], 2, 2, *words[1], 2, 1, *words[2], 2, 2],
        "firefly-v2": [1, *words[0], 2, *words[1], 2, *words[2], 2],
    }
    single = {"firefly": [1, *words[3], 2, 2], "firefly-v2": [1, *words[3], 2]}
    for case in FIREFLY:
        assert prompt(model, case, TURNS, eos="</s>") == (case.two, expected[case.format])
        assert prompt(model, case, TURN, eos="</s>") == (case.one, single[case.format])


@pytest.mark.parametrize("spelled", ["reserved_0", "<unk>", "</s>", "reserved_1x"])
def test_a_message_that_spells_a_control_token_stays_text(spelled: str, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    tokens = write_sentencepiece(
        folder,
        dummy_prefix=False,
        control=("reserved_0", "reserved_1"),
        add_bos=False,
        tokenizer_class="IndexTokenizer",
    )
    model = model_of(folder, tokens)
    _, found = prompt(model, INDEX, (Message("user", f"a {spelled} b"),), eos="</s>")
    assert [number for number in found if number < 5] == [3, 4]


def test_every_format_has_a_file_and_is_tried_here() -> None:
    tried = {case.format for case in (*BYTE_LEVEL, *PIECES, INDEX, ZIYA, SUS, BAICHUAN2, *FIREFLY)}
    assert tried == set(NAMES) == {known.name for known in FORMATS}
    for name in NAMES:
        assert "\n" not in format_text(name)[-2:]
