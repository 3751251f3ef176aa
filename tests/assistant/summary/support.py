"""Documents and scripted models for tests of summaries."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.documents.document import Document
from assistant.fake import FAKE_INFO, FakeEngine, Script
from assistant.messages import Message
from assistant.summary.values import Summary

ENGLISH = Document("report.md", "The committee met in the spring and it agreed to a new plan for the river.", "utf-8")
CHINESE = Document("纪要.md", "会议纪要：本次会议讨论了第三季度的销售计划。", "gb18030", guessed=True)
FRENCH = "Le comité a adopté le plan de la rivière et les travaux seront dans le budget de la commune. " * 4
"""Long enough to be noticed."""
SMALL = replace(FAKE_INFO, context=2048)
"""A context in which pieces have at most 512 tokens, which here are words."""
REST = "and the plan is for the mill that is on the river"

_MARK = re.compile(r"\bp(\d+)\b")


def paragraph(number: int, words: int = 50) -> str:
    """So many words of English with the mark `p17` among them."""
    text = f"The committee met in the spring of p{number} and it agreed " + f"{REST} " * (words // 10)
    return " ".join(text.split()[:words]) + "."


def long_document(paragraphs: int = 80, words: int = 50, name: str = "long.md") -> Document:
    """Paragraphs of so many words, with the marks p0, p1, ..."""
    return document_of([paragraph(number, words) for number in range(paragraphs)], name)


def document_of(paragraphs: Sequence[str], name: str = "long.md") -> Document:
    return Document(name, "\n\n".join(paragraphs) + "\n", "utf-8")


def marks(text: str) -> list[int]:
    """The numbers of the marks in a text, in order."""
    return [int(number) for number in _MARK.findall(text)]


def note(content: str, words: int = 30) -> str:
    """What the scripted model writes: English, with the first and the last mark of what it was shown."""
    found = marks(content)
    ends = f"p{found[0]} and p{found[-1]}" if found else "nothing"
    return " ".join((f"It is said of {ends} that the committee agreed " + f"{REST} " * 20).split()[:words])


def noting(messages: Sequence[Message]) -> str:
    return note(messages[-1].content)


def small_engine(script: Script = noting) -> FakeEngine:
    """A model with a small context, which answers every prompt so."""
    return FakeEngine([script], info=SMALL)


class Memory:
    """Kept texts in a dict."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def put(self, key: str, text: str) -> None:
        self.texts[key] = text


def result(events: Sequence[object]) -> Summary:
    """The summary that ends the events."""
    assert isinstance(events[-1], Summary)
    return events[-1]


def contents(engine: FakeEngine) -> list[str]:
    """What was put to the model, prompt by prompt."""
    return [messages[-1].content for messages in engine.received]
