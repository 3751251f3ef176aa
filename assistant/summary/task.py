"""What the strategies have in common: the task, what has come of it so far, and one answer written under guard.

An answer in a wrong language is stopped while it is written and asked for once more, firmly. The module knows nothing
of strategies and wording.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from time import perf_counter

from assistant.documents.document import Document
from assistant.engine import Engine
from assistant.events import Event, Finished, FinishReason, Reading, Text
from assistant.languages import Guard, name_of
from assistant.messages import Message, Sampling
from assistant.summary.kept import Kept
from assistant.summary.values import Decided, Discarded, PieceDone, Request

Prompt = Callable[[bool], str]
"""The words put to the model; more firmly as to the language where the argument is true."""
Told = Event | Decided | PieceDone | Discarded
"""What a strategy yields."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be summarized, by what, and how."""

    document: Document
    engine: Engine
    """Loaded."""
    sampling: Sampling
    """Of the final summary; `max_tokens` is the room for it."""
    request: Request
    language: str
    """To be written in; `und`: the document's, which nobody recognized."""
    family: str
    """Of the model, where it has words of its own; else empty."""
    model: str
    """A mark of the model's content."""
    tokens: int
    """Of the document."""
    kept: Kept | None = None

    def prompt_tokens(self, content: str) -> int:
        """Of the whole prompt with this content."""
        return self.engine.count([Message("user", content)])


@dataclass(slots=True)
class Record:
    """What all prompts together took; grows."""

    readings: int = 0
    reused: int = 0
    """Tokens."""
    load: float = 0.0
    read: float = 0.0
    write: float = 0.0
    shown: bool = False
    """Words of a summary were told since the last `Discarded`."""
    cannot_keep: bool = False
    """The disk refused a summary of a piece; said once, and not tried again."""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """A finished answer."""

    text: str
    reason: FinishReason
    prompt_tokens: int
    answer_tokens: int
    wrong: bool
    """In a wrong language, although it was asked for twice."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a strategy comes to."""

    written: Written
    tokens_read: int
    unread: tuple[tuple[int, int], ...] = ()


def write(
    task: Task, record: Record, prompt: Prompt, *, progress: Reading | None = None
) -> Generator[Event | Discarded, None, Written | None]:
    """`Reading* Text* [Discarded Reading* Text*] Finished`; None: it was interrupted.

    `progress` is told in place of each `Reading` of the prompt, which does not stand for the document.
    """
    written = yield from _attempt(task, record, prompt(False), patient=False, progress=progress)
    if written is None or not written.wrong:
        return written
    record.shown = False
    yield Discarded(f"it was not in {name_of(task.language)}, and is asked for again, more firmly")
    return (yield from _attempt(task, record, prompt(True), patient=True, progress=progress))


def _attempt(
    task: Task, record: Record, content: str, *, patient: bool, progress: Reading | None
) -> Generator[Event, None, Written | None]:
    """One answer. One that is not patient ends with the first words that are certainly in a wrong language."""
    guard, pieces, wrong, reused = Guard(task.language), list[str](), False, 0
    record.readings += 1
    began = first = perf_counter()
    with closing(task.engine.stream([Message("user", content)], task.sampling)) as events:
        for event in events:
            match event:
                case Reading():
                    reused = event.reused
                    first = perf_counter()
                    yield progress or event
                case Text(text):
                    pieces.append(text)
                    wrong = not guard.feed(text) or wrong
                    if wrong and not patient:
                        break
                    record.shown = True
                    yield event
                case Finished(reason, usage):
                    record.reused += usage.reused_tokens
                    record.load += usage.load_seconds
                    record.read += usage.read_seconds
                    record.write += usage.write_seconds
                    yield event
                    return Written("".join(pieces), reason, usage.prompt_tokens, usage.answer_tokens, wrong)
                case _:
                    yield event
    if not wrong or patient:
        return None
    # It was stopped before the engine could say what it took.
    record.reused += reused
    record.read += first - began
    record.write += perf_counter() - first
    return Written("".join(pieces), "stop", 0, 0, wrong)
