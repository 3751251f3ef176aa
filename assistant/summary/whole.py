"""A whole document in one reading, then its summary: events as they come, a frozen `Summary` at the end.

Never reads less than it says: a document that does not fit is refused with both token counts, and `tokens_read` is the
engine's own figure. The module knows nothing of files, commands or screens.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field

from assistant.documents.document import Document
from assistant.engine import Engine, ModelInfo
from assistant.errors import PromptTooLong
from assistant.events import Event, Finished, Text
from assistant.messages import Message, Sampling
from assistant.sanitize import one_line
from assistant.summary import wording
from assistant.summary.task import Outcome, Record, Task, Told, write
from assistant.summary.values import SUMMARY_SAMPLING
from assistant.wording import SUMMARY, Language, language_of


def whole_tokens(task: Task, longest: int) -> int:
    """Tokens of the prompt for one reading, asked for firmly or not; where it is beyond `longest`, about so many."""
    text = task.document.text if task.tokens <= longest else ""
    counted = max(task.prompt_tokens(_prompt(task, text, firm)) for firm in (False, True))
    return counted if text else task.tokens + counted


def read_whole(task: Task, record: Record) -> Generator[Told, None, Outcome | None]:
    """Read and summarize it; None: it was interrupted. Raises what `Engine.stream` raises."""
    written = yield from write(task, record, lambda firm: _prompt(task, task.document.text, firm))
    if written is None:
        return None
    # The prompt holds the document and more; should an engine ever report a shorter prompt, it did not read it all.
    return Outcome(written, min(task.tokens, written.prompt_tokens))


def too_long(task: Task, prompt: int, longest: int) -> PromptTooLong:
    """The refusal of a document whose prompt is too long for one reading."""
    room = max(longest - max(prompt - task.tokens, 0), 0)
    return PromptTooLong(
        f"{one_line(task.document.name)} has {task.tokens:,} tokens; {room:,} fit in one reading (context or memory, "
        "less instruction and answer); read it with --strategy parts, raise --context, or use a model with a longer "
        "context",
        tokens=task.tokens,
        limit=room,
    )


def _prompt(task: Task, text: str, firm: bool) -> str:
    return wording.whole(text, task.request, task.language, family=task.family, firm=firm)


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds of the three parts of the work."""

    load: float
    read: float
    write: float


@dataclass(frozen=True, slots=True)
class Claims:
    """Numbers and names of the summary, looked up in the document. None: not checked."""

    checked: int | None = None
    supported: int | None = None
    unsupported: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A line range of the document that a sentence of the summary rests on."""

    text: str
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The result, field by field what `luciole summarize --json` prints. Tokens are the model's own."""

    summary: str
    strategy: str
    """`whole`: the document was read from its first to its last token in one prompt."""
    language: Language
    model: str
    tokens_total: int
    """The document alone, without instruction and template."""
    tokens_read: int
    reused_tokens: int
    """Of the prompt, what was in memory from before."""
    readings: int
    seconds: Seconds
    claims: Claims = field(default_factory=Claims)
    sources: tuple[Source, ...] = ()
    warnings: tuple[str, ...] = ()


def summarize(
    document: Document, engine: Engine, sampling: Sampling = SUMMARY_SAMPLING
) -> Generator[Event | Summary, None, None]:
    """`Loading* Reading* Text* Finished`, then the `Summary`. Closing it stops the model.

    Raises PromptTooLong where document, instruction and answer exceed the context; and what `Engine.stream` raises.
    """
    yield from engine.load()
    total = engine.count(document.text)
    messages = [Message("user", SUMMARY[language_of(document.text)].format(document=document.text.strip()))]
    pieces: list[str] = []
    try:
        with closing(engine.stream(messages, sampling)) as events:
            for event in events:
                yield event
                match event:
                    case Text(piece):
                        pieces.append(piece)
                    case Finished():
                        yield _conclude(document, engine.info, "".join(pieces), event, total)
    except PromptTooLong as error:
        overhead = max(error.tokens - total, 0)
        room = max(error.limit - overhead, 0)
        raise PromptTooLong(
            f"{one_line(document.name)} has {total:,} tokens; {room:,} fit in one reading (context less instruction "
            "and answer); shorten it, raise --context, or use a model with a longer context",
            tokens=total,
            limit=room,
        ) from None


def _conclude(document: Document, info: ModelInfo | None, answer: str, finished: Finished, total: int) -> Summary:
    usage, language = finished.usage, language_of(document.text)
    return Summary(
        summary=answer.strip(),
        strategy="whole",
        language=language,
        model=info.name if info else "",
        tokens_total=total,
        # The prompt holds the document and more; should an engine ever report a shorter prompt, it did not read it all.
        tokens_read=min(total, usage.prompt_tokens),
        reused_tokens=usage.reused_tokens,
        readings=1,
        seconds=Seconds(load=usage.load_seconds, read=usage.read_seconds, write=usage.write_seconds),
        warnings=tuple(_warnings(document, answer, finished, language)),
    )


def _warnings(document: Document, answer: str, finished: Finished, language: Language) -> Generator[str, None, None]:
    if document.guessed:
        yield f"the encoding is a guess: read as {document.encoding}"
    if not answer.strip():
        yield "the model wrote nothing; try another model"
    elif language != "und" and language_of(answer) not in {language, "und"}:
        yield f"the document is in {_NAMES[language]}, the summary is not"
    if finished.reason == "repetition":
        yield "the summary was stopped: it repeated itself without end; try another model"
    if finished.reason == "length":
        yield f"the summary was cut at {finished.usage.answer_tokens} tokens; allow more with --max-tokens"


_NAMES = {"zh": "Chinese", "en": "English"}
