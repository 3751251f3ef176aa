"""The first and the last of a document, as much as one reading holds; what lies between is not read, and that is said.

The way of long-context evaluations, and taken on request only.
"""

import re
from bisect import bisect_right
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from assistant.errors import PromptTooLong
from assistant.sanitize import one_line
from assistant.summary import wording
from assistant.summary.task import Outcome, Record, Task, Told, write

_ENDS = re.compile(r"\n|[.!?…][\"'”’)\]]*(?=\s)|[。！？…][”’」』）]*")
"""Ends of lines and sentences, Chinese ones included."""
_NEAR = 4
"""Characters that are looked at, beside what the wanted tokens have on average."""
_WIDEST_TOKEN = 32
"""Characters."""
_LEAST_WINDOW = 64
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Cut:
    """The characters before `head` and from `tail` on are read."""

    head: int
    tail: int
    tokens: int
    """Of both."""


def cut_out(task: Task, longest: int) -> Cut:
    """What fits a prompt of so many tokens, the same number of tokens from both ends, cut at sentences or lines.

    Raises PromptTooLong where there is hardly room for any of it.
    """
    around = task.prompt_tokens(_prompt(task, Cut(0, len(task.document.text), 0), firm=True))
    window = longest - around
    for _ in range(_TRIES):
        if window < _LEAST_WINDOW:
            break
        cut = _cut(task, window // 2)
        # Tokens of a text and of the prompt around it may join: count what will really be read.
        excess = task.prompt_tokens(_prompt(task, cut, firm=True)) - longest
        if excess <= 0:
            return cut
        window -= excess
    raise PromptTooLong(
        f"{one_line(task.document.name)} has {task.tokens:,} tokens; {max(window, 0):,} fit beside instruction and "
        "answer, too few for a beginning and an end; raise --context, or ask for a shorter summary",
        tokens=task.tokens,
        limit=max(window, 0),
    )


def read_head_tail(task: Task, record: Record, cut: Cut) -> Generator[Told, None, Outcome | None]:
    """Read both ends and summarize them; None: it was interrupted. Raises what `Engine.stream` raises."""
    written = yield from write(task, record, lambda firm: _prompt(task, cut, firm=firm))
    if written is None:
        return None
    unread = ((cut.head, cut.tail),) if cut.head < cut.tail else ()
    return Outcome(written, min(cut.tokens, task.tokens, written.prompt_tokens), unread)


def _prompt(task: Task, cut: Cut, *, firm: bool) -> str:
    text = task.document.text
    return wording.head_tail(text[: cut.head], text[cut.tail :], task.request, task.language, firm=firm)


def _cut(task: Task, half: int) -> Cut:
    text, count = task.document.text, task.engine.count
    near = min(len(text), _NEAR * half * len(text) // task.tokens + _WIDEST_TOKEN)
    far = len(text) - near
    ends = [found.end() for found in _ENDS.finditer(text, 0, near)]
    starts = [found.end() for found in _ENDS.finditer(text, far) if found.end() < len(text)][::-1]
    head = _furthest(task, ends, half, 0)
    tail = _furthest(task, starts, half, len(text))
    if head is None:
        head = bisect_right(range(1, near + 1), half, key=lambda end: count(text[:end]))
    if tail is None:
        tail = len(text) - bisect_right(range(1, near + 1), half, key=lambda length: count(text[-length:]))
    tail = max(head, tail)
    return Cut(head, tail, sum(task.engine.count_each([text[:head], text[tail:]])))


def _furthest(task: Task, places: Sequence[int], most: int, end: int) -> int | None:
    """The last of these places between which and this end of the text there are at most so many tokens.

    None where the room would not be half used: sentences are too long for it.
    """
    text = task.document.text
    pairs = zip([end, *places], places, strict=False)
    total, furthest, used = 0, None, 0
    for place, tokens in zip(places, task.engine.count_each([text[min(p) : max(p)] for p in pairs]), strict=True):
        total += tokens
        if total > most:
            break
        furthest, used = place, total
    return furthest if used * 2 >= most else None
