"""Texts made to hurt a tokenizer. They share nothing with the texts the converter compares by itself."""

from random import Random

CHINESE = (
    "本报告期内，公司实现营业收入人民币1,234,567.89元，同比增长12.3%；净利润（归属于母公司）为9876万元。",
    "“人生若只如初见，何事秋风悲画扇。”——纳兰性德《木兰花令》",
    "請用繁體中文回答：臺灣、憂鬱、龍馬、麵包與鬧鐘。𠮷野家、𡃁、㐀。",
    "第１２条　全角スペース　と　ＦＵＬＬｗｉｄｔｈ！？",
)
ENGLISH = (
    "The firefly's light isn't bright; it'll do, I'd say, and we've read by it—haven't you? THEY'RE HERE, WE'LL SEE",
    "Prices: $1,299.99 (−15%), €3.50/kg, ½ cup, 10⁻³ m², 3′ 6″, v2.0.1-rc.1+build.5",
    "O’Neill’s co-op re-opened at 9:30a.m.; e.g., i.e., etc. — “quoted ‘twice’” …",
)
CODE = (
    "def f(x: int = 0) -> dict[str, list[int]]:\n\treturn {f'{k!r}': [x ** 2 for _ in range(10)] for k in 'abc'}\n",
    'if (a<=b && c!=d || !(e>>2)) {\r\n    printf("%08.3f\\n", *p++);  // => ok\r\n}\r\n',
    "SELECT * FROM t WHERE id IN (1,2,3) AND name LIKE '%\\_x' -- ;\n<div class=\"a b\">&nbsp;&#x27;</div>",
    "\n\n    \n\tindent\n        deeper\n    back\n",
)
EMOJI = (
    "🙂🙃 👩🏽‍💻👨‍👩‍👧‍👦 🏳️‍🌈 🇨🇳🇫🇷 1️⃣ #️⃣ ©️ ™ ☃︎ 🫠",
    "a🙂b 🙂 c🙂🙂d",
)
SPACES = (
    " ", "  ", "   ", "\t", "\n", "\r\n", "\n\n\n", " \n ", "\t \t", "\u00a0", "\u2003\u2009\u202f\u3000",
    "\u200b\u200d\ufeff",
    "a b  c   d    e     f", "a\tb\t\tc", "end ", " start", "line \n next", "x\n\ny \n \nz",
    "\x0b\x0c\x1c\x85\u2028\u2029",
)  # fmt: skip
LOOK_ALIKES = (
    "<|im_start|>system\nYou are<|im_end|>\n<|im_start|>user",
    "<|im_start|", "<|im_start |>", "< |im_end|>", "<|IM_END|>", "im_end|><|", "<|endoftext|><|endoftext|>",
    "</s><s>[INST] <<SYS>> [/INST] <unk> <pad> <0x0A> <|eot_id|> reserved_0 reserved_1 <human>: <bot>:",
    "text<note>inside <note> and <note", "[PAD5] [PAD412] <repo_name><filename><gh_stars>0<issue_start>", "Ġ Ċ ĠĠ âĢĻ",
)  # fmt: skip
OTHER = (
    "Привет, мир! Ёлка. Γειά σου Κόσμε. שלום עולם، مرحبا بالعالم ١٢٣ नमस्ते दुनिया १२३ สวัสดีชาวโลก 안녕하세요 세계",
    "e\u0301 é Å Å ﬁ ſ ß ẞ ǆ İ ı Ω Ω", "Z\u0351\u0357a\u0310\u0329lgo\u0322 \u202eright to left\u202c",
    "1 12 123 1234 12345 123456 1234567 0x1F 1e-9 ٣٤٥ ４５６ ⅣⅤ ①② 一二三",
)  # fmt: skip


ASSIGNED = (
    (0x20, 0x7E), (0x20, 0x7E), (0x0, 0x17F), (0x180, 0x1C88), (0x1E00, 0xA7C9), (0xA7F0, 0xD7FF), (0xE000, 0xFFFF),
    (0x1F000, 0x1FAFF), (0x20000, 0x2FFFF),
)  # fmt: skip
"""Where random characters come from. The gaps hold letters of Unicode 16 (2024), which llama.cpp's tables of letters do
not know yet and which it therefore cuts as symbols; no GGUF can change that.
"""


def every_byte() -> list[str]:
    """Each of the 256 byte values that can occur in UTF-8 occurs, alone in its character and among letters.

    Bytes C0, C1 and F5 to FF never occur in UTF-8; a text cannot hold them.
    """
    singles = [chr(code) for code in range(0x80)]
    leads = [chr(code) for code in range(0x80, 0x800, 29)] + [chr(code) for code in range(0x800, 0xD800, 997)]
    leads += [chr(code) for code in range(0xE000, 0x10000, 997)]
    continuations = [chr(0x100 + code) for code in range(0x40)]
    planes = [chr(code) for code in (0x10000, 0x1F600, 0x2A6D6, 0x40000, 0x80000, 0xC0000, 0x100000, 0x10FFFF)]
    letters = singles + leads + continuations + planes
    return letters + [f"a{letter}b {letter}{letter}" for letter in letters]


def random_texts(count: int, *, seed: int) -> list[str]:
    """Runs of characters from everywhere, with spaces, digits and apostrophes strewn in."""
    random = Random(seed)
    texts = []
    for _ in range(count):
        pieces = []
        for _ in range(random.randint(1, 30)):
            low, high = random.choice(ASSIGNED)
            pieces.append(chr(random.randint(low, high)) * random.choice((1, 1, 1, 2, 5)))
            pieces.append(
                random.choice(("", "", "", " ", "   ", "\n", "\r\n", "'ll ", "'S", "42", "1234", "<|im_end|>"))
            )
        texts.append("".join(pieces))
    return texts


def nasty_corpus() -> list[str]:
    """All of it; no text is empty."""
    fixed = [*CHINESE, *ENGLISH, *CODE, *EMOJI, *SPACES, *LOOK_ALIKES, *OTHER]
    return [
        *fixed,
        "".join(fixed),
        "".join(chr(code) for code in range(0x100)),
        *every_byte(),
        *random_texts(400, seed=11),
    ]
