"""A document of any length, piece by piece: summaries of pieces, merged until they fit together, then the summary.

Each summary of a piece is kept the moment it is finished, and so is each merge below the last, so that interrupted work
goes on where it was and an edit costs its own piece and the merges above it. For this, pieces and groups are found by
what they say, no prompt tells how many others there are, and sizes go in steps that small changes of the free memory do
not move.

Sizes: the fewer tokens a piece has, the sooner and cheaper is each step and the more pieces are in memory together
(four at once are half as fast again as one); the more it has, the fewer merges lose something. The largest of `PIECES`
of which four fit the room together is taken; how many really run together, the engine decides by its memory.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial

from assistant.documents.pieces import Piece, split
from assistant.errors import PromptTooLong
from assistant.events import Finished, Reading, Usage
from assistant.sanitize import one_line
from assistant.summary import wording
from assistant.summary.groups import grouped
from assistant.summary.notes import Job, Note, Progress, make_notes, notes_of
from assistant.summary.task import Outcome, Record, Task, Told, Written, write
from assistant.summary.values import Decided, Request

PIECES = (2048, 1024, 512)
"""Tokens."""
_SMALLER = (512, 256, 128)
"""Where not even four of the smallest fit: the largest that fits by itself."""
_TOGETHER = 4
_ANSWER_SHARE, _PARAGRAPH = 6, 128
"""The summary of a piece may have this part of its tokens; a paragraph if that is more, but no more than half."""
_JOINTS = 16
"""Tokens that a text and the words around it may have more together than apart."""
_BREAK = 4
"""Between two summaries that are merged, likewise."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Tokens."""

    piece: int
    """At most so many have a piece, and the summaries that are merged together."""
    answer: int
    """Room for the summary of a piece."""
    last: int
    """Most that the summaries may have which the last merge reads."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces of a document, and what is kept of them."""

    pieces: tuple[Piece, ...]
    jobs: tuple[Job, ...]
    kept: dict[int, Note]
    sizes: Sizes


def prepare(task: Task) -> Parts:
    """Split the document and look what is kept of it; nothing is read. Raises PromptTooLong where no piece fits."""
    sizes = choose_sizes(task)
    sampling = replace(task.sampling, max_tokens=sizes.answer)
    text = task.document.text
    pieces = tuple(
        piece
        for piece in split(task.document, sizes.piece, task.engine.count_each)
        if text[piece.start : piece.end].strip()  # of blank space there is nothing to say
    )
    jobs = tuple(
        Job(piece.start, piece.end, piece.tokens, partial(_piece_prompt, task, piece), sampling) for piece in pieces
    )
    return Parts(pieces, jobs, notes_of(task, jobs), sizes)


def choose_sizes(task: Task) -> Sizes:
    """By the room that context and memory give now. Raises PromptTooLong."""
    room = task.engine.longest_prompt(1) + 1
    nothing = Piece(0, 0, 0)
    around = task.prompt_tokens(_piece_prompt(task, nothing, True)) + _JOINTS
    merging = task.prompt_tokens(_merge_prompt(task, [""], task.request, True)) + _JOINTS
    steps = [(piece, _TOGETHER) for piece in PIECES] + [(piece, 1) for piece in _SMALLER]
    for piece, together in steps:
        answer = _answer(piece)
        last = min(2 * piece, room - merging - task.sampling.max_tokens)
        # The words around a merge below the last are no more than those around the last.
        if together * (piece + max(around, merging) + answer) <= room and last >= 2 * (answer + _BREAK):
            return Sizes(piece, answer, last)
    answer = _answer(_SMALLER[-1])
    last = 2 * (answer + _BREAK) + merging + task.sampling.max_tokens
    least = max(_SMALLER[-1] + max(around, merging) + answer, last)
    raise PromptTooLong(
        f"{one_line(task.document.name)} has {task.tokens:,} tokens; context or memory have room for {room:,}, and "
        f"reading it in parts takes {least:,} with the answer; raise --context, ask for a shorter summary, or use a "
        "model with a longer context",
        tokens=least,
        limit=room,
    )


def _answer(piece: int) -> int:
    return max(piece // _ANSWER_SHARE, min(_PARAGRAPH, piece // 2))


def read_parts(task: Task, record: Record, parts: Parts) -> Generator[Told, None, Outcome | None]:
    """`(Settled|Reading|PieceDone)* Text* [Discarded Reading* Text*] Finished`; None: it was interrupted.

    `Reading` counts tokens of the document. Raises what `Engine.stream_many` raises; what is kept stays.
    """
    progress = Progress(task.tokens, [piece.tokens for piece in parts.pieces], set(parts.kept))
    record.reused += sum(parts.pieces[index].tokens for index in parts.kept)
    yield progress.now
    notes = yield from make_notes(task, record, parts.jobs, parts.kept, level=1, progress=progress)
    if notes is None:
        return None
    read = task.tokens - sum(
        max(piece.tokens - note.prompt_tokens, 0)
        for piece, note in zip(parts.pieces, notes, strict=True)
        if note.prompt_tokens is not None
    )
    said = [note for note in notes if note.text]
    level = 1
    while len(said) > 1:
        counts = task.engine.count_each([note.text for note in said])
        if sum(counts) + _BREAK * len(said) <= parts.sizes.last:
            break
        level += 1
        merged = yield from _merge(task, record, said, counts, parts.sizes, level, progress)
        if merged is None:
            return None
        said = merged
    if not said:
        yield Finished("stop", Usage())
        return Outcome(Written("", "stop", 0, 0, wrong=False), read)
    texts = [note.text for note in said]
    written = yield from write(
        task,
        record,
        lambda firm: _merge_prompt(task, texts, task.request, firm),
        progress=Reading(task.tokens, task.tokens, progress.reused),
    )
    return None if written is None else Outcome(written, read)


def _merge(
    task: Task,
    record: Record,
    notes: list[Note],
    counts: list[int],
    sizes: Sizes,
    level: int,
    progress: Progress,
) -> Generator[Told, None, list[Note] | None]:
    """One level of merges; those that stand alone pass as they are."""
    sampling = replace(task.sampling, max_tokens=sizes.answer)
    # What the summary is to look like, the last merge alone is told.
    inner = Request(language=task.request.language, focus=task.request.focus)
    groups = grouped([note.text for note in notes], [count + _BREAK for count in counts], sizes.piece)
    jobs = {
        number: Job(
            notes[group[0]].start,
            notes[group[-1]].end,
            0,
            partial(_merge_prompt, task, [notes[index].text for index in group], inner),
            sampling,
        )
        for number, group in enumerate(groups)
        if len(group) > 1
    }
    todo = tuple(jobs.values())
    found = yield from make_notes(task, record, todo, notes_of(task, todo), level=level, progress=progress)
    if found is None:
        return None
    merged = dict(zip(jobs, found, strict=True))
    every = [merged.get(number, notes[group[0]]) for number, group in enumerate(groups)]
    return [note for note in every if note.text]


def decided(task: Task, parts: Parts, why: str) -> Decided:
    """Told before anything is read."""
    kept = f", {len(parts.kept):,} of them kept" if parts.kept else ""
    count = len(parts.pieces)
    return Decided("parts", f"{why}: {count:,} parts{kept}", task.tokens, count, len(parts.kept))


def _piece_prompt(task: Task, piece: Piece, firm: bool) -> str:
    # The wording tells nothing of the others: they keep their summaries when pieces come or go.
    text = task.document.text[piece.start : piece.end].strip()
    return wording.piece(text, task.request, task.language, firm=firm)


def _merge_prompt(task: Task, texts: list[str], request: Request, firm: bool) -> str:
    return wording.merge(texts, request, task.language, firm=firm)
