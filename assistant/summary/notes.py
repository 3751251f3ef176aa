"""Notes: short summaries of stretches of a document, made several at once, each kept the moment it is finished.

One in a wrong language is made once more, asked for firmly. What was cut, looped, empty or remains in a wrong language
becomes a warning that names its lines, and so does what was kept of such. The module knows nothing of wording.
"""

import json
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic, perf_counter

from assistant.documents.document import Places
from assistant.events import Finished, FinishReason, Loading, Reading, Settled, Text, Usage
from assistant.languages import Guard, name_of
from assistant.messages import Message, Sampling
from assistant.summary.conclude import lines_of
from assistant.summary.kept import key_of
from assistant.summary.task import Prompt, Record, Task, Told
from assistant.summary.values import PieceDone

_AT_A_TIME = 32
"""Prompts handed to the engine together: it waits seldom for the last ones, and memory does not grow with them."""
_BEAT = 0.25
"""Seconds between two signs of life while pieces are written, which show no words."""
_PLACES = 8
"""A warning names no more."""


_SENTENCE = re.compile(r"[.!?][\"'”’)]*(?=\s|$)|[。！？][”’」』）]*")


@dataclass(frozen=True, slots=True)
class Job:
    """A note to be made."""

    start: int
    """In the document's text, up to, not including, `end`: what it is about."""
    end: int
    tokens: int
    """Of the document, that its prompt must hold; 0 where it holds other notes."""
    prompt: Prompt
    sampling: Sampling
    """The same for all jobs that are answered together."""


@dataclass(frozen=True, slots=True)
class Note:
    """A finished one."""

    start: int
    end: int
    text: str
    """Without blank space around it, and without half a sentence at its end."""
    reason: FinishReason
    wrong: bool
    """In a wrong language, although it was asked for firmly."""
    prompt_tokens: int | None = None
    """None: it was kept, so all of the prompt was read when it was made."""


@dataclass(slots=True)
class Progress:
    """How much of the document was read: pieces by their shares of it."""

    total: int
    """Tokens of the document."""
    sizes: Sequence[int]
    """Tokens of each piece."""
    kept: Iterable[int]
    """Pieces that need not be read."""
    reused: int = 0
    """Tokens of the kept ones, of `total`."""
    _read: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._read = {index: float(self.sizes[index]) for index in self.kept}
        self.reused = self.now.done

    def add(self, index: int, share: float) -> None:
        """This share of the piece is read. A second reading of it counts no more than the first."""
        self._read[index] = max(self._read.get(index, 0.0), share * self.sizes[index])

    @property
    def now(self) -> Reading:
        # The tokens of all pieces together differ a little from those of the document.
        done = round(sum(self._read.values()) * self.total / max(sum(self.sizes), 1))
        return Reading(min(done, self.total), self.total, self.reused)


def notes_of(task: Task, jobs: Sequence[Job]) -> dict[int, Note]:
    """What is kept, by the number of its job."""
    if task.kept is None:
        return {}
    found = {}
    for index, job in enumerate(jobs):
        note = _parsed(job, task.kept.get(_key(task, job)))
        if note is not None:
            found[index] = note
    return found


def make_notes(
    task: Task, record: Record, jobs: Sequence[Job], kept: Mapping[int, Note], *, level: int, progress: Progress
) -> Generator[Told, None, list[Note] | None]:
    """The notes in the order of their jobs; `(Loading|Settled|Reading|PieceDone)*` meanwhile. None: interrupted.

    Level 1 is of pieces, whose numbers are those of `progress`. Raises what `Engine.stream_many` raises.
    """
    notes = dict(kept)
    for done, index in enumerate(sorted(kept), 1):
        note = kept[index]
        yield PieceDone(done, len(jobs), level, note.text, reused=True, span=(note.start, note.end))
    missing = [index for index in range(len(jobs)) if index not in kept]
    tries: tuple[bool, ...] = (False, True)
    for at in range(0, len(missing), _AT_A_TIME):
        todo = missing[at : at + _AT_A_TIME]
        for firm in tries:
            made = yield from _together(task, record, jobs, todo, notes, firm=firm, level=level, progress=progress)
            if made < len(todo):
                return None
            left = [index for index in todo if index not in notes]
            if len(left) * 2 > len(todo):
                tries = (True,)  # a model that goes astray in most of them is asked firmly at once from here on
            todo = left
    ordered = [notes[index] for index in range(len(jobs))]
    record.warnings += _warnings(task, jobs, ordered)
    return ordered


def _together(
    task: Task,
    record: Record,
    jobs: Sequence[Job],
    todo: Sequence[int],
    notes: dict[int, Note],
    *,
    firm: bool,
    level: int,
    progress: Progress,
) -> Generator[Told, None, int]:
    """Answer these; gives how many were. Those in a wrong language go among the notes only where they were asked for
    firmly.
    """
    if not todo:
        return 0
    prompts = [[Message("user", jobs[index].prompt(firm))] for index in todo]
    texts, guards = {index: list[str]() for index in todo}, {index: Guard(task.language) for index in todo}
    right = dict.fromkeys(todo, True)
    usages: list[Usage] = []
    began, beat = perf_counter(), monotonic()
    with closing(task.engine.stream_many(prompts, jobs[todo[0]].sampling)) as events:
        for number, event in events:
            index = todo[number]
            match event:
                case Loading() | Settled():
                    yield event
                case Reading(done, total):
                    if level == 1:
                        progress.add(index, done / max(total, 1))
                    yield progress.now
                case Text(text):
                    texts[index].append(text)
                    right[index] = guards[index].feed(text) and right[index]
                    if monotonic() - beat >= _BEAT:
                        beat = monotonic()
                        yield progress.now
                case Finished(reason, usage):
                    usages.append(usage)
                    record.readings += 1
                    record.reused += usage.reused_tokens
                    if right[index] or firm:
                        job, text = jobs[index], "".join(texts[index]).strip()
                        text = text if reason == "stop" else _ended(text)
                        note = Note(job.start, job.end, text, reason, not right[index], usage.prompt_tokens)
                        notes[index] = note
                        _keep(task, record, job, note)
                        yield PieceDone(len(notes), len(jobs), level, text, reused=False, span=(job.start, job.end))
    _add_seconds(record, usages, perf_counter() - began)
    return len(usages)


def _add_seconds(record: Record, usages: Sequence[Usage], wall: float) -> None:
    """The seconds of a clock on the wall, divided as the prompts' own, which overlap, are in sum."""
    load = max((usage.load_seconds for usage in usages), default=0.0)
    read, write = sum(usage.read_seconds for usage in usages), sum(usage.write_seconds for usage in usages)
    record.load += load
    if read + write > 0:
        share = max(wall - load, 0.0) / (read + write)
        record.read += read * share
        record.write += write * share


def _key(task: Task, job: Job) -> str:
    return key_of(task.model, job.sampling, job.prompt(False))


def _keep(task: Task, record: Record, job: Job, note: Note) -> None:
    """Unless the engine read less than it should have, or the model had nothing to say."""
    if task.kept is None or record.cannot_keep or not note.text or (note.prompt_tokens or 0) < job.tokens:
        return
    value = {"summary": note.text, "reason": note.reason, "wrong": note.wrong}
    try:
        task.kept.put(_key(task, job), json.dumps(value, ensure_ascii=False))
    except OSError as error:
        record.cannot_keep = True
        record.warnings.append(
            f"summaries of parts cannot be kept ({error.strerror or type(error).__name__}): what is interrupted from "
            "here on begins again"
        )


def _parsed(job: Job, value: str | None) -> Note | None:
    """What was kept, if it is that."""
    try:
        match json.loads(value or "null"):
            case {"summary": str(text), "reason": "stop" | "length" | "repetition" as reason, "wrong": bool(wrong)}:
                return Note(job.start, job.end, text, reason, wrong)
    except (ValueError, RecursionError):
        pass
    return None


def _warnings(task: Task, jobs: Sequence[Job], notes: Sequence[Note]) -> list[str]:
    empty = [note for note in notes if not note.text]
    looped = [note for note in notes if note.reason == "repetition"]
    cut = [note for note in notes if note.reason == "length"]
    wrong = [note for note in notes if note.wrong]
    places = Places(task.document) if empty or looped or cut or wrong else None
    if places is None:
        return []
    limit = f"{jobs[0].sampling.max_tokens:,} tokens"
    language = name_of(task.language)
    return [
        f"{what}: {_where(places, those)}"
        for those, what in (
            (empty, f"the model wrote nothing about {_parts(empty)}"),
            (looped, f"stopped, because it repeated itself without end, was the summary of {_parts(looped)}"),
            (cut, f"cut at {limit} was the summary of {_parts(cut)}"),
            (wrong, f"not in {language}, although that was asked for firmly, is the summary of {_parts(wrong)}"),
        )
        if those
    ]


def _ended(text: str) -> str:
    """What was cut, up to its last whole sentence: half a one misleads the merge. As it is where that is too little."""
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    return text[: ends[-1]] if ends and ends[-1] * 2 >= len(text) else text


def _parts(notes: Sequence[Note]) -> str:
    return f"{len(notes):,} parts" if len(notes) > 1 else "one part"


def _where(places: Places, notes: Sequence[Note]) -> str:
    named = ", ".join(lines_of(places, note.start, note.end) for note in notes[:_PLACES])
    return named if len(notes) <= _PLACES else f"{named} and {len(notes) - _PLACES:,} more"
