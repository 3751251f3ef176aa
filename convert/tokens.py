"""Whether llama.cpp, given our vocabulary, makes the same token ids as the `tokenizers` library, measured on texts.

The comparison also finds the name of the pre-tokenizer: the first candidate with which every text agrees. Without one
the conversion stops; a file whose tokens differ would answer, only worse.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tokenizers import Tokenizer

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.header import TensorInfo, header
from convert.llama import LoadedVocabulary
from convert.metadata import Metadata, vocabulary_metadata
from convert.scratch import scratch_file
from convert.vocabulary import BYTES, Kind, Vocabulary

_TEXTS = (
    "Hello, world! It's 1234567890 o'clock; we'll see, they've said, I'm, you'd, don't. CAN'T WE'LL",
    "The quick  brown   fox\tjumps\n\nover\r\n the lazy dog.   \n  \n",
    "    indented\n\tdef f(x):\n        return {'a': [1, 2.5e-3], \"b\": x ** 2 != 0x1F}  # comment\n\n\n",
    "for (int i = 0; i < 10; ++i) { std::cout << i << '\\n'; } // done();;; <<>> ((())) !!! ??? ...",
    "中文分词测试：今天天气很好，我们去公园散步吧！第３章、１２３４。《红楼梦》“引号”——省略……",
    "日本語のテキスト、カタカナとひらがな。한국어 텍스트도 있습니다. ภาษาไทย العربية שלום नमस्ते Привет мир",
    "Émile Zola, naïve façade, Straße, ſtraße, ﬁne, Å Å, é é, ñ, İstanbul, ǅ",
    "emoji 😀😃 👩‍👩‍👧‍👦 🇫🇷 ❤️ 👍🏽 and ZWJ ‍ ZWNJ ‌ BOM ﻿ NBSP   soft­hyphen",
    "numbers 1 12 123 1234 12345 1,234,567.89 ½ ² Ⅷ ٣٤٥ १२३ 3rd 4x4 v1.2.3 2024-01-31 12:34:56",
    "<|endoftext|><|im_start|>user\n<|im_end|></s><s><unk>[INST] [/INST] <|eot_id|> <0x0A> reserved_0 ### Human:",
    " leading", "trailing ", "  two", "\n", " \n", "\t\t", "\r\n", "a\u2028b\u2029c\u0085d\x0bf\x0cg", "\x00\x01\x7f",
    "https://example.org/a?b=c&d=%20#e user@example.com C:\\path\\file.txt ~/.config $HOME `code` **bold** __x__",
    "ALLCAPS camelCase snake_case kebab-case MixedUP 'quoted' 'Twas o'er ''' \"\"\" ’s ’ll ‘a’",
    "a" * 64, " " * 33, "ab " * 20, "\n" * 9, "=" * 40, "…" * 5, "。" * 7,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agreement:
    """The pre-tokenizer that agrees, how many texts were compared, and the flags that were measured with them."""

    pre_tokenizer: str
    texts: int
    add_bos: bool
    add_eos: bool
    header: bytes
    """The finished header of the file: llama.cpp read this very vocabulary."""


def agree(vocabulary: Vocabulary, keys: Metadata, tensors: Sequence[TensorInfo]) -> Agreement:
    """Find the settings with which llama.cpp makes the source's ids on every text, and the header that holds them.

    `keys`: the header's other keys. Raises UnsupportedTokenizer with the first text that differs, InvalidCheckpoint for
    an unreadable tokenizer.json.
    """
    source = _load(vocabulary.file)
    texts = tuple(dict.fromkeys(_corpus(vocabulary)))
    wanted = {text: source.encode(text, add_special_tokens=False).ids for text in texts}
    add_bos, add_eos = _added_around(source, vocabulary)
    first_difference = ""
    with scratch_file() as path:
        for name in vocabulary.pre_tokenizers:
            found = keys | vocabulary_metadata(vocabulary, pre_tokenizer=name, add_bos=add_bos, add_eos=add_eos)
            data = _lay_down(path, found, tensors)
            with LoadedVocabulary(path) as loaded:
                difference = _difference(loaded, wanted)
                if not difference:
                    _check_special(loaded, source)
                    further = [token for token in vocabulary.ends if not loaded.ends_answer(token)]
                    break
            first_difference = first_difference or f"with {name}, {difference}"
        else:
            raise UnsupportedTokenizer(
                f"no pre-tokenizer of llama.cpp makes the tokens of tokenizer.json ({first_difference}); "
                "no file was written because its tokens would differ"
            )
        if further:
            data = _lay_down(path, found | _end_keys(further), tensors)
    return Agreement(name, len(texts) + 1, add_bos, add_eos, data)


def _lay_down(path: Path, keys: Metadata, tensors: Sequence[TensorInfo]) -> bytes:
    """Write the header, then as much of nothing as the tensors take, since llama.cpp looks for their places."""
    data = header(keys, tensors)
    path.write_bytes(data)
    os.truncate(path, len(data) + sum(tensor.padded for tensor in tensors))
    return data


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more precise
        raise InvalidCheckpoint(f"tokenizer.json cannot be loaded ({error}); download the file again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _corpus(vocabulary: Vocabulary) -> Iterator[str]:
    """Texts made to hurt: scripts, white space, code, look-alikes, single characters, random runs, added tokens."""
    yield from _TEXTS
    yield "".join(_TEXTS)
    for code in range(0x250):
        yield chr(code)
    random = Random(7)  # noqa: S311 - the same texts each time
    ranges = [(0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x4FF), (0x4E00, 0x9FA5), (0x3041, 0x30FF), (0x1F600, 0x1F64F)]
    for _ in range(200):
        low, high = random.choice(ranges)
        letters = (chr(random.randint(low, high)) for _ in range(random.randint(1, 40)))
        yield "".join(letter + random.choice(("", "", "", " ", "  ", "\n", "'s", "7")) for letter in letters)
    yield from _own_words(vocabulary, random)
    added = [text for text, kind in zip(vocabulary.tokens, vocabulary.kinds, strict=True) if kind.name != "NORMAL"]
    for text in [text for text in added if not text.startswith("[PAD")][:256]:
        yield f"{text}"
        yield f"a {text} b"
        yield f"Word{text}word\n{text}\n{text}{text} "


def _own_words(vocabulary: Vocabulary, random: Random) -> Iterator[str]:
    """Tokens as texts: some at random, and such as no merge makes, which only `ignore_merges` can give."""
    normal = [text for text, kind in zip(vocabulary.tokens, vocabulary.kinds, strict=True) if kind is Kind.NORMAL]
    made = {merge.replace(" ", "", 1) for merge in vocabulary.merges}
    unmade = [text for text in normal if text not in made and len(text) > 1]
    for text in random.sample(normal, min(len(normal), 200)) + random.sample(unmade, min(len(unmade), 64)):
        word = bytes(BYTES[letter] for letter in text if letter in BYTES).decode("utf-8", errors="ignore")
        if word:
            yield word


def _difference(loaded: LoadedVocabulary, wanted: Mapping[str, Sequence[int]]) -> str:
    for text, ids in wanted.items():
        found = loaded.ids(text)
        if found != list(ids):
            return f"the text {text[:40]!r} becomes {found[:8]} instead of {list(ids)[:8]}"
    return ""


def _added_around(source: Tokenizer, vocabulary: Vocabulary) -> tuple[bool, bool]:
    """Whether the source puts its begin and end tokens around a text. Raises UnsupportedTokenizer for anything else."""
    plain = source.encode("a", add_special_tokens=False).ids
    full = source.encode("a", add_special_tokens=True).ids
    bos = [vocabulary.special["bos"].id] if "bos" in vocabulary.special else [-1]
    eos = [vocabulary.special["eos"].id] if "eos" in vocabulary.special else [-1]
    for add_bos, add_eos in ((False, False), (True, False), (False, True), (True, True)):
        if full == bos * add_bos + plain + eos * add_eos:
            return add_bos, add_eos
    raise UnsupportedTokenizer(
        f"tokenizer.json turns 'a' into {full}; only the begin token {bos[0]} and the end token {eos[0]} "
        "around a text can be written"
    )


def _check_special(loaded: LoadedVocabulary, source: Tokenizer) -> None:
    text = "Once upon a time"
    wanted, found = source.encode(text, add_special_tokens=True).ids, loaded.ids(text, add_special=True)
    if wanted != found:
        raise UnsupportedTokenizer(f"with begin and end tokens {text!r} becomes {found} instead of {wanted}")


def _end_keys(further: Sequence[int]) -> Metadata:
    """Keys for end tokens that llama.cpp does not know by their text; it has two places for them beside eos."""
    if len(further) > 2:
        raise UnsupportedTokenizer(f"{len(further)} end tokens beside eos ({further}); GGUF holds two")
    return dict(zip(("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"), further, strict=False))
