"""A document's summary: how it is to be read is decided and told, it is read so, and what came of it is checked.

Events as they come, a frozen `Summary` at the end. Nothing is left out unsaid: what does not fit one reading is read in
parts, or refused with both token counts where one reading was asked for. The module knows nothing of files, commands
and screens.
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from assistant.documents.document import Document
from assistant.engine import Engine, ModelInfo
from assistant.errors import EngineFailed
from assistant.events import Event
from assistant.gguf.file import read_header
from assistant.languages import language_of
from assistant.messages import Sampling
from assistant.proof import content_mark
from assistant.sampling_defaults import family_sampling
from assistant.summary import wording
from assistant.summary.conclude import conclude
from assistant.summary.head_tail import cut_out, read_head_tail
from assistant.summary.kept import Kept
from assistant.summary.parts import decided, prepare, read_parts
from assistant.summary.task import Outcome, Record, Task, Told
from assistant.summary.values import SUMMARY_SAMPLING, Decided, Discarded, PieceDone, Request, Strategy, Summary
from assistant.summary.whole import read_whole, too_long, whole_tokens


def summarize(
    document: Document,
    engine: Engine,
    sampling: Sampling = SUMMARY_SAMPLING,
    request: Request = Request(),  # noqa: B008  frozen
    *,
    kept: Kept | None = None,
) -> Generator[Event | Decided | PieceDone | Discarded | Summary, None, None]:
    """`Loading* Decided (Settled|Reading|PieceDone)* Text* [Discarded Reading* Text*] Finished`, then the `Summary`.

    In parts `Reading` counts tokens of the whole document, and `Text` is the last summary's only. Where `auto` finds
    that memory fails for one reading after all, there is a second `Decided` (with `Discarded` before it if words came
    already). Closing it stops the model; an engine that is interrupted ends it without a `Summary`. `kept` has the
    summaries of pieces from earlier runs and gets those of this one, each when it is finished; None: nothing is kept.

    Raises PromptTooLong where what was asked for does not fit, and what `Engine.stream` raises.
    """
    record = Record()
    began = perf_counter()
    yield from engine.load()
    record.load += perf_counter() - began
    task = _task(document, engine, sampling, request, kept)
    found = yield from _read(task, record)
    if found is not None:
        yield conclude(task, record, *found)


def _task(document: Document, engine: Engine, sampling: Sampling, request: Request, kept: Kept | None) -> Task:
    language = language_of(document.text) if request.language == "auto" else request.language
    family, model = _known_of(engine.info)
    return Task(
        document,
        engine,
        replace(sampling, max_tokens=wording.answer_tokens(request, sampling, language)),
        request,
        language,
        family,
        model,
        engine.count(document.text),
        kept,
    )


def _known_of(info: ModelInfo | None) -> tuple[str, str]:
    """The family, and a mark of the content; a scripted engine has no file."""
    if info is None or not Path(info.path).is_file():
        return "", info.name if info else ""
    return family_sampling(read_header(Path(info.path)))[0], content_mark(Path(info.path))


def _read(task: Task, record: Record) -> Generator[Told, None, tuple[Strategy, Outcome] | None]:
    asked, longest = task.request.strategy, task.engine.longest_prompt(task.sampling.max_tokens)
    prompt = whole_tokens(task, longest)
    fits = prompt <= longest
    if asked == "parts":
        return (yield from _in_parts(task, record, "in parts, as asked", fits=fits))
    if fits:
        whole = f"{task.tokens:,} tokens fit the context of {_context(task):,} in one reading"
        yield Decided("whole", whole if asked != "head-tail" else f"{whole}, and nothing is left out", task.tokens)
        return (yield from _whole_or_parts(task, record))
    if asked == "whole":
        raise too_long(task, prompt, longest)
    if asked == "head-tail":
        cut = cut_out(task, longest)
        why = f"as asked: {cut.tokens:,} tokens of the two ends fit the context of {_context(task):,}"
        yield Decided("head-tail", why, task.tokens)
        return _with("head-tail", (yield from read_head_tail(task, record, cut)))
    return (yield from _in_parts(task, record, _why_not(task, prompt, longest), fits=False))


def _whole_or_parts(task: Task, record: Record) -> Generator[Told, None, tuple[Strategy, Outcome] | None]:
    """In one reading, or in parts where that fails for want of memory and the choice was ours."""
    try:
        return _with("whole", (yield from read_whole(task, record)))
    except EngineFailed as error:
        if task.request.strategy != "auto" or not error.offer:
            raise
    why = f"one reading of {task.tokens:,} tokens failed for want of memory"
    record.warnings.append(f"{why}: the document was read in parts")
    if record.shown:
        record.shown = False
        yield Discarded(f"{why}, and the document is read in parts")
    yield from task.engine.load()
    return (yield from _in_parts(task, record, why, fits=False))


def _in_parts(
    task: Task, record: Record, why: str, *, fits: bool
) -> Generator[Told, None, tuple[Strategy, Outcome] | None]:
    parts = prepare(task)
    if fits and len(parts.pieces) <= 1:
        yield Decided("whole", f"{task.tokens:,} tokens are a single part, read whole", task.tokens)
        return _with("whole", (yield from read_whole(task, record)))
    yield decided(task, parts, why)
    return _with("parts", (yield from read_parts(task, record, parts)))


def _with(strategy: Strategy, outcome: Outcome | None) -> tuple[Strategy, Outcome] | None:
    return None if outcome is None else (strategy, outcome)


def _why_not(task: Task, prompt: int, longest: int) -> str:
    """What one reading does not fit."""
    context, answer = _context(task), task.sampling.max_tokens
    if prompt + answer <= context:
        return f"{task.tokens:,} tokens do not fit the free memory, which has room for {longest + answer:,}"
    beside = "" if task.tokens > context else " with instruction and answer"
    return f"{task.tokens:,} tokens{beside} do not fit the context of {context:,}"


def _context(task: Task) -> int:
    info = task.engine.info
    return info.context if info else 0
