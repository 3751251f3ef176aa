"""The words that put a question about a document to a model, in Chinese and English.

The document comes first, with the very words before it and the break after it that a summary has, so that summaries and
questions share one reading. Nothing of the document or the question is ever a pattern to be filled in. The module knows
nothing of engines.
"""

from collections.abc import Sequence

from assistant.languages import name_of
from assistant.summary.values import Request
from assistant.summary.wording import BREAK, CHINESE_BREAK, whole

LEFT_OUT = "[...]"
"""Between passages that do not follow each other."""

_PLACE = "\0"
"""Stands for a document where only what comes before it is wanted."""

# Ours. Of eight wordings tried with the 135M starter on a licence, the one that it neither repeats nor takes as a
# reason to say of everything that the text does not say it.
_PARTS = "Parts of a longer document; [...] stands for what is left out.\n\n"
_CHINESE_PARTS = "以下是一篇长文的若干部分，[...]表示省略的内容。\n\n"


def before(text: str, language: str, family: str = "") -> str:
    """All that every prompt about this document begins with. `language`: the document's; `family`: the model's."""
    lead = whole(_PLACE, Request(), language, family).partition(_PLACE)[0]
    return lead + text.strip() + (CHINESE_BREAK if language == "zh" else BREAK)


def first(question: str, language: str, *, firm: bool = False) -> str:
    """The first question, as it stands behind the document. `language`: of the answer; `firm`: it came in another."""
    return _asked(question, language, firm=firm)


def later(question: str, language: str, *, firm: bool = False) -> str:
    """A further question about the same text."""
    return question.strip() + (_only(language) if firm else "")


def about_passages(passages: Sequence[str], question: str, language: str, *, firm: bool = False) -> str:
    """A question behind the passages it is to be answered from."""
    chinese = language == "zh"
    together = "\n\n".join(passage.strip("\n") for passage in passages)
    parts, mark = (_CHINESE_PARTS, CHINESE_BREAK) if chinese else (_PARTS, BREAK)
    return parts + together + mark + _asked(question, language, firm=firm)


def _asked(question: str, language: str, *, firm: bool) -> str:
    only = _only(language) if firm else ""
    if language == "zh":
        return (
            f"请只根据以上内容回答下面的问题；如果以上内容没有答案，请说明没有提到。\n\n问题：{question.strip()}{only}"
        )
    tongue = "" if language in {"en", "und"} else f" in {name_of(language)} and"
    answer = f"Answer this question{tongue} from the text above only, or say that the text does not answer it:"
    return f"{answer} {question.strip()}{only}"


def _only(language: str) -> str:
    if language == "zh":
        return "\n\n只能用中文回答，不要用其他语言。"
    only = "the language of the question" if language == "und" else name_of(language)
    return f"\n\nAnswer in {only} only, and in no other language."
