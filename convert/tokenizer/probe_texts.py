"""Texts made to hurt a tokenizer, the same each time: scripts, white space, code, the vocabulary's own words.

Nothing here knows how any tokenizer works; the added tokens' texts come apart from the others, since they are compared
with more care.
"""

from collections.abc import Iterator
from random import Random

from convert.tokenizer.bpe import BYTES
from convert.tokenizer.entries import Kind, Vocabulary

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
    "▁ ▁▁a▁b ▁", "<0x41><0x0A> ", "我们　大家 ，。！？；：（）【】《》", "ＡＢＣ ａｂｃ １２３ ～", "㈱ ㍿ ㎏ ℃ № ™ ﬃ",
    "x" + "  y" * 7, "Ünïcödé" * 3, "𠮷野家 𡃁 㐀", "a\u0300e\u0301 o\u0308", "\u200b\u200e\u202e mid\u00a0dle",
)  # fmt: skip

_RANGES = [(0x20, 0x7E), (0xA0, 0x24F), (0x370, 0x4FF), (0x4E00, 0x9FA5), (0x3041, 0x30FF), (0x1F600, 0x1F64F)]
_MOST_ADDED = 256


def ordinary_texts(vocabulary: Vocabulary) -> Iterator[str]:
    """Fixed texts, single characters, random runs of characters, and words of the vocabulary."""
    yield from _TEXTS
    yield "".join(_TEXTS)
    random = Random(7)  # noqa: S311 - the same texts each time
    for _ in range(200):
        low, high = random.choice(_RANGES)
        letters = (chr(random.randint(low, high)) for _ in range(random.randint(1, 40)))
        yield "".join(letter + random.choice(("", "", "", " ", "  ", "\n", "'s", "7")) for letter in letters)
    yield from _own_words(vocabulary, random)
    for code in range(0x250):
        yield chr(code)


def added_texts(vocabulary: Vocabulary) -> Iterator[tuple[int, str]]:
    """(id, text) around tokens that stand apart: those with a role, those that swallow spaces, then any."""
    added = vocabulary.added
    roles = {token.id for token in vocabulary.special.values()} | vocabulary.ends.keys()
    first = sorted(added, key=lambda number: (number not in roles, not (added[number].lstrip or added[number].rstrip)))
    for number in first[:_MOST_ADDED]:
        text = added[number].text
        yield number, text
        yield number, f"a{text}b{text}{text}"
        yield number, f"a {text} b"
        yield number, f"Word{text}word\n{text}\n{text}{text} "


def _own_words(vocabulary: Vocabulary, random: Random) -> Iterator[str]:
    """Tokens as texts: some at random, and such as no merge makes, which only `ignore_merges` can give."""
    normal = [text for text, kind in zip(vocabulary.tokens, vocabulary.kinds, strict=True) if kind is Kind.NORMAL]
    made = {merge.replace(" ", "", 1) for merge in vocabulary.merges}
    unmade = [text for text in normal if text not in made and len(text) > 1] if made else []
    for text in random.sample(normal, min(len(normal), 200)) + random.sample(unmade, min(len(unmade), 64)):
        for word in (_spelled(text, vocabulary), _spelled(text + "".join(random.choices(normal, k=4)), vocabulary)):
            if word:
                yield word


def _spelled(token: str, vocabulary: Vocabulary) -> str:
    """The text that tokens stand for."""
    if vocabulary.model == "gpt2":
        return bytes(BYTES[letter] for letter in token if letter in BYTES).decode("utf-8", errors="ignore")
    return token.replace("▁", " ")
