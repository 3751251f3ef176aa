"""Complete tokenizer files of every published kind, trained in this process on a few hundred made-up lines.

Each function writes into a folder what a checkpoint of its family carries and returns the number of tokens; embedding
rows may be more. `sentencepiece` and `tokenizers` make the files and are later the witnesses of what they mean. Nothing
here knows how `convert` works.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.convert.tiny import QWEN2_PATTERN, TRAINING

BLOOM_PATTERN = r" ?[^(\s|[.,!?…。，、।۔،])]+"

_SYLLABLES = (
    "ba", "ko", "li", "mu", "ne", "ra", "si", "to", "va", "ze", "light", "fire", "fly", "read", "sum", "er", "ing",
    "the", "pa", "gé",
)  # fmt: skip
_CHINESE = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动萤火虫光读书总结内容"


@cache
def lines() -> tuple[str, ...]:
    """About 600 lines, the same each time: words of syllables, Chinese, digits, code, many spaces."""
    random = Random(5)
    words = ["".join(random.choices(_SYLLABLES, k=random.randint(1, 3))) for _ in range(300)]
    made = []
    for number in range(300):
        made.append(" ".join(random.choices(words, k=8)) + f", {number} {number * 37}.")
        made.append("".join(random.choices(_CHINESE, k=18)) + "，" + "".join(random.choices(_CHINESE, k=9)) + "。")
    code = ["def f(x):    return [x ** 2]", "if (a <= b) { print('c');    }", "Émile's naïve façade; it's, we'll"]
    return (*made, *(line for text in TRAINING for line in text.splitlines() if line), *code * 9)


@cache
def sentencepiece_model(
    *,
    size: int = 600,
    dummy_prefix: bool = True,
    byte_fallback: bool = True,
    user_defined: tuple[str, ...] = (),
    control: tuple[str, ...] = (),
    model_type: str = "bpe",
    ids: tuple[int, int, int, int] = (0, 1, 2, -1),
    names: tuple[str, str, str, str] = ("<unk>", "<s>", "</s>", "<pad>"),
    rule: str = "identity",
    extra_spaces: bool = True,
) -> bytes:
    """The bytes of a trained `tokenizer.model`. `ids`, `names`: of unk, bos, eos, pad (-1: none).

    `extra_spaces`: runs of spaces stay as they are (all published language models), else one space stays.
    """
    out = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines()),
        model_writer=out,
        vocab_size=size,
        model_type=model_type,
        character_coverage=0.9995 if byte_fallback else 1.0,
        byte_fallback=byte_fallback,
        split_digits=byte_fallback,
        add_dummy_prefix=dummy_prefix,
        remove_extra_whitespaces=not extra_spaces,
        allow_whitespace_only_pieces=byte_fallback,
        normalization_rule_name=rule,
        user_defined_symbols=list(user_defined),
        control_symbols=list(control),
        unk_id=ids[0],
        bos_id=ids[1],
        eos_id=ids[2],
        pad_id=ids[3],
        unk_piece=names[0],
        bos_piece=names[1],
        eos_piece=names[2],
        pad_piece=names[3],
        hard_vocab_limit=model_type == "bpe",
        num_threads=1,
        minloglevel=2,
    )
    return out.getvalue()


def write_sentencepiece(
    folder: Path,
    *,
    size: int = 600,
    dummy_prefix: bool = True,
    byte_fallback: bool = True,
    user_defined: Sequence[str] = (),
    control: Sequence[str] = (),
    model_type: str = "bpe",
    bos: str = "<s>",
    eos: str = "</s>",
    add_bos: bool = True,
    added: Mapping[int, str] | None = None,
    tokenizer_class: str = "LlamaTokenizer",
    rule: str = "identity",
    extra_spaces: bool = True,
) -> int:
    """`tokenizer.model` and `tokenizer_config.json` as Llama 1, Ziya, Yi or Index have them: unk 0, bos 1, eos 2.

    `added`: special tokens beyond the model by id, as Ziya's `<human>`, written to `added_tokens_decoder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = sentencepiece_model(
        size=size, dummy_prefix=dummy_prefix, byte_fallback=byte_fallback, user_defined=tuple(user_defined),
        control=tuple(control), model_type=model_type, names=("<unk>", bos, eos, "<pad>"), rule=rule,
        extra_spaces=extra_spaces,
    )  # fmt: skip
    (folder / "tokenizer.model").write_bytes(data)
    settings: dict[str, Any] = {
        "tokenizer_class": tokenizer_class, "use_fast": False, "legacy": True, "add_bos_token": add_bos,
        "add_eos_token": False, "bos_token": bos, "eos_token": eos, "unk_token": "<unk>", "pad_token": "<unk>",
    }  # fmt: skip
    if added:
        settings["added_tokens_decoder"] = {
            str(number): {"content": text, "special": True, "normalized": True, "lstrip": False, "rstrip": False}
            for number, text in added.items()
        }
    _write_json(folder / "tokenizer_config.json", settings)
    pieces: int = SentencePieceProcessor(model_proto=data).get_piece_size()
    return max([pieces, *(number + 1 for number in added or {})])


def merges_of(pieces: Mapping[str, int], scores: Sequence[float]) -> list[tuple[str, str]]:
    """The merges that a SentencePiece BPE vocabulary implies, best first, as transformers derives them."""
    found = []
    for piece, number in pieces.items():
        pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        pairs = [pair for pair in pairs if pair[0] in pieces and pair[1] in pieces]
        found += [
            (scores[number], *pair) for pair in sorted(pairs, key=lambda pair: (pieces[pair[0]], pieces[pair[1]]))
        ]
    return [(left, right) for _, left, right in sorted(found, key=lambda item: item[0], reverse=True)]


def _pieces(data: bytes) -> tuple[dict[str, int], list[float]]:
    processor = SentencePieceProcessor(model_proto=data)
    numbers = range(processor.get_piece_size())
    return {processor.id_to_piece(number): number for number in numbers}, [processor.get_score(n) for n in numbers]


def llama_tokenizer(data: bytes, *, style: str = "prepend") -> Tokenizer:
    """A SentencePiece BPE model as transformers writes it to tokenizer.json.

    `style`: "prepend" (Llama 2 until 2023: ▁ before every stretch of text), "metaspace" (Llama with legacy false: ▁
    before the whole text only), "replace" (Gemma: none).
    """
    pieces, scores = _pieces(data)
    model = models.BPE(
        vocab=pieces, merges=merges_of(pieces, scores), unk_token="<unk>", fuse_unk=True, byte_fallback=True
    )
    tokenizer = Tokenizer(model)
    replace = normalizers.Replace(" ", "▁")
    match style:
        case "prepend":
            tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), replace])
        case "metaspace":
            tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
        case "replace":
            tokenizer.normalizer = replace
            tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def write_llama_json(
    folder: Path,
    *,
    size: int = 600,
    style: str = "prepend",
    add_bos: bool = True,
    added: Sequence[AddedToken] = (),
    with_model: bool = False,
) -> int:
    """tokenizer.json of Llama 2, Mistral or Phi-3; `with_model`: its tokenizer.model beside it."""
    data = sentencepiece_model(size=size)
    tokenizer = llama_tokenizer(data, style=style)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<unk>", "<s>", "</s>")])
    tokenizer.add_tokens(list(added))
    if add_bos:
        tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    if with_model:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.model").write_bytes(data)
    return _write(folder, tokenizer, "LlamaTokenizer", bos="<s>", eos="</s>", unk="<unk>", add_bos_token=add_bos)


GEMMA_USER_DEFINED = ("<mask>", "<2mass>", "<start_of_turn>", "<end_of_turn>", "\n\n", "▁▁▁▁", "<table>", "</b>")


def gemma_model(size: int = 640) -> bytes:
    """A `tokenizer.model` as Gemma's: pad 0, eos 1, bos 2, unk 3, user-defined pieces, no dummy prefix."""
    return sentencepiece_model(
        size=size, dummy_prefix=False, user_defined=GEMMA_USER_DEFINED, ids=(3, 2, 1, 0),
        names=("<unk>", "<bos>", "<eos>", "<pad>"),
    )  # fmt: skip


def write_gemma_json(folder: Path, *, size: int = 640, with_model: bool = False) -> int:
    """tokenizer.json of Gemma; `with_model`: its tokenizer.model beside it."""
    data = gemma_model(size)
    tokenizer = llama_tokenizer(data, style="replace")
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<pad>", "<eos>", "<bos>", "<unk>")])
    for text in GEMMA_USER_DEFINED:
        tokenizer.add_tokens([AddedToken(text, normalized=False, special=text.endswith("_turn>"))])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    if with_model:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.model").write_bytes(data)
    return _write(folder, tokenizer, "GemmaTokenizer", bos="<bos>", eos="<eos>", unk="<unk>", pad="<pad>")


def write_xlmr(folder: Path, *, size: int = 500) -> int:
    """tokenizer.json of XLM-RoBERTa and BGE-M3: unigram, ids shifted by fairseq, `<mask>` last."""
    data = sentencepiece_model(
        size=size, model_type="unigram", byte_fallback=False, rule="nmt_nfkc", extra_spaces=False
    )
    pieces, scores = _pieces(data)
    texts = list(pieces)
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocab += [(text, scores[pieces[text]]) for text in texts[3:]] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Precompiled(charsmap_of(data))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in ("<s>", "<pad>", "</s>", "<unk>")])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    return _write(
        folder, tokenizer, "XLMRobertaTokenizer", bos="<s>", eos="</s>", unk="<unk>", pad="<pad>", cls="<s>",
        sep="</s>", mask="<mask>",
    )  # fmt: skip


def charsmap_of(data: bytes) -> bytes:
    """The `precompiled_charsmap` of a SentencePiece model: field 2 of field 3, found by the protobuf wire format."""
    return _fields(_fields(data)[3])[2]


def _fields(data: bytes) -> dict[int, bytes]:
    """The last length-delimited value of each field of a protobuf message."""
    found: dict[int, bytes] = {}
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        key = number()
        match key & 7:
            case 0:
                number()
            case 2:
                length = number()
                found[key >> 3] = data[place : place + length]
                place += length
            case 5:
                place += 4
            case 1:
                place += 8
    return found


def write_wordpiece(folder: Path, *, size: int = 600, lowercase: bool = True, chinese: bool = True) -> int:
    """tokenizer.json and vocab.txt of BERT and BGE: [PAD] [UNK] [CLS] [SEP] [MASK] first, ## inside words."""
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, handle_chinese_chars=chinese)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=list(special), show_progress=False)
    tokenizer.train_from_iterator(lines(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    vocab = tokenizer.get_vocab()
    folder.mkdir(parents=True, exist_ok=True)
    texts = sorted(vocab, key=lambda text: vocab[text])
    (folder / "vocab.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return _write(
        folder, tokenizer, "BertTokenizer", unk="[UNK]", pad="[PAD]", cls="[CLS]", sep="[SEP]", mask="[MASK]",
        do_lower_case=lowercase, strip_accents=None, tokenize_chinese_chars=chinese,
    )  # fmt: skip


def byte_level(
    steps: pre_tokenizers.PreTokenizer, *, size: int, first: Sequence[str] = (), last: Sequence[str] = ()
) -> Tokenizer:
    """Byte-level BPE of `size` tokens; `first` and `last` are special tokens at the two ends of the ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = steps
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(last),
        special_tokens=[AddedToken(text, normalized=False) for text in first],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines(), trainer)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in last])
    return tokenizer


def split_then_bytes(pattern: str) -> pre_tokenizers.PreTokenizer:
    """The usual two steps: cut by a pattern, then letters for bytes."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), level])


def write_qwen(folder: Path, *, size: int = 600) -> int:
    """tokenizer.json of Qwen2 and Qwen3: texts are normalized to NFC; no begin token."""
    tokenizer = byte_level(
        split_then_bytes(QWEN2_PATTERN), size=size, last=("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    )
    tokenizer.normalizer = normalizers.NFC()
    return _write(folder, tokenizer, "Qwen2Tokenizer", eos="<|im_end|>", pad="<|endoftext|>", add_prefix_space=False)


def write_bloom(folder: Path, *, size: int = 600) -> int:
    """tokenizer.json of BLOOM and Firefly: `<unk>` 0, `<s>` 1, `</s>` 2, `<pad>` 3; nothing is added."""
    tokenizer = byte_level(split_then_bytes(BLOOM_PATTERN), size=size, first=("<unk>", "<s>", "</s>", "<pad>"))
    return _write(folder, tokenizer, "BloomTokenizerFast", bos="<s>", eos="</s>", unk="<unk>", pad="<pad>")


def write_gpt2(folder: Path, *, size: int = 600, with_json: bool = True) -> int:
    """vocab.json and merges.txt of GPT-2, and its tokenizer.json; `<|endoftext|>` last."""
    tokenizer = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), size=size, last=("<|endoftext|>",))
    end = "<|endoftext|>"
    count = _write(folder, tokenizer, "GPT2Tokenizer", bos=end, eos=end, unk=end, add_prefix_space=False)
    values = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    _write_json(folder / "vocab.json", tokenizer.get_vocab())
    merges = "\n".join(" ".join(merge) for merge in values["model"]["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    if not with_json:
        (folder / "tokenizer.json").unlink()
    return count


def _write(folder: Path, tokenizer: Tokenizer, tokenizer_class: str, **settings: Any) -> int:
    """tokenizer.json and tokenizer_config.json; keywords named after a role become its `…_token`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = ("bos", "eos", "unk", "pad", "cls", "sep", "mask")
    values = {f"{key}_token" if key in roles else key: value for key, value in settings.items()}
    _write_json(folder / "tokenizer_config.json", {"tokenizer_class": tokenizer_class, **values})
    count: int = tokenizer.get_vocab_size()
    return count


def _write_json(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")
