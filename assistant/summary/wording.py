"""The words that ask a model for a summary, in Chinese and English; other languages are asked for in English, by name.

The document always comes first and the instruction after it, so that every further question shares the reading. The
document and the focus may spell anything: nothing of them is ever a pattern to be filled in. The module knows nothing
of engines, and of families only their trained prompts.
"""

from collections.abc import Sequence

from assistant.languages import name_of
from assistant.messages import Sampling
from assistant.sanitize import one_line
from assistant.summary.values import Request, Style

INDEX_32K = "Index-1.9B-32K"

BREAK = "\n\n---\n\n"
"""Between a document and what is asked of it."""
CHINESE_BREAK = "\n\n\n\n\n\n"
"""The same before a Chinese instruction, as Index-1.9B-32K was trained with (`demo/cli_long_text_demo.py`)."""

_TRAINED = f"请用中文总结以下内容：{CHINESE_BREAK}"
"""That model's line before the document."""

# Ours, tried with the 135M starter on minutes, a licence and a README. Told to write five bullet points it writes five;
# told to summarize "as a list", or to begin each point with "- ", it writes headings without points; and of "one or two
# sentences" it makes six.
_ENGLISH: dict[Style, dict[str, str]] = {
    "prose": {
        "short": "Summarize {text} in one short sentence{tongue}.",
        "medium": "Summarize {text} in one paragraph of plain prose{tongue}.",
        "long": "Summarize {text} in several paragraphs of plain prose{tongue}, with all its important points.",
        "number": "Summarize {text} in about {number} {unit} of plain prose{tongue}.",
    },
    "bullets": {
        "short": "Write three bullet points that summarize {text}{tongue}.",
        "medium": "Write five bullet points that summarize {text}{tongue}.",
        "long": "Write ten bullet points that summarize {text}{tongue}.",
        "number": "Write bullet points of about {number} {unit} in all that summarize {text}{tongue}.",
    },
    "outline": {
        "short": "Write a short outline of {text}{tongue}: its main headings, one line each.",
        "medium": "Write an outline of {text}{tongue}: headings, and short points below each.",
        "long": "Write a detailed outline of {text}{tongue}: headings, and all important points below each.",
        "number": "Write an outline of {text}{tongue}: headings with points, about {number} {unit} in all.",
    },
}
_CHINESE: dict[Style, dict[str, str]] = {
    "prose": {"short": "，用一两句话", "medium": "", "long": "，分几段写，写出所有要点", "number": "，大约{number}字"},
    "bullets": {
        "short": "，列出三个要点",
        "medium": "，列出五到八个要点",
        "long": "，列出十到十五个要点",
        "number": "，列出要点，总共大约{number}字",
    },
    "outline": {
        "short": "，写成只有主要标题的简短提纲",
        "medium": "，写成提纲，标题下面列出要点",
        "long": "，写成详细的提纲，标题下面列出要点",
        "number": "，写成提纲，标题下面列出要点，总共大约{number}字",
    },
}
_CHINESE_FORM: dict[Style, str] = {
    "prose": "",
    "bullets": "，每个要点一行，以“- ”开头",
    "outline": "，标题以“# ”开头，要点以“- ”开头",
}

_LONG_ROOM = 1200
"""Tokens for `long`: some 700 words, which is more than any model tried here writes of itself."""
_TOKENS_A_WORD = 3
"""Of room: English takes 1.3, German and French in a small English vocabulary 2.5."""
_TOKENS_A_CHARACTER = 3
"""Of room: a Chinese vocabulary takes 0.7, one that spells Chinese in bytes 2 to 3."""
_ROOM_TO_END = 100


def whole(text: str, request: Request, language: str, family: str = "", firm: bool = False) -> str:
    """The prompt for a document in one reading. `language`: of the summary, as a code; `und`: the document's own.

    For Index-1.9B-32K in Chinese its trained prompt, both lines of it; what is asked beyond the default goes into the
    second line, so that all of them share the reading. In other languages that model gets the words of all others.
    `firm`: the answer came in another language before.
    """
    trained = family == INDEX_32K and language == "zh"
    return (_TRAINED if trained else "") + text.strip() + _ask("", request, language, firm=firm)


def piece(text: str, request: Request, language: str, firm: bool = False) -> str:
    """The prompt for a piece of a longer document.

    Says nothing of the other pieces, so that an edit which adds one leaves the prompts of the others, and with them
    their kept summaries, as they were.
    """
    return text.strip() + _ask("part", _plain(request), language, firm=firm)


def merge(summaries: Sequence[str], request: Request, language: str, firm: bool = False) -> str:
    """The prompt that makes one summary of those of consecutive pieces.

    Asked as for a document: told that it has notes on its parts, the starter changed figures that stood in them.
    """
    return "\n\n".join(summary.strip() for summary in summaries) + _ask("", request, language, firm=firm)


def head_tail(head: str, tail: str, request: Request, language: str, firm: bool = False) -> str:
    """The prompt for the first and the last part of a document whose middle is left out."""
    return f"{head.strip()}\n\n[...]\n\n{tail.strip()}" + _ask("ends", request, language, firm=firm)


def answer_tokens(request: Request, sampling: Sampling, language: str) -> int:
    """Room for a summary as long as was asked for; `request.max_tokens` where the user said so himself."""
    if request.max_tokens is not None:
        return request.max_tokens
    if request.length == "long":
        return max(sampling.max_tokens, _LONG_ROOM)
    if isinstance(request.length, int):
        each = _TOKENS_A_CHARACTER if counts_characters(language) else _TOKENS_A_WORD
        return max(sampling.max_tokens, request.length * each + _ROOM_TO_END)
    return sampling.max_tokens


def counts_characters(language: str) -> bool:
    """Whether a length is counted in characters, because the language writes no spaces between its words."""
    return language in {"zh", "ja", "th"}


def _plain(request: Request) -> Request:
    """What a piece is asked for: prose of the usual length with the same focus, whatever the whole is to become."""
    return Request(language=request.language, focus=request.focus)


def _ask(what: str, request: Request, language: str, *, firm: bool) -> str:
    """All that comes after the document; `what` the text is, where it is not the document itself."""
    if language == "zh":
        return CHINESE_BREAK + _in_chinese(what, request, firm=firm)
    return BREAK + _in_english(what, request, language, firm=firm)


_ENGLISH_WHAT = {
    "": "the text above",
    "part": "the text above, a part of a longer document,",
    "ends": "the beginning and the end of a document above",
}
_CHINESE_WHAT = {
    "": "以上内容",
    "part": "以上内容（一篇长文的一部分）",
    "ends": "以上内容（一篇文章的开头和结尾）",
}


def _in_english(what: str, request: Request, language: str, *, firm: bool) -> str:
    if language == "und":
        tongue = ", in the language the text is written in"
    elif language == "en" and request.language == "auto":
        tongue = ""
    else:
        tongue = f" in {name_of(language)}"
    unit = "characters" if counts_characters(language) else "words"
    form = _form(_ENGLISH, request)
    asked = form.format(text=_ENGLISH_WHAT[what], tongue=tongue, number=request.length, unit=unit)
    if focus := one_line(request.focus):
        asked += f" Write above all about this: {focus}"
    if firm:
        only = "the language of the text" if language == "und" else name_of(language)
        asked += f"\n\nWrite in {only} only, and in no other language."
    return asked


def _in_chinese(what: str, request: Request, *, firm: bool) -> str:
    form = _form(_CHINESE, request).format(number=request.length) + _CHINESE_FORM[request.style]
    focus = one_line(request.focus)
    asked = f"请用中文总结{_CHINESE_WHAT[what]}{form}"
    asked += f"，重点关注：{focus}" if focus else ""
    asked += "。只能用中文写，不要用其他语言" if firm else ""
    return f"{asked}："


def _form(forms: dict[Style, dict[str, str]], request: Request) -> str:
    return forms[request.style]["number" if isinstance(request.length, int) else request.length]
