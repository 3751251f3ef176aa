"""The words put to a model, in Chinese and English. Where a wording comes from a model's makers, it says so."""

from typing import Literal

from assistant import languages

Language = Literal["zh", "en", "und"]
"""ISO 639; `und` (undetermined) for everything that is neither Chinese nor English."""

INSTRUCTION = {
    # Ours: without it small models drift into other languages (SmolLM2-135M names the capital of France in invented
    # French; with it, eight answers of eight are "The capital of France is Paris.").
    "zh": "请用中文回答。",
    "en": "Answer in plain English.",
}
"""What a chat tells the model by itself, by the language of the question; nothing for `und`."""

RECAP_REQUEST = {
    # Ours. Asked at the end of the turns that are to be left out, so that what was read of them is used again.
    "zh": "请用一段话总结我们到目前为止的对话，保留其中的事实、数字、名称和决定。",
    "en": "Summarize our conversation so far in one paragraph. Keep its facts, numbers, names and decisions.",
}
"""How the model is asked for what stands in place of the oldest turns of a full conversation."""

RECAP = {
    "zh": "[此前对话的摘要：{summary}]\n\n{question}",
    "en": "[Summary of the conversation before: {summary}]\n\n{question}",
}
"""The first question that the model still sees, with that summary before it: every template carries a question."""


_OWN: dict[str, Language] = {"zh": "zh", "en": "en"}


def language_of(text: str) -> Language:
    """Of what a chat has words of its own for; `und` for all other languages, and where `languages` is unsure."""
    return _OWN.get(languages.language_of(text), "und")
