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

# Ours, tried with the 135M starter on a licence, minutes and README files.
_ENGLISH = {
    "text": "Answer the question below from the text above only. If the text does not say it, answer that it does not.",
    "passages": "Above are passages of a longer text in their order; [...] stands for what is left out. Answer the "
    "question below from these passages only. If they do not say it, answer that they do not.",
}
_CHINESE = {
    "text": "请只根据以上内容回答下面的问题。如果以上内容没有提到，请回答没有提到。",
    "passages": "以上是一篇长文中的若干段落，按原文顺序排列，[...]表示省略的部分。请只根据这些段落回答下面的问题。"
    "如果这些段落没有提到，请回答没有提到。",
}


def before(text: str, language: str, family: str = "") -> str:
    """All that every prompt about this document begins with. `language`: the document's; `family`: the model's."""
    text = text.strip()
    prompt = whole(text, Request(), language, family)
    return prompt[: prompt.index(text) + len(text)] + (CHINESE_BREAK if language == "zh" else BREAK)


def first(question: str, language: str, *, firm: bool = False) -> str:
    """The first question, as it stands behind the document. `language`: of the answer; `firm`: it came in another."""
    return _asked(question, language, "text", firm=firm)


def later(question: str, language: str, *, firm: bool = False) -> str:
    """A further question about the same text."""
    return question.strip() + (_only(language) if firm else "")


def about_passages(passages: Sequence[str], question: str, language: str, *, firm: bool = False) -> str:
    """A question behind the passages it is to be answered from."""
    together = "\n\n".join(passage.strip("\n") for passage in passages)
    mark = CHINESE_BREAK if language == "zh" else BREAK
    return together + mark + _asked(question, language, "passages", firm=firm)


def _asked(question: str, language: str, what: str, *, firm: bool) -> str:
    if language == "zh":
        return f"{_CHINESE[what]}\n\n问题：{question.strip()}{_only(language) if firm else ''}"
    tongue = "" if language in {"en", "und"} else f" Answer in {name_of(language)}."
    return f"{_ENGLISH[what]}{tongue}\n\nQuestion: {question.strip()}{_only(language) if firm else ''}"


def _only(language: str) -> str:
    if language == "zh":
        return "\n\n只能用中文回答，不要用其他语言。"
    only = "the language of the question" if language == "und" else name_of(language)
    return f"\n\nAnswer in {only} only, and in no other language."
