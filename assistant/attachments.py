"""Documents within a message: how a question and the texts it is about become one text for the model, and two again.

    [notes.md · 2 lines]
    First line.
    Second line.
    [end of notes.md]

    What is missing here?

The texts come first, as the model was trained to have them, and each says how many lines it has: so whatever they hold,
taking them apart gives exactly what was put together. The module knows nothing of files, engines or screens.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.sanitize import one_line

_BEGIN = re.compile(r"\[([^\n]+) · (\d{1,9}) lines?\]\n")
_BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text that goes with a question. `name` is on one line and safe to print; `text` is not."""

    name: str
    text: str

    @property
    def lines(self) -> int:
        """At least one."""
        return self.text.count("\n") + 1


def attach(question: str, attachments: Sequence[Attachment]) -> str:
    """The content of a message with these texts before its question."""
    return "".join(map(_framed, attachments)) + question


def detach(content: str) -> tuple[tuple[Attachment, ...], str]:
    """The texts within the content of a message, and the question; `attach` makes the same content of them again."""
    found: list[Attachment] = []
    at = 0
    while (begin := _BEGIN.match(content, at)) is not None:
        end = _after_lines(content, begin.end(), int(begin[2]))
        if end is None:
            break
        attachment = Attachment(begin[1], content[begin.end() : end - 1])
        if content[at : at + len(framed := _framed(attachment))] != framed:
            break
        found.append(attachment)
        at += len(framed)
    return tuple(found), content[at:]


def question_in(content: str) -> str:
    """What is asked in a message, without the texts that came with it; their names where nothing else is."""
    attachments, question = detach(content)
    return question if question.strip() else ", ".join(attachment.name for attachment in attachments) or question


def rough_tokens(text: str) -> int:
    """About how many tokens a text has, without a model: a quarter of its bytes. Chinese counts three quarters a sign.

    Within a third for prose; the figure of a model is the engine's `count`.
    """
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)


def _framed(attachment: Attachment) -> str:
    name, lines = one_line(attachment.name), attachment.lines
    return f"[{name} · {lines} line{'s' if lines > 1 else ''}]\n{attachment.text}\n[end of {name}]\n\n"


def _after_lines(content: str, start: int, lines: int) -> int | None:
    """The place behind so many lines; None where there are fewer."""
    for _ in range(lines):
        start = content.find("\n", start) + 1
        if start == 0:
            return None
    return start
